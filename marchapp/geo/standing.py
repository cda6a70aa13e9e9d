"""Where a group stood still, and where the recording has a gap."""

import numpy as np
import numpy.typing as npt

from marchapp.geo.placing import Placed, stretches
from marchapp.geo.results import Floats, Gap, Stop
from marchapp.geo.settings import Settings
from marchapp.geo.thinning import Thinned

SLOW_SPEED = 0.35
SLOW_WINDOW_S = 30.0


def find_gaps(placed: Placed) -> tuple[Gap, ...]:
    """Return the recording gaps."""
    walk, runs = placed.walk, placed.runs
    gaps = []
    for run in np.flatnonzero(runs.gap).tolist():
        row = runs.first[run]
        jump_m = float(np.hypot(*(walk.xy[row] - walk.xy[row - 1])))
        places = [None if np.isnan(at) else float(at) for at in placed.run_m[run - 1 : run + 1]]
        gaps.append(Gap(float(walk.time[row - 1]), float(walk.time[row]), jump_m, places[0], places[1]))
    return tuple(gaps)


def find_stops(placed: Placed, lat: Floats, lon: Floats, settings: Settings) -> tuple[Stop, ...]:
    """Return the stays in one place; lat and lon are those of the points of the walk."""
    runs = placed.runs
    if not placed.walk.timed:
        return ()
    slow = _is_slow(runs.time, runs.xy, runs.gap, placed.walk.usual_interval)
    stops = []
    for first, last in _stays(runs, stretches(slow), settings.stop_radius_m):
        if runs.time[last] - runs.time[first] >= settings.stop_s:
            rows = slice(runs.first[first], runs.first[last] + runs.count[last])
            route_m = placed.run_m[first : last + 1]
            known = route_m[~np.isnan(route_m)]
            stops.append(
                Stop(
                    float(runs.time[first]),
                    float(runs.time[last]),
                    float(np.median(lat[rows])),
                    float(np.median(lon[rows])),
                    float(np.median(known)) if len(known) else None,
                )
            )
    return tuple(stops)


def _stays(runs: Thinned, slow: list[tuple[int, int]], radius_m: float) -> list[tuple[int, int]]:
    """Return slow stretches, those as one between which the group did not go away: noise moves too."""
    stays: list[tuple[int, int]] = []
    for first, last in slow:
        if stays and _stayed(runs, stays[-1][0], last, radius_m):
            stays[-1] = stays[-1][0], last
        else:
            stays.append((first, last))
    return stays


def _stayed(runs: Thinned, first: int, last: int, radius_m: float) -> bool:
    xy = runs.xy[first : last + 1]
    away_m = np.hypot(*(xy - np.median(xy, axis=0)).T)
    return bool(away_m.max() <= radius_m and not runs.gap[first + 1 : last + 1].any())


def _is_slow(
    time: Floats, xy: Floats, gap: npt.NDArray[np.bool_], interval_s: float
) -> npt.NDArray[np.bool_]:
    """Tell which runs are slower than a stroll, by the mean places of half a minute before and after."""
    window_s = max(SLOW_WINDOW_S, 1.5 * interval_s)
    here = np.arange(len(time))
    start, end = np.searchsorted(time, time - window_s), np.searchsorted(time, time + window_s, "right")
    breaks = np.cumsum(gap)
    start = np.maximum(start, np.searchsorted(breaks, breaks, "left"))
    end = np.minimum(end, np.searchsorted(breaks, breaks, "right"))
    sums = np.vstack((np.zeros((1, 3)), np.cumsum(np.column_stack((xy, time - time[0])), axis=0)))
    before = (sums[here + 1] - sums[start]) / (here + 1 - start)[:, None]
    after = (sums[end] - sums[here]) / (end - here)[:, None]
    moved_m = np.hypot(*(after - before)[:, :2].T)
    took_s = (after - before)[:, 2]
    return np.asarray((took_s > 0) & (moved_m < SLOW_SPEED * took_s))
