"""Pages of the border manifest: as it is now, its frozen versions, files, and counts of heads."""

from datetime import UTC, datetime
from math import ceil
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from marchapp.access import fresh_account, signed_in_account, stage_for_coordinator
from marchapp.border.crossing import (
    PEOPLE_A_PAGE,
    Lack,
    all_lines,
    count_crossing,
    overview_of,
    page_of_lines,
)
from marchapp.border.forms import CountForm, TakeForm
from marchapp.border.making import MANIFEST
from marchapp.border.papers import version_words
from marchapp.border.services import (
    NothingToFreeze,
    counts_of,
    difference,
    freeze,
    last_version,
    lines_of,
    note_count,
    note_look,
    version_of,
    versions_of,
)
from marchapp.border.words import (
    CONSENTS,
    LACKS,
    PLACES,
    difference_in_words,
    document_word,
    lacks_in_words,
    summary_of,
    verdict_of,
)
from marchapp.border.worker import freeze_later
from marchapp.extensions import db, now_write, only_read, queue
from marchapp.files.answering import hand_out
from marchapp.forms import tidy
from marchapp.models import CountPlace, ManifestVersion, Stage
from marchapp.paging import page_in

blueprint = Blueprint("border", __name__)
blueprint.add_app_template_filter(lacks_in_words)
blueprint.add_app_template_filter(document_word)
blueprint.add_app_template_filter(verdict_of)
blueprint.add_app_template_filter(version_words)

MOST_COMPARED = 2_000  # of more people the page does not say what changed since the last version
MOST_AT_ONCE = 300
MOST_FROZEN_AT_ONCE = 3_000
SENTENCES_SHOWN = 100
WORDS = {"consent_words": CONSENTS, "lack_words": LACKS, "place_words": PLACES}


@blueprint.get("/marches/<slug>/stages/<int:number>/border")
def manifest(slug: str, number: int) -> str:
    stage = _crossing_stage(slug, number)
    return _seen(stage, _page(stage, CountForm(formdata=None)), version=None)


@blueprint.post("/marches/<slug>/stages/<int:number>/border/counts")
def count(slug: str, number: int) -> str | Response:
    stage = _crossing_stage(slug, number)
    form = CountForm()
    if not form.validate_on_submit():
        return _seen(stage, _page(stage, form), version=None)
    counted = note_count(
        db.session,
        stage=stage,
        place=CountPlace(form.place.data),
        counted=form.counted.data,
        remark=form.remark.data or "",
        submission_key=form.submission_key.data,
        by=signed_in_account(),
        now=datetime.now(UTC),
    )
    kind = "done" if counted.counted == counted.expected else "problem"
    flash(f"{PLACES[counted.place]}: {counted.counted}. {verdict_of(counted)}", kind)
    db.session.commit()
    return redirect(url_for(".manifest", slug=slug, number=number) + "#counts")


@blueprint.post("/marches/<slug>/stages/<int:number>/border/versions")
def freeze_now(slug: str, number: int) -> Response:
    """Freeze who crosses. All is read before, so that no writer waits for it; of many by the worker."""
    only_read()
    stage = _crossing_stage(slug, number)
    if count_crossing(db.session, stage) > MOST_FROZEN_AT_ONCE:
        queue.send(freeze_later, stage_id=stage.id, account_id=signed_in_account().id)
        flash(_("The list is being frozen. The new version stands here in a minute or two."), "info")
        return redirect(url_for(".manifest", slug=slug, number=number))
    lines = all_lines(db.session, stage)
    now_write()
    stage = _crossing_stage(slug, number)
    try:
        version = freeze(db.session, stage=stage, lines=lines, by=signed_in_account(), now=datetime.now(UTC))
    except NothingToFreeze:
        db.session.rollback()
        flash(_("Nothing has changed since the last version, so there is no new one."), "info")
        return redirect(url_for(".manifest", slug=slug, number=number))
    frozen = version.number
    db.session.commit()
    flash(_("Version %(number)s is frozen. Take it along as a file now.", number=frozen), "done")
    return redirect(url_for(".version", slug=slug, number=number, version=frozen))


