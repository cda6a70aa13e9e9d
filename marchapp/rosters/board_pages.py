"""The board of a stage as a live page: its columns, and small acts that are answered with what changed."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from flask import flash, get_template_attribute, jsonify, redirect, request, url_for
from markupsafe import Markup
from werkzeug import Response

from marchapp.access import signed_in_account, stage_for_coordinator
from marchapp.extensions import db
from marchapp.models import Stage
from marchapp.rosters.board import Counts, count_walkers
from marchapp.rosters.columns import BOARD_HOLDS, Column, columns_of
from marchapp.rosters.following import deeds_since, version_of
from marchapp.rosters.forms import MoveForm, Seen, lock_asked_in, number_in, seen_of
from marchapp.rosters.locks import lock_group, lock_person
from marchapp.rosters.moves import MoveRefused, move_people, moved_by, undo_move
from marchapp.rosters.words import (
    how_many_walk,
    what_somebody_did,
    what_was_moved,
    why_not_moved,
)

A_STAGE = "/marches/<slug>/stages/<int:number>/groups"


@dataclass(frozen=True)
class ShownColumn:
    """A column as the page has it; the same digest means that it looks the same."""

    id: int
    digest: str
    html: Markup


def fits_a_board(counts: Counts) -> bool:
    return 0 < counts.walkers <= BOARD_HOLDS


def shown_columns(stage: Stage, ticked: Collection[int] | None = None) -> list[ShownColumn]:
    """Return the columns of a stage as they are shown, with some people ticked."""
    write = get_template_attribute("rosters/columns.html", "column")
    return [_shown(column, write(column, stage, ticked or ())) for column in columns_of(db.session, stage)]


def _shown(column: Column, html: Markup) -> ShownColumn:
    return ShownColumn(column.id, f"{crc32(html.encode()):08x}", html)


def follow(slug: str, number: int) -> Response:
    """Answer what changed since the page looked last; nothing, at the cost of one look, if nothing did."""
    stage = stage_for_coordinator(slug, number)
    seen = seen_of(request.args)
    if "full" not in request.args and seen.since == version_of(db.session, stage.march):
        return Response(status=204)
    return _answer(stage, seen)


def move_now(slug: str, number: int) -> Response:
    stage = stage_for_coordinator(slug, number)
    form = MoveForm()
    if not form.validate_on_submit():
        return _refuse(stage, form.said)

    def act() -> int:
        return move_people(
            db.session,
            stage=stage,
            to_group_id=form.to_group_id,
            people=form.people.data,
            by=signed_in_account(),
            now=datetime.now(UTC),
        )

    return _move(stage, act)


def undo_now(slug: str, number: int) -> Response:
    stage = stage_for_coordinator(slug, number)

    def act() -> int:
        return undo_move(
            db.session,
            stage=stage,
            move_id=number_in(request.form, "moved"),
            by=signed_in_account(),
            now=datetime.now(UTC),
        )

    return _move(stage, act)


def _move(stage: Stage, act: Callable[[], int]) -> Response:
    try:
        move_id = act()
    except MoveRefused as refusal:
        db.session.rollback()
        return _refuse(stage, why_not_moved(refusal))
    db.session.commit()
    words = what_was_moved(moved_by(db.session, stage=stage, move_id=move_id))
    return _answer(stage, seen_of(request.form), words=words, own=move_id, can_undo=True)


def lock_now(slug: str, number: int) -> Response:
    stage = stage_for_coordinator(slug, number)
    try:
        event_id = _lock(stage)
    except MoveRefused as refusal:
        db.session.rollback()
        return _refuse(stage, why_not_moved(refusal))
    db.session.commit()
    return _answer(stage, seen_of(request.form), own=event_id)


def lock(slug: str, number: int) -> Response:
    """Lock or unlock a card or a group, and show the page again."""
    stage = stage_for_coordinator(slug, number)
    try:
        _lock(stage)
    except MoveRefused as refusal:
        db.session.rollback()
        flash(why_not_moved(refusal), "problem")
    db.session.commit()
    return redirect(url_for(".stage", slug=slug, number=number))


def _lock(stage: Stage) -> int:
    """Do what the button of a lock asks, and return the number of the event. Raises a MoveRefused."""
    asked = lock_asked_in(request.form)
    doing: dict[str, Any] = {
        "stage": stage,
        "is_locked": asked.is_locked,
        "by": signed_in_account(),
        "now": datetime.now(UTC),
    }
    if asked.participant_id is None:
        return lock_group(db.session, group_id=asked.group_id, **doing)
    return lock_person(db.session, participant_id=asked.participant_id, seen_in=asked.group_id, **doing)


def _refuse(stage: Stage, words: str) -> Response:
    """Say why nothing was done, with how things stand now."""
    return _answer(stage, seen_of(request.form), words=words, refused=True)


def _answer(
    stage: Stage,
    seen: Seen,
    *,
    words: str = "",
    own: int | None = None,
    can_undo: bool = False,
    refused: bool = False,
) -> Response:
    """Answer what differs from what the page has seen; `own` is the event that the reader just caused."""
    version = version_of(db.session, stage.march)
    counts = count_walkers(db.session, stage)
    if not fits_a_board(counts):
        return jsonify(is_too_large=True)
    columns = shown_columns(stage)
    deeds = [] if seen.since is None else deeds_since(db.session, stage, seen.since, but=[own] if own else [])
    return jsonify(
        version=version,
        words=words,
        refused=refused,
        moved=own if can_undo else None,
        said=[what_somebody_did(deed) for deed in deeds],
        count=how_many_walk(counts),
        order=[column.id for column in columns],
        columns=[_as_json(column) for column in columns if seen.digests.get(column.id) != column.digest],
    )


def _as_json(column: ShownColumn) -> dict[str, Any]:
    return {"id": column.id, "digest": column.digest, "html": column.html}


ADDRESSES = (
    (f"{A_STAGE}/board", follow, ["GET"]),
    (f"{A_STAGE}/board/move", move_now, ["POST"]),
    (f"{A_STAGE}/board/undo", undo_now, ["POST"]),
    (f"{A_STAGE}/board/lock", lock_now, ["POST"]),
    (f"{A_STAGE}/lock", lock, ["POST"]),
)
