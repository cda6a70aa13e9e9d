"""Where rolls are called on a stage: its start, its checkpoints on the way, its finish."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.attendance.upserts import insert_into
from marchapp.models import PointKind, RollPoint, Stage
from marchapp.models.attendance import FINISH_POSITION
from marchapp.models.names import folded_words
from marchapp.models.timetable import on_the_way

START, FINISH = "start", "finish"


@dataclass(frozen=True)
class Point:
    """A point of a stage. Of a checkpoint that is not on the route any more `is_on_route` is false."""

    code: str
    kind: PointKind
    position: int
    name: Mapping[str, str]
    at: datetime | None
    is_on_route: bool = True


def points_of(stage: Stage) -> list[Point]:
    """Return the points of a stage's route in their order."""
    return [
        Point(START, PointKind.START, 0, stage.start_name, stage.starts_at),
        *_checkpoints(stage),
        Point(FINISH, PointKind.FINISH, FINISH_POSITION, stage.finish_name, stage.finishes_at),
    ]


def point_of(stage: Stage, code: str) -> Point | None:
    return next((point for point in points_of(stage) if point.code == code), None)


def points_called(session: Session, stage: Stage) -> list[Point]:
    """Return the points of a stage, with those where rolls were called before its route was changed."""
    points = points_of(stage)
    known = {point.code for point in points}
    rows = session.scalars(select(RollPoint).where(RollPoint.stage_id == stage.id))
    former = [
        Point(row.code, row.kind, row.position, {"": row.name}, None, is_on_route=False)
        for row in rows
        if row.code not in known
    ]
    return sorted([*points, *former], key=lambda point: point.position)


def keep_point(session: Session, stage: Stage, point: Point) -> None:
    """Store a point when its roll is called for the first time, or when it has come to stand elsewhere."""
    kept = session.get(RollPoint, (stage.id, point.code))
    if kept is None:
        name = next(iter(point.name.values()), "") if point.kind == PointKind.CHECKPOINT else ""
        row = {"stage_id": stage.id, "code": point.code, "kind": point.kind, "name": name[:120]}
        values = insert_into(session, RollPoint).values(**row, position=point.position)
        session.execute(values.on_conflict_do_nothing())
    elif kept.position != point.position:
        kept.position = point.position


def _checkpoints(stage: Stage) -> Iterable[Point]:
    times: Counter[str] = Counter()
    for place in on_the_way(stage):
        word = "".join(folded_words(place.name))
        times[word] += 1
        code = code_of(word, times[word])
        yield Point(code, PointKind.CHECKPOINT, place.position, {"": place.name}, place.planned_at)


def code_of(word: str, times: int) -> str:
    """Return the code of a checkpoint: formed from its name, and how often the route had that name so far.

    >>> code_of("vidsyn", 1) == code_of("vidsyn", 1) != code_of("vidsyn", 2)
    True
    """
    return "via-" + sha256(f"{word}/{times}".encode()).hexdigest()[:10]
