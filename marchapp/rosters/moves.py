"""Move people between the groups of a stage, all or none, and never silently over somebody else's move."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, delete, false, insert, select
from sqlalchemy.orm import Session

from marchapp.models import (
    Account,
    AuditEvent,
    Barrier,
    Group,
    Membership,
    Participant,
    Stage,
    StageEntry,
    Standing,
)
from marchapp.models.audit import record
from marchapp.models.barrier import barrier_on
from marchapp.models.conditional import among, pairs
from marchapp.rosters.board import group_sizes
from marchapp.rosters.services import take_turn

PEOPLE_MOVED = "people.moved"
NAME = (Participant.given_name, Participant.family_name)


@dataclass(frozen=True)
class Change:
    """That somebody leaves one group for another; None stands for no group."""

    participant_id: int
    from_id: int | None
    to_id: int | None


@dataclass(frozen=True)
class Moved:
    """What a move did: how many people it moved, and the number of their group (None: out of theirs).

    `name` is who it was if it was one. A move back can end in several groups; it then is mixed.
    """

    id: int
    people: int
    name: str
    number: int | None
    is_mixed: bool


class MoveRefused(Exception):
    """Nobody was moved."""


class GroupFull(MoveRefused):
    """More people were to come into a group than it has places left."""

    def __init__(self, *, number: int, left: int, coming: int) -> None:
        super().__init__(number, left, coming)
        self.number, self.left, self.coming = number, left, coming


class MovedMeanwhile(MoveRefused):
    """Some people are elsewhere by now; `places` has (name, number of the group or None) for each."""

    def __init__(self, places: Sequence[tuple[str, int | None]]) -> None:
        super().__init__(places)
        self.places = places


class NotWalking(MoveRefused):
    """Somebody does not walk this stage, or does not any more."""


class NotAllowedYet(MoveRefused):
    """Somebody may not take part yet, for want of consent; `names` says who."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(names)
        self.names = names


class MayNotCrossYet(NotAllowedYet):
    """Somebody may take part, but not cross the border, which this stage does."""


class MayNotWalk(MoveRefused):
    """Somebody lacks a paper for this stage; `people` has (name, what is lacking) for each."""

    def __init__(self, people: Sequence[tuple[str, Barrier]]) -> None:
        super().__init__(people)
        self.people = people


class PeopleLocked(MoveRefused):
    """Somebody is locked in the group; `names` says who."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(names)
        self.names = names


class GroupLocked(MoveRefused):
    """A locked group takes nobody in and lets nobody out."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class NoSuchGroup(MoveRefused):
    """The group is not, or is no longer, a group of this stage."""


class AlreadyThere(MoveRefused):
    """Everybody is where they were to go."""


class NothingToUndo(MoveRefused):
    """There is no such move of this stage."""


def move_people(
    session: Session,
    *,
    stage: Stage,
    to_group_id: int | None,
    people: Mapping[int, int | None],
    by: Account,
    now: datetime,
) -> int:
    """Move people of a stage to a group, or out of theirs, and return the id of the move.

    `people` says for each participant's id where they were seen last: the id of a group, or None. All are
    moved or none. Raises a MoveRefused.
    """
    changes = [Change(person, seen_in, to_group_id) for person, seen_in in people.items()]
    return apply_changes(session, stage=stage, changes=changes, by=by, now=now)


def undo_move(session: Session, *, stage: Stage, move_id: int, by: Account, now: datetime) -> int:
    """Bring everybody back to where a move took them from, and return the id of the move back."""
    changes = changes_of(session, stage=stage, move_id=move_id)
    back = [Change(change.participant_id, change.to_id, change.from_id) for change in changes]
    return apply_changes(session, stage=stage, changes=back, by=by, now=now)


def changes_of(session: Session, *, stage: Stage, move_id: int) -> list[Change]:
    """Return what a move changed. Raises NothingToUndo."""
    event = session.get(AuditEvent, move_id)
    if event is None or (event.action, event.subject_id) != (PEOPLE_MOVED, stage.id):
        raise NothingToUndo
    return [Change(*change) for change in event.details["changes"]]


def moved_by(session: Session, *, stage: Stage, move_id: int) -> Moved:
    """Return what a move of a stage did. Raises NothingToUndo."""
    changes = changes_of(session, stage=stage, move_id=move_id)
    goals = {change.to_id for change in changes}
    goal = session.get(Group, changes[0].to_id) if changes[0].to_id else None
    person = session.get(Participant, changes[0].participant_id)
    return Moved(
        id=move_id,
        people=len(changes),
        name=person.name if person and len(changes) == 1 else "",
        number=goal.number if goal else None,
        is_mixed=len(goals) > 1,
    )


