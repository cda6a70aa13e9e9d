"""Pages of roll calls: a guide's roll at a point, marks that phones send, the coordinator's board."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from flask import Blueprint, abort, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from marchapp.access import (
    group_for_guide,
    is_coordinator,
    participant_for_coordinator,
    signed_in_account,
    stage_for_coordinator,
)
from marchapp.attendance.board import board_of, marks_of
from marchapp.attendance.board import version_of as version_of_board
from marchapp.attendance.calling import Called, members_of, next_point, roll_of, version_of
from marchapp.attendance.files import ROLL_CALLS, count_called
from marchapp.attendance.forms import BadgeForm, MarkForm, UnreadableMarks, read_marks
from marchapp.attendance.points import Point, point_of, points_of
from marchapp.attendance.services import Answer, AnswerKind, SentMark, take_mark
from marchapp.attendance.taking_over import Moving, NobodyToTakeOver, take_over
from marchapp.attendance.words import STATES, about, how_they_stand, point_name, state_word, what_came
from marchapp.extensions import db, only_read
from marchapp.files.tables import take_along
from marchapp.models import Group, Participant, RollState
from marchapp.models.audit import record
from marchapp.paging import page_in

blueprint = Blueprint("attendance", __name__)
blueprint.add_app_template_filter(point_name)
MOVING = "attendance.moving"


@blueprint.get("/groups/<int:group_id>/roll-call")
def next_roll(group_id: int) -> Response:
    group = group_for_guide(group_id)
    point = next_point(db.session, group, points_of(group.stage))
    return redirect(url_for(".roll", group_id=group.id, code=point.code))


@blueprint.get("/groups/<int:group_id>/roll-call/<code>")
def roll(group_id: int, code: str) -> str:
    group, point = _roll_for_guide(group_id, code)
    return _roll_page(group, point)


def _roll_for_guide(group_id: int, code: str) -> tuple[Group, Point]:
    group = group_for_guide(group_id)
    point = point_of(group.stage, code)
    if point is None:
        abort(404)
    return group, point


def _roll_page(
    group: Group, point: Point, answer: Answer | None = None, form: BadgeForm | None = None
) -> str:
    stage = group.stage
    return render_template(
        "attendance/roll.html",
        march=stage.march,
        stage=stage,
        group=group,
        point=point,
        points=points_of(stage),
        roll=roll_of(db.session, group, point),
        answer=_told(answer, group) if answer else None,
        form=form or BadgeForm(formdata=None),
        version=version_of(db.session, group),
        coordinates=is_coordinator(stage.march),
        account_id=signed_in_account().id,
        how_they_stand=how_they_stand,
        states=STATES,
        new_key=lambda: str(uuid4()),
    )


@blueprint.post("/groups/<int:group_id>/roll-call/<code>/mark")
def mark(group_id: int, code: str) -> str | Response:
    """Take one mark of a page without its script."""
    group, point = _roll_for_guide(group_id, code)
    sent = MarkForm().sent
    if sent is None:
        flash(_("Write to whom the person was handed over, with a phone number."), "problem")
    else:
        answer = _take(group, point, sent)
        db.session.commit()
        flash(what_came(answer, group.stage), "done" if answer.counts else "problem")
    return redirect(url_for(".roll", group_id=group.id, code=point.code))


@blueprint.post("/groups/<int:group_id>/roll-call/<code>/scan")
def scan(group_id: int, code: str) -> str:
    """Count whoever wears a badge, on a page without its script."""
    group, point = _roll_for_guide(group_id, code)
    form = BadgeForm()
    if not form.validate_on_submit():
        abort(400)
    answer = _take(group, point, form.sent)
    db.session.commit()
    return _roll_page(group, point, answer)


@blueprint.post("/groups/<int:group_id>/roll-call/<code>/marks")
def marks(group_id: int, code: str) -> Response:
    """Take the marks that a phone kept, and answer each."""
    group, point = _roll_for_guide(group_id, code)
    try:
        sent = read_marks(request.get_json(silent=True))
    except UnreadableMarks:
        abort(400)
    # In words before the commit, after which all that is said would be loaded anew.
    told = [_told(_take(group, point, one), group) for one in sent]
    db.session.commit()
    return jsonify(answers=told)


def _take(group: Group, point: Point, sent: SentMark) -> Answer:
    return take_mark(
        db.session, group=group, point=point, sent=sent, by=signed_in_account(), now=datetime.now(UTC)
    )


def _told(answer: Answer, group: Group) -> dict[str, Any]:
    """Return an answer as pages and phones show it."""
    stage = group.stage
    can_be_taken_over = answer.kind == AnswerKind.ELSEWHERE
    return {
        "key": answer.key,
        "kind": answer.kind,
        "counts": answer.counts,
        "text": what_came(answer, stage),
        "about": about(answer, stage),
        "person": answer.person.id if answer.person and answer.counts else None,
        "state": answer.mark.state if answer.mark else None,
        "badge": answer.person.reference if answer.person and can_be_taken_over else None,
        "seen_in": answer.group.id if answer.group and can_be_taken_over else None,
    }


@blueprint.post("/groups/<int:group_id>/roll-call/<code>/take-over")
def take_over_person(group_id: int, code: str) -> Response:
    group, point = _roll_for_guide(group_id, code)
    form = BadgeForm()
    if not form.validate_on_submit():
        abort(400)
    moving: Moving = current_app.extensions[MOVING]
    try:
        answer = take_over(
            db.session,
            moving,
            group=group,
            point=point,
            sent=form.sent,
            seen_in=form.group_id,
            by=signed_in_account(),
            now=datetime.now(UTC),
        )
    except NobodyToTakeOver:
        db.session.rollback()
        abort(404)
    except moving.refused as refusal:
        db.session.rollback()
        flash(moving.why(refusal), "problem")
    else:
        db.session.commit()
        name = answer.person.name if answer.person else ""
        flash(_("%(name)s is in your group now, and here.", name=name), "done")
    return redirect(url_for(".roll", group_id=group_id, code=code))


@blueprint.get("/groups/<int:group_id>/roll-call/<code>/state")
def state(group_id: int, code: str) -> Response:
    """Answer how everybody stands, or that nothing has changed."""
    group, point = _roll_for_guide(group_id, code)
    version = version_of(db.session, group)
    is_known = request.if_none_match.contains(version)
    people = [] if is_known else roll_of(db.session, group, point).people
    answer = Response(status=304) if is_known else jsonify(people=[_standing(one, group) for one in people])
    answer.set_etag(version)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _standing(one: Called, group: Group) -> dict[str, Any]:
    return {"person": one.person.id, "state": one.state, "text": how_they_stand(one, group.stage)}


@blueprint.post("/groups/<int:group_id>/roll-call/<code>/people/<int:person_id>")
def contacts(group_id: int, code: str, person_id: int) -> str:
    """Show whom to call about somebody of the group; each look is recorded."""
    group, point = _roll_for_guide(group_id, code)
    person = _member(group, person_id)
    record(
        db.session,
        at=datetime.now(UTC),
        action="participant.contacts_opened",
        march_id=person.march_id,
        account_id=signed_in_account().id,
        subject="participant",
        subject_id=person.id,
        reason=f"roll call, group {group.number}",
    )
    db.session.commit()
    return render_template(
        "attendance/person.html", march=group.stage.march, group=group, point=point, person=person
    )


def _member(group: Group, person_id: int) -> Participant:
    person = next((one for one in members_of(db.session, group) if one.id == person_id), None)
    if person is None:
        abort(404)
    return person


@blueprint.get("/marches/<slug>/stages/<int:number>/roll-calls")
def board(slug: str, number: int) -> str:
    stage = stage_for_coordinator(slug, number)
    now = datetime.now(UTC)
    page = page_in(request.args)
    return render_template(
        "attendance/board.html",
        march=stage.march,
        stage=stage,
        board=board_of(db.session, stage, page=page, now=now),
        version=version_of_board(db.session, stage, now),
        now=now,
    )


@blueprint.post("/marches/<slug>/stages/<int:number>/roll-calls/file")
def file(slug: str, number: int) -> Response:
    """Hand the roll calls of a stage out as a table."""
    only_read()
    stage = stage_for_coordinator(slug, number)
    is_csv = request.form.get("format") == "csv"
    return take_along(ROLL_CALLS, stage, is_csv=is_csv, rows=count_called(db.session, stage))


@blueprint.get("/marches/<slug>/stages/<int:number>/roll-calls/changes")
def changes(slug: str, number: int) -> Response:
    """Answer with the version of the board, or that it has not changed."""
    stage = stage_for_coordinator(slug, number)
    version = version_of_board(db.session, stage, datetime.now(UTC))
    answer = jsonify(version=version)
    answer.set_etag(version)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer.make_conditional(request)


@blueprint.get("/participants/<int:participant_id>/roll-calls")
def person(participant_id: int) -> str:
    person = participant_for_coordinator(participant_id)
    return render_template(
        "attendance/history.html",
        march=person.march,
        person=person,
        marks=marks_of(db.session, person),
        state_word=state_word,
        is_open=RollState.NOT_YET,
    )
