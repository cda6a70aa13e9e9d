"""Pages of automatic assignment: ask for a roster, follow it, see what it changes, apply it, take it back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug import Response

from marchapp.access import signed_in_account, stage_for_coordinator
from marchapp.extensions import db, queue
from marchapp.i18n import figure
from marchapp.models import AssignmentRun, RunState, Stage
from marchapp.paging import page_in
from marchapp.rosters.automatic import applying, services, words
from marchapp.rosters.automatic.applying import NotApplied, obstacles_to
from marchapp.rosters.automatic.choices import REPAIR_S, Choices, Keep
from marchapp.rosters.automatic.forms import AssignForm, time_word
from marchapp.rosters.automatic.gathering import stage_before
from marchapp.rosters.automatic.preview import preview_of
from marchapp.rosters.automatic.results import Proposal
from marchapp.rosters.automatic.worker import start_computing
from marchapp.rosters.board import count_walkers, groups_in_numbers
from marchapp.rosters.moves import MoveRefused
from marchapp.rosters.words import why_not_moved

OF_STAGE = "/marches/<slug>/stages/<int:number>/groups/automatic"
OF_RUN = f"{OF_STAGE}/<int:run_id>"
SILENT_FOR = timedelta(seconds=20)


def add_pages(blueprint: Blueprint) -> None:
    """Give the pages of groups these, too."""
    for address, function, methods in (
        (OF_STAGE, assign, ["GET", "POST"]),
        (f"{OF_STAGE}/repair", repair, ["POST"]),
        (OF_RUN, assignment, ["GET"]),
        (f"{OF_RUN}.json", assignment_progress, ["GET"]),
        (f"{OF_RUN}/stop", stop_assignment, ["POST"]),
        (f"{OF_RUN}/discard", discard_assignment, ["POST"]),
        (f"{OF_RUN}/apply", apply_assignment, ["POST"]),
        (f"{OF_RUN}/take-back", take_back_assignment, ["POST"]),
    ):
        blueprint.add_url_rule(address, view_func=function, methods=methods)
    for filter_ in (words.lacks_of, words.what_is_missing, words.rule_word):
        blueprint.add_app_template_filter(filter_)


def assign(slug: str, number: int) -> str | Response:
    stage = stage_for_coordinator(slug, number)
    counts = count_walkers(db.session, stage)
    placed = counts.walkers - counts.unplaced
    first = services.first_choices(db.session, stage, walkers=counts.walkers, placed=placed)
    earlier = stage_before(db.session, stage)
    form = AssignForm(data=first.to_json())
    form.offer(stage_before=earlier.number if earlier else None, has_members=placed > 0)
    if form.validate_on_submit():
        return _ask(stage, form.chosen)
    return render_template(
        "rosters/automatic/ask.html",
        march=stage.march,
        stage=stage,
        form=form,
        counts=counts,
        groups=groups_in_numbers(db.session, stage),
        run=services.open_run_of(db.session, stage),
    )


def repair(slug: str, number: int) -> Response:
    """Ask at once for a roster that moves as few people as possible."""
    stage = stage_for_coordinator(slug, number)
    children = stage.march.children_per_adult or Choices().children_per_adult
    return _ask(stage, Choices(keep=Keep.PRESENT, children_per_adult=children, time_limit_s=REPAIR_S))


def _ask(stage: Stage, choices: Choices) -> Response:
    try:
        run_id = services.ask(
            db.session, stage=stage, choices=choices, by=signed_in_account(), now=datetime.now(UTC)
        ).id
    except services.UnderWay as refusal:
        flash(words.why_not_asked(refusal))
        run_id = refusal.run_id
    except services.NotAsked as refusal:
        db.session.rollback()
        flash(words.why_not_asked(refusal), "problem")
        return redirect(url_for(".assign", slug=stage.march.slug, number=stage.number))
    address = url_for(".assignment", slug=stage.march.slug, number=stage.number, run_id=run_id)
    db.session.commit()
    queue.send_once(start_computing)
    return redirect(address)


def assignment(slug: str, number: int, run_id: int) -> str:
    """Show how far a run is, what it proposes, or how it ended."""
    run = _run_for_coordinator(slug, number, run_id)
    if run.is_under_way:
        return _page("progress", run, **_progress_of(run))
    if run.state in (RunState.READY, RunState.APPLIED) and run.result:
        return _preview_page(run)
    return _page("ended", run, why_failed=words.why_failed(run))


def assignment_progress(slug: str, number: int, run_id: int) -> Response:
    """Say in words how far a run is, for the script that asks every second."""
    run = _run_for_coordinator(slug, number, run_id)
    return jsonify(_progress_of(run) | {"under_way": run.is_under_way, "state": run.state})


def stop_assignment(slug: str, number: int, run_id: int) -> Response:
    run = _run_for_coordinator(slug, number, run_id)
    services.stop(db.session, run, now=datetime.now(UTC))
    return _committed(run)


def discard_assignment(slug: str, number: int, run_id: int) -> Response:
    run = _run_for_coordinator(slug, number, run_id)
    stage = run.stage
    if services.discard(db.session, run, now=datetime.now(UTC)):
        flash(_("The computed roster was thrown away. Nobody was moved."), "done")
    address = url_for(".stage", slug=stage.march.slug, number=stage.number)
    db.session.commit()
    return redirect(address)


def apply_assignment(slug: str, number: int, run_id: int) -> Response:
    return _move_as_proposed(_run_for_coordinator(slug, number, run_id), applying.apply, _applied)


def take_back_assignment(slug: str, number: int, run_id: int) -> Response:
    return _move_as_proposed(_run_for_coordinator(slug, number, run_id), applying.take_back, _taken_back)


def _move_as_proposed(run: AssignmentRun, act: Callable[..., int], say: Callable[[int], str]) -> Response:
    address = _address_of(run)
    try:
        moved = act(
            db.session,
            run,
            only_the_rest="rest" in request.form,
            by=signed_in_account(),
            now=datetime.now(UTC),
        )
    except NotApplied as refusal:
        db.session.rollback()
        flash(words.why_not_applied(refusal), "problem")
    except MoveRefused as refusal:
        db.session.rollback()
        flash(why_not_moved(refusal), "problem")
    else:
        db.session.commit()
        flash(say(moved), "done")
    return redirect(address)


def _applied(moved: int) -> str:
    return ngettext(
        "%(shown)s person was moved. Look over the groups now.",
        "%(shown)s people were moved. Look over the groups now.",
        moved,
        shown=figure(moved),
    )


def _taken_back(moved: int) -> str:
    return ngettext(
        "%(shown)s person is back where they were.",
        "%(shown)s people are back where they were.",
        moved,
        shown=figure(moved),
    )


def _run_for_coordinator(slug: str, number: int, run_id: int) -> AssignmentRun:
    stage = stage_for_coordinator(slug, number)
    run = db.session.get(AssignmentRun, run_id)
    if run is None or run.stage_id != stage.id:
        abort(404)
    return run


def _address_of(run: AssignmentRun) -> str:
    stage = run.stage
    return url_for(".assignment", slug=stage.march.slug, number=stage.number, run_id=run.id)


def _committed(run: AssignmentRun) -> Response:
    address = _address_of(run)
    db.session.commit()
    return redirect(address)


def _progress_of(run: AssignmentRun) -> dict[str, Any]:
    limit_s = Choices.from_json(run.options).time_limit_s
    is_silent = run.heard_at is not None and datetime.now(UTC) - run.heard_at > SILENT_FOR
    return {
        "doing": words.how_far(run),
        "seconds": min(round(run.seconds), limit_s),
        "limit_s": limit_s,
        "time": _("%(seconds)s of at most %(limit)s", seconds=round(run.seconds), limit=time_word(limit_s)),
        "cost": words.cost_so_far(run),
        "bound": words.bound_so_far(run),
        "is_silent": is_silent,
    }


def _page(name: str, run: AssignmentRun, **shown: Any) -> str:
    return render_template(
        f"rosters/automatic/{name}.html",
        march=run.stage.march,
        stage=run.stage,
        run=run,
        before=services.runs_before(db.session, run) if run.state == RunState.WAITING else 0,
        **shown,
    )


def _preview_page(run: AssignmentRun) -> str:
    proposal = Proposal.from_json(run.result)
    is_applied = run.state == RunState.APPLIED
    obstacles = [] if is_applied else list(obstacles_to(db.session, run.stage, proposal.moves).values())
    return _page(
        "preview",
        run,
        proposal=proposal,
        is_applied=is_applied,
        kept_out=_kept_out(run, proposal.unplaced_after if is_applied else proposal.unplaced_before),
        preview=preview_of(
            db.session,
            run.stage,
            proposal,
            page=page_in(request.args),
        ),
        obstacles=obstacles,
        who=words.obstacles(obstacles),
        what_changes=words.what_changes(proposal),
        what_it_lacks=words.what_it_lacks(proposal),
        how_good=words.how_good(run),
    )


def _kept_out(run: AssignmentRun, considered: int) -> int:
    """Count who is in no group beside those that the roster was computed for: they may not walk."""
    return max(count_walkers(db.session, run.stage).unplaced - considered, 0)
