"""The planned route as one directed polyline in local metres: places along it and distances from it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import shapely

from marchapp.geo.progress import Progress, untold
from marchapp.geo.results import Floats, Ints

SIMPLIFY_M = 0.5
SAME_PLACE_M = 15.0
BEND_RADIUS_M = 30.0
BEND_SPACING_M = 20.0
PAIRS_AT_ONCE = 60_000
POINTS_AT_ONCE = 2_000


@dataclass(frozen=True)
class Candidates:
    """Places of a route near points: rows sorted by `point`, then by `route_m`; `squared` is distance²."""

    point: Ints
    route_m: Floats
    squared: Floats

    def only(self, rows: npt.NDArray[np.bool_]) -> "Candidates":
        return Candidates(self.point[rows], self.route_m[rows], self.squared[rows])


@dataclass(frozen=True)
class RouteLine:
    """A polyline of (n, 2) metres, n ≥ 2, and the metres along it at each vertex."""

    xy: Floats
    route_m: Floats

    @classmethod
    def through(cls, xy: Floats) -> "RouteLine":
        """Return the line through (n, 2) positions."""
        legs = np.hypot(*np.diff(xy, axis=0).T)
        return cls(xy, np.concatenate(((0.0,), np.cumsum(legs))))

    @property
    def length_m(self) -> float:
        return float(self.route_m[-1])

    @cached_property
    def _coarse(self) -> tuple[Ints, shapely.STRtree]:
        """Vertices of the line simplified to half a metre, and a tree of its fewer legs."""
        numbered = np.column_stack((self.xy, np.arange(len(self.xy))))
        kept = shapely.get_coordinates(
            shapely.simplify(shapely.linestrings(numbered), SIMPLIFY_M), include_z=True
        )
        vertices = self._with_reversals(kept[:, 2].astype(np.int64))
        ends = np.stack((self.xy[vertices[:-1]], self.xy[vertices[1:]]), axis=1)
        return vertices, shapely.STRtree(shapely.linestrings(ends))

    def _with_reversals(self, vertices: Ints) -> Ints:
        """Return the vertices with those added again between which the line went back on itself."""
        chords_m = np.hypot(*np.diff(self.xy[vertices], axis=0).T)
        shortened = np.flatnonzero(np.diff(self.route_m[vertices]) > chords_m + 2 * SIMPLIFY_M)
        inner = [np.arange(vertices[leg], vertices[leg + 1]) for leg in shortened]
        return np.unique(np.concatenate((vertices, *inner)))

    def at(self, route_m: Floats) -> Floats:
        """Return the (n, 2) positions at the given metres along the line."""
        return np.column_stack([np.interp(route_m, self.route_m, self.xy[:, axis]) for axis in (0, 1)])

    def stretch(self, from_m: float, to_m: float) -> shapely.LineString:
        """Return the part of the line between two places along it."""
        inside = (self.route_m > from_m) & (self.route_m < to_m)
        ends = self.at(np.array((from_m, to_m)))
        return shapely.linestrings(np.vstack((ends[:1], self.xy[inside], ends[1:])))

    def distances(self, xy: Floats) -> Floats:
        """Return the distance of each point from the line, exact to the half metre of its simplification."""
        _, distances = self._coarse[1].query_nearest(
            shapely.points(xy), return_distance=True, all_matches=False
        )
        return np.asarray(distances)

    def candidates(self, xy: Floats, radius_m: float, progress: Progress = untold) -> Candidates:
        """Return, for every point, the local minima of distance along the line within the radius.

        One for each strand, which is a contiguous run of legs near the point; those closer than 15 m along
        the line are one. In tight bends, where a point may belong to a leg that is not the nearest, those are
        added as well.
        """
        parts = []
        step = POINTS_AT_ONCE
        for start in range(0, len(xy), step):
            progress(start / len(xy))
            part = self._candidates_of(xy[start : start + step], radius_m)
            parts.append(Candidates(part.point + start, part.route_m, part.squared))
        return Candidates(
            *(np.concatenate([getattr(p, name) for p in parts]) for name in ("point", "route_m", "squared"))
        )

    def _candidates_of(self, xy: Floats, radius_m: float) -> Candidates:
        vertices, tree = self._coarse
        point, leg = tree.query(shapely.points(xy), predicate="dwithin", distance=radius_m)
        order = np.argsort(point * len(vertices) + leg, kind="stable")
        point, leg = point[order], leg[order]
        fraction, squared = _foot(xy[point], self.xy[vertices[leg]], self.xy[vertices[leg + 1]])
        from_m, to_m = self.route_m[vertices[leg]], self.route_m[vertices[leg + 1]]
        feet = Candidates(point, from_m + fraction * (to_m - from_m), squared)
        minima = _without_near_twins(feet.only(_local_minima(point, leg, squared)))
        return _merged(minima, _round_the_bend(feet, minima, self.length_m))

    def nearest_between(self, xy: Floats, from_m: Floats, to_m: Floats) -> tuple[Floats, Floats]:
        """Return the nearest place along the line and the signed offset (left positive) of every point.

        Point i is only looked for between from_m[i] and to_m[i] along the line.
        """
        first = np.clip(np.searchsorted(self.route_m, from_m, "right") - 1, 0, len(self.route_m) - 2)
        last = np.clip(np.searchsorted(self.route_m, to_m, "left") - 1, first, len(self.route_m) - 2)
        route_m, offset_m = np.empty(len(xy)), np.empty(len(xy))
        ends = np.cumsum(last - first + 1)
        start = 0
        while start < len(xy):
            before = ends[start - 1] if start else 0
            stop = max(start + 1, int(np.searchsorted(ends, before + PAIRS_AT_ONCE, "right")))
            rows = slice(start, stop)
            route_m[rows], offset_m[rows] = self._nearest_leg(
                xy[rows], first[rows], last[rows], from_m[rows], to_m[rows]
            )
            start = stop
        return route_m, offset_m

    def nearest_on_stretch(self, xy: Floats, from_m: float, to_m: float) -> tuple[Floats, Floats]:
        """Return the same as `nearest_between` for one common, possibly long, stretch."""
        first = max(0, int(np.searchsorted(self.route_m, from_m, "right")) - 1)
        last = max(first, min(len(self.xy) - 2, int(np.searchsorted(self.route_m, to_m, "left")) - 1))
        ends = np.stack((self.xy[first : last + 1], self.xy[first + 1 : last + 2]), axis=1)
        point, leg = shapely.STRtree(shapely.linestrings(ends)).query_nearest(
            shapely.points(xy), all_matches=False
        )
        legs = np.empty(len(xy), np.int64)
        legs[point] = leg + first
        low, high = np.full(len(xy), from_m), np.full(len(xy), to_m)
        return self._nearest_leg(xy, legs, legs, low, high)

    def _nearest_leg(
        self, xy: Floats, first: Ints, last: Ints, from_m: Floats, to_m: Floats
    ) -> tuple[Floats, Floats]:
        counts = last - first + 1
        starts = np.cumsum(counts) - counts
        point = np.repeat(np.arange(len(xy)), counts)
        leg = np.arange(len(point)) - np.repeat(starts - first, counts)
        leg_from, leg_to = self.route_m[leg], self.route_m[leg + 1]
        length = np.maximum(leg_to - leg_from, 1e-9)
        low = np.clip((from_m[point] - leg_from) / length, 0, 1)
        high = np.clip((to_m[point] - leg_from) / length, 0, 1)
        fraction, squared = _foot(xy[point], self.xy[leg], self.xy[leg + 1], low, high)
        nearest = np.minimum.reduceat(squared, starts)
        rows = np.flatnonzero(squared == nearest[point])
        rows = rows[np.unique(point[rows], return_index=True)[1]]
        along, away = self.xy[leg[rows] + 1] - self.xy[leg[rows]], xy - self.xy[leg[rows]]
        side = np.where(along[:, 0] * away[:, 1] - along[:, 1] * away[:, 0] < 0, -1.0, 1.0)
        return leg_from[rows] + fraction[rows] * (leg_to - leg_from)[rows], side * np.sqrt(nearest)


def _foot(
    xy: Floats, start: Floats, end: Floats, low: Floats | float = 0.0, high: Floats | float = 1.0
) -> tuple[Floats, Floats]:
    """Return where on its leg each point is nearest (fraction between low and high) and its distance²."""
    along, away = end - start, xy - start
    squared_length = np.maximum(np.einsum("ij,ij->i", along, along), 1e-12)
    fraction = np.clip(np.einsum("ij,ij->i", along, away) / squared_length, low, high)
    away -= fraction[:, None] * along
    return fraction, np.einsum("ij,ij->i", away, away)


def _local_minima(point: Ints, leg: Ints, squared: Floats) -> npt.NDArray[np.bool_]:
    joined = (point[1:] == point[:-1]) & (leg[1:] == leg[:-1] + 1)
    minima = np.ones(len(point), bool)
    minima[1:] &= ~joined | (squared[1:] <= squared[:-1])
    minima[:-1] &= ~joined | (squared[:-1] < squared[1:])
    return minima


def _without_near_twins(found: Candidates) -> Candidates:
    twins = (found.point[1:] == found.point[:-1]) & (np.diff(found.route_m) < SAME_PLACE_M)
    keep = np.ones(len(found.point), bool)
    keep[1:] &= ~(twins & (found.squared[:-1] <= found.squared[1:]))
    keep[:-1] &= ~(twins & (found.squared[1:] < found.squared[:-1]))
    return found.only(keep)


def _round_the_bend(feet: Candidates, minima: Candidates, length_m: float) -> Candidates:
    """Return the feet within the noise that are some way along the line from every local minimum.

    Noise at a hairpin can hide the true leg: distance falls steadily from it to the other one.
    """
    near = feet.only(feet.squared <= BEND_RADIUS_M**2)
    # One number line for all points: places of different points are farther apart than any two of one.
    apart = length_m + 4 * BEND_SPACING_M
    place, known = near.point * apart + near.route_m, minima.point * apart + minima.route_m
    if not len(known):
        return near
    after = np.clip(np.searchsorted(known, place), 0, len(known) - 1)
    gap_m = np.minimum(np.abs(known[after] - place), np.abs(known[np.maximum(after - 1, 0)] - place))
    near, place = near.only(gap_m >= BEND_SPACING_M), place[gap_m >= BEND_SPACING_M]
    cell = (place // BEND_SPACING_M).astype(np.int64)
    order = np.lexsort((near.squared, cell))
    _, first = np.unique(cell[order], return_index=True)
    rows = np.zeros(len(place), bool)
    rows[order[first]] = True
    return near.only(rows)


def _merged(one: Candidates, other: Candidates) -> Candidates:
    point = np.concatenate((one.point, other.point))
    route_m = np.concatenate((one.route_m, other.route_m))
    order = np.lexsort((route_m, point))
    return Candidates(point[order], route_m[order], np.concatenate((one.squared, other.squared))[order])
