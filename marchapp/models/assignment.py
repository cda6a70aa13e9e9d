"""Rosters that the program computes: asked for, computed, looked at, applied or thrown away, taken back."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.columns import Moment, UtcDateTime

if TYPE_CHECKING:
    from marchapp.models.account import Account
    from marchapp.models.march import Stage

IS_OPEN = text("closed_at IS NULL")


class RunState(StrEnum):
    """How far a run is; those before `failed` are open."""

    WAITING = "waiting"
    COMPUTING = "computing"
    STOPPING = "stopping"
    READY = "ready"
    FAILED = "failed"
    DISCARDED = "discarded"
    APPLIED = "applied"
    TAKEN_BACK = "taken_back"


class AssignmentRun(db.Model):
    """One automatic assignment of a stage. A stage has one open run at most.

    `claimed_at` says which process computes it, `heard_at` when that last gave a sign of life; until it is
    finished `cost`, `bound` and `seconds` are those of the best roster so far. `result` is what the finished
    run proposes: see rosters.automatic.results. It is closed once it is applied, thrown away or has failed.
    `move_id` is the event of the move that applied it, by which it can be taken back.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id", ondelete="CASCADE"), index=True)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    asked_at: Mapped[Moment]
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    heard_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    stop_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    problem: Mapped[str] = mapped_column(String(40), default="")
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    move_id: Mapped[int | None] = mapped_column(ForeignKey("audit_event.id", ondelete="SET NULL"))
    people: Mapped[int] = mapped_column(default=0)
    groups: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(String(20), default="")
    cost: Mapped[float | None]
    bound: Mapped[float | None]
    seconds: Mapped[float] = mapped_column(default=0.0)
    phase: Mapped[str] = mapped_column(String(20), default="")
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, deferred=True)

    stage: Mapped["Stage"] = relationship()
    asked_by: Mapped["Account | None"] = relationship()

    __table_args__ = (
        Index(
            "uq_assignment_run_open",
            "stage_id",
            unique=True,
            sqlite_where=IS_OPEN,
            postgresql_where=IS_OPEN,
        ),
        CheckConstraint("applied_at IS NULL OR finished_at IS NOT NULL", name="applied_when_finished"),
        CheckConstraint("taken_back_at IS NULL OR applied_at IS NOT NULL", name="taken_back_when_applied"),
    )

    @property
    def state(self) -> RunState:
        if self.closed_at is not None:
            return self._end
        if self.finished_at is not None:
            return RunState.READY
        if self.claimed_at is None:
            return RunState.WAITING
        return RunState.STOPPING if self.stop_asked_at is not None else RunState.COMPUTING

    @property
    def _end(self) -> RunState:
        if self.failed_at is not None:
            return RunState.FAILED
        if self.applied_at is None:
            return RunState.DISCARDED
        return RunState.APPLIED if self.taken_back_at is None else RunState.TAKEN_BACK

    @property
    def is_under_way(self) -> bool:
        return self.state in (RunState.WAITING, RunState.COMPUTING, RunState.STOPPING)
