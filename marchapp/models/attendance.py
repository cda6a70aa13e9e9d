"""Roll calls: every mark that was made, and how each person stands at each point of a stage."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import (
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    and_,
    exists,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.audit import AuditEvent
from marchapp.models.columns import Moment, one_of
from marchapp.models.encrypted import EncryptedText
from marchapp.models.march import Stage
from marchapp.models.participant import Participant, Standing

if TYPE_CHECKING:
    from marchapp.models.account import Account
    from marchapp.models.group import Group

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
        # What is counted of many: how many stand how at a point, and who was seen at all.
        Index("ix_roll_standing_at_point", "stage_id", "point", "state", "participant_id"),
        Index("ix_roll_standing_seen", "stage_id", "participant_id", "state", "point"),
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


# What was counted of each stage, in each database, with its last mark then: most stages of a march are over,
# and to count a hundred thousand marks anew takes longer than all else that the overview asks.
_counted: WeakKeyDictionary[Any, dict[int, tuple["_State", Walked]]] = WeakKeyDictionary()
# A mark may be committed after one with a higher number, and would not be seen to come: what has changed so
# recently is counted each time.
SETTLES_WITHIN = timedelta(minutes=10)


class _State(NamedTuple):
    """What is another one as soon as the standings of a stage change: with a mark, or when two sign-ups are
    merged, which deletes one of them.
    """

    mark_id: int
    client_key: str
    received_at: datetime
    merged_at: datetime | None

    @property
    def changed_at(self) -> datetime:
        return max(self.received_at, self.merged_at or self.received_at)


def walked_by_stage(session: Session, stage_ids: Iterable[int]) -> dict[int, Walked]:
    """Return for each stage how many started and finished it; a stage without a roll call is left out."""
    known = _counted.setdefault(session.get_bind(), {})
    states = _states(session, list(stage_ids))
    stale = [stage_id for stage_id, state in states.items() if known.get(stage_id, (None,))[0] != state]
    walked = _count_walked(session, stale) if stale else {}
    found = {
        stage_id: walked.get(stage_id, Walked()) if stage_id in stale else known[stage_id][1]
        for stage_id in states
    }
    settled_before = datetime.now(UTC) - SETTLES_WITHIN
    known.update({id_: (states[id_], found[id_]) for id_ in stale if states[id_].changed_at < settled_before})
    return {stage_id: one for stage_id, one in found.items() if one.started}


def missing_by_stage(session: Session, stage_ids: Iterable[int]) -> dict[int, int]:
    """Count for each stage who was noted as missing, and was not accounted for there or later since."""
    noted, seen = RollStanding, aliased(RollStanding)
    point, seen_point = RollPoint, aliased(RollPoint)
    is_point_of = (point.stage_id == noted.stage_id, point.code == noted.point)
    was_seen = exists().where(
        seen.stage_id == noted.stage_id,
        seen.participant_id == noted.participant_id,
        seen.state.in_(ACCOUNTED_FOR),
        seen_point.stage_id == seen.stage_id,
        seen_point.code == seen.point,
        seen_point.position >= point.position,
    )
    counted = (
        select(noted.stage_id, func.count(noted.participant_id.distinct()))
        .join(point, and_(*is_point_of))
        .join(Participant, Participant.id == noted.participant_id)
        .where(
            noted.stage_id.in_(list(stage_ids)),
            noted.state == RollState.MISSING,
            Participant.standing == Standing.PLACED,
            ~was_seen,
        )
        .group_by(noted.stage_id)
    )
    rows: Any = session.execute(counted).all()
    return dict(rows)


def _states(session: Session, stage_ids: list[int]) -> dict[int, _State]:
    """Return how far each stage with marks has come."""
    of_stage = select(func.max(RollMark.id)).where(RollMark.stage_id == Stage.id)
    last = of_stage.correlate(Stage).scalar_subquery()
    is_merging = (AuditEvent.march_id == Stage.march_id, AuditEvent.action == "participant.merged")
    # Its moment ends an index; its number would be looked for in the whole log.
    merged = select(func.max(AuditEvent.at)).where(*is_merging).scalar_subquery()
    rows = session.execute(
        select(Stage.id, RollMark.id, RollMark.client_key, RollMark.received_at, merged)
        .join(RollMark, RollMark.id == last)
        .where(Stage.id.in_(stage_ids))
    )
    return {row[0]: _State(*row[1:]) for row in rows}


def _count_walked(session: Session, stage_ids: list[int]) -> dict[int, Walked]:
    is_seen = (RollStanding.stage_id.in_(stage_ids), RollStanding.state.in_(HERE))
    of_person = (RollStanding.stage_id, RollStanding.participant_id)
    people = select(*of_person).where(*is_seen).group_by(*of_person).subquery()
    started = select(people.c.stage_id, func.count()).group_by(people.c.stage_id)
    is_finish = (RollPoint.stage_id == RollStanding.stage_id) & (RollPoint.code == RollStanding.point)
    finished = (
        select(RollStanding.stage_id, func.count())
        .join(RollPoint, is_finish & (RollPoint.kind == PointKind.FINISH))
        .where(*is_seen)
        .group_by(RollStanding.stage_id)
    )
    done = dict(session.execute(finished).all())
    return {stage_id: Walked(people, done.get(stage_id, 0)) for stage_id, people in session.execute(started)}
