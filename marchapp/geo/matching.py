"""Where along the planned route a walked track was, in order: a hidden Markov model with an OFF state.

After P. Newson and J. Krumm, Hidden Markov Map Matching Through Noise and Sparseness (2009), on one directed
line. A point is ON one strand of the route near it, or OFF, remembering where the route was left and how
far was walked since. The cheapest sequence of states is found by Viterbi's algorithm over all states: there
are few of them, and a narrow beam loses the true path.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isnan
from typing import Any

import numpy as np
import numpy.typing as npt

from marchapp.geo.line import Candidates, RouteLine
from marchapp.geo.progress import Progress, part_of, untold
from marchapp.geo.results import Floats, Ints
from marchapp.geo.settings import Settings

CHANGE_COST = 6.0
STEP_COST_LIMIT = 12.0
BACKWARD_COST_PER_M = 0.1
GAP_DISCOUNT = 1 / 6
FORWARD_JUMP_M = 250.0
BACKWARD_JUMP_M = 20.0
LATE_JOIN_M = 500.0
BEFORE_SHARE = 0.25
BEFORE_MARGIN = 1.0
AT_START_M = 30.0
OFF_PLACES = 4
OTHER_PLACE_M = 50.0
ROWS_AT_ONCE = 2048
LOOKING_UP_SHARE = 0.4


@dataclass(frozen=True)
class Steps:
    """Thinned points and the steps that lead to them, as columns of n; the first step is empty.

    xy: (n, 2) metres. sigma_m: standard deviation of each position. walked_m: from the point before.
    reach_m: as far along the route as anyone gets in the step. gap: the step crosses a recording gap.
    """

    xy: Floats
    sigma_m: Floats
    walked_m: Floats
    reach_m: Floats
    gap: npt.NDArray[np.bool_]


# The cheapest way to be off the route: its cost, where the route was left (nan: never been on it), the metres
# walked since, and the state it came from. A plain tuple, for there are several at every point.
_Off = tuple[float, float, float, int]


def match(
    line: RouteLine,
    steps: Steps,
    settings: Settings,
    progress: Progress = untold,
    *,
    likely_start_m: float = 0.0,
) -> tuple[Floats, float]:
    """Return the metres along the route of every point, nan where it is OFF, in the cheapest order; its cost.

    likely_start_m: of places that fit as well, the walk is first on the route at the one nearest to this.
    """
    near = line.candidates(steps.xy, settings.candidate_radius_m, part_of(progress, 0.0, LOOKING_UP_SHARE))
    twice_variance = 2 * steps.sigma_m**2
    on_cost = near.squared / twice_variance[near.point]
    off_cost = settings.off_distance_m**2 / twice_variance
    before_cost = _cost_before_start(near, on_cost, off_cost)
    bounds = np.searchsorted(near.point, np.arange(len(steps.xy) + 1))
    costs = _Costs(near.route_m, on_cost, bounds, off_cost, before_cost, likely_start_m)
    return _viterbi(costs, steps, settings.step_scale_m, part_of(progress, LOOKING_UP_SHARE, 1.0))


@dataclass(frozen=True)
class _Costs:
    """The places that points may be matched to, with costs; those of point i are bounds[i] to [i + 1].

    off_cost, before_cost: of each point, to be OFF after having been ON, and before.
    likely_start_m: where the walk is likeliest first ON.
    """

    route_m: Floats
    on_cost: Floats
    bounds: Ints
    off_cost: Floats
    before_cost: Floats
    likely_start_m: float


def _cost_before_start(near: Candidates, on_cost: Floats, off_cost: Floats) -> Floats:
    """Return what it costs each point to be OFF without having been ON.

    The way to the start may follow the end of the route, so near the route this is cheaper than having left
    it, but never cheaper than to be ON. Who has been at the start has started.
    """
    nearest_cost = np.full(len(off_cost), inf)
    np.minimum.at(nearest_cost, near.point, on_cost)
    at_start = near.point[(near.route_m < AT_START_M) & (near.squared < AT_START_M**2)]
    share = np.where(np.arange(len(off_cost)) < at_start.min(initial=len(off_cost)), BEFORE_SHARE, 1.0)
    return np.clip(nearest_cost + BEFORE_MARGIN, share * off_cost, off_cost)


def _viterbi(costs: _Costs, steps: Steps, step_scale_m: float, progress: Progress) -> tuple[Floats, float]:
    """Return the cheapest sequence of places, nan is OFF, and its cost.

    A state before a step is named by one number: k for the kth place of the point, -1 - k for the kth OFF.
    """
    places: list[float] = []
    on: list[float] = []
    offs: list[_Off] = []
    came_on, came_off = array("h"), array("h")
    start_m = costs.likely_start_m
    columns = (
        costs.bounds[:-1],
        costs.bounds[1:],
        costs.off_cost,
        costs.before_cost,
        steps.walked_m,
        steps.reach_m,
        np.where(steps.gap, GAP_DISCOUNT, 1.0),
    )
    for first, last, off_cost, before_cost, walked_m, reach_m, discount in _rows(columns, progress):
        here, here_cost = costs.route_m[first:last].tolist(), costs.on_cost[first:last].tolist()
        if not offs:
            on = [cost + _join_cost(place, start_m) for cost, place in zip(here_cost, here, strict=True)]
            offs = [(before_cost, np.nan, 0.0, 0)]
            came_on.extend([0] * len(here))
        else:
            on_now = []
            for place, place_cost in zip(here, here_cost, strict=True):
                cost, state = _cheapest_step(places, on, place, walked_m, reach_m, discount, step_scale_m)
                for k, off in enumerate(offs):
                    if off[0] + CHANGE_COST < cost:
                        rejoined = off[0] + CHANGE_COST + _jump_cost(off[1], off[2], place, start_m)
                        if rejoined < cost:
                            cost, state = rejoined, -1 - k
                on_now.append(cost + place_cost)
                came_on.append(state)
            offs = _cheapest_offs(places, on, offs, walked_m, off_cost, before_cost)
            on = on_now
        came_off.extend([off[3] for off in offs])
        came_off.extend([0] * (OFF_PLACES - len(offs)))
        places = here
    return _trace_back(costs, on, offs, came_on, came_off)


def _rows(columns: tuple[npt.NDArray[np.generic], ...], progress: Progress) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of columns as plain numbers, made a few thousand at a time to spare memory."""
    for start in range(0, len(columns[0]), ROWS_AT_ONCE):
        progress(start / len(columns[0]))
        part = slice(start, start + ROWS_AT_ONCE)
        yield from zip(*(column[part].tolist() for column in columns), strict=True)


