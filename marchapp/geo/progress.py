"""What a placed walk says about coverage, stops, gaps, backward walks, checkpoints and pace."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from marchapp.geo.line import RouteLine
from marchapp.geo.placing import Placed, runs_on_route, stretches
from marchapp.geo.projection import LocalMetres
from marchapp.geo.results import (
    Backwards,
    CheckpointPass,
    CheckpointPlan,
    Coverage,
    CoverageClass,
    Floats,
    Gap,
    Interval,
    KilometrePace,
    Stop,
)
from marchapp.geo.settings import Settings

AT_END_M = 15.0
LATE_JOIN_M = 50.0
NEAR_CHECKPOINT_M = 75.0
STRAIGHT_FACTOR = 1.2
STRAIGHT_SLACK_M = 30.0
SAME_SPOT_M = 50.0
STEADY_M = 5.0
PARTING_S = 30.0
MOST_PARTING_RUNS = 3
LONGEST_PARTING = 30
SLOW_SPEED = 0.35
SLOW_WINDOW_S = 30.0
FIT_S = 15.0
FIT_INTERVALS = 2.6

# Coverage --------------------------------------------------------------


def cover(placed: Placed, line: RouteLine, settings: Settings) -> Coverage:
    """Return which stretches of the route were walked, have no data, or were missed."""
    walked, no_data = _covered_steps(placed, settings)
    walked = _union(walked)
    edges = np.unique(np.concatenate(((0.0, line.length_m), walked.ravel(), _union(no_data).ravel())))
    edges = np.clip(edges, 0.0, line.length_m)
    middles = (edges[1:] + edges[:-1]) / 2
    is_walked, is_unknown = _inside(middles, walked), _inside(middles, _union(no_data))
    intervals: list[Interval] = []
    for from_m, to_m, on_foot, unknown in zip(edges, edges[1:], is_walked, is_unknown, strict=False):
        kind: CoverageClass = "walked" if on_foot else "no_data" if unknown else "missed"
        if intervals and intervals[-1].kind == kind:
            intervals[-1] = replace(intervals[-1], to_m=float(to_m))
        elif to_m > from_m:
            intervals.append(Interval(float(from_m), float(to_m), kind))

    def share(kind: CoverageClass) -> float:
        return sum(part.to_m - part.from_m for part in intervals if part.kind == kind) / line.length_m

    return Coverage(share("walked"), share("no_data"), share("missed"), tuple(intervals))


def _covered_steps(placed: Placed, settings: Settings) -> tuple[Floats, Floats]:
    """Return the (n, 2) stretches of the single forward steps that were walked, and of those without data."""
    run_m, time, timed = placed.run_m.copy(), placed.runs.time, placed.walk.timed
    partings = _leave_out_partings(placed, run_m)
    from_m, to_m = run_m[:-1], run_m[1:]
    along_m = to_m - from_m
    took_s = np.diff(time) if timed else np.zeros(len(along_m))
    walked = _counts_as_walked(placed, along_m, settings)
    forward = along_m > 0
    possible = along_m <= np.maximum(placed.speed_limit * took_s + LATE_JOIN_M, _straight_m(placed))
    no_data = forward & ~walked & possible & placed.runs.gap[1:]
    steps = np.column_stack((from_m, to_m))
    return np.vstack((steps[forward & walked], partings, _first_and_last_metres(placed))), steps[no_data]


def _counts_as_walked(placed: Placed, along_m: Floats, settings: Settings) -> npt.NDArray[np.bool_]:
    """Tell which (n - 1,) steps between runs are short enough in time and place to have been walked."""
    timed = placed.walk.timed
    took_s = np.diff(placed.runs.time) if timed else np.zeros(len(along_m))
    soon = took_s <= max(settings.walked_step_s, 2.5 * placed.walk.usual_interval if timed else 0.0)
    near = along_m <= np.maximum(settings.walked_step_m, _straight_m(placed))
    return np.asarray((soon & near) | (along_m <= SAME_SPOT_M))


def _straight_m(placed: Placed) -> Floats:
    """Return how far along the route each step between runs leads at most if it was walked straight."""
    return STRAIGHT_FACTOR * placed.runs.walked_m()[1:] + STRAIGHT_SLACK_M


def _leave_out_partings(placed: Placed, run_m: Floats) -> Floats:
    """Blank the runs that already drift away before 25 m are crossed, or still do after; in place.

    At a shallow angle that is a hundred metres and more. Returns the (n, 2) halves of the steps in which the
    walk parts from the line and comes back to it.
    """
    runs = placed.runs
    offset_m, nearest_m = runs.means(placed.offset_m), runs.means(placed.route_m)
    count = _runs_within(runs.time, PARTING_S) if placed.walk.timed else MOST_PARTING_RUNS
    on = ~np.isnan(run_m)
    noise_m = float(np.median(np.abs(offset_m[on]))) if on.any() else 0.0
    steady_m = max(STEADY_M, 2 * noise_m / count**0.5)
    rows, halves = range(len(run_m)), []
    for away in placed.away:
        for row, step in ((away.first - 1, -1), (away.last + 1, 1)):
            furthest = row + step * LONGEST_PARTING
            while row in rows and row != furthest and _beside_m(offset_m, row, step * count) > steady_m:
                run_m[row] = np.nan
                row += step
            if row in rows and not np.isnan(run_m[row]):
                middle_m = (run_m[row] + nearest_m[row - step]) / 2
                halves.append((run_m[row], middle_m) if step < 0 else (middle_m, run_m[row]))
    both = np.array(halves).reshape(-1, 2)
    return both[(both[:, 0] < both[:, 1]) & (both[:, 1] - both[:, 0] < SAME_SPOT_M)]


def _runs_within(time: Floats, seconds: float) -> int:
    """Return how many runs usually lie within some seconds: at least one, at most a few."""
    interval_s = float(np.median(np.diff(time))) if len(time) > 1 else seconds
    return int(np.clip(round(seconds / interval_s), 1, MOST_PARTING_RUNS))


def _beside_m(offset_m: Floats, row: int, steps: int) -> float:
    """Return how far some runs on end, from one back or onward, are to one side of the line."""
    rows = offset_m[max(row + steps + 1, 0) : row + 1] if steps < 0 else offset_m[row : row + steps]
    return abs(float(rows.mean()))


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


def _inside(values: Floats, union: Floats) -> npt.NDArray[np.bool_]:
    row = np.searchsorted(union[:, 0], values, "right") - 1
    return (row >= 0) & (values < union[np.maximum(row, 0), 1]) if len(union) else np.zeros(len(values), bool)


# Stops, gaps, walking back ---------------------------------------------


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
    for first, last in stretches(slow):
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


def find_backwards(placed: Placed, settings: Settings) -> tuple[Backwards, ...]:
    """Return the walks of at least 50 m against the direction of the route, in order of time."""
    found = []
    for first, last in _continuous(placed):
        run_m = placed.run_m[first : last + 1]
        for top, bottom in _drops(run_m.tolist(), settings.backwards_m):
            start, end = first + top, first + bottom
            times = placed.runs.time[[start, end]]
            from_at, to_at = (float(at) if np.isfinite(at) else None for at in times)
            found.append(Backwards(from_at, to_at, float(run_m[top]), float(run_m[bottom])))
    return tuple(found)


def _continuous(placed: Placed) -> list[tuple[int, int]]:
    """Return the first and last runs of the times on the route, cut where the place along it jumps."""
    found = []
    jump_m = np.abs(np.diff(placed.run_m, prepend=placed.run_m[0]))
    jumps = jump_m > STRAIGHT_FACTOR * placed.runs.walked_m() + 2 * SAME_SPOT_M
    for first, last in stretches(~np.isnan(placed.run_m)):
        cuts = first + 1 + np.flatnonzero(jumps[first + 1 : last + 1])
        found += list(zip((first, *cuts.tolist()), (*(cuts - 1).tolist(), last), strict=True))
    return found


def _drops(values: list[float], least: float) -> list[tuple[int, int]]:
    """Return the (top, bottom) rows of every drop by at least `least` before a rise by as much.

    >>> _drops([0, 100, 40, 60, 0, 90], 50)
    [(1, 4)]
    """
    drops = []
    top = bottom = 0
    falling = False
    for row, value in enumerate(values):
        if not falling and value > values[top]:
            top = row
        if not falling and values[top] - value >= least:
            falling, bottom = True, row
        if falling and value < values[bottom]:
            bottom = row
        if falling and value - values[bottom] >= least:
            drops.append((top, bottom))
            falling, top = False, row
    if falling:
        drops.append((top, bottom))
    return drops


# Checkpoints and pace --------------------------------------------------


def pass_checkpoints(
    placed: Placed,
    line: RouteLine,
    projection: LocalMetres,
    checkpoints: Sequence[tuple[CheckpointPlan, float]],
    settings: Settings,
) -> tuple[CheckpointPass, ...]:
    """Return when each checkpoint was first passed, in the order given; metres along are nan if aside."""
    passes = []
    since = 0
    for plan, route_m in checkpoints:
        xy = projection.project([plan.lat], [plan.lon])[0]
        if np.isnan(route_m):
            passed_at, between = _nearest_time(placed, xy), None
        else:
            passed_at, between, since = pass_place(placed, line, route_m, xy, since, settings)
        passes.append(
            CheckpointPass(
                plan.name,
                plan.lat,
                plan.lon,
                None if np.isnan(route_m) else route_m,
                plan.planned_at_utc,
                passed_at,
                between,
                late_by(passed_at, plan.planned_at_utc),
            )
        )
    return tuple(passes)


def late_by(at: float | None, planned_at: float | None) -> float | None:
    """Return the seconds after the planned time, negative when early, None unless both are known."""
    return None if at is None or planned_at is None else at - planned_at


def _nearest_time(placed: Placed, xy: Floats) -> float | None:
    away_m = np.hypot(*(placed.walk.xy - xy).T)
    nearest = int(np.argmin(away_m))
    if away_m[nearest] > NEAR_CHECKPOINT_M or not placed.walk.timed:
        return None
    return float(placed.walk.time[nearest])


def pass_place(
    placed: Placed, line: RouteLine, route_m: float, xy: Floats, since: int, settings: Settings
) -> tuple[float | None, tuple[float, float] | None, int]:
    """Return (time, bounds, row of the run) of first passing a place of the route from run `since` on."""
    run_m, time = placed.run_m, placed.runs.time
    # Projections pile up at the ends of the line, so its last metres are walked at the usual speed.
    target_m = min(route_m, line.length_m - AT_END_M)
    reached = np.flatnonzero(run_m[since:] >= target_m)
    if not len(reached) or not placed.walk.timed:
        return None, None, since
    after = since + int(reached[0])
    earlier = np.flatnonzero(~np.isnan(run_m[:after]) & (run_m[:after] < target_m))
    if not len(earlier):
        joined_near = run_m[after] - target_m <= LATE_JOIN_M
        return (float(time[after]) if joined_near else None), None, after if joined_near else since
    before = int(earlier[-1])
    span = slice(before, after + 1)
    if np.isnan(run_m[span]).any():
        return *_passed_off_route(placed, before, after, xy), after
    if placed.runs.gap[before + 1 : after + 1].any() and run_m[after] - run_m[before] > SAME_SPOT_M:
        return None, (float(time[before]), float(time[after])), after
    if not _counts_as_walked(placed, np.diff(run_m), settings)[before:after].all():
        return None, None, after
    rest_s = (route_m - target_m) / placed.walk.usual_speed
    return _crossing_time(placed, target_m, before, after) + rest_s, None, after


def _passed_off_route(
    placed: Placed, before: int, after: int, xy: Floats
) -> tuple[None, tuple[float, float] | None]:
    """Return the bounds of an episode if the walk may have come by the place in it."""
    runs = placed.runs
    points = slice(runs.first[before], runs.first[after] + runs.count[after])
    near = np.hypot(*(placed.walk.xy[points] - xy).T).min() <= NEAR_CHECKPOINT_M
    blind = runs.gap[before + 1 : after + 1].any()
    return None, (float(runs.time[before]), float(runs.time[after])) if near or blind else None


def _crossing_time(placed: Placed, target_m: float, before: int, after: int) -> float:
    """Return when the walk passed the place: by a line through the runs around it, if walked evenly."""
    run_m, time = placed.run_m, placed.runs.time
    share = (target_m - run_m[before]) / (run_m[after] - run_m[before])
    crossed_at = float(time[before] + share * (time[after] - time[before]))
    half_s = max(FIT_S, FIT_INTERVALS * placed.walk.usual_interval)
    first, last = np.searchsorted(time, (crossed_at - half_s, crossed_at + half_s))
    rows = np.arange(first, last)
    rows = rows[~np.isnan(run_m[rows])]
    if len(rows) < 4 or placed.runs.gap[rows[1:]].any():
        return crossed_at
    moment, along = time[rows] - crossed_at, run_m[rows] - target_m
    speed = np.polyfit(moment, along, 1)[0]
    if speed < placed.walk.usual_speed / 2:
        return crossed_at
    return crossed_at + float(np.clip(moment.mean() - along.mean() / speed, -half_s / 2, half_s / 2))


def pace_by_kilometre(
    placed: Placed, line: RouteLine, coverage: Coverage, settings: Settings
) -> tuple[KilometrePace, ...]:
    """Return the pace on every kilometre of the route that was walked from end to end."""
    if not placed.walk.timed:
        return ()
    marks = np.append(np.arange(0.0, line.length_m, 1000.0), line.length_m)
    times, since = [], 0
    for mark, xy in zip(marks.tolist(), line.at(marks), strict=True):
        passed_at, _, since = pass_place(placed, line, mark, xy, since, settings)
        times.append(passed_at)
    paces = []
    for from_m, to_m, start, end in zip(marks, marks[1:], times, times[1:], strict=False):
        missed_m = sum(
            min(part.to_m, to_m) - max(part.from_m, from_m)
            for part in coverage.intervals
            if part.kind != "walked" and part.to_m > from_m and part.from_m < to_m
        )
        if (
            start is not None
            and end is not None
            and end > start
            and missed_m <= 2 * AT_END_M
            and to_m - from_m > 100
        ):
            took_s = end - start
            paces.append(KilometrePace(float(from_m), float(to_m), took_s, took_s / (to_m - from_m) * 1000))
    return tuple(paces)


def set_off_at(placed: Placed) -> float | None:
    """Return when the walk left the place where it first was on the route, going forward."""
    rows = runs_on_route(placed)
    if not len(rows) or not placed.walk.timed:
        return None
    run_m, time = placed.run_m[rows], placed.runs.time[rows]
    moved = np.flatnonzero(run_m >= run_m[0] + LATE_JOIN_M)
    if not len(moved):
        return float(time[0])
    still = np.flatnonzero(run_m[: moved[0]] <= max(run_m[0], 0.0) + AT_END_M)
    return float(time[still[-1]])
