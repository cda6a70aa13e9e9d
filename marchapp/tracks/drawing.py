"""What is drawn of a walked track: coloured lines thinned for the screen, and columns along the route."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from marchapp.geo.projection import LocalMetres
from marchapp.geo.results import ON, UNKNOWN, Floats, Ints, Points, Profile

OFFSET_CLASSES_M = (
    25.0,
    50.0,
    100.0,
)  # up to 25 m is noise and a wide road; from 50 m on it is off the route
UNKNOWN_CLASS = len(OFFSET_CLASSES_M) + 1
TOLERANCE_M = 0.8
CELL_M = 0.6  # its diagonal is as long as TOLERANCE_M
NODE_M = 10.0
LEAST_NODES, MOST_NODES = 100, 1200
DEGREE_STEPS = 1e6


@dataclass(frozen=True)
class Piece:
    """A stretch of the track in one colour: `offset_class` counts the limits of OFFSET_CLASSES_M below it."""

    offset_class: int
    lat: Floats
    lon: Floats


@dataclass(frozen=True)
class Nodes:
    """Columns along the planned route, a row every few metres, for charts and the cursor.

    route_m: from 0 to the end of the route. The others are nan where the route was not walked or the value is
    not known. lat, lon: where the track was. time: Unix seconds. offset_m: positive to the left. ele_m and
    planned_ele_m: heights as recorded and of the planned route. pace_s: seconds for that kilometre.
    """

    route_m: Floats
    lat: Floats
    lon: Floats
    time: Floats
    offset_m: Floats
    ele_m: Floats
    planned_ele_m: Floats
    pace_s: Floats


def colour_pieces(points: Points, result: dict[str, Any]) -> list[Piece]:
    """Cut the track where its colour changes and where the recording breaks off, and thin each piece.

    No place of the picture moves by more than TOLERANCE_M. `result` holds the gaps and the stops; a stop is
    one place, so it has one colour.
    """
    if len(points) < 2:
        return []
    xy = LocalMetres.around(points.lat, points.lon).project(points.lat, points.lon)
    step_class = _classes_of_steps(points)
    is_stop = np.zeros(len(step_class), bool)
    for first, last in stop_rows(points, result["stops"]):
        is_stop[first:last] = True
        step_class[first:last] = int(np.median(step_class[first:last]))
    step_class[breaks(points, [gap["from_at"].timestamp() for gap in result["gaps"]])] = -1
    return [
        Piece(kind, points.lat[rows], points.lon[rows])
        for kind, first, last in runs(2 * step_class + is_stop)
        for kind, thin in [(kind // 2, cloud if kind % 2 else thinned)]
        if kind >= 0
        for rows in [first + thin(xy[first : last + 1])]
    ]


def stop_rows(points: Points, stops: Sequence[dict[str, Any]]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last row of every stop that has two rows; `stops` are those of a result."""
    for stop in stops:
        first = int(np.searchsorted(points.time, stop["from_at"].timestamp() - 0.01))
        last = int(np.searchsorted(points.time, stop["to_at"].timestamp() + 0.01)) - 1
        if first < last:
            yield first, last


def cloud(xy: Floats) -> Ints:
    """Return which rows of the scribble of a stop draw it: every place that it comes to once, and both ends.

    >>> cloud(np.array([[0.1, 0.1], [5.0, 5.0], [0.2, 0.1], [5.1, 5.0], [0.1, 0.2]])).tolist()
    [0, 1, 4]
    """
    _, firsts = np.unique(np.floor(xy / CELL_M), axis=0, return_index=True)
    return np.unique(np.append(firsts, len(xy) - 1))


def thinned(xy: Floats, tolerance_m: float = TOLERANCE_M) -> Ints:
    """Return which rows of an (n, 2) line in metres keep its picture within a tolerance.

    >>> thinned(np.array([[0.0, 0.0], [5.0, 0.5], [10.0, 0.0], [10.0, 30.0]])).tolist()
    [0, 2, 3]
    """
    numbered = shapely.linestrings(np.column_stack((xy, np.arange(len(xy)))))
    kept = shapely.simplify(numbered, tolerance_m, preserve_topology=False)
    kept = shapely.get_coordinates(kept, include_z=True)
    return kept[:, 2].astype(np.int64)


def nodes_along(points: Points, route: Profile, result: dict[str, Any]) -> Nodes:
    """Return the columns of the charts; `result` holds the coverage and the pace."""
    length_m = result["route"]["length_m"]
    count = int(np.clip(length_m / NODE_M, LEAST_NODES, MOST_NODES))
    route_m = np.linspace(0.0, length_m, count + 1)
    on = np.flatnonzero((points.state == ON) & np.isfinite(points.route_m))
    node = np.rint(points.route_m[on] / length_m * count).astype(np.int64).clip(0, count)
    walked = _within(route_m, result["coverage"]["intervals"], "walked")

    def mean_at_nodes(column: Floats) -> Floats:
        return np.where(walked, _means(route_m, node, column), np.nan)

    _, first = np.unique(node, return_index=True)  # of two passes the first is shown
    seen = on[first]

    def first_at_nodes(column: Floats) -> Floats:
        if not len(seen):
            return np.full(len(route_m), np.nan)
        return np.where(walked, np.interp(route_m, route_m[node[first]], column[seen]), np.nan)

    return Nodes(
        route_m=route_m,
        lat=first_at_nodes(points.lat),
        lon=first_at_nodes(points.lon),
        time=first_at_nodes(points.time),
        offset_m=mean_at_nodes(points.offset_m[on]),
        ele_m=mean_at_nodes(points.ele[on]),
        planned_ele_m=_planned_heights(route_m, route),
        pace_s=_pace(route_m, result["pace"]),
    )


