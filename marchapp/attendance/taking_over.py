"""Take somebody of another group over into one's own, by the same rules as a coordinator moves people."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from marchapp.attendance.points import Point
from marchapp.attendance.services import Answer, SentMark, count_mark, find_by_badge
from marchapp.models import Account, Group, PublishedPlace


@dataclass(frozen=True)
class Moving:
    """How people are moved between groups; the feature that owns the groups gives it, see app.py."""

    move: Callable[..., Any]
    refused: type[Exception]
    why: Callable[[Any], str]


class NobodyToTakeOver(Exception):
    """No badge of this march has this reference."""


def take_over(
    session: Session,
    moving: Moving,
    *,
    group: Group,
    point: Point,
    sent: SentMark,
    seen_in: int | None,
    by: Account,
    now: datetime,
) -> Answer:
    """Move whoever wears a badge into a group and count them there.

    `seen_in` is the group in which they were shown. A second send finds them there and changes nothing.
    Raises what `moving.refused` names, or NobodyToTakeOver.
    """
    person = find_by_badge(session, group, sent.badge)
    if person is None:
        raise NobodyToTakeOver
    place = session.get(PublishedPlace, (person.id, group.stage_id))
    if place is None or place.group_id != group.id:
        moving.move(session, group=group, person=person, seen_in=seen_in, by=by, now=now)
    return count_mark(session, group=group, point=point, person=person, sent=sent, by=by, now=now)
