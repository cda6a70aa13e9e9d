"""When a walk passed places of the planned route: checkpoints, kilometres, start and finish."""

from collections.abc import Sequence

import numpy as np

from marchapp.geo.line import RouteLine
from marchapp.geo.parting import SAME_SPOT_M
from marchapp.geo.placing import Placed, runs_on_route
from marchapp.geo.projection import LocalMetres
from marchapp.geo.results import Bools, CheckpointPass, CheckpointPlan, Coverage, Floats, KilometrePace

AT_END_M = 15.0
LATE_JOIN_M = 50.0
NEAR_CHECKPOINT_M = 75.0
FIT_S = 15.0
FIT_INTERVALS = 2.6


def pass_checkpoints(
    placed: Placed,
    line: RouteLine,
    projection: LocalMetres,
    checkpoints: Sequence[tuple[CheckpointPlan, float]],
    on_foot: Bools,
) -> tuple[CheckpointPass, ...]:
    """Return when each checkpoint was first passed, in the order given; metres along are nan if aside."""
    passes = []
    since = 0
    for plan, route_m in checkpoints:
        xy = projection.project([plan.lat], [plan.lon])[0]
        if np.isnan(route_m):
            passed_at, between = _nearest_time(placed, xy), None
        else:
            passed_at, between, since = pass_place(placed, line, route_m, xy, since, on_foot)
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
    placed: Placed, line: RouteLine, route_m: float, xy: Floats, since: int, on_foot: Bools
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
    if not on_foot[before:after].all():
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
    placed: Placed, line: RouteLine, coverage: Coverage, on_foot: Bools
) -> tuple[KilometrePace, ...]:
    """Return the pace on every kilometre of the route that was walked from end to end."""
    if not placed.walk.timed:
        return ()
    marks = np.append(np.arange(0.0, line.length_m, 1000.0), line.length_m)
    times, since = [], 0
    for mark, xy in zip(marks.tolist(), line.at(marks), strict=True):
        passed_at, _, since = pass_place(placed, line, mark, xy, since, on_foot)
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
