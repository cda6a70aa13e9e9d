"""Ask for a roster, stop its computation, throw it away: what is done to a run before it is applied."""

from datetime import datetime

from sqlalchemy import exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marchapp.models import Account, AssignmentRun, Group, Membership, Stage, StageEntry
from marchapp.models.audit import record
from marchapp.models.conditional import rows_changed
from marchapp.rosters.automatic.choices import CHILDREN_PER_ADULT, Choices, Keep, time_for
from marchapp.rosters.automatic.gathering import stage_before


class NotAsked(Exception):
    """No roster is computed."""


class NothingToAssign(NotAsked):
    """The stage has no groups that are not locked, or nobody walks it."""


class UnderWay(NotAsked):
    """Another run of this stage is being computed: `run_id`."""

    def __init__(self, run_id: int) -> None:
        super().__init__(run_id)
        self.run_id = run_id


def ask(session: Session, *, stage: Stage, choices: Choices, by: Account, now: datetime) -> AssignmentRun:
    """Ask for a roster of a stage; a finished one that nobody has applied is thrown away for it.

    Raises NothingToAssign or UnderWay.
    """
    if not _has_something_to_assign(session, stage):
        raise NothingToAssign
    _close(session, AssignmentRun.stage_id == stage.id, AssignmentRun.finished_at.is_not(None), now=now)
    run = AssignmentRun(stage_id=stage.id, asked_by_id=by.id, asked_at=now, options=choices.to_json())
    try:
        with session.begin_nested():
            session.add(run)
    except IntegrityError as error:
        raise UnderWay(_open_run(session, stage)) from error
    record(
        session,
        at=now,
        action="roster.asked",
        march_id=stage.march_id,
        account_id=by.id,
        subject="stage",
        subject_id=stage.id,
        run=run.id,
        **choices.to_json(),
    )
    return run


def stop(session: Session, run: AssignmentRun, *, now: datetime) -> None:
    """End the computation with the best roster so far; what has not begun is thrown away."""
    is_waiting = (AssignmentRun.id == run.id, AssignmentRun.claimed_at.is_(None))
    if not _close(session, *is_waiting, AssignmentRun.finished_at.is_(None), now=now):
        session.execute(
            update(AssignmentRun)
            .where(AssignmentRun.id == run.id, AssignmentRun.stop_asked_at.is_(None))
            .values(stop_asked_at=now)
        )
    session.refresh(run)


def discard(session: Session, run: AssignmentRun, *, now: datetime) -> bool:
    """Throw an open run away, whether it is finished or not; tell whether there was anything to do."""
    return _close(session, AssignmentRun.id == run.id, now=now)


def open_run_of(session: Session, stage: Stage) -> AssignmentRun | None:
    """Return the run of a stage that is computed or waits to be applied."""
    return session.scalar(
        select(AssignmentRun).where(AssignmentRun.stage_id == stage.id, AssignmentRun.closed_at.is_(None))
    )


def runs_before(session: Session, run: AssignmentRun) -> int:
    """Return how many runs have to be computed before this one."""
    earlier = select(func.count()).where(
        AssignmentRun.closed_at.is_(None), AssignmentRun.finished_at.is_(None), AssignmentRun.id < run.id
    )
    return session.scalar(earlier) or 0


def first_choices(session: Session, stage: Stage, *, walkers: int, placed: int) -> Choices:
    """Return what the form offers at first."""
    keep = Keep.NOTHING
    if placed * 2 > walkers:
        keep = Keep.PRESENT
    elif stage_before(session, stage):
        keep = Keep.PREVIOUS
    return Choices(
        keep=keep,
        children_per_adult=stage.march.children_per_adult or CHILDREN_PER_ADULT,
        time_limit_s=time_for(walkers),
    )


def _has_something_to_assign(session: Session, stage: Stage) -> bool:
    has_groups = exists().where(Group.stage_id == stage.id, Group.is_locked.is_(False))
    has_people = exists().where(StageEntry.stage_id == stage.id)
    return bool(session.scalar(select(has_groups & has_people)))


def _open_run(session: Session, stage: Stage) -> int:
    return session.scalars(
        select(AssignmentRun.id).where(AssignmentRun.stage_id == stage.id, AssignmentRun.closed_at.is_(None))
    ).one()


def _close(session: Session, *which: object, now: datetime) -> bool:
    is_open = AssignmentRun.closed_at.is_(None)
    change = update(AssignmentRun).where(is_open, *which).values(closed_at=now)  # type: ignore[arg-type]
    return rows_changed(session, change) > 0


def has_members(session: Session, stage: Stage) -> bool:
    """Tell whether anybody walks this stage in a group."""
    return bool(session.scalar(select(exists().where(Membership.stage_id == stage.id))))
