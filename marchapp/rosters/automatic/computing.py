"""Compute the rosters that were asked for, and write down how far each is and what it proposes."""

import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from marchapp.models import AssignmentRun, Stage
from marchapp.models.conditional import rows_changed
from marchapp.rosters.assigning.values import Assignment, Progress
from marchapp.rosters.assignment import assign
from marchapp.rosters.automatic.choices import Choices
from marchapp.rosters.automatic.claims import Claim, claim_next
from marchapp.rosters.automatic.gathering import Gathered, gather, options_of
from marchapp.rosters.automatic.proposing import propose

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3  # what breaks the computation off three times is not tried for ever
LEAST_BETWEEN_NOTES_S = 0.5


class WorkerGone(Exception):
    """The worker that started this process has ended: its successor starts another."""


def compute_waiting(session: Session) -> int:
    """Compute every roster that waits, one after the other, return how many were. Raises WorkerGone."""
    computed = 0
    while claim := claim_next(session, datetime.now(UTC)):
        computed += compute_claimed(session, claim)
    return computed


def compute_claimed(session: Session, claim: Claim) -> bool:
    """Compute a claimed run and write down what it proposes, return whether it is there now."""
    run = session.get_one(AssignmentRun, claim.run_id, populate_existing=True)
    if run.attempts > MOST_ATTEMPTS:
        return _give_up(session, claim, "broke_off")
    try:
        choices = Choices.from_json(run.options)
        gathered = gather(session, session.get_one(Stage, run.stage_id), choices)
        session.rollback()  # others may write while this is computed
        if not gathered.people or not gathered.groups:
            return _give_up(session, claim, "nothing_to_assign")
        notes = Notes(session, claim, gathered)
        result = assign(gathered.people, gathered.groups, options_of(choices), progress=notes)
        if notes.is_orphaned:
            raise WorkerGone
        return _write(session, claim, gathered, result, choices)
    except WorkerGone:
        _let_go(session, claim)
        raise
    except Exception:
        log.exception("The roster of run %s could not be computed", claim.run_id)
        session.rollback()
        return _give_up(session, claim, "broke_off")


class Notes:
    """Writes down how far a run is, now and then, each time in a moment's transaction.

    Called, it tells whether to go on: not when a coordinator has stopped the run or thrown it away, when
    another process has claimed it, or when the worker that started this process has gone.
    """

    def __init__(
        self, session: Session, claim: Claim, gathered: Gathered, *, parent: Callable[[], int] = os.getppid
    ) -> None:
        self.session, self.claim, self.parent = session, claim, parent
        self.started_by = parent()
        self.noted_at = -LEAST_BETWEEN_NOTES_S
        self.size = {"people": len(gathered.people), "groups": len(gathered.groups)}
        self.goes_on, self.is_orphaned = True, False

    def __call__(self, progress: Progress) -> bool:
        if monotonic() - self.noted_at < LEAST_BETWEEN_NOTES_S:
            return self.goes_on
        self.noted_at = monotonic()
        far = {
            "seconds": progress.seconds,
            "cost": _finite(progress.cost),
            "bound": _finite(progress.bound),
            "phase": progress.phase,
            "heard_at": datetime.now(UTC),
        }
        note = update(AssignmentRun).where(*self.claim.is_held()).values(**far, **self.size)
        is_held = rows_changed(self.session, note) == 1
        stop = select(AssignmentRun.stop_asked_at).where(AssignmentRun.id == self.claim.run_id)
        is_stopped = self.session.scalar(stop) is not None
        self.session.commit()
        self.is_orphaned = self.parent() != self.started_by
        self.goes_on = is_held and not is_stopped and not self.is_orphaned
        return self.goes_on


def _finite(value: float) -> float | None:
    """Return a number that a database keeps; before the first roster the cost is none."""
    return value if abs(value) < float("inf") else None


def _write(session: Session, claim: Claim, gathered: Gathered, result: Assignment, choices: Choices) -> bool:
    """Write down what a run proposes, unless the claim was lost or the run was thrown away."""
    proposal = propose(gathered, result, children_per_adult=choices.children_per_adult)
    done = (
        update(AssignmentRun)
        .where(*claim.is_held())
        .values(
            finished_at=datetime.now(UTC),
            people=len(gathered.people),
            groups=len(gathered.groups),
            status=str(result.status),
            cost=result.cost,
            bound=_finite(result.bound),
            seconds=result.seconds,
            result=proposal.to_json(),
        )
    )
    is_ours = rows_changed(session, done) == 1
    session.commit()
    return is_ours


def _let_go(session: Session, claim: Claim) -> None:
    free = {"claimed_at": None, "heard_at": None, "attempts": AssignmentRun.attempts - 1}
    rows_changed(session, update(AssignmentRun).where(*claim.is_held()).values(free))
    session.commit()


def _give_up(session: Session, claim: Claim, problem: str) -> bool:
    now = datetime.now(UTC)
    ended = update(AssignmentRun).where(*claim.is_held())
    rows_changed(session, ended.values(failed_at=now, closed_at=now, problem=problem))
    session.commit()
    return False
