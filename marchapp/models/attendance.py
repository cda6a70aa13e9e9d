"""Roll calls: every mark that was made, and how each person stands at each point of a stage."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, case, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.columns import Moment, one_of
from marchapp.models.encrypted import EncryptedText

if TYPE_CHECKING:
    from marchapp.models.account import Account
    from marchapp.models.group import Group
    from marchapp.models.march import Stage
    from marchapp.models.participant import Participant

FINISH_POSITION = 9_999
CODE_LENGTH = 24


class PointKind(StrEnum):
    """Where rolls are called on a stage."""

    START = "start"
    CHECKPOINT = "checkpoint"
    FINISH = "finish"


class RollState(StrEnum):
    """How somebody stands at a point. `NOT_YET` is a mark taken back."""

    NOT_YET = "not_yet"
    PRESENT = "present"
    MISSING = "missing"
    LEFT = "left"
    HANDED_OVER = "handed_over"


HERE = (RollState.PRESENT, RollState.HANDED_OVER)
ACCOUNTED_FOR = (*HERE, RollState.LEFT)


class RollPoint(db.Model):
    """A point of a stage where a roll was called: kept with its name when the route's checkpoints are remade.

    `code` is start, finish, or formed from the name of the checkpoint, so that the same checkpoint of a new
    route goes on with the same roll. `position` orders the points of a stage: 0 is the start,
    FINISH_POSITION the finish.
    """

    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(String(CODE_LENGTH), primary_key=True)
    kind: Mapped[PointKind] = mapped_column(one_of(PointKind))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(120), default="")

    stage: Mapped["Stage"] = relationship()


class RollMark(db.Model):
    """One mark of a roll call, as it was made: never changed, never deleted.

    `client_key` was made where the mark was made, so that one that is sent twice counts once. `marked_at` is
    when that was, by the phone's clock put right; `received_at` when it came here. `handed_to` says to whom
    a child was handed over.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    client_key: Mapped[str] = mapped_column(String(36), unique=True)
    stage_id: Mapped[int]
    point: Mapped[str] = mapped_column(String(CODE_LENGTH))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("stage_group.id", ondelete="SET NULL"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    state: Mapped[RollState] = mapped_column(one_of(RollState))
    handed_to: Mapped[str] = mapped_column(EncryptedText, nullable=True, default="")
    marked_at: Mapped[Moment]
    received_at: Mapped[Moment]

    participant: Mapped["Participant"] = relationship()
    group: Mapped["Group | None"] = relationship()
    account: Mapped["Account | None"] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(
            ["stage_id", "point"], ["roll_point.stage_id", "roll_point.code"], ondelete="CASCADE"
        ),
        Index(None, "participant_id", "stage_id", "point"),
        Index(None, "stage_id", "id"),
        Index(None, "group_id"),
    )


class RollStanding(db.Model):
    """How somebody stands at a point by the last mark: the one made last, not the one received last.

    `client_key` names that mark. Of two marks made at the same moment the one with the larger key holds, so
    that the order in which marks arrive never matters.
    """

    stage_id: Mapped[int] = mapped_column(primary_key=True)
    point: Mapped[str] = mapped_column(String(CODE_LENGTH), primary_key=True)
    participant_id: Mapped[int] = mapped_column(
        ForeignKey("participant.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[RollState] = mapped_column(one_of(RollState))
    marked_at: Mapped[Moment]
    client_key: Mapped[str] = mapped_column(ForeignKey("roll_mark.client_key", ondelete="CASCADE"))

    mark: Mapped[RollMark] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(
            ["stage_id", "point"], ["roll_point.stage_id", "roll_point.code"], ondelete="CASCADE"
        ),
        Index(None, "participant_id"),
        Index(None, "client_key"),
        # Who is missing or has left is asked on every page, and they are few.
        Index(
            "ix_roll_standing_left",
            "state",
            "participant_id",
            sqlite_where=text("state = 'left'"),
            postgresql_where=text("state = 'left'"),
        ),
        Index(
            "ix_roll_standing_missing",
            "stage_id",
            "participant_id",
            sqlite_where=text("state = 'missing'"),
            postgresql_where=text("state = 'missing'"),
        ),
    )


@dataclass(frozen=True)
class Walked:
    """How many people started a stage (were seen at any of its points), and how many finished it."""

    started: int = 0
    finished: int = 0


def walked_by_stage(session: Session, stage_ids: Iterable[int]) -> dict[int, Walked]:
    """Return for each stage how many started and finished it; a stage without a roll call is left out."""
    person = RollStanding.participant_id
    finished = case((RollPoint.kind == PointKind.FINISH, person))
    rows = session.execute(
        select(RollStanding.stage_id, func.count(person.distinct()), func.count(finished.distinct()))
        .join(
            RollPoint, (RollPoint.stage_id == RollStanding.stage_id) & (RollPoint.code == RollStanding.point)
        )
        .where(RollStanding.stage_id.in_(list(stage_ids)), RollStanding.state.in_(HERE))
        .group_by(RollStanding.stage_id)
    )
    return {stage_id: Walked(started, done) for stage_id, started, done in rows}