def view(points: Points, route: Profile) -> tuple[float, float, float, float]:
    """Return south, west, north, east of the route and of what was walked between its start and finish."""
    on = np.flatnonzero(points.state == ON)
    walked = slice(on[0], on[-1] + 1) if len(on) else slice(None)
    lat = np.concatenate((route.lat, points.lat[walked]))
    lon = np.concatenate((route.lon, points.lon[walked]))
    return float(lat.min()), float(lon.min()), float(lat.max()), float(lon.max())


def farthest_between(points: Points, from_at: datetime, to_at: datetime | None) -> tuple[float, float] | None:
    """Return the place (lat, lon) farthest from the route in a span of time, None if it holds no point."""
    last = to_at.timestamp() if to_at else np.inf
    rows = np.flatnonzero((points.time >= from_at.timestamp()) & (points.time <= last))
    if not len(rows):
        return None
    row = rows[np.argmax(points.distance_m[rows])]
    return float(points.lat[row]), float(points.lon[row])


def deltas(values: npt.ArrayLike, steps: float = 1.0) -> list[int]:
    """Return a column without nan as whole steps, each less the one before: short numbers in JSON.

    >>> deltas([69.5, 69.500001, 69.500003], 1e6)
    [69500000, 1, 2]
    """
    whole = np.round(np.asarray(values, float) * steps).astype(np.int64)
    return np.diff(whole, prepend=0).tolist()


def whole(values: Floats, steps: float = 1.0) -> list[int | None]:
    """Return a column as whole steps, None for nan.

    >>> whole(np.array([1.26, np.nan]), 10)
    [13, None]
    """
    return [round(value * steps) if np.isfinite(value) else None for value in values.tolist()]


def _classes_of_steps(points: Points) -> Ints:
    """Return the class of every step from one point to the next: that of the farther end."""
    classes = np.searchsorted(OFFSET_CLASSES_M, points.distance_m, side="right")
    classes[points.state == UNKNOWN] = UNKNOWN_CLASS
    return np.maximum(classes[:-1], classes[1:])


def breaks(points: Points, gap_starts: Sequence[float]) -> npt.NDArray[np.bool_]:
    """Tell which steps cross from one segment into another, or a gap that begins at a Unix second."""
    is_break = np.diff(points.segment) != 0
    steps = np.searchsorted(points.time, np.asarray(gap_starts, float) + 0.01) - 1
    is_break[steps[(steps >= 0) & (steps < len(is_break))]] = True
    return is_break


def runs(values: Ints) -> Iterator[tuple[int, int, int]]:
    """Yield (value, first, one after the last) for every run of equal values."""
    edges = np.flatnonzero(np.diff(values)) + 1
    firsts, lasts = np.concatenate(([0], edges)), np.concatenate((edges, [len(values)]))
    yield from zip(values[firsts].tolist(), firsts.tolist(), lasts.tolist(), strict=True)


def _within(route_m: Floats, intervals: list[dict[str, Any]], kind: str) -> npt.NDArray[np.bool_]:
    inside = np.zeros(len(route_m), bool)
    for part in intervals:
        if part["class"] == kind:
            inside |= (route_m >= part["from_m"]) & (route_m <= part["to_m"])
    return inside


def _means(route_m: Floats, node: Ints, column: Floats) -> Floats:
    """Return the mean of a column at every node, between nodes without points a straight line."""
    known = np.isfinite(column)
    if not known.any():
        return np.full(len(route_m), np.nan)
    counts = np.bincount(node[known], minlength=len(route_m))
    sums = np.bincount(node[known], weights=column[known], minlength=len(route_m))
    filled = counts > 0
    return np.interp(route_m, route_m[filled], sums[filled] / counts[filled])


def _planned_heights(route_m: Floats, route: Profile) -> Floats:
    known = np.isfinite(route.ele_m)
    if known.sum() < 2:
        return np.full(len(route_m), np.nan)
    return np.interp(route_m, route.distance_m[known], route.ele_m[known])


def _pace(route_m: Floats, paces: list[dict[str, Any]]) -> Floats:
    pace_s = np.full(len(route_m), np.nan)
    for kilometre in paces:
        from_m, to_m = sorted((kilometre["from_m"], kilometre["to_m"]))
        pace_s[(route_m >= from_m) & (route_m < to_m)] = kilometre["pace_s_per_km"]
    return pace_s
