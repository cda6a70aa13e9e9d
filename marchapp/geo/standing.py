"""Where a group stood still, and where the recording has a gap."""

from dataclasses import replace

import numpy as np

from marchapp.geo.placing import Placed, stretches
from marchapp.geo.results import Bools, Floats, Gap, Ints, Stop
from marchapp.geo.settings import Settings
from marchapp.geo.thinning import Thinned, noise_m

SLOW_SPEED = 0.35
SLOW_WINDOW_S = 30.0
STILL_WINDOW_S = 150.0
STILL_SPREAD_M = 20.0
RADIUS_NOISES = 4.5
AWAY_RADII = 2.0


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
    slow = _is_slow(runs, placed.walk.usual_interval) | _is_still(runs)
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


def settled(placed: Placed, stops: tuple[Stop, ...]) -> Placed:
    """Return the walk with every rest in one place: what noise adds there is no way, nor a way back."""
    xy, run_m = placed.runs.xy.copy(), placed.run_m.copy()
    for stop in stops:
        rows = slice(*np.searchsorted(placed.runs.time, (stop.from_at, stop.to_at)))
        xy[rows] = np.median(xy[rows], axis=0)
        if stop.route_m is not None:
            run_m[rows] = np.where(np.isnan(run_m[rows]), np.nan, stop.route_m)
    return replace(placed, runs=replace(placed.runs, xy=xy), run_m=run_m)


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
    """Return slow stretches, those as one between which the group did not go away: noise moves too.

    Noise that lasts may put the first minutes of a rest aside, so that it is looked at again as it grows.
    """
    while True:
        stays: list[tuple[int, int]] = []
        for stay in slow:
            if stays and _stayed(runs, stays[-1], stay, radius_m):
                stays[-1] = stays[-1][0], stay[1]
            else:
                stays.append(stay)
        if len(stays) == len(slow):
            return stays
        slow = stays


def _stayed(runs: Thinned, earlier: tuple[int, int], later: tuple[int, int], radius_m: float) -> bool:
    """Tell whether two stays are in one place, and the group kept near it between them."""
    if runs.gap[earlier[0] + 1 : later[1] + 1].any():
        return False
    middles = [np.median(runs.xy[first : last + 1], axis=0) for first, last in (earlier, later)]
    between = runs.xy[earlier[1] : later[0] + 1]
    middle = middles[int(later[1] - later[0] > earlier[1] - earlier[0])]
    away_m = np.hypot(*(between - middle).T).max()
    return bool(np.hypot(*(middles[1] - middles[0])) <= radius_m and away_m <= AWAY_RADII * radius_m)


def _is_slow(runs: Thinned, interval_s: float) -> Bools:
    """Tell which runs are slower than a stroll, by the mean places of half a minute before and after."""
    start, end = _around(runs, _window_s(interval_s))
    here = np.arange(len(runs))
    sums = _sums(np.column_stack((runs.xy, runs.time - runs.time[0])))
    before = (sums[here + 1] - sums[start]) / (here + 1 - start)[:, None]
    after = (sums[end] - sums[here]) / (end - here)[:, None]
    moved_m = np.hypot(*(after - before)[:, :2].T)
    took_s = (after - before)[:, 2]
    return np.asarray((took_s > 0) & (moved_m < SLOW_SPEED * took_s))


def _is_still(runs: Thinned) -> Bools:
    """Tell in the middle of which five minutes the group stayed about one place, whatever noise did."""
    start, end = _around(runs, STILL_WINDOW_S)
    count = end - start
    sums = _sums(np.column_stack((runs.xy, runs.xy**2)))
    means = (sums[end] - sums[start]) / count[:, None]
    variance = means[:, 2:].sum(axis=1) - (means[:, :2] ** 2).sum(axis=1)
    lasted_s = runs.time[end - 1] - runs.time[start]
    return np.asarray((variance < STILL_SPREAD_M**2) & (lasted_s > STILL_WINDOW_S) & (count > 2))


def _around(runs: Thinned, window_s: float) -> tuple[Ints, Ints]:
    """Return the first run and the one after the last within so many seconds of each, not across gaps."""
    time, breaks = runs.time, np.cumsum(runs.gap)
    start, end = np.searchsorted(time, time - window_s), np.searchsorted(time, time + window_s, "right")
    start = np.maximum(start, np.searchsorted(breaks, breaks, "left"))
    return start, np.minimum(end, np.searchsorted(breaks, breaks, "right"))


def _sums(columns: Floats) -> Floats:
    """Return the sums of columns before each row, and of all."""
    return np.vstack((np.zeros((1, columns.shape[1])), np.cumsum(columns, axis=0)))
