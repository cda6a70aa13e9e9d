"""A stage as its timetable: start, checkpoints on the way, finish."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from marchapp.models.march import Checkpoint, Stage

AN_END_M = 100.0


@dataclass(frozen=True)
class Stop:
    """One line of a timetable; `at` and `route_m` are None where nobody has planned them."""

    name: Mapping[str, str]
    at: datetime | None
    route_m: float | None


def stops(stage: Stage) -> list[Stop]:
    """Return the lines of the stage's timetable, in order along its route."""
    length_m = stage.route.length_m if stage.route else None
    return [
        Stop(stage.start_name, stage.starts_at, 0.0 if stage.route else None),
        *(Stop({"": place.name}, place.planned_at, place.route_m) for place in on_the_way(stage)),
        Stop(stage.finish_name, stage.finishes_at, length_m),
    ]


def on_the_way(stage: Stage) -> list[Checkpoint]:
    """Return the checkpoints between start and finish; those have the stage's own times."""
    ends = {checkpoint.id for checkpoint in at_the_ends(stage)}
    return [checkpoint for checkpoint in stage.checkpoints if checkpoint.id not in ends]


def at_the_ends(stage: Stage) -> list[Checkpoint]:
    """Return the checkpoints that are the stage's start or finish."""
    return [place for place in stage.checkpoints if is_start(place) or is_finish(place, stage)]


def is_start(checkpoint: Checkpoint) -> bool:
    return checkpoint.position == 1 and checkpoint.route_m <= AN_END_M


def is_finish(checkpoint: Checkpoint, stage: Stage) -> bool:
    return (
        checkpoint.position == len(stage.checkpoints)
        and stage.route is not None
        and checkpoint.route_m >= stage.route.length_m - AN_END_M
    )


def is_in_order(moments: Iterable[datetime | None]) -> bool:
    """Tell whether each moment that is planned comes after the one before it."""
    planned = [moment for moment in moments if moment is not None]
    return all(earlier < later for earlier, later in pairwise(planned))
