"""The demo's roll calls: everybody is seen, one is missing for a while, one child is handed over."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import insert
from sqlalchemy.orm import Session

from marchapp.attendance.calling import members_of
from marchapp.attendance.points import Point, keep_point, points_of
from marchapp.models import (
    Category,
    Group,
    Participant,
    PointKind,
    RollMark,
    RollStanding,
    RollState,
)

A_TAP = timedelta(seconds=5)
FOUND_AFTER = timedelta(minutes=25)
HANDED_TO = "Siri Hansen, +47 406 00 002"


def call_rolls(session: Session, groups: list[Group]) -> None:
    """Call the roll of every group at every point of its stage."""
    marks: list[dict[str, Any]] = []
    for group in groups:
        people = members_of(session, group)
        for point in points_of(group.stage):
            keep_point(session, group.stage, point)
            marks.extend(_roll(group, point, people))
    session.flush()
    session.execute(insert(RollMark), marks)
    _bring_standings_up(session, marks)


def _roll(group: Group, point: Point, people: list[Participant]) -> Iterator[dict[str, Any]]:
    at = point.at or group.stage.starts_at
    for number, person in enumerate(people):
        moment = at + number * A_TAP
        if number == 0 and _loses_somebody(group, point):
            yield _mark(group, point, person, RollState.MISSING, moment)
            moment += FOUND_AFTER
        state = _state(group, point, person, people)
        yield _mark(group, point, person, state, moment)


def _loses_somebody(group: Group, point: Point) -> bool:
    return (
        (group.stage.number, group.number) == (1, 1)
        and point.kind == PointKind.CHECKPOINT
        and point.position < 3
    )


def _state(group: Group, point: Point, person: Participant, people: list[Participant]) -> RollState:
    children = [one for one in people if one.category == Category.SCHOOLCHILD]
    is_handed_over = (
        (group.stage.number, group.number) == (1, 1)
        and point.kind == PointKind.FINISH
        and person in children[:1]
    )
    return RollState.HANDED_OVER if is_handed_over else RollState.PRESENT


def _mark(
    group: Group, point: Point, person: Participant, state: RollState, moment: datetime
) -> dict[str, Any]:
    return {
        "client_key": str(uuid5(NAMESPACE_URL, f"{group.id}/{point.code}/{person.id}/{state}")),
        "stage_id": group.stage_id,
        "point": point.code,
        "participant_id": person.id,
        "group_id": group.id,
        "account_id": group.guides[0].id if group.guides else None,
        "state": state,
        "handed_to": HANDED_TO if state == RollState.HANDED_OVER else "",
        "marked_at": moment,
        "received_at": moment,
    }


def _bring_standings_up(session: Session, marks: list[dict[str, Any]]) -> None:
    kept = ("stage_id", "point", "participant_id", "state", "marked_at", "client_key")
    last = {(mark["stage_id"], mark["point"], mark["participant_id"]): mark for mark in marks}
    session.execute(insert(RollStanding), [{name: mark[name] for name in kept} for mark in last.values()])
