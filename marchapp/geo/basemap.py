"""Land, coast and borders around any place on earth, without network.

The data is Natural Earth at 1:10 million (public domain), made by `tools/basemap.py`; places on it are good
to a few hundred metres. Borders are drawn as Natural Earth has them, for orientation only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from marchapp.geo.results import Floats, Ints

FILE = Path(__file__).parent / "data" / "basemap.npz"
KM_PER_DEGREE = 111.2
DECIMALS = 5
TURN = 360.0

Box = tuple[float, float, float, float]


def clip(bounds: Box, *, margin_km: float = 15.0) -> dict[str, Any]:
    """Return the base map around a box (west, south, east, north) in degrees.

    It covers a square twice as wide as the box's longer side, and the margin, so that a picture of the box
    is filled whatever its shape. The answer is ready for JSON: `bounds` of what it covers; the GeoJSON
    geometries `land` (MultiPolygon), `coast` and `borders` (MultiLineString); and `countries`, the largest
    first, each with `name`, `code` (ISO 3166, two letters, may be empty) and `at`, a place [lon, lat] well
    inside its land, just outside the box if it has some there. Where the box crosses the antimeridian
    (west > east), longitudes go on beyond 180 instead of jumping. Milliseconds for a walk, seconds for the
    whole world.
    """
    west, south, east, north = bounds
    if east < west:
        bounds = west, south, east + TURN, north
    world = _world()
    cover, beside = _square(bounds, margin_km), _beside(bounds)
    parts = {country: shapely.union_all(shapes) for country, shapes in _land_by_country(world, cover).items()}
    return {
        "bounds": [round(edge, DECIMALS) for edge in cover],
        "land": _polygons(shapely.union_all(list(parts.values()))),
        "coast": _lines(_clipped_arcs(world, world.coast_arcs, cover)),
        "borders": _lines(_clipped_arcs(world, world.border_arcs, cover)),
        "countries": [
            {
                "name": str(world.names[country]),
                "code": str(world.codes[country]),
                "at": _label_place(part, bounds, beside),
            }
            for country, part in sorted(parts.items(), key=lambda item: -item[1].area)
        ],
    }


def _square(bounds: Box, margin_km: float) -> Box:
    """Return a square around the middle of the box, twice its longer side wide, and the margin."""
    west, south, east, north = bounds
    half = _longer(bounds) + margin_km / KM_PER_DEGREE
    lat, lon = (south + north) / 2, (west + east) / 2
    south, north = max(lat - half, -90.0), min(lat + half, 90.0)
    lon_half = min(half / _shrink(south, north), TURN / 2)
    return float(lon - lon_half), float(south), float(lon + lon_half), float(north)


def _beside(bounds: Box) -> Box:
    """Return the box with a strip around it where a map of the box still has room for names."""
    west, south, east, north = bounds
    strip = max(0.12 * _longer(bounds), 0.005)
    lon_strip = strip / _shrink(south, north)
    return west - lon_strip, south - strip, east + lon_strip, north + strip


def _longer(bounds: Box) -> float:
    """Return the longer side of a box, in degrees of latitude."""
    west, south, east, north = bounds
    return max(north - south, (east - west) * _shrink(south, north))


def _shrink(south: float, north: float) -> float:
    """Return how long a degree of longitude is, against one of latitude, at the edge nearer to a pole."""
    return max(float(np.cos(np.radians(max(abs(south), abs(north))))), 0.01)


@dataclass(frozen=True)
class _World:
    """The decoded file. Arc i is the points from arc_starts[i] to arc_starts[i + 1]; ~i is it reversed."""

    points: Floats
    arc_starts: Ints
    ring_starts: Ints
    ring_arcs: Ints
    ring_polygons: Ints
    polygon_countries: Ints
    names: npt.NDArray[np.str_]
    codes: npt.NDArray[np.str_]

    def arc(self, number: int) -> Floats:
        """Return the (n, 2) lon, lat of an arc."""
        forward = number if number >= 0 else ~number
        points = self.points[self.arc_starts[forward] : self.arc_starts[forward + 1]]
        return points if number >= 0 else points[::-1]

    def ring(self, number: int) -> Floats:
        """Return the (n, 2) lon, lat of a ring, without jumps, closed over the pole if it goes round it."""
        arcs = self.ring_arcs[self.ring_starts[number] : self.ring_starts[number + 1]]
        ring = _without_jumps(np.concatenate([self.arc(int(arc)) for arc in arcs]))
        if abs(ring[-1, 0] - ring[0, 0]) < TURN / 2:
            return ring
        pole = np.copysign(90.0, ring[:, 1].mean())
        return np.concatenate((ring, [[ring[-1, 0], pole], [ring[0, 0], pole]]))

    @cached_property
    def ring_boxes(self) -> Floats:
        """The (n, 4) west, south, east, north of each ring."""
        return np.array([_box(self.ring(number)) for number in range(len(self.ring_polygons))])

    @cached_property
    def arc_boxes(self) -> Floats:
        """The (n, 4) west, south, east, north of each arc."""
        arcs = range(len(self.arc_starts) - 1)
        return np.array([_box(_without_jumps(self.arc(number))) for number in arcs])

    @cached_property
    def _arc_countries(self) -> Ints:
        """How many countries each arc bounds."""
        rings = np.repeat(np.arange(len(self.ring_polygons)), np.diff(self.ring_starts))
        arcs = np.where(self.ring_arcs >= 0, self.ring_arcs, ~self.ring_arcs)
        countries = self.polygon_countries[self.ring_polygons[rings]]
        pairs = np.unique(np.stack((arcs, countries)), axis=1)
        return np.bincount(pairs[0], minlength=len(self.arc_starts) - 1)

    @property
    def coast_arcs(self) -> Ints:
        return np.flatnonzero(self._arc_countries == 1)

    @property
    def border_arcs(self) -> Ints:
        return np.flatnonzero(self._arc_countries > 1)


@cache
def _world() -> _World:
    with np.load(FILE) as file:
        steps = np.stack((file["lon_steps"], file["lat_steps"]), axis=-1)
        return _World(
            points=np.cumsum(steps, axis=0, dtype=np.int64) * file["scale"] + file["translate"],
            arc_starts=file["arc_starts"],
            ring_starts=file["ring_starts"],
            ring_arcs=file["ring_arcs"],
            ring_polygons=file["ring_polygons"],
            polygon_countries=file["polygon_countries"],
            names=file["names"],
            codes=file["codes"],
        )


def _without_jumps(points: Floats) -> Floats:
    """Return the points with longitudes that go on beyond 180 where they cross it, their middle within it."""
    lon = np.unwrap(points[:, 0], period=TURN)
    turns = np.round((lon.min() + lon.max()) / 2 / TURN)
    return np.stack((lon - turns * TURN, points[:, 1]), axis=-1)


def _turned(points: Floats, turn: float) -> Floats:
    """Return the points a whole turn further east or west."""
    return np.stack((points[:, 0] + turn, points[:, 1]), axis=-1)


def _box(points: Floats) -> Floats:
    return np.concatenate((points.min(axis=0), points.max(axis=0)))


def _meeting(boxes: Floats, box: Box) -> Iterator[tuple[int, float]]:
    """Yield the number of every box that meets `box`, with the whole turn that brings it there."""
    west, south, east, north = box
    for turn in (-TURN, 0.0, TURN):
        meets = (boxes[:, 0] + turn <= east) & (boxes[:, 2] + turn >= west)
        meets &= (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
        yield from ((int(number), turn) for number in np.flatnonzero(meets))


def _land_by_country(world: _World, box: Box) -> dict[int, list[BaseGeometry]]:
    """Return the clipped polygons of every country that has land in the box."""
    rings: dict[tuple[int, float], list[Floats]] = {}
    for ring, turn in _meeting(world.ring_boxes, box):
        rings.setdefault((int(world.ring_polygons[ring]), turn), []).append(_turned(world.ring(ring), turn))
    land: dict[int, list[BaseGeometry]] = {}
    for (polygon, _), (outer, *holes) in rings.items():
        shape = shapely.make_valid(shapely.clip_by_rect(shapely.Polygon(outer, holes), *box))
        if shape.area > 0:
            land.setdefault(int(world.polygon_countries[polygon]), []).append(shape)
    return land


def _clipped_arcs(world: _World, arcs: Ints, box: Box) -> BaseGeometry:
    """Return the parts of the arcs inside the box, joined where they meet."""
    lines = [
        shapely.LineString(_turned(_without_jumps(world.arc(int(arcs[number]))), turn))
        for number, turn in _meeting(world.arc_boxes[arcs], box)
    ]
    return shapely.line_merge(shapely.union_all(shapely.clip_by_rect(lines, *box)))


def _label_place(land: BaseGeometry, bounds: Box, beside: Box) -> list[float]:
    """Return the place farthest from the edge of a country's land, beside the box if there is some."""
    near = shapely.clip_by_rect(land, *beside).difference(shapely.box(*bounds))
    parts = shapely.get_parts(near if near.area > 0 else land)
    largest = max(parts, key=lambda part: float(part.area))
    circle = shapely.maximum_inscribed_circle(largest, tolerance=float(np.sqrt(largest.area)) / 100)
    return [round(value, DECIMALS) for value in shapely.get_coordinates(circle)[0].tolist()]


def _polygons(land: BaseGeometry) -> dict[str, Any]:
    parts = [part for part in shapely.get_parts(land) if part.geom_type == "Polygon"]
    rings = [[part.exterior, *part.interiors] for part in parts]
    return {
        "type": "MultiPolygon",
        "coordinates": [[_rounded(ring) for ring in polygon] for polygon in rings],
    }


def _lines(lines: BaseGeometry) -> dict[str, Any]:
    parts = [part for part in shapely.get_parts(lines) if part.geom_type == "LineString"]
    return {"type": "MultiLineString", "coordinates": [_rounded(part) for part in parts]}


def _rounded(line: BaseGeometry) -> list[list[float]]:
    rounded: list[list[float]] = shapely.get_coordinates(line).round(DECIMALS).tolist()
    return rounded
