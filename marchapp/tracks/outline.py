"""A walked track in few points: what a map of many groups draws and replays."""

from typing import Any

import numpy as np

from marchapp.geo.projection import LocalMetres
from marchapp.geo.results import OFF, UNKNOWN, Comparison, Ints, Points
from marchapp.tracks.drawing import DEGREE_STEPS, breaks, deltas, thinned

MOST_PLACES = 1_000  # about 12 kB: the groups of a stage together stay under 400 kB
LEAST_EVERY_S, MOST_MOMENTS = 60.0, 250  # a replay knows where the group was at least so often
TOLERANCES_M = (0.8, 1.5, 2.5, 4.0, 6.0, 10.0, 16.0, 25.0, 60.0, 150.0)
ON_ROUTE, OFF_ROUTE, UNSURE, NOT_RECORDED = range(4)


def outline(comparison: Comparison) -> dict[str, Any]:
    """Return at most about MOST_PLACES points of a track as short whole numbers (see `deltas`).

    lat and lon are in millionths of a degree, time in Unix seconds (empty without times); kinds are
    [kind, count] for the steps from each point to the next: on or off the route, unsure, not recorded.
    tolerance_m: by so much the line may differ from the track.
    """
    points = comparison.points
    kinds = _kinds_of_steps(points, breaks(points, [gap.from_at for gap in comparison.gaps]))
    tolerance_m, rows = _fewest_rows(points, kinds)
    is_timed = bool(np.isfinite(points.time).all())
    return {
        "tolerance_m": tolerance_m,
        "lat": deltas(points.lat[rows], DEGREE_STEPS),
        "lon": deltas(points.lon[rows], DEGREE_STEPS),
        "time": deltas(points.time[rows]) if is_timed else [],
        "kinds": _counted(kinds[rows[:-1]]),
    }


def _kinds_of_steps(points: Points, is_break: Any) -> Ints:
    kinds = np.full(max(0, len(points) - 1), ON_ROUTE)
    ends = np.maximum(points.state[:-1] == UNKNOWN, points.state[1:] == UNKNOWN)
    kinds[ends] = UNSURE
    kinds[(points.state[:-1] == OFF) | (points.state[1:] == OFF)] = OFF_ROUTE
    kinds[is_break] = NOT_RECORDED
    return kinds


def _fewest_rows(points: Points, kinds: Ints) -> tuple[float, Ints]:
    """Return the smallest tolerance that leaves few enough rows, and those rows."""
    xy = LocalMetres.around(points.lat, points.lon).project(points.lat, points.lon)
    turns = np.flatnonzero(np.diff(kinds)) + 1
    edges = np.unique(np.concatenate(([0], turns, _moments(points), [len(points) - 1])))
    for tolerance_m in TOLERANCES_M:
        rows = np.unique(np.concatenate((edges, thinned(xy, tolerance_m))))
        if len(rows) <= MOST_PLACES:
            break
    return tolerance_m, rows


def _moments(points: Points) -> Ints:
    """Return rows at even times."""
    if len(points) < 2 or not np.isfinite(points.time).all():
        return np.zeros(0, np.int64)
    first, last = points.time[0], points.time[-1]
    every_s = max(LEAST_EVERY_S, (last - first) / MOST_MOMENTS)
    return np.searchsorted(points.time, np.arange(first, last, every_s))


def _counted(kinds: Ints) -> list[list[int]]:
    """Return runs of equal values as [value, count].

    >>> _counted(np.array([0, 0, 1]))
    [[0, 2], [1, 1]]
    """
    if not len(kinds):
        return []
    firsts = np.concatenate(([0], np.flatnonzero(np.diff(kinds)) + 1))
    counts = np.diff(np.append(firsts, len(kinds)))
    return [list(run) for run in zip(kinds[firsts].tolist(), counts.tolist(), strict=True)]
