"""Small pictures of a planned route: a map sketch and a height profile, as plain numbers and SVG paths.

The templates draw them (`templates/macros/map.html`) with the colours of the page. All places are in pixels
of a picture `width` by `height`, y downwards.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from marchapp.geo import basemap as basemaps
from marchapp.geo.projection import LocalMetres
from marchapp.geo.results import Floats

PADDING = 0.1
BLEED_PX = 60.0
BEND_PX = 40.0
LETTER_PX = 7.4
LINE_PX = 18.0
FLAG_WIDTH_PX, FLAG_HEIGHT_PX = 22.0, 26.0
LEAST_HEIGHT_RANGE_M = 80.0


@dataclass(frozen=True)
class Caption:
    """A text beside a flag: where it starts, ends or is centred (`anchor` as in SVG), on its baseline."""

    x: float
    y: float
    anchor: str


@dataclass(frozen=True)
class Flag:
    """A checkpoint: its number in walking order, the foot of its pole, and its caption if there is room."""

    number: int
    name: str
    x: float
    y: float
    caption: Caption | None


@dataclass(frozen=True)
class CountryName:
    """A country at the middle of its land in the picture; `code` is ISO 3166, two letters, or empty."""

    name: str
    code: str
    x: float
    y: float


@dataclass(frozen=True)
class RouteSketch:
    """A map: SVG paths (`walked` with the kind of each), flags, countries, and `scale_px` for `scale_m`."""

    width: int
    height: int
    land: str
    coast: str
    borders: str
    route: str
    walked: tuple[tuple[int, str], ...]
    flags: tuple[Flag, ...]
    countries: tuple[CountryName, ...]
    scale_m: float
    scale_px: float


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: its place along the axis and its value (km across, metres up)."""

    at: float
    value: float
    is_major: bool


@dataclass(frozen=True)
class ProfileSketch:
    """Height over distance, in a plot from (`left`, `top`) to (`right`, `bottom`)."""

    width: int
    height: int
    left: float
    top: float
    right: float
    bottom: float
    line: str
    fill: str
    km_ticks: tuple[Tick, ...]
    height_ticks: tuple[Tick, ...]
    flags: tuple[Flag, ...]
    lowest_m: float
    highest_m: float


def sketch_route(
    lat: npt.ArrayLike,
    lon: npt.ArrayLike,
    checkpoints: Iterable[tuple[str, float, float]] = (),
    basemap: dict[str, Any] | None = None,
    *,
    walked: Iterable[tuple[int, Floats, Floats]] = (),
    width: int = 640,
    height: int = 400,
) -> RouteSketch:
    """Draw a route and its checkpoints (name, lat, lon) on a base map as `basemap.clip` returns it.

    `lat` and `lon` are the route's points in degrees, one or more. Without a base map its own is clipped.
    `walked` are lines over it as (kind, lat, lon); the picture shows what of them lies around the route.
    """
    lats, lons = np.asarray(lat, float), np.unwrap(np.asarray(lon, float), period=360)
    if basemap is None:
        basemap = basemaps.clip((lons.min(), lats.min(), lons.max(), lats.max()))
    paper = _Paper.around(lats, lons, width, height)
    route = _line(paper.pixels(lats, lons))
    land = paper.draw(basemap["land"])
    borders = paper.draw(basemap["borders"])
    scale_m = _round_below(width / 4 / paper.pixels_per_m)
    places = paper.places(checkpoints)
    flags = [_flag_box(x, y) for _, x, y in places]
    open_land = land.difference(shapely.union_all([route.buffer(LINE_PX), *flags]))
    countries = tuple(_country_names(basemap["countries"], land, borders, open_land, paper))
    taken = [*flags, *map(_country_box, countries), shapely.box(0, height - 44, width / 3, height)]
    return RouteSketch(
        width=width,
        height=height,
        land=_areas(land),
        coast=_curves(paper.draw(basemap["coast"])),
        borders=_curves(borders),
        route=_path(shapely.get_coordinates(route.simplify(0.4))),
        walked=tuple(
            (kind, _path(shapely.get_coordinates(_line(paper.pixels(lat, lon)).simplify(0.4))))
            for kind, lat, lon in walked
        ),
        flags=_flags(places, taken, route, shapely.box(4, 4, width - 4, height - 4)),
        countries=countries,
        scale_m=scale_m,
        scale_px=round(scale_m * paper.pixels_per_m, 1),
    )


