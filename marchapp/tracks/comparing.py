"""One recording beside what its stage planned: compared at once when it is small, else left to the worker."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

import numpy as np

from marchapp.geo.comparison import CheckpointPlan, Comparison, compare
from marchapp.geo.gpx import Recording, read_route, read_track
from marchapp.models import Stage, TrackComparison
from marchapp.tracks.outline import outline
from marchapp.tracks.stored import pack, with_moments

DAY_MARGIN = timedelta(hours=12)

# Eight hours at a point each second. Taking in so many takes half a second of one quiet core, and up to a
# second where others are served too: no page should keep anybody waiting longer.
MOST_POINTS_AT_ONCE = 30_000
SAMPLE_POINTS = 2_000


class NoPlannedRoute(Exception):
    """The stage has no planned route yet, so nothing can be compared with it."""


@dataclass(frozen=True)
class Plan:
    """What a stage planned: plain values that need no database."""

    route_gpx: bytes
    checkpoints: tuple[CheckpointPlan, ...]
    starts_at: datetime
    finishes_at: datetime


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


def compare_if_quick(content: bytes, plan: Plan) -> Comparison | None:
    """Read a recording and compare it, or return None for a large one that can be compared.

    Raises UnusableInput.
    """
    walked = read_track(content)
    if len(walked) <= MOST_POINTS_AT_ONCE:
        return _compare(walked, plan)
    _compare(_sample(walked), plan)  # what refuses a part of it would refuse the whole
    return None


def compare_whole(
    content: bytes, plan: Plan, *, after_reading: Callable[[], None] = lambda: None
) -> Comparison:
    """Read a recording and compare it, however large it is. Raises UnusableInput."""
    walked = read_track(content)
    after_reading()
    return _compare(walked, plan)


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


def _compare(walked: Recording, plan: Plan) -> Comparison:
    """Compare a recording; one of another day is compared in space only: it is not years late."""
    planned = read_route(plan.route_gpx)
    if not _is_of_the_day(walked, plan):
        places = [CheckpointPlan(place.name, place.lat, place.lon) for place in plan.checkpoints]
        return compare(walked=walked, planned=planned, checkpoints=places)
    return compare(
        walked=walked,
        planned=planned,
        checkpoints=plan.checkpoints,
        planned_start=plan.starts_at.timestamp(),
        planned_finish=plan.finishes_at.timestamp(),
    )


def _is_of_the_day(walked: Recording, plan: Plan) -> bool:
    if np.isnan(walked.time).all():
        return False
    middle = float(np.nanmedian(walked.time))
    first, last = plan.starts_at - DAY_MARGIN, plan.finishes_at + DAY_MARGIN
    return first.timestamp() <= middle <= last.timestamp()


def _sample(walked: Recording) -> Recording:
    """Return points at even steps of a long recording."""
    rows = np.unique(np.linspace(0, len(walked) - 1, SAMPLE_POINTS).astype(int))
    columns = {one.name: getattr(walked, one.name) for one in fields(walked)}
    return replace(
        walked, **{name: column[rows] for name, column in columns.items() if isinstance(column, np.ndarray)}
    )