def apply_changes(
    session: Session, *, stage: Stage, changes: list[Change], by: Account, now: datetime
) -> int:
    """Make all changes or none, tens of thousands at once if need be; return the id of the move.

    Raises a MoveRefused.
    """
    take_turn(session, stage)
    _check_all_walk(session, stage, changes)
    _check_all_may_walk(session, stage, changes)
    _check_all_are_where_they_were_seen(session, stage, changes)
    changes = [change for change in changes if change.from_id != change.to_id]
    if not changes:
        raise AlreadyThere
    _check_nothing_is_locked(session, stage, changes)
    _check_places(session, stage, changes)
    _write_memberships(session, stage, changes)
    event = record(
        session,
        at=now,
        action=PEOPLE_MOVED,
        march_id=stage.march_id,
        account_id=by.id,
        subject="stage",
        subject_id=stage.id,
        changes=[[change.participant_id, change.from_id, change.to_id] for change in changes],
    )
    session.flush()
    return event.id


def _name(row: Row) -> str:
    return f"{row.given_name} {row.family_name}"


def _check_all_walk(session: Session, stage: Stage, changes: list[Change]) -> None:
    walking = session.scalars(
        select(StageEntry.participant_id)
        .join(StageEntry.participant)
        .where(
            StageEntry.stage_id == stage.id,
            among(session, StageEntry.participant_id, (change.participant_id for change in changes)),
            Participant.standing == Standing.PLACED,
        )
    )
    if len(walking.all()) < len(changes):
        raise NotWalking


def _check_all_may_walk(session: Session, stage: Stage, changes: list[Change]) -> None:
    """Without consent nobody comes into a group; out of one everybody may.

    The people are locked: a consent that is withdrawn at this moment waits, and then takes them out again.
    """
    coming = [change.participant_id for change in changes if change.to_id is not None]
    people = session.execute(
        select(*NAME, barrier_on(stage).label("barrier"))
        .where(among(session, Participant.id, coming))
        .order_by(Participant.family_name, Participant.given_name)
        .with_for_update(read=True, of=Participant)
    ).all()
    kept_out = [(_name(one), Barrier(one.barrier)) for one in people if one.barrier]
    for barrier, refusal in ((Barrier.CONSENT, NotAllowedYet), (Barrier.CROSSING_CONSENT, MayNotCrossYet)):
        if names := [name for name, lacking in kept_out if lacking == barrier]:
            raise refusal(names)
    if kept_out:
        raise MayNotWalk(kept_out)


def _check_all_are_where_they_were_seen(session: Session, stage: Stage, changes: list[Change]) -> None:
    seen_in = {change.participant_id: change.from_id for change in changes}
    rows = session.execute(
        select(*NAME, Participant.id, Group.id.label("group_id"), Group.number)
        .outerjoin(
            Membership,
            (Membership.participant_id == Participant.id) & (Membership.stage_id == stage.id),
        )
        .outerjoin(Group, Group.id == Membership.group_id)
        .where(among(session, Participant.id, seen_in))
        .order_by(Participant.family_name, Participant.given_name)
    )
    elsewhere = [(_name(row), row.number) for row in rows if seen_in[row.id] != row.group_id]
    if elsewhere:
        raise MovedMeanwhile(elsewhere)


def _check_nothing_is_locked(session: Session, stage: Stage, changes: list[Change]) -> None:
    touched = {
        group_id for change in changes for group_id in (change.from_id, change.to_id) if group_id is not None
    }
    locked_group = session.scalar(
        select(Group.number)
        .where(Group.stage_id == stage.id, among(session, Group.id, touched), Group.is_locked)
        .order_by(Group.number)
        .limit(1)
    )
    if locked_group is not None:
        raise GroupLocked(locked_group)
    locked = session.execute(
        select(*NAME)
        .join(Membership, Membership.participant_id == Participant.id)
        .where(
            Membership.stage_id == stage.id,
            among(session, Membership.participant_id, (change.participant_id for change in changes)),
            Membership.is_locked,
        )
        .order_by(Participant.family_name, Participant.given_name)
    ).all()
    if locked:
        raise PeopleLocked([_name(one) for one in locked])


def _check_places(session: Session, stage: Stage, changes: list[Change]) -> None:
    coming = Counter(change.to_id for change in changes if change.to_id is not None)
    leaving = Counter(change.from_id for change in changes if change.from_id is not None)
    groups = session.scalars(
        select(Group).where(Group.stage_id == stage.id, among(session, Group.id, coming))
    ).all()
    if len(groups) < len(coming):
        raise NoSuchGroup
    sizes = group_sizes(session, coming)
    for group in groups:
        left = group.max_size - sizes.get(group.id, 0) + leaving[group.id]
        if coming[group.id] > left:
            raise GroupFull(number=group.number, left=max(left, 0), coming=coming[group.id])


def _write_memberships(session: Session, stage: Stage, changes: list[Change]) -> None:
    moved = [change.participant_id for change in changes]
    session.execute(
        delete(Membership).where(
            Membership.stage_id == stage.id, among(session, Membership.participant_id, moved)
        )
    )
    placed = [(change.participant_id, change.to_id) for change in changes if change.to_id is not None]
    if placed:
        columns = ["participant_id", "stage_id", "group_id", "is_locked"]
        rows = pairs(session, placed, stage.id).add_columns(false())
        session.execute(insert(Membership).from_select(columns, rows, include_defaults=False))
