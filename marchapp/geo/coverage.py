"""Which stretches of the planned route were walked, have no data, or were missed."""

from dataclasses import replace

import numpy as np

from marchapp.geo.backwards import drops
from marchapp.geo.line import RouteLine
from marchapp.geo.parting import SAME_SPOT_M, leave_out_partings
from marchapp.geo.placing import Placed
from marchapp.geo.results import Bools, Coverage, CoverageClass, Floats, Interval
from marchapp.geo.settings import Settings

STRAIGHT_FACTOR = 1.2
STRAIGHT_SLACK_M = 30.0
LATE_JOIN_M = 50.0
SKIPPED_M = 50.0
ALONG_A_METRE = 1.3
FASTER_THAN_USUAL = 1.6


def cover(placed: Placed, line: RouteLine, on_foot: Bools) -> Coverage:
    """Return which stretches of the route were walked, have no data, or were missed.

    on_foot: which steps between runs were walked, of `steps_on_foot`.
    """
    walked, no_data = _covered_steps(placed, line.length_m, on_foot)
    walked = _union(walked)
    edges = np.unique(np.concatenate(((0.0, line.length_m), walked.ravel(), _union(no_data).ravel())))
    edges = np.clip(edges, 0.0, line.length_m)
    middles = (edges[1:] + edges[:-1]) / 2
    is_walked, is_unknown = _inside(middles, walked), _inside(middles, _union(no_data))
    intervals: list[Interval] = []
    for from_m, to_m, known, unknown in zip(edges, edges[1:], is_walked, is_unknown, strict=False):
        kind: CoverageClass = "walked" if known else "no_data" if unknown else "missed"
        if intervals and intervals[-1].kind == kind:
            intervals[-1] = replace(intervals[-1], to_m=float(to_m))
        elif to_m > from_m:
            intervals.append(Interval(float(from_m), float(to_m), kind))

    def share(kind: CoverageClass) -> float:
        return sum(part.to_m - part.from_m for part in intervals if part.kind == kind) / line.length_m

    return Coverage(share("walked"), share("no_data"), share("missed"), tuple(intervals))


def _covered_steps(placed: Placed, length_m: float, on_foot: Bools) -> tuple[Floats, Floats]:
    """Return the (n, 2) stretches of the single forward steps that were walked, and of those without data."""
    run_m, time, timed = placed.run_m.copy(), placed.runs.time, placed.walk.timed
    partings = leave_out_partings(placed, run_m, length_m)
    from_m, to_m = run_m[:-1], run_m[1:]
    along_m = to_m - from_m
    took_s = np.diff(time) if timed else np.zeros(len(along_m))
    forward = along_m > 0
    possible = along_m <= np.maximum(placed.speed_limit * took_s + LATE_JOIN_M, _straight_m(placed))
    no_data = forward & ~on_foot & possible & placed.runs.gap[1:]
    steps = np.column_stack((from_m, to_m))
    return np.vstack((steps[forward & on_foot], partings, _first_and_last_metres(placed))), steps[no_data]


def steps_on_foot(placed: Placed, settings: Settings) -> Bools:
    """Tell which (n - 1,) steps between runs are short enough in time and place to have been walked."""
    along_m, timed = np.diff(placed.run_m), placed.walk.timed
    took_s = np.diff(placed.runs.time) if timed else np.zeros(len(along_m))
    soon = took_s <= max(settings.walked_step_s, 2.5 * placed.walk.usual_interval if timed else 0.0)
    near = along_m <= np.maximum(settings.walked_step_m, _straight_m(placed))
    return np.asarray(((soon & near) | (along_m <= SAME_SPOT_M)) & ~_skipped(placed, along_m))


def _skipped(placed: Placed, along_m: Floats) -> Bools:
    """Tell which steps lead farther along the route, together, than anybody walked meanwhile.

    So does a short cut across hairpins, which is never far from one of them. Without times nothing is known.
    """
    skipped = np.zeros(len(along_m), bool)
    if not placed.walk.timed:
        return skipped
    usually_m = FASTER_THAN_USUAL * placed.walk.usual_speed * np.diff(placed.runs.time)
    ahead_m = along_m - np.maximum(ALONG_A_METRE * placed.runs.walked_m()[1:], usually_m)
    behind_m = -np.cumsum(np.nan_to_num(ahead_m, nan=-2 * SKIPPED_M), dtype=float)
    for first, last in drops([0.0, *behind_m.tolist()], SKIPPED_M):
        skipped[first:last] = True
    return skipped


def _straight_m(placed: Placed) -> Floats:
    """Return how far along the route each step between runs leads at most if it was walked straight."""
    return STRAIGHT_FACTOR * placed.runs.walked_m()[1:] + STRAIGHT_SLACK_M


def _first_and_last_metres(placed: Placed) -> Floats:
    """Return the (n, 2) stretches between the very ends of the walk and its first and last means."""
    ends = np.array(((placed.route_m[0], placed.run_m[0]), (placed.run_m[-1], placed.route_m[-1])))
    return ends[ends[:, 0] < ends[:, 1]]


def _union(intervals: Floats) -> Floats:
    """Return (n, 2) intervals merged where they touch, in order."""
    if not len(intervals):
        return np.zeros((0, 2))
    intervals = intervals[np.argsort(intervals[:, 0], kind="stable")]
    furthest = np.maximum.accumulate(intervals[:, 1])
    starts = np.concatenate(((True,), intervals[1:, 0] > furthest[:-1]))
    ends = np.concatenate((starts[1:], (True,)))
    return np.column_stack((intervals[starts, 0], furthest[ends]))


def _inside(values: Floats, union: Floats) -> Bools:
    row = np.searchsorted(union[:, 0], values, "right") - 1
    return (row >= 0) & (values < union[np.maximum(row, 0), 1]) if len(union) else np.zeros(len(values), bool)
