"""What the page of a roll call shows: everybody of a group, and how they stand at a point."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from marchapp.attendance.leaving import Departure, departures, has_left_before
from marchapp.attendance.points import Point
from marchapp.models import (
    Group,
    Participant,
    PublishedPlace,
    RollMark,
    RollStanding,
    RollState,
    Standing,
)
from marchapp.models.attendance import ACCOUNTED_FOR, HERE

ORDER = [RollState.MISSING, RollState.NOT_YET, RollState.PRESENT, RollState.HANDED_OVER, RollState.LEFT]


@dataclass(frozen=True)
class Called:
    """Somebody in a roll: how they stand, by which mark, and where they left the march if it was before."""

    person: Participant
    state: RollState
    mark: RollMark | None
    left_at: Departure | None

    @property
    def is_expected(self) -> bool:
        return self.left_at is None


@dataclass(frozen=True)
class Roll:
    """The roll of a group at a point, those missing first."""

    people: list[Called]

    @property
    def expected(self) -> int:
        return sum(one.is_expected and one.state != RollState.LEFT for one in self.people)

    @property
    def here(self) -> int:
        return sum(one.state in HERE for one in self.people)

    @property
    def missing(self) -> int:
        return sum(one.state == RollState.MISSING for one in self.people)

    @property
    def is_complete(self) -> bool:
        return all(one.state in ACCOUNTED_FOR or not one.is_expected for one in self.people)


def roll_of(session: Session, group: Group, point: Point) -> Roll:
    """Return the roll of a group at a point."""
    members = members_of(session, group)
    ids = [person.id for person in members]
    standings = _standings(session, group, point, ids)
    gone = departures(session, group.stage, ids)
    people = [_called(group, point, person, standings, gone) for person in members]
    return Roll(sorted(people, key=lambda one: ORDER.index(one.state)))


def _called(
    group: Group,
    point: Point,
    person: Participant,
    standings: dict[int, RollStanding],
    gone: dict[int, Departure],
) -> Called:
    standing = standings.get(person.id)
    state = standing.state if standing else RollState.NOT_YET
    departure = gone.get(person.id)
    if state == RollState.NOT_YET and has_left_before(departure, group.stage, point):
        return Called(person, RollState.LEFT, None, departure)
    return Called(person, state, standing.mark if standing else None, None)


def members_of(session: Session, group: Group) -> list[Participant]:
    """Return who walks in a group, by name."""
    return list(
        session.scalars(
            select(Participant)
            .join(PublishedPlace, PublishedPlace.participant_id == Participant.id)
            .where(PublishedPlace.group_id == group.id, Participant.standing == Standing.PLACED)
            .order_by(Participant.family_name, Participant.given_name, Participant.id)
        )
    )


def _standings(session: Session, group: Group, point: Point, ids: list[int]) -> dict[int, RollStanding]:
    rows = session.scalars(
        select(RollStanding)
        .where(
            RollStanding.stage_id == group.stage_id,
            RollStanding.point == point.code,
            RollStanding.participant_id.in_(ids),
        )
        .options(joinedload(RollStanding.mark).joinedload(RollMark.account))
    )
    return {row.participant_id: row for row in rows}


def next_point(session: Session, group: Group, points: list[Point]) -> Point:
    """Return where the roll of a group is called next: where it began last, or after that if it is done."""
    called = set(session.scalars(select(RollMark.point).where(RollMark.group_id == group.id).distinct()))
    begun = [index for index, point in enumerate(points) if point.code in called]
    if not begun:
        return points[0]
    last = points[begun[-1]]
    is_done = roll_of(session, group, last).is_complete
    return points[min(begun[-1] + 1, len(points) - 1)] if is_done else last


def version_of(session: Session, group: Group) -> str:
    """Return what changes whenever a mark is made on the stage or somebody comes or leaves the group."""
    last = session.scalar(select(func.max(RollMark.id)).where(RollMark.stage_id == group.stage_id))
    members = session.execute(
        select(func.count(), func.coalesce(func.sum(PublishedPlace.participant_id), 0)).where(
            PublishedPlace.group_id == group.id
        )
    ).one()
    return f"{group.id}-{last or 0}-{members[0]}-{members[1]}"
