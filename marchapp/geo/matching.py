"""Where along the planned route a walked track was, in order: a hidden Markov model with an OFF state.

After P. Newson and J. Krumm, Hidden Markov Map Matching Through Noise and Sparseness (2009), on one directed
line. A point is ON one strand of the route near it, or OFF, remembering where the route was left and how
far was walked since. The cheapest sequence of states is found by Viterbi's algorithm over all states: there
are few of them, and a narrow beam loses the true path.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import inf, isnan

import numpy as np
import numpy.typing as npt

from marchapp.geo.line import RouteLine
from marchapp.geo.results import Floats, Ints
from marchapp.geo.settings import Settings

CHANGE_COST = 6.0
STEP_COST_LIMIT = 12.0
BACKWARD_COST_PER_M = 0.1
GAP_DISCOUNT = 1 / 6
FORWARD_JUMP_M = 250.0
BACKWARD_JUMP_M = 40.0
LATE_JOIN_M = 500.0
BEFORE_SHARE = 0.25
BEFORE_MARGIN = 1.0
OFF_PLACES = 4
OTHER_PLACE_M = 50.0


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


@dataclass
class _Off:
    """The cheapest way to be off the route having left it at `left_m` (nan: never been on it)."""

    cost: float
    left_m: float
    walked_m: float
    came_from: int


def match(line: RouteLine, steps: Steps, settings: Settings) -> Floats:
    """Return the metres along the route of every point, nan where it is OFF; (n,) in the cheapest order."""
    near = line.candidates(steps.xy, settings.candidate_radius_m)
    twice_variance = 2 * steps.sigma_m**2
    on_cost = near.squared / twice_variance[near.point]
    off_cost = settings.off_distance_m**2 / twice_variance
    before_cost = _cost_before_start(near.point, on_cost, off_cost)
    bounds = np.searchsorted(near.point, np.arange(len(steps.xy) + 1)).tolist()
    places = near.route_m.tolist()
    return _viterbi(
        [places[a:b] for a, b in pairwise(bounds)],
        on_cost.tolist(),
        off_cost.tolist(),
        before_cost.tolist(),
        steps.walked_m.tolist(),
        steps.reach_m.tolist(),
        steps.gap.tolist(),
        settings.step_scale_m,
    )


def _cost_before_start(point: Ints, on_cost: Floats, off_cost: Floats) -> Floats:
    """Return what it costs each point to be OFF without having been ON.

    The way to the start may follow the end of the route, so near the route this is cheaper than having left
    it, but never cheaper than to be ON.
    """
    nearest_cost = np.full(len(off_cost), inf)
    np.minimum.at(nearest_cost, point, on_cost)
    return np.clip(nearest_cost + BEFORE_MARGIN, BEFORE_SHARE * off_cost, off_cost)


def _viterbi(
    places: list[list[float]],
    on_cost: list[float],
    off_cost: list[float],
    before_cost: list[float],
    walked: list[float],
    reach: list[float],
    gap: list[bool],
    step_scale_m: float,
) -> Floats:
    """Return the cheapest sequence of places; nan is OFF.

    A state before a step is named by one number: k for ON at places[i][k], -1 - k for the kth OFF.
    """
    here = places[0]
    on = [cost + _join_cost(place) for cost, place in zip(on_cost, here, strict=False)]
    offs = [_Off(before_cost[0], np.nan, 0.0, 0)]
    came_on: list[list[int]] = [[]]
    came_off: list[list[int]] = [[0]]
    used = len(here)
    for i in range(1, len(places)):
        before, on_before, offs_before = here, on, offs
        here, on, came = places[i], [], []
        discount = GAP_DISCOUNT if gap[i] else 1.0
        for place in here:
            cost, state = _cheapest_step(
                before, on_before, place, walked[i], reach[i], discount, step_scale_m
            )
            for k, off in enumerate(offs_before):
                if off.cost + CHANGE_COST < cost:
                    rejoined = off.cost + CHANGE_COST + _jump_cost(off, place)
                    if rejoined < cost:
                        cost, state = rejoined, -1 - k
            on.append(cost + on_cost[used])
            came.append(state)
            used += 1
        offs = _cheapest_offs(before, on_before, offs_before, walked[i], off_cost[i], before_cost[i])
        came_on.append(came)
        came_off.append([off.came_from for off in offs])
    return _trace_back(places, on, offs, came_on, came_off)


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


def _join_cost(place: float) -> float:
    """Return the cost of first being on the route at a place: of two laps, the first is likelier."""
    return min(place / LATE_JOIN_M, STEP_COST_LIMIT)


def _jump_cost(off: _Off, place: float) -> float:
    if isnan(off.left_m):
        return _join_cost(place)
    along = place - off.left_m
    return abs(along - off.walked_m) / FORWARD_JUMP_M if along >= 0 else -along / BACKWARD_JUMP_M


def _cheapest_offs(
    before: list[float],
    on_before: list[float],
    offs_before: list[_Off],
    walked_m: float,
    off_cost: float,
    before_cost: float,
) -> list[_Off]:
    """Return the cheapest ways to be OFF after a step, of those that left at the same place only the best."""
    ways = [
        (
            off.cost + (before_cost if isnan(off.left_m) else off_cost),
            off.left_m,
            off.walked_m + walked_m,
            -1 - k,
        )
        for k, off in enumerate(offs_before)
    ]
    ways += [
        (cost + CHANGE_COST + off_cost, before[k], walked_m, k)
        for k, cost in enumerate(on_before)
        if cost < inf
    ]
    ways.sort()
    kept: list[_Off] = []
    for cost, left_m, since_m, came_from in ways:
        if not any(abs(left_m - off.left_m) < OTHER_PLACE_M for off in kept):
            kept.append(_Off(cost, left_m, since_m, came_from))
            if len(kept) == OFF_PLACES:
                break
    return kept


def _trace_back(
    places: list[list[float]],
    on: list[float],
    offs: list[_Off],
    came_on: list[list[int]],
    came_off: list[list[int]],
) -> Floats:
    route_m = np.full(len(places), np.nan)
    costs = [*on, *(off.cost for off in offs)]
    best = costs.index(min(costs))
    state = best if best < len(on) else len(on) - best - 1
    for i in range(len(places) - 1, -1, -1):
        if state >= 0:
            route_m[i] = places[i][state]
            state = came_on[i][state] if i else 0
        else:
            state = came_off[i][-1 - state]
    return route_m
