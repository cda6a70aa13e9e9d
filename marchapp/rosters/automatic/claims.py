"""Which runs wait to be computed, and who has claimed one: never two processes the same."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from marchapp.models import AssignmentRun
from marchapp.models.conditional import rows_changed

CLAIM_EXPIRES = timedelta(minutes=2)  # without a sign of life
IS_DUE = (AssignmentRun.closed_at.is_(None), AssignmentRun.finished_at.is_(None))


@dataclass(frozen=True)
class Claim:
    """A run that is ours to compute as long as its `claimed_at` is this one and it is open."""

    run_id: int
    claimed_at: datetime

    def is_held(self) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions of an UPDATE that changes the run only while it is ours."""
        return AssignmentRun.id == self.run_id, AssignmentRun.claimed_at == self.claimed_at, *IS_DUE


def is_waiting(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a run has to be computed and nobody is at it, or was cut off from it."""
    is_silent = AssignmentRun.heard_at < now - CLAIM_EXPIRES
    return *IS_DUE, or_(AssignmentRun.claimed_at.is_(None), is_silent)


def claim_next(session: Session, now: datetime) -> Claim | None:
    """Claim the run that waits longest, if nobody else has it."""
    due = is_waiting(now)
    for found in session.scalars(select(AssignmentRun.id).where(*due).order_by(AssignmentRun.id)).all():
        change = update(AssignmentRun).where(AssignmentRun.id == found, *due)
        ours = change.values(claimed_at=now, heard_at=now, attempts=AssignmentRun.attempts + 1, cost=None)
        is_ours = rows_changed(session, ours) == 1
        session.commit()
        if is_ours:
            return Claim(found, now)
    session.rollback()
    return None
