"""What the pages of a march show of its stages and of how its groups walked."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from marchapp.models import Group, March, PlannedRoute, Stage, Track, TrackComparison

MOST_RESULTS = 50  # more of them are a page of their own


@dataclass(frozen=True)
class GroupResult:
    """A group, its current recording and how that compared, both None as long as there is none."""

    group: Group
    track: Track | None
    comparison: TrackComparison | None


@dataclass(frozen=True)
class Results:
    """The results of the first groups of a stage, and how many groups there are and are compared."""

    shown: list[GroupResult]
    groups: int
    compared: int


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


def results_of(session: Session, stage: Stage) -> Results:
    """Return the groups of the stage by number, with the results of their tracks, and how many there are."""
    of_stage = Group.stage_id == stage.id
    rows = session.execute(
        select(Group, Track, TrackComparison)
        .outerjoin(Track, Track.group_id == Group.id)
        .outerjoin(TrackComparison, TrackComparison.track_id == Track.id)
        .where(of_stage)
        .order_by(Group.number)
        .limit(MOST_RESULTS)
    )
    counts = select(func.count(), func.count(TrackComparison.track_id)).select_from(Group)
    counts = counts.outerjoin(Track, Track.group_id == Group.id)
    counts = counts.outerjoin(TrackComparison, TrackComparison.track_id == Track.id).where(of_stage)
    return Results([GroupResult(*row) for row in rows], *session.execute(counts).one())