@blueprint.get("/marches/<slug>/stages/<int:number>/border/versions/<int:version>")
def version(slug: str, number: int, version: int) -> str:
    stage = _crossing_stage(slug, number)
    found = version_of(db.session, stage.id, version) or abort(404)
    lines = lines_of(found)
    pages = max(ceil(len(lines) / PEOPLE_A_PAGE), 1)
    page = min(page_in(request.args), pages)
    before = version_of(db.session, stage.id, version - 1)
    changes = difference(lines_of(before), lines) if before else None
    shown = render_template(
        "border/version.html",
        march=stage.march,
        stage=stage,
        version=found,
        lines=lines[(page - 1) * PEOPLE_A_PAGE : page * PEOPLE_A_PAGE],
        page=page,
        pages=pages,
        changes=changes,
        sentences=list(difference_in_words(changes))[:SENTENCES_SHOWN] if changes else [],
        summary=summary_of(changes) if changes else "",
        form=TakeForm(formdata=None),
        **WORDS,
    )
    return _seen(stage, shown, version=version)


@blueprint.post("/marches/<slug>/stages/<int:number>/border/versions/<int:version>")
def take(slug: str, number: int, version: int) -> Response:
    """Hand a version out as a file."""
    only_read()
    stage = _crossing_stage(slug, number)
    found: ManifestVersion = version_of(db.session, stage.id, version) or abort(404)
    form = TakeForm()
    if not form.validate_on_submit():
        return redirect(url_for(".version", slug=slug, number=number, version=version))
    params = {
        "stage_id": stage.id,
        "stage_number": stage.number,
        "version": found.number,
        "format": form.format.data,
    }
    at_once = found.people <= MOST_AT_ONCE
    return hand_out(MANIFEST, march=stage.march, params=params, language=form.language.data, at_once=at_once)


def _page(stage: Stage, form: CountForm) -> str:
    overview = overview_of(db.session, stage)
    lack = _lack()
    text = tidy(request.args.get("q", ""))[:80]
    page = page_in(request.args)
    lines, total = page_of_lines(db.session, stage, overview, lack=lack, text=text, page=page)
    return render_template(
        "border/manifest.html",
        march=stage.march,
        stage=stage,
        overview=overview,
        lines=lines,
        total=total,
        lack=lack,
        text=text,
        page=page,
        pages=max(ceil(total / PEOPLE_A_PAGE), 1),
        versions=versions_of(db.session, stage),
        since=_since_last(stage, overview.people),
        counts=counts_of(db.session, stage),
        form=form,
        **WORDS,
    )


def _since_last(stage: Stage, people: int) -> str:
    """Say what has changed since the last version; nothing if nothing has, or there are too many people."""
    last = last_version(db.session, stage, with_content=True) if people <= MOST_COMPARED else None
    changes = difference(lines_of(last), all_lines(db.session, stage)) if last else None
    return summary_of(changes) if changes else ""


def _seen(stage: Stage, page: str, *, version: int | None) -> str:
    """Record the look at a page, and only then show it."""
    of: dict[str, Any] = {"stage_id": stage.id, "march_id": stage.march_id}
    account_id = signed_in_account().id
    now_write()
    note_look(db.session, **of, account_id=account_id, now=datetime.now(UTC), version=version)
    db.session.commit()
    return page


def _crossing_stage(slug: str, number: int) -> Stage:
    """Return a stage that crosses a border to its coordinator."""
    stage = stage_for_coordinator(slug, number)
    fresh_account()
    if not stage.crosses_border:
        abort(404)
    return stage


def _lack() -> Lack | None:
    asked = request.args.get("lack", "")
    return Lack(asked) if asked in set(Lack) else None
