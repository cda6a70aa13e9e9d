"""Several recordings of one walk joined, one of several stages cut, and one of another stage recognised."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

from marchapp.geo.errors import NoTimes
from marchapp.geo.gpx import PlannedRoute
from marchapp.geo.recording import Recording
from marchapp.geo.results import Floats, Ints
from marchapp.geo.routes import route_line
from marchapp.geo.settings import Settings

COLUMNS = ("lat", "lon", "ele", "time", "segment", "accuracy")
NEAR_FINISH_M = 300.0
ALONG_M = 50.0
SAMPLE_M = 25.0
MOST_PLACES = 5000
LEAST_SHARE, LEAST_M = 0.25, 1000.0


@dataclass(frozen=True)
class StageTimes:
    """A planned stage: its route, and when it should start and finish (Unix seconds)."""

    route: PlannedRoute
    starts_at: float
    finishes_at: float


def join(recordings: Sequence[Recording], *, gap_s: float = Settings.gap_s) -> Recording:
    """Return one recording of a group from all that its recorders wrote; one or more, in any order.

    The recording that covers the most time is taken whole. The others only fill its gaps of more than
    `gap_s` seconds, before and after it too; their other points are dropped as "recorded_twice".
    """
    by_time = sorted(recordings, key=lambda recording: _covered_s(recording.time, gap_s), reverse=True)
    joined = by_time[0]
    for other in by_time[1:]:
        joined = _filled(joined, other, gap_s)
    return joined


def _covered_s(time: Floats, gap_s: float) -> float:
    """Return the seconds between points that are no gap."""
    steps = np.diff(np.sort(time[np.isfinite(time)]))
    return float(steps[steps <= gap_s].sum())


def _filled(base: Recording, other: Recording, gap_s: float) -> Recording:
    """Return a recording with its gaps filled from another."""
    clock = np.sort(base.time[np.isfinite(base.time)])
    edges = np.concatenate(((-np.inf,), clock, (np.inf,)))
    hole = np.searchsorted(clock, other.time)
    at_once = hole != np.searchsorted(clock, other.time, "right")
    in_gap = np.isnan(other.time) | (~at_once & (edges[hole + 1] - edges[hole] > gap_s))
    fill = _rows(other, in_gap)
    twice = int((~in_gap).sum())
    dropped = {
        reason: base.dropped.get(reason, 0) + other.dropped.get(reason, 0)
        for reason in {**base.dropped, **other.dropped}
    }
    if twice:
        dropped["recorded_twice"] = dropped.get("recorded_twice", 0) + twice
    # The base is cut at the gaps that are filled, so that its segments stay in order as wholes.
    filled = clock[np.unique(hole[in_gap & (hole < len(clock))])]
    parts = _numbered(
        np.concatenate((np.zeros(len(base)), np.ones(len(fill)))),
        np.concatenate((base.segment, fill.segment)),
        np.concatenate((np.searchsorted(filled, base.time, "right"), hole[in_gap])),
    )
    both = {column: np.concatenate((getattr(base, column), getattr(fill, column))) for column in COLUMNS}
    return replace(
        base,
        **{**both, "segment": parts},
        points_read=base.points_read + other.points_read,
        dropped=dropped,
    )


def _numbered(*keys: Floats | Ints) -> Ints:
    """Return one number for every different combination of keys."""
    _, number = np.unique(np.column_stack(keys), axis=0, return_inverse=True)
    return np.asarray(number.ravel(), np.int64)


def _rows(recording: Recording, rows: npt.NDArray[np.bool_]) -> Recording:
    return replace(recording, **{column: getattr(recording, column)[rows] for column in COLUMNS})


def cut_by_stage(recording: Recording, stages: Sequence[StageTimes]) -> list[Recording | None]:
    """Return the part of a recording that belongs to each stage, None for a stage without two points.

    The stages are in order of time. The cut is in the middle of the stay at the finish of the earlier stage,
    or half-way between the two by the timetable if the group was not seen there. Points dropped in reading
    are told of the first part. Raises NoTimes.
    """
    timed = np.isfinite(recording.time)
    if timed.sum() < 2:
        raise NoTimes(len(recording), int(timed.sum()))
    cuts = [_cut_between(recording, earlier, later) for earlier, later in pairwise(stages)]
    number = np.where(timed, np.searchsorted(np.array(cuts), recording.time, "right"), -1)
    parts = [_rows(recording, number == stage) for stage in range(len(stages))]
    counted = [
        replace(
            part,
            points_read=len(part) if stage else len(part) + recording.points_read - int(timed.sum()),
            dropped={} if stage else recording.dropped,
        )
        for stage, part in enumerate(parts)
    ]
    return [part if len(part) >= 2 else None for part in counted]


def _cut_between(recording: Recording, earlier: StageTimes, later: StageTimes) -> float:
    projection, line = route_line(earlier.route)
    from_at, to_at = (
        (earlier.starts_at + earlier.finishes_at) / 2,
        (later.starts_at + later.finishes_at) / 2,
    )
    rows = np.flatnonzero((recording.time > from_at) & (recording.time < to_at))
    xy = projection.project(recording.lat[rows], recording.lon[rows])
    there = recording.time[rows[np.hypot(*(xy - line.xy[-1]).T) <= NEAR_FINISH_M]]
    if not len(there):
        return (earlier.finishes_at + later.starts_at) / 2
    came_at, left_at = float(there.min()), float(there.max())
    if not (recording.time < came_at).any():
        return came_at
    after = recording.time[recording.time > left_at]
    # A recorder that was off over night is heard of again when the group has long gone.
    return (came_at + float(after.min())) / 2 if len(after) else left_at + 1


def which_stage(recording: Recording, routes: Sequence[PlannedRoute]) -> int | None:
    """Return the number (from 0) of the route that a recording went along most, None if it is none of them.

    That is the largest share of a route with the recording within 50 m; at least a quarter or a kilometre.
    """
    shares = [_share_along(recording, route) for route in routes]
    if not shares:
        return None
    best = int(np.argmax([share for share, _ in shares]))
    share, along_m = shares[best]
    return best if share >= LEAST_SHARE or along_m >= LEAST_M else None


def _share_along(recording: Recording, route: PlannedRoute) -> tuple[float, float]:
    """Return the share and the metres of a route with a recording beside it."""
    if not len(recording):
        return 0.0, 0.0
    projection, line = route_line(route)
    rows = np.unique(np.linspace(0, len(recording) - 1, MOST_PLACES).astype(int))
    walked = projection.project(recording.lat[rows], recording.lon[rows])
    places = line.at(np.linspace(0.0, line.length_m, max(2, int(line.length_m / SAMPLE_M))))
    near, _ = shapely.STRtree(shapely.points(walked)).query(
        shapely.points(places), predicate="dwithin", distance=ALONG_M
    )
    share = len(np.unique(near)) / len(places)
    return share, share * line.length_m
