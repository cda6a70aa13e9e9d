"""Where a group stood still, and where the recording has a gap."""

import numpy as np
import numpy.typing as npt

from marchapp.geo.placing import Placed, stretches
from marchapp.geo.results import Floats, Gap, Stop
from marchapp.geo.settings import Settings
from marchapp.geo.thinning import Thinned, noise_m

SLOW_SPEED = 0.35
SLOW_WINDOW_S = 30.0
RADIUS_NOISES = 4.5


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
    radius_m = max(settings.stop_radius_m, RADIUS_NOISES * noise_m(runs.xy))
    stops = []
    for first, last in _stays(runs, stretches(slow), radius_m):
        from_at, to_at = _whole_stay(placed, first, last)
        if to_at - from_at >= settings.stop_s:
            rows = slice(runs.first[first], runs.first[last] + runs.count[last])
            route_m = placed.run_m[first : last + 1]
            known = route_m[~np.isnan(route_m)]
            stops.append(
                Stop(
                    from_at,
                    to_at,
                    float(np.median(lat[rows])),
                    float(np.median(lon[rows])),
                    float(np.median(known)) if len(known) else None,
                )
            )
    return tuple(stops)


def _whole_stay(placed: Placed, first: int, last: int) -> tuple[float, float]:
    """Return when a stay began and ended, as far as it is seen without a gap.

    The means of half a minute are slow only some time after the group has stopped, and until as long before
    it goes on: v·(w - t)²/2w falls below the slow speed times w at t = w·(1 - √(2·slow/v)).
    """
    runs, walk = placed.runs, placed.walk
    window_s = _window_s(walk.usual_interval)
    unseen_s = window_s * max(0.0, 1 - (2 * SLOW_SPEED / walk.usual_speed) ** 0.5)
    begins = first == 0 or runs.gap[first]
    ends = last + 1 == len(runs) or runs.gap[last + 1]
    from_at = walk.time[runs.first[first]] if begins else runs.time[first] - unseen_s
    to_at = walk.time[runs.first[last] + runs.count[last] - 1] if ends else runs.time[last] + unseen_s
    return max(float(from_at), float(walk.time[0])), min(float(to_at), float(walk.time[-1]))


def _window_s(interval_s: float) -> float:
    return max(SLOW_WINDOW_S, 1.5 * interval_s)


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
    window_s = _window_s(interval_s)
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
