"""The place along the route and the offset of every point of a walk, and when it was off the route."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from marchapp.geo.cleaning import Walk
from marchapp.geo.line import RouteLine
from marchapp.geo.matching import Steps, match
from marchapp.geo.progress import Progress, part_of, untold
from marchapp.geo.results import OFF, ON, UNKNOWN, Floats, Ints
from marchapp.geo.settings import Settings
from marchapp.geo.thinning import Thinned, thin

WINDOW_M = 20.0
HALF_RUN_M = 10.0
OFF_WINDOW_M = 100.0
REACH_SLACK_M = 25.0
WORST_SIGMA_M = 40.0
RUNS_AT_ONCE = 4096
MATCHING_SHARE = 0.8


class Away(NamedTuple):
    """Runs first … last of a thinned walk that are off the route, and the times when 25 m were crossed."""

    first: int
    last: int
    left_at: float
    rejoined_at: float


@dataclass(frozen=True)
class Placed:
    """A walk placed along a route.

    runs: the thinned walk. run_m: metres along the route of each run, nan while off. away: the times off the
    route, in order. route_m, offset_m, state: of every point of the walk; never nan, but off the route
    the first two only say where the stretch left out is nearest. cost: how badly the walk fits the route.
    """

    walk: Walk
    runs: Thinned
    run_m: Floats
    speed_limit: float
    away: tuple[Away, ...]
    route_m: Floats
    offset_m: Floats
    state: npt.NDArray[np.int8]
    cost: float


def place(
    walk: Walk,
    line: RouteLine,
    settings: Settings,
    progress: Progress = untold,
    *,
    likely_start_m: float = 0.0,
) -> Placed:
    """Match the walk to the route in order, and return the place of every point.

    likely_start_m: of places that fit as well, the walk is first on the route at the one nearest to this.
    """
    runs = thin(walk, settings)
    speed_limit = max(settings.least_speed_limit, settings.speed_factor * walk.usual_speed)
    steps = _steps(runs, walk, speed_limit, settings)
    matching = part_of(progress, 0.0, MATCHING_SHARE)
    matched, cost = match(line, steps, settings, matching, likely_start_m=likely_start_m)
    route_m, offset_m = _places(walk, runs, line, matched, part_of(progress, MATCHING_SHARE, 1.0))
    away = _times_away(walk, runs, np.abs(offset_m), settings)
    run_m = np.where(np.isnan(matched), runs.means(route_m), matched)
    state = np.full(len(runs), ON, np.int8)
    for episode in away:
        state[episode.first : episode.last + 1] = OFF
    run_m[state == OFF] = np.nan
    point_state = np.where(walk.accuracy > settings.poor_accuracy_m, UNKNOWN, runs.spread(state)).astype(
        np.int8
    )
    return Placed(walk, runs, run_m, speed_limit, away, route_m, offset_m, point_state, cost)


def _steps(runs: Thinned, walk: Walk, speed_limit: float, settings: Settings) -> Steps:
    walked_m = runs.walked_m()
    if walk.timed:
        reach_m = speed_limit * np.diff(runs.time, prepend=runs.time[0]) + REACH_SLACK_M
    else:
        reach_m = 2 * walked_m + settings.walked_step_m
    reported = np.where(np.isfinite(runs.accuracy), runs.accuracy, 0.0)
    sigma_m = np.clip(reported, settings.sigma_m, WORST_SIGMA_M)
    return Steps(runs.xy, sigma_m, walked_m, reach_m, runs.gap)


def _places(
    walk: Walk, runs: Thinned, line: RouteLine, matched: Floats, progress: Progress
) -> tuple[Floats, Floats]:
    """Return the place and signed offset of every point, near the matched places of its run."""
    on = ~np.isnan(matched)
    route_m, offset_m = np.empty(len(walk)), np.empty(len(walk))
    low, high = _windows(matched)
    for start in range(0, len(runs), RUNS_AT_ONCE):
        progress(start / len(runs))
        some = start + np.flatnonzero(on[start : start + RUNS_AT_ONCE])
        run = np.repeat(some, runs.count[some])
        rows = np.arange(len(run)) + np.repeat(runs.first[some] - _starts(runs.count[some]), runs.count[some])
        route_m[rows], offset_m[rows] = line.nearest_between(walk.xy[rows], low[run], high[run])
    for first, last in stretches(~on):
        points = slice(runs.first[first], runs.first[last] + runs.count[last])
        left, rejoined = (
            matched[first - 1] if first else np.nan,
            matched[last + 1] if last + 1 < len(on) else np.nan,
        )
        low_m, high_m = np.nanmin((left, rejoined, np.inf)), np.nanmax((left, rejoined, -np.inf))
        if low_m > high_m:
            low_m, high_m = 0.0, line.length_m
        route_m[points], offset_m[points] = line.nearest_on_stretch(
            walk.xy[points], low_m - OFF_WINDOW_M, high_m + OFF_WINDOW_M
        )
    return route_m, offset_m


def _starts(count: Ints) -> Ints:
    """Return where each of some groups begins, laid one after the other."""
    return np.cumsum(count) - count


def _windows(matched: Floats) -> tuple[Floats, Floats]:
    """Return from where to where along the route the points of each run may lie."""
    around = np.stack((np.roll(matched, 1), np.roll(matched, -1)))
    around[0, 0] = around[1, -1] = np.nan
    half_m = np.clip((around - matched) / 2, -HALF_RUN_M, HALF_RUN_M)
    return matched + np.fmin.reduce(half_m, initial=0) - WINDOW_M, matched + np.fmax.reduce(
        half_m, initial=0
    ) + WINDOW_M


def stretches(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the first and last rows of every run of true flags.

    >>> stretches(np.array([True, True, False, True]))
    [(0, 1), (3, 3)]
    """
    edges = np.diff(np.concatenate(((False,), flags, (False,))).astype(np.int8))
    return list(
        zip(np.flatnonzero(edges == 1).tolist(), (np.flatnonzero(edges == -1) - 1).tolist(), strict=True)
    )