def sketch_profile(
    distance_m: npt.ArrayLike,
    ele_m: npt.ArrayLike,
    checkpoints_m: Iterable[tuple[str, float]] = (),
    *,
    width: int = 640,
    height: int = 200,
) -> ProfileSketch | None:
    """Draw height over distance with its checkpoints (name, metres along the route); None without heights."""
    distances, heights = np.asarray(distance_m, float), np.asarray(ele_m, float)
    known = np.isfinite(heights)
    if known.sum() < 2 or distances[-1] <= 0:
        return None
    heights = np.interp(distances, distances[known], heights[known])
    left, top, right, bottom = 44.0 + width * 0.05, 48.0, width * 0.96 - 14.0, height - 32.0
    levels = _levels(heights)
    px_per_km = (right - left) / distances[-1] * 1000
    px_per_m = (bottom - top) / (levels[-1] - levels[0])
    x = left + distances / 1000 * px_per_km
    y = bottom - (heights - levels[0]) * px_per_m
    line = _path(shapely.get_coordinates(_line(np.stack((x, y), axis=-1)).simplify(0.3)))
    return ProfileSketch(
        width=width,
        height=height,
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        line=line,
        fill=f"{line}L{x[-1]:.1f} {bottom:.1f}L{x[0]:.1f} {bottom:.1f}Z",
        km_ticks=_kilometres(distances[-1] / 1000, left, px_per_km),
        height_ticks=tuple(
            Tick(round(bottom - (level - levels[0]) * px_per_m, 1), level, (len(levels) - number) % 2 == 1)
            for number, level in enumerate(levels)
        ),
        flags=tuple(
            Flag(
                number,
                name,
                round(float(np.interp(at, distances, x)), 1),
                round(float(np.interp(at, distances, y)), 1),
                None,
            )
            for number, (name, at) in enumerate(checkpoints_m, 1)
            if np.isfinite(at)
        ),
        lowest_m=float(heights.min()),
        highest_m=float(heights.max()),
    )


