"""Apply a roster that was computed, or take it back: in one transaction, never over another's move."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, select, update
from sqlalchemy.orm import Session

from marchapp.models import (
    Account,
    AssignmentRun,
    Group,
    Membership,
    Participant,
    Stage,
    StageEntry,
    Standing,
)
from marchapp.models.audit import record
from marchapp.models.barrier import may_walk
from marchapp.models.conditional import among, rows_changed
from marchapp.rosters.automatic.results import Proposal
from marchapp.rosters.moves import Change, apply_changes, changes_of
from marchapp.rosters.services import take_turn


@dataclass(frozen=True)
class Obstacle:
    """Why somebody cannot be moved as proposed: elsewhere, locked, away, not_allowed, group_closed.

    `number` is that of the group somebody is in now, None for no group.
    """

    kind: str
    name: str
    number: int | None


class NotApplied(Exception):
    """Nobody was moved."""


class NotOpen(NotApplied):
    """The run is not finished, or it was applied, taken back or thrown away meanwhile."""


class ChangedMeanwhile(NotApplied):
    """Some people cannot be moved as proposed any more; the rest can."""

    def __init__(self, obstacles: list[Obstacle]) -> None:
        super().__init__(obstacles)
        self.obstacles = obstacles


class NobodyLeft(NotApplied):
    """Nobody of the proposal can be moved any more."""


def apply(session: Session, run: AssignmentRun, *, only_the_rest: bool, by: Account, now: datetime) -> int:
    """Move everybody as a finished run proposes, return how many were moved.

    With `only_the_rest` those who are elsewhere by now, or may not be moved any more, stay where they are.
    Raises a NotApplied or a MoveRefused.
    """
    is_ready = (AssignmentRun.finished_at.is_not(None), AssignmentRun.closed_at.is_(None))
    _step(session, run, *is_ready, applied_at=now, closed_at=now)
    changes = Proposal.from_json(run.result).moves
    changes = _possible(session, run.stage, changes, only_the_rest=only_the_rest)
    run.move_id = apply_changes(session, stage=run.stage, changes=changes, by=by, now=now)
    _record(session, "roster.applied", run, by, now, people=len(changes))
    return len(changes)


def take_back(
    session: Session, run: AssignmentRun, *, only_the_rest: bool, by: Account, now: datetime
) -> int:
    """Bring everybody whom a run moved back to where they were, return how many.

    Raises a NotApplied or a MoveRefused.
    """
    is_applied = (AssignmentRun.move_id.is_not(None), AssignmentRun.taken_back_at.is_(None))
    _step(session, run, *is_applied, taken_back_at=now)
    assert run.move_id is not None  # noqa: S101 (the step held it)
    made = changes_of(session, stage=run.stage, move_id=run.move_id)
    back = [Change(change.participant_id, change.to_id, change.from_id) for change in made]
    back = _possible(session, run.stage, back, only_the_rest=only_the_rest)
    apply_changes(session, stage=run.stage, changes=back, by=by, now=now)
    _record(session, "roster.taken_back", run, by, now, people=len(back))
    return len(back)


def obstacles_to(session: Session, stage: Stage, changes: list[Change]) -> dict[int, Obstacle]:
    """Return who cannot be moved so any more, and why, by the participant's id."""
    closed = _closed_groups(session, stage, changes)
    by_person = {change.participant_id: change for change in changes}
    return {
        row.id: Obstacle(kind, f"{row.given_name} {row.family_name}", row.number)
        for row in _standing_of(session, stage, by_person)
        if (kind := _kind_of(row, by_person[row.id], closed))
    }


def _step(session: Session, run: AssignmentRun, *condition: Any, **values: datetime) -> None:
    """Take the run a step further, unless somebody else just has. Raises NotOpen."""
    take_turn(session, run.stage)
    change = update(AssignmentRun).where(AssignmentRun.id == run.id, *condition).values(**values)
    if rows_changed(session, change) == 0:
        raise NotOpen
    session.refresh(run, ["result", "move_id", *values])


def _possible(session: Session, stage: Stage, changes: list[Change], *, only_the_rest: bool) -> list[Change]:
    obstacles = obstacles_to(session, stage, changes)
    if obstacles and not only_the_rest:
        raise ChangedMeanwhile(list(obstacles.values()))
    possible = [change for change in changes if change.participant_id not in obstacles]
    if not possible:
        raise NobodyLeft
    return possible


def _closed_groups(session: Session, stage: Stage, changes: list[Change]) -> set[int]:
    """Return the groups of the changes that are locked or are not there any more."""
    named = {group for change in changes for group in (change.from_id, change.to_id) if group is not None}
    is_open = and_(Group.stage_id == stage.id, Group.is_locked.is_(False))
    return named - set(session.scalars(select(Group.id).where(is_open)))


def _standing_of(session: Session, stage: Stage, people: dict[int, Change]) -> Iterable[Row[Any]]:
    query = (
        select(
            Participant.id,
            Participant.given_name,
            Participant.family_name,
            and_(
                Participant.standing == Standing.PLACED, func.coalesce(StageEntry.stage_id, 0) == stage.id
            ).label("walks"),
            may_walk(stage).label("may_be_placed"),
            Membership.group_id,
            Membership.is_locked,
            Group.number,
        )
        .outerjoin(
            StageEntry,
            and_(StageEntry.participant_id == Participant.id, StageEntry.stage_id == stage.id),
        )
        .outerjoin(
            Membership,
            and_(Membership.participant_id == Participant.id, Membership.stage_id == stage.id),
        )
        .outerjoin(Group, Group.id == Membership.group_id)
        .where(among(session, Participant.id, people))
        .order_by(Participant.family_name, Participant.given_name, Participant.id)
    )
    return session.execute(query)


def _kind_of(row: Row[Any], change: Change, closed: set[int]) -> str | None:
    if not row.walks:
        return "away"
    if row.group_id != change.from_id:
        return "elsewhere"
    if row.is_locked:
        return "locked"
    if change.to_id is not None and not row.may_be_placed:
        return "not_allowed"
    return "group_closed" if closed & {change.from_id, change.to_id} else None


def _record(
    session: Session, action: str, run: AssignmentRun, by: Account, now: datetime, **details: int
) -> None:
    record(
        session,
        at=now,
        action=action,
        march_id=run.stage.march_id,
        account_id=by.id,
        subject="stage",
        subject_id=run.stage_id,
        run=run.id,
        **details,
    )
    session.flush()
