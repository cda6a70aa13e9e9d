"""Pages to print from: a coordinator's for a stage, a guide's for the own group."""

from typing import Any

from flask import Blueprint, render_template
from werkzeug import Response

from marchapp.access import group_for_guide, is_coordinator, stage_for_coordinator
from marchapp.extensions import db, only_read
from marchapp.files.answering import hand_out
from marchapp.files.kinds import FileKind
from marchapp.models import Stage
from marchapp.printing.forms import LISTS, PAPERS, GroupPrintForm, PrintForm
from marchapp.printing.people import count_people, group_names

blueprint = Blueprint("printing", __name__)

# What is made in well under a second; more people are left to the worker.
MOST_AT_ONCE = {"badges": 120, "rosters": 250, "sign_in_sheets": 300, "groups": 2_000}


@blueprint.route("/marches/<slug>/stages/<int:number>/print", methods=["GET", "POST"])
def stage(slug: str, number: int) -> str | Response:
    only_read()
    stage = stage_for_coordinator(slug, number)
    groups = group_names(db.session, stage.id)
    form = PrintForm()
    form.offer(groups)
    if groups and form.validate_on_submit():
        params: dict[str, Any] = {"group_id": form.group_id}
        if form.what.data in LISTS:
            params["format"] = form.what.data
        else:
            params["apart"] = form.together.data == "each" and form.group_id is None
        return _hand_out(form.kind, stage, params, language=form.language.data)
    return render_template(
        "printing/stage.html",
        march=stage.march,
        stage=stage,
        form=form,
        groups=groups,
        people=count_people(db.session, stage),
    )


@blueprint.route("/groups/<int:group_id>/print", methods=["GET", "POST"])
def group(group_id: int) -> str | Response:
    """Let a guide print what belongs to the own group."""
    only_read()
    group = group_for_guide(group_id)
    form = GroupPrintForm()
    if form.validate_on_submit():
        return _hand_out(
            PAPERS[form.what.data],
            group.stage,
            {"group_id": group.id, "apart": False},
            language=form.language.data,
            at_once=True,
        )
    return render_template(
        "printing/group.html",
        march=group.stage.march,
        stage=group.stage,
        group=group,
        form=form,
        coordinates=is_coordinator(group.stage.march),
    )


def _hand_out(
    kind: FileKind, stage: Stage, params: dict[str, Any], *, language: str, at_once: bool = False
) -> Response:
    people = count_people(db.session, stage, params["group_id"])
    return hand_out(
        kind,
        march=stage.march,
        params=params | {"stage_id": stage.id, "stage_number": stage.number},
        language=language,
        at_once=at_once or people <= MOST_AT_ONCE[kind.name],
    )
