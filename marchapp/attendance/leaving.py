"""Who left the march before a point of a stage: they are not expected there, nor anywhere after it."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from marchapp.attendance.points import Point
from marchapp.models import RollPoint, RollStanding, RollState, Stage

SEEN = (RollState.PRESENT, RollState.MISSING, RollState.HANDED_OVER)


@dataclass(frozen=True)
class Departure:
    """Where somebody left the march. `order` sorts points of all stages as they are walked."""

    stage_number: int
    position: int
    point: str
    name: str

    @property
    def order(self) -> tuple[int, int]:
        return self.stage_number, self.position


def departures(session: Session, stage: Stage, person_ids: list[int] | None = None) -> dict[int, Departure]:
    """Return where people left the march, on this stage or an earlier one, and were not seen after that."""
    later, later_point, later_stage = aliased(RollStanding), aliased(RollPoint), aliased(Stage)
    seen_later = (
        exists()
        .where(later.participant_id == RollStanding.participant_id, later.state.in_(SEEN))
        .where(later_point.stage_id == later.stage_id, later_point.code == later.point)
        .where(later_stage.id == later.stage_id, later_stage.number <= stage.number)
        .where(_is_after(later_stage, later_point))
    )
    query = (
        select(RollStanding.participant_id, Stage.number, RollPoint.position, RollPoint.code, RollPoint.name)
        .join(
            RollPoint, and_(RollPoint.stage_id == RollStanding.stage_id, RollPoint.code == RollStanding.point)
        )
        .join(Stage, Stage.id == RollStanding.stage_id)
        .where(
            RollStanding.state == RollState.LEFT,
            Stage.march_id == stage.march_id,
            Stage.number <= stage.number,
            ~seen_later,
        )
        .order_by(Stage.number.desc(), RollPoint.position.desc())
    )
    if person_ids is not None:
        query = query.where(RollStanding.participant_id.in_(person_ids))
    rows = session.execute(query)
    return {person: Departure(number, position, code, name) for person, number, position, code, name in rows}


def _is_after(later_stage: type[Stage], later_point: type[RollPoint]) -> ColumnElement[bool]:
    same_stage = and_(later_stage.number == Stage.number, later_point.position > RollPoint.position)
    return or_(later_stage.number > Stage.number, same_stage)


def has_left_before(departure: Departure | None, stage: Stage, point: Point) -> bool:
    return departure is not None and departure.order < (stage.number, point.position)