def _times_away(walk: Walk, runs: Thinned, distance_m: Floats, settings: Settings) -> tuple[Away, ...]:
    """Return when the walk was off the route, with hysteresis in distance and time."""
    away_m = runs.means(distance_m)
    known = np.flatnonzero(~(runs.accuracy > settings.poor_accuracy_m))
    if not len(known):
        return ()
    away_m, time = away_m[known], runs.time[known]
    held_s = _held(time, settings) if walk.timed else np.full(len(known), settings.enter_s / 3)
    near = away_m < settings.leave_m
    for first, last in stretches(near):
        # A short touch of the route does not end an episode; its very beginning and end do.
        touches = held_s[first : last + 1].sum() < settings.leave_s and first > 0 and last + 1 < len(near)
        near[first : last + 1] &= not touches
    far = away_m > settings.enter_m
    found = [
        (first, last)
        for first, last in stretches(~near)
        if held_s[first : last + 1][far[first : last + 1]].sum() >= settings.enter_s
    ]
    return tuple(
        Away(int(known[first]), int(known[last]), *_crossings(first, last, time, away_m, settings.leave_m))
        for first, last in _merged(found, time, settings.merge_s)
    )


def _held(time: Floats, settings: Settings) -> Floats:
    """Return for how long each point stands: half of the time to both its neighbours."""
    halves = np.minimum(np.diff(time) / 2, settings.gap_s / 2)
    return np.concatenate(((0.0,), halves)) + np.concatenate((halves, (0.0,)))


def _merged(found: list[tuple[int, int]], time: Floats, merge_s: float) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in found:
        if merged and time[first] - time[merged[-1][1]] < merge_s:
            merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    return merged


def _crossings(first: int, last: int, time: Floats, away_m: Floats, line_m: float) -> tuple[float, float]:
    """Return the interpolated times at which the distance crossed the line before and after an episode."""

    def crossing(inside: int, outside: int) -> float:
        if not 0 <= outside < len(time):
            return float(time[inside])
        rise = away_m[inside] - away_m[outside]
        share = (line_m - away_m[outside]) / rise if rise > 0 else 1.0
        return float(time[outside] + np.clip(share, 0, 1) * (time[inside] - time[outside]))

    return crossing(first, first - 1), crossing(last, last + 1)


def runs_on_route(placed: Placed) -> Ints:
    """Return the rows of the thinned walk that are on the route."""
    return np.flatnonzero(~np.isnan(placed.run_m))
