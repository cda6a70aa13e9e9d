"""A stage as its timetable: start, checkpoints on the way, finish."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from marchapp.models.march import Checkpoint, Stage

AN_END_M = 100.0


@dataclass(frozen=True)
class Stop:
    """One line of a timetable; `at` and `route_m` are None where nobody has planned them.

    `is_next_day` tells whether it is reached after midnight, on the day after the start.
    """

    name: Mapping[str, str]
    at: datetime | None
    route_m: float | None
    is_next_day: bool = False


def stops(stage: Stage) -> list[Stop]:
    """Return the lines of the stage's timetable, in order along its route."""
    length_m = stage.route.length_m if stage.route else None
    return [
        Stop(stage.start_name, stage.starts_at, 0.0 if stage.route else None),
        *(
            Stop({"": place.name}, place.planned_at, place.route_m, is_next_day(place.planned_at, stage))
            for place in on_the_way(stage)
        ),
        Stop(stage.finish_name, stage.finishes_at, length_m, is_next_day(stage.finishes_at, stage)),
    ]


def is_next_day(moment: datetime | None, stage: Stage) -> bool:
    """Tell whether a moment is, where the march is, on a later day than the start of the stage."""
    zone = ZoneInfo(stage.march.time_zone)
    start = stage.starts_at.astimezone(zone)
    return moment is not None and moment.astimezone(zone).date() > start.date()


def clock_from(start: time, *, on: date, clock: time, zone: str) -> datetime:
    """Return when clocks in `zone` first show `clock`, from `start` on the day `on`; a moment in UTC.

    A clock before that of the start means the day after.
    """
    day = on if clock >= start else on + timedelta(days=1)
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)


def shift_clock(moment: datetime, by: timedelta, zone: str) -> datetime:
    """Return when clocks in `zone` show `by` more than at a moment, also across a change to summer time."""
    return (moment.astimezone(ZoneInfo(zone)) + by).astimezone(UTC)


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
