"""A walked track in few points, what a map of many groups replays and draws at first; and its whole line."""

from typing import Any

import numpy as np
import numpy.typing as npt

from marchapp.geo.projection import LocalMetres
from marchapp.geo.results import OFF, UNKNOWN, Ints, Points
from marchapp.tracks.drawing import DEGREE_STEPS, breaks, cloud, deltas, runs, stop_rows, thinned

MOST_PLACES = 1_000  # about 12 kB: the groups of a stage together stay under 400 kB
LEAST_EVERY_S, MOST_MOMENTS = 60.0, 250  # a replay knows where the group was at least so often
TOLERANCES_M = (0.8, 1.5, 2.5, 4.0, 6.0, 10.0, 16.0, 25.0, 60.0, 150.0)
ON_ROUTE, OFF_ROUTE, UNSURE, NOT_RECORDED = range(4)


def outline(points: Points, result: dict[str, Any]) -> dict[str, Any]:
    """Return at most about MOST_PLACES points of a track as short whole numbers (see `deltas`).

    lat and lon are in millionths of a degree, time in Unix seconds (empty without times); kinds are
    [kind, count] for the steps from each point to the next: on or off the route, unsure, not recorded.
    tolerance_m: by so much the line may differ from the track where the group walked. `result` holds the gaps
    and the stops.
    """
    kinds = _kinds_of_steps(points, result)
    is_inside = np.zeros(len(points), bool)
    for first, last in stop_rows(points, result["stops"]):
        is_inside[first + 1 : last] = True
    tolerance_m, rows = _fewest_rows(points, kinds, np.flatnonzero(~is_inside))
    is_timed = bool(np.isfinite(points.time).all())
    return {
        "tolerance_m": tolerance_m,
        "time": deltas(points.time[rows]) if is_timed else [],
        **_drawn(points, kinds, rows),
    }


def whole_line(points: Points, result: dict[str, Any]) -> dict[str, Any]:
    """Return the line of a track as `outline` does, however many points it takes, the scribble of stops too.

    No place of the picture moves by more than TOLERANCE_M.
    """
    xy = LocalMetres.around(points.lat, points.lon).project(points.lat, points.lon)
    kinds = _kinds_of_steps(points, result)
    is_stop = np.zeros(len(kinds), bool)
    for first, last in stop_rows(points, result["stops"]):
        is_stop[first:last] = True
    rows = [
        first + (cloud if kind % 2 else thinned)(xy[first : last + 1])
        for kind, first, last in runs(2 * kinds + is_stop)
    ]
    return _drawn(points, kinds, np.unique(np.concatenate(rows)))


def _drawn(points: Points, kinds: Ints, rows: Ints) -> dict[str, Any]:
    return {
        "lat": deltas(points.lat[rows], DEGREE_STEPS),
        "lon": deltas(points.lon[rows], DEGREE_STEPS),
        "kinds": _counted(kinds[rows[:-1]]),
    }


def _kinds_of_steps(points: Points, result: dict[str, Any]) -> Ints:
    """Return the kind of every step from one point to the next; a stop is one place, so it has one kind."""

    def at_either_end(state: int) -> npt.NDArray[np.bool_]:
        return (points.state[:-1] == state) | (points.state[1:] == state)

    kinds = np.select([at_either_end(OFF), at_either_end(UNKNOWN)], [OFF_ROUTE, UNSURE], ON_ROUTE)
    for first, last in stop_rows(points, result["stops"]):
        kinds[first:last] = int(np.median(kinds[first:last]))
    kinds[breaks(points, [gap["from_at"].timestamp() for gap in result["gaps"]])] = NOT_RECORDED
    return kinds


def _fewest_rows(points: Points, kinds: Ints, walked: Ints) -> tuple[float, Ints]:
    """Return the smallest tolerance that leaves few enough rows, and these; `walked`: rows between stops."""
    xy = LocalMetres.around(points.lat, points.lon).project(points.lat, points.lon)[walked]
    turns = np.flatnonzero(np.diff(kinds)) + 1
    always = np.unique(np.concatenate(([0], turns, _moments(points), [len(points) - 1])))
    for tolerance_m in TOLERANCES_M:
        rows = np.union1d(always, walked[thinned(xy, tolerance_m)])
        if len(rows) <= MOST_PLACES:
            break
    return tolerance_m, rows


def _moments(points: Points) -> Ints:
    """Return rows at even times."""
    if len(points) < 2 or not np.isfinite(points.time).all():
        return np.zeros(0, np.int64)
    first, last = points.time[0], points.time[-1]
    count = min(MOST_MOMENTS, int((last - first) / LEAST_EVERY_S))
    return np.searchsorted(points.time, np.linspace(first, last, count, endpoint=False))


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