def _cheapest_step(
    before: list[float],
    on_before: list[float],
    place: float,
    walked_m: float,
    reach_m: float,
    discount: float,
    step_scale_m: float,
) -> tuple[float, int]:
    """Return the cost of reaching the place along the route, and the ON state it came from."""
    cheapest, state = inf, 0
    for k, cost in enumerate(on_before):
        if cost >= cheapest:
            continue
        along = place - before[k]
        if along >= 0:
            if along > reach_m:
                continue
            step = abs(along - walked_m) / step_scale_m
            if step > STEP_COST_LIMIT:
                step = STEP_COST_LIMIT
        else:
            if -along > reach_m:
                continue
            step = abs(-along - walked_m) / step_scale_m
            if step > STEP_COST_LIMIT:
                step = STEP_COST_LIMIT
            step -= BACKWARD_COST_PER_M * along
        cost += step * discount
        if cost < cheapest:
            cheapest, state = cost, k
    return cheapest, state


def _join_cost(place: float, start_m: float) -> float:
    """Return the cost of first being on the route at a place: of two laps, the first is likelier."""
    return min(abs(place - start_m) / LATE_JOIN_M, STEP_COST_LIMIT)


def _jump_cost(left_m: float, walked_m: float, place: float, start_m: float) -> float:
    if isnan(left_m):
        return _join_cost(place, start_m)
    along = place - left_m
    return abs(along - walked_m) / FORWARD_JUMP_M if along >= 0 else -along / BACKWARD_JUMP_M


def _cheapest_offs(
    before: list[float],
    on_before: list[float],
    offs_before: list[_Off],
    walked_m: float,
    off_cost: float,
    before_cost: float,
) -> list[_Off]:
    """Return the cheapest ways to be OFF after a step, of those that left at the same place only the best."""
    ways: list[_Off] = [
        (cost + (before_cost if isnan(left_m) else off_cost), left_m, since_m + walked_m, -1 - k)
        for k, (cost, left_m, since_m, _) in enumerate(offs_before)
    ]
    leaving_cost = CHANGE_COST + off_cost
    ways += [(cost + leaving_cost, before[k], walked_m, k) for k, cost in enumerate(on_before) if cost < inf]
    ways.sort()
    kept: list[_Off] = []
    for way in ways:
        for other in kept:
            if -OTHER_PLACE_M < way[1] - other[1] < OTHER_PLACE_M:
                break
        else:
            kept.append(way)
            if len(kept) == OFF_PLACES:
                break
    return kept


def _trace_back(
    costs: _Costs, on: list[float], offs: list[_Off], came_on: "array[int]", came_off: "array[int]"
) -> tuple[Floats, float]:
    route_m = np.full(len(costs.off_cost), np.nan)
    last_costs = [*on, *(off[0] for off in offs)]
    best = last_costs.index(min(last_costs))
    state = best if best < len(on) else len(on) - best - 1
    firsts = costs.bounds.tolist()
    for i in range(len(route_m) - 1, -1, -1):
        if state >= 0:
            row = firsts[i] + state
            route_m[i] = costs.route_m[row]
            state = came_on[row]
        else:
            state = came_off[i * OFF_PLACES - 1 - state]
    return route_m, last_costs[best]
