"""The pages behind the glass: notes on health, for a reason and for a while; and medics' list."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from marchapp.access import is_coordinator, participant_for_health_notes, signed_in_account, stage_for_medic
from marchapp.extensions import db
from marchapp.health.forms import ReasonForm
from marchapp.health.services import open_notes, open_until, people_with_notes
from marchapp.models import Participant

blueprint = Blueprint("health", __name__)
CODE_LENGTH = 60


@blueprint.after_request
def keep_nothing(response: Response) -> Response:
    """What was read stays out of the browser's own store."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.route("/participants/<int:participant_id>/health-notes", methods=["GET", "POST"])
def notes(participant_id: int) -> Response | str:
    person = participant_for_health_notes(participant_id)
    form, now = ReasonForm(), datetime.now(UTC)
    lasts = timedelta(minutes=current_app.config["SETTINGS"].health_notes_minutes)
    if form.validate_on_submit():
        reason = form.reason.data or ""
        open_notes(db.session, person, why=form.why.data, text=reason, by=signed_in_account(), now=now)
        db.session.commit()
        return redirect(url_for(".notes", participant_id=person.id, **_came_from()))
    until = open_until(db.session, person, to=signed_in_account(), now=now, lasts=lasts)
    page = make_response(
        render_template(
            "health/notes.html",
            march=person.march,
            participant=person,
            form=form,
            until=until,
            minutes=lasts // timedelta(minutes=1),
            back_to=_back(person),
        )
    )
    if until:
        page.headers["Refresh"] = str(int((until - now).total_seconds()) + 1)  # then the page asks again
    return page


@blueprint.get("/marches/<slug>/stages/<int:number>/health-notes")
def stage(slug: str, number: int) -> str:
    """List for medics who walks with notes on health, without what they say."""
    stage = stage_for_medic(slug, number)
    people = people_with_notes(db.session, stage.id)
    return render_template("health/stage.html", march=stage.march, stage=stage, people=people)


def _came_from() -> dict[str, Any]:
    """Return the roll call that led here, as the address says."""
    group, code = request.args.get("group", type=int), request.args.get("code", "")[:CODE_LENGTH]
    return {"group": group, "code": code} if group and 0 < group < 2**31 and code else {}


def _back(person: Participant) -> tuple[str, str]:
    """Return address and words of the page that led here."""
    if roll := _came_from():
        return url_for("attendance.roll", group_id=roll["group"], code=roll["code"]), _(
            "Back to the roll call"
        )
    if is_coordinator(person.march):
        return url_for("registration.participant", participant_id=person.id), person.name
    return url_for("marches.march", slug=person.march.slug), _("The march")