@dataclass(frozen=True)
class _Paper:
    """Which piece of the earth the picture shows: the route in its middle, north up."""

    metres: LocalMetres
    east: float
    north: float
    pixels_per_m: float
    width: int
    height: int

    @classmethod
    def around(cls, lat: Floats, lon: Floats, width: int, height: int) -> "_Paper":
        metres = LocalMetres.around(lat, lon)
        places = metres.project(lat, lon)
        low, high = places.min(axis=0), places.max(axis=0)
        spans = np.maximum(high - low, 500.0)
        room = 1 - 2 * PADDING
        fit = min(width * room / spans[0], (height - FLAG_HEIGHT_PX) * room / spans[1])
        middle = (low + high) / 2
        lift = FLAG_HEIGHT_PX / 2 / fit  # the flags stand up from the line
        return cls(metres, float(middle[0]), float(middle[1] + lift), float(fit), width, height)

    def pixels(self, lat: npt.ArrayLike, lon: npt.ArrayLike) -> Floats:
        """Return the (n, 2) places in the picture."""
        east, north = self.metres.project(lat, lon).T
        x = self.width / 2 + (east - self.east) * self.pixels_per_m
        y = self.height / 2 - (north - self.north) * self.pixels_per_m
        return np.stack((x, y), axis=-1)

    def places(self, checkpoints: Iterable[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
        """Return the checkpoints as (name, x, y)."""
        return [(name, *self.pixels([lat], [lon])[0].round(1).tolist()) for name, lat, lon in checkpoints]

    def draw(self, geometry: dict[str, Any]) -> BaseGeometry:
        """Return a GeoJSON geometry in pixels, cut a little outside the picture."""
        drawn = shapely.transform(shape(geometry), lambda places: self.pixels(places[:, 1], places[:, 0]))
        edges = (-BLEED_PX, -BLEED_PX, self.width + BLEED_PX, self.height + BLEED_PX)
        return shapely.clip_by_rect(drawn, *edges)


def _line(places: Floats) -> BaseGeometry:
    """Return a line through the places; a single one is a line of no length."""
    return shapely.LineString(places if len(places) > 1 else np.repeat(places, 2, axis=0))


def _path(places: Floats) -> str:
    """Return straight lines through the places as an SVG path."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)


def _areas(areas: BaseGeometry) -> str:
    """Return the edges of areas as one SVG path, bent softly as `_curves` does."""
    rings = [
        ring
        for area in shapely.get_parts(areas)
        if area.geom_type == "Polygon"
        for ring in (area.exterior, *area.interiors)
    ]
    return "".join(_curve(shapely.get_coordinates(ring)) + "Z" for ring in rings)


def _curves(lines: BaseGeometry) -> str:
    """Return lines as one SVG path."""
    return "".join(
        _curve(shapely.get_coordinates(line))
        for line in shapely.get_parts(lines)
        if line.geom_type == "LineString"
    )


def _curve(places: Floats) -> str:
    """Return a path that cuts each corner with a soft bend.

    The data lies on a grid of some 150 m; its stairs would look like facts.
    """
    sides = np.diff(places, axis=0)
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    cuts = np.minimum(0.5, BEND_PX / np.maximum(lengths, 1e-9))[:, None] * sides
    bends = "".join(
        f"L{in_x:.1f} {in_y:.1f}Q{x:.1f} {y:.1f} {out_x:.1f} {out_y:.1f}"
        for (in_x, in_y), (x, y), (out_x, out_y) in zip(
            places[1:-1] - cuts[:-1], places[1:-1], places[1:-1] + cuts[1:], strict=True
        )
    )
    (from_x, from_y), (end_x, end_y) = places[0], places[-1]
    return f"M{from_x:.1f} {from_y:.1f}{bends}L{end_x:.1f} {end_y:.1f}"


def _flag_box(x: float, y: float) -> BaseGeometry:
    return shapely.box(x - 3, y - FLAG_HEIGHT_PX, x + FLAG_WIDTH_PX, y + 3)


def _flags(
    places: Iterable[tuple[str, float, float]],
    taken: Iterable[BaseGeometry],
    route: BaseGeometry,
    paper: BaseGeometry,
) -> tuple[Flag, ...]:
    """Return the checkpoints, with captions on the paper that meet nothing taken and little of the route."""
    boxes = list(taken)
    flags = []
    for number, (name, x, y) in enumerate(places, 1):
        free = [
            (route.intersection(box).length, preference, caption, box)
            for preference, caption in enumerate(_beside(x, y))
            if paper.contains(box := _caption_box(caption, name))
            and not any(box.intersects(other) for other in boxes)
        ]
        caption = None
        if free:
            _, _, caption, box = min(free, key=lambda option: option[:2])
            boxes.append(box)
        flags.append(Flag(number, name, x, y, caption))
    return tuple(flags)


def _caption_box(caption: Caption, name: str) -> BaseGeometry:
    """Return about the room that a caption takes."""
    length = LETTER_PX * len(name)
    start = caption.x - {"start": 0.0, "middle": length / 2, "end": length}[caption.anchor]
    return shapely.box(start, caption.y - LINE_PX + 4, start + length, caption.y + 4)


def _beside(x: float, y: float) -> tuple[Caption, ...]:
    """Return the places for a caption around a flag, the best first."""
    return (
        Caption(x + FLAG_WIDTH_PX + 4, y - 11, "start"),
        Caption(x - 7, y - 11, "end"),
        Caption(x + 6, y - FLAG_HEIGHT_PX - 8, "middle"),
        Caption(x + 2, y + 20, "middle"),
        Caption(x + 10, y + 18, "start"),
        Caption(x - 8, y + 18, "end"),
    )


def _country_names(
    countries: Iterable[dict[str, Any]],
    land: BaseGeometry,
    borders: BaseGeometry,
    open_land: BaseGeometry,
    paper: _Paper,
) -> list[CountryName]:
    """Return each country with room for its name on open land in the picture, if there are two or more."""
    frame = shapely.box(0, 0, paper.width, paper.height - 44)
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all([land.boundary, borders])]))
    named = []
    for country in countries:
        lon, lat = country["at"]
        home = shapely.Point(paper.pixels([lat], [lon])[0])
        for face in faces:
            if face.contains(home) and (room := _room(face.intersection(frame).intersection(open_land))):
                named.append(CountryName(country["name"], country["code"], *room))
    return named if len(named) > 1 else []


def _country_box(country: CountryName) -> BaseGeometry:
    """Return about the room that the wide letters of a country's name take."""
    half = len(country.name) * LETTER_PX * 0.9
    return shapely.box(country.x - half, country.y - LINE_PX, country.x + half, country.y + 6)


def _room(face: BaseGeometry) -> tuple[float, float] | None:
    """Return the place in an area farthest from its edge, None if that is too near for a name."""
    parts = [part for part in shapely.get_parts(face) if part.area > 0]
    if not parts:
        return None
    circle = shapely.maximum_inscribed_circle(max(parts, key=lambda part: float(part.area)), tolerance=2.0)
    x, y = shapely.get_coordinates(circle)[0].round(1).tolist()
    return (x, y) if circle.length >= 2.5 * LINE_PX else None


def _round_below(value: float) -> float:
    """Return the largest of 1, 2, 5, 10, 20 … that is not above the value."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(power * max(step for step in (1, 2, 5) if step * power <= value))


def _levels(heights: Floats) -> list[float]:
    """Return even heights in metres for the axis, three to six of them, that take in all of the profile."""
    low, high = float(heights.min()), float(heights.max())
    step = _round_below(max(high - low, LEAST_HEIGHT_RANGE_M) / 2)
    first = np.floor(low / step) * step
    last = max(np.ceil(high / step) * step, first + LEAST_HEIGHT_RANGE_M)
    return [float(level) for level in np.arange(first, last + step / 2, step)]


def _kilometres(length_km: float, left: float, px_per_km: float) -> tuple[Tick, ...]:
    """Return the ticks of the distance axis; the major ones are enough where the picture is small."""
    step = _round_below(max(length_km / 4, 0.1))
    values = np.arange(0, length_km + step / 100, step)
    return tuple(
        Tick(
            round(left + float(value) * px_per_km, 1), round(float(value), 1), (len(values) - number) % 2 == 1
        )
        for number, value in enumerate(values)
    )
