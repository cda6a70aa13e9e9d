"""The parts of a track joined, beside what its stage planned: at once if they are few, else by the worker."""

import gzip
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache

import numpy as np

from marchapp.geo.comparison import CheckpointPlan, Comparison, compare
from marchapp.geo.gpx import PlannedRoute, Recording, read_route, read_track
from marchapp.geo.progress import Progress, untold, within
from marchapp.geo.recordings import COLUMNS, join
from marchapp.geo.results import Ints
from marchapp.models import Stage, TrackComparison
from marchapp.tracks.outline import outline
from marchapp.tracks.stored import pack, with_moments

DAY_MARGIN = timedelta(hours=12)

# Eight hours at a point each second. Taking in so many takes half a second of one quiet core, and up to a
# second where others are served too: no page should keep anybody waiting longer.
MOST_POINTS_AT_ONCE = 30_000
SAMPLE_POINTS = 2_000
# Seconds of a processor. A million points are read in two, and compared in sixty.
MOST_TO_READ_S, MOST_TO_COMPARE_S = 10.0, 300.0
A_MOMENT_S = 0.001  # databases keep whole microseconds


class NoPlannedRoute(Exception):
    """The stage has no planned route yet, so nothing can be compared with it."""


@dataclass(frozen=True)
class Plan:
    """What a stage planned: plain values that need no database."""

    route_gpx: bytes
    checkpoints: tuple[CheckpointPlan, ...]
    starts_at: datetime
    finishes_at: datetime


@dataclass(frozen=True)
class Part:
    """A file of a track, from when to when (Unix seconds) its points belong to the stage, and how many do."""

    content: bytes
    from_s: float = -np.inf
    to_s: float = np.inf
    points: int = 0

    @property
    def is_whole(self) -> bool:
        return self.from_s == -np.inf and self.to_s == np.inf

    @cached_property
    def walked(self) -> Recording:
        """The points that belong to the stage, read when they are asked for. Raises UnusableInput."""
        return self.read()

    def read(self, progress: Progress = untold) -> Recording:
        """Return the points that belong to the stage. Raises UnusableInput."""
        whole = read_track(self.content, within(MOST_TO_READ_S, progress))
        if self.is_whole:
            return whole
        inside = (whole.time >= self.from_s - A_MOMENT_S) & (whole.time <= self.to_s + A_MOMENT_S)
        piece = _rows(whole, np.flatnonzero(inside))
        return replace(piece, points_read=len(piece), dropped={})


def plan_of(stage: Stage) -> Plan:
    """Load what recordings of a stage are compared with. Raises NoPlannedRoute."""
    if stage.route is None:
        raise NoPlannedRoute
    return Plan(
        route_gpx=gzip.decompress(stage.route.content_gz),
        checkpoints=tuple(
            CheckpointPlan(
                place.name, place.lat, place.lon, place.planned_at.timestamp() if place.planned_at else None
            )
            for place in stage.checkpoints
        ),
        starts_at=stage.starts_at,
        finishes_at=stage.finishes_at,
    )


def refuse_if_unusable(walked: Recording, plan: Plan) -> None:
    """Raise UnusableInput for what cannot be compared: what refuses a sample refuses the whole."""
    _compare(_sample(walked), plan)


def compare_if_quick(parts: Iterable[Part], plan: Plan) -> Comparison | None:
    """Join the parts of a track and compare it, or return None if that takes long. Raises UnusableInput."""
    walked = join([part.walked for part in parts])
    return _compare(walked, plan) if len(walked) <= MOST_POINTS_AT_ONCE else None


def compare_whole(
    parts: Iterable[Part],
    plan: Plan,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Comparison:
    """Join the parts of a track and compare it, however large it is. Raises UnusableInput.

    `progress` is told how many points are read, of 0, and then how many are compared, and of how many; it may
    raise to end the work.
    """
    walked = join(list(_read(parts, lambda points: progress(points, 0))))
    return _compare(walked, plan, lambda share: progress(int(share * len(walked)), len(walked)))


def store(comparison: Comparison, now: datetime) -> TrackComparison:
    """Return a comparison as the row that keeps it, without its track."""
    result = comparison.to_json()
    return TrackComparison(
        engine_version=comparison.engine_version,
        computed_at=now,
        verdict=comparison.verdict,
        planned_m=comparison.route.length_m,
        walked_m=comparison.coverage.walked_share * comparison.route.length_m,
        off_route_count=len(comparison.off_route),
        max_offset_m=comparison.deviation.max_m,
        start_late_s=comparison.schedule.start_late_s,
        finish_late_s=comparison.schedule.finish_late_s,
        moving_s=comparison.track.moving_s,
        stop_count=len(comparison.stops),
        ascent_m=comparison.track.ascent_m,
        result=result,
        points_npz=pack(comparison),
        outline=outline(comparison.points, with_moments(result)),
    )


def _read(parts: Iterable[Part], progress: Callable[[int], None]) -> Iterator[Recording]:
    """Yield the parts of a track, telling how many points of all are read."""
    before = 0
    for part in parts:

        def tell(share: float, before: int = before, points: int = part.points) -> None:
            progress(before + int(share * points))

        yield part.read(tell)
        before += part.points


def _compare(walked: Recording, plan: Plan, progress: Progress = untold) -> Comparison:
    """Compare a recording; one of another day is compared in space only: it is not years late."""
    planned, progress = _planned(plan.route_gpx), within(MOST_TO_COMPARE_S, progress)
    if not _is_of_the_day(walked, plan):
        places = [CheckpointPlan(place.name, place.lat, place.lon) for place in plan.checkpoints]
        return compare(walked=walked, planned=planned, checkpoints=places, progress=progress)
    return compare(
        walked=walked,
        planned=planned,
        checkpoints=plan.checkpoints,
        planned_start=plan.starts_at.timestamp(),
        planned_finish=plan.finishes_at.timestamp(),
        progress=progress,
    )


@lru_cache(maxsize=8)  # in an evening all are compared with the same few routes
def _planned(route_gpx: bytes) -> PlannedRoute:
    return read_route(route_gpx)


def _is_of_the_day(walked: Recording, plan: Plan) -> bool:
    if np.isnan(walked.time).all():
        return False
    middle = float(np.nanmedian(walked.time))
    first, last = plan.starts_at - DAY_MARGIN, plan.finishes_at + DAY_MARGIN
    return first.timestamp() <= middle <= last.timestamp()


def _sample(walked: Recording) -> Recording:
    """Return points at even steps of a long recording."""
    return _rows(walked, np.unique(np.linspace(0, len(walked) - 1, SAMPLE_POINTS).astype(int)))


def _rows(walked: Recording, rows: Ints) -> Recording:
    return replace(walked, **{name: getattr(walked, name)[rows] for name in COLUMNS})
