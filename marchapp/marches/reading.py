"""What the pages of a march show of its stages and of how its groups walked."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from marchapp.models import Group, March, PlannedRoute, Stage, Track, TrackComparison


@dataclass(frozen=True)
class GroupResult:
    """A group, its current recording and how that compared, both None as long as there is none."""

    group: Group
    track: Track | None
    comparison: TrackComparison | None


def stages_of(session: Session, march: March) -> list[Stage]:
    """Return the stages in order, each with its route and checkpoints, in two queries."""
    return list(
        session.scalars(
            select(Stage)
            .where(Stage.march_id == march.id)
            .order_by(Stage.number)
            .options(joinedload(Stage.route), selectinload(Stage.checkpoints))
        )
    )


def drawn_stages_of(session: Session, march: March) -> list[Stage]:
    """Return the stages as `stages_of` does, with what is drawn of their routes."""
    route = joinedload(Stage.route)
    return list(
        session.scalars(
            select(Stage)
            .where(Stage.march_id == march.id)
            .order_by(Stage.number)
            .options(
                route.undefer(PlannedRoute.drawing),
                route.undefer(PlannedRoute.basemap),
                selectinload(Stage.checkpoints),
            )
        )
    )


def neighbours_of(session: Session, stage: Stage) -> tuple[Stage | None, Stage | None]:
    """Return the stages before and after this one."""
    around = session.scalars(
        select(Stage).where(
            Stage.march_id == stage.march_id, Stage.number.in_((stage.number - 1, stage.number + 1))
        )
    )
    by_number = {other.number: other for other in around}
    return by_number.get(stage.number - 1), by_number.get(stage.number + 1)


def results_of(session: Session, stage: Stage) -> list[GroupResult]:
    """Return every group of the stage by number, with the result of its track."""
    rows = session.execute(
        select(Group, Track, TrackComparison)
        .outerjoin(Track, Track.group_id == Group.id)
        .outerjoin(TrackComparison, TrackComparison.track_id == Track.id)
        .where(Group.stage_id == stage.id)
        .order_by(Group.number)
    )
    return [GroupResult(*row) for row in rows]
