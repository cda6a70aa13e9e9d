"""A comparison as pictures: a map and charts along the route, as SVG without colours of their own.

The page colours the parts by class: `near`, `middle`, `far`, `farthest` and `unknown` are how far the track
is from the route; `planned`, `missed` and `no-data` are stretches of the route.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

import numpy as np
import shapely
from shapely.geometry import shape

from marchapp.geo import basemap
from marchapp.geo.projection import LocalMetres
from marchapp.geo.results import OFF, ON, UNKNOWN, Comparison, Floats, Ints, Points, Profile

PADDING_PX = 28.0
LEFT_PX, RIGHT_PX, TOP_PX, BOTTOM_PX = 52.0, 12.0, 12.0, 30.0
THIN_PX = 0.4
KM_LABEL_PX = 110.0
CHART_STEPS = 600
STEPS_M = (25.0, 50.0, 100.0)
DISTANCE_CLASSES = ("near", "middle", "far", "farthest", "unknown")
LEAST_OFFSET_M = 30.0
FASTEST_PACE_S, SLOWEST_PACE_S = 300.0, 2400.0


# Map ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Paper:
    """Which piece of the earth a picture shows: north up, all of the given places in it."""

    metres: LocalMetres
    west_m: float
    north_m: float
    pixels_per_m: float

    @classmethod
    def around(cls, lat: Floats, lon: Floats, width: float, height: float) -> "_Paper":
        metres = LocalMetres.around(lat, lon)
        xy = metres.project(lat, lon)
        low, high = xy.min(axis=0), xy.max(axis=0)
        room = np.array((width, height)) - 2 * PADDING_PX
        scale = float((room / np.maximum(high - low, 200.0)).min())
        middle = (low + high) / 2
        return cls(metres, float(middle[0] - width / 2 / scale), float(middle[1] + height / 2 / scale), scale)

    def pixels(self, lat: Floats, lon: Floats) -> Floats:
        """Return the (n, 2) places in the picture, y downwards."""
        east, north = self.metres.project(lat, lon).T
        return np.column_stack((east - self.west_m, self.north_m - north)) * self.pixels_per_m


def draw_map(found: Comparison, *, width: int, height: int) -> str:
    """Return the planned route, the track coloured by its distance from it, and the checkpoints."""
    route, points = found.route.profile, found.points
    on = np.flatnonzero(points.state != OFF)
    walked = slice(on[0], on[-1] + 1) if len(on) else slice(0, 0)
    lat = np.concatenate((route.lat, points.lat[walked]))
    lon = np.concatenate((route.lon, points.lon[walked]))
    paper = _Paper.around(lat, lon, width, height)
    parts = [
        *_land(paper, width, height),
        *_planned(found, paper),
        *_track(found, paper),
        *_flags(found, paper),
        _scale_bar(paper, height),
    ]
    return _svg(width, height, "Map of the planned route and the track", parts)


def _land(paper: _Paper, width: int, height: int) -> Iterator[str]:
    """Yield land, coast and borders; nothing where the picture is too far inside one land to show any."""
    corners = np.array(((0.0, 0.0), (width, height))) / paper.pixels_per_m
    centre = paper.metres
    half_lat = corners[1, 1] / 2 / 111_000
    half_lon = corners[1, 0] / 2 / (111_000 * max(0.05, float(np.cos(np.radians(centre.lat)))))
    shown = basemap.clip(
        (centre.lon - half_lon, centre.lat - half_lat, centre.lon + half_lon, centre.lat + half_lat)
    )
    frame = (-10.0, -10.0, width + 10.0, height + 10.0)
    for name in ("land", "coast", "borders"):
        drawn = shapely.transform(shape(shown[name]), lambda lonlat: paper.pixels(lonlat[:, 1], lonlat[:, 0]))
        path = "".join(_path(part) for part in _lines(shapely.clip_by_rect(drawn, *frame)))
        if path:
            yield f'<path class="{name}" d="{path}"/>'


def _lines(drawn: shapely.Geometry) -> Iterator[Floats]:
    """Yield the places of every line, and of every edge of an area."""
    for part in shapely.get_parts(drawn):
        if part.geom_type == "Polygon":
            yield from (shapely.get_coordinates(ring) for ring in (part.exterior, *part.interiors))
        elif part.geom_type == "LineString":
            yield shapely.get_coordinates(part)


def _planned(found: Comparison, paper: _Paper) -> Iterator[str]:
    route = found.route.profile
    line = _path(paper.pixels(route.lat, route.lon))
    yield f'<path class="casing" d="{line}"/><path class="planned" d="{line}"/>'
    for part in found.coverage.intervals:
        if part.kind != "walked":
            lat, lon = _stretch(route, part.from_m, part.to_m)
            kind = part.kind.replace("_", "-")
            yield f'<path class="casing" d="{_path(paper.pixels(lat, lon))}"/>'
            yield f'<path class="{kind}" d="{_path(paper.pixels(lat, lon))}"/>'


def _stretch(route: Profile, from_m: float, to_m: float) -> tuple[Floats, Floats]:
    """Return the places of a route between two places along it."""
    inside = route.distance_m[(route.distance_m > from_m) & (route.distance_m < to_m)]
    at = np.concatenate(((from_m,), inside, (to_m,)))
    return np.interp(at, route.distance_m, route.lat), np.interp(at, route.distance_m, route.lon)


def _track(found: Comparison, paper: _Paper) -> Iterator[str]:
    """Yield the track in pieces of one distance class, the farthest last so that it lies on top."""
    points = found.points
    xy, number = paper.pixels(points.lat, points.lon), _distance_class(points)
    apart = np.diff(points.segment) != 0
    apart |= np.isin(points.time[:-1], [gap.from_at for gap in found.gaps])
    ends = np.flatnonzero((np.diff(number) != 0) | apart)
    paths: dict[int, list[str]] = {}
    for first, last in zip((0, *(ends + 1).tolist()), (*ends.tolist(), len(xy) - 1), strict=True):
        # A piece reaches to the first point of the next colour, but not across a break.
        stop = last + 1 if last + 1 < len(xy) and not apart[last] else last
        paths.setdefault(int(number[first]), []).append(_path(xy[first : stop + 1]))
    for kind in sorted(paths):
        yield f'<path class="track {DISTANCE_CLASSES[kind]}" d="{"".join(paths[kind])}"/>'


def _distance_class(points: Points) -> Ints:
    number = np.searchsorted(np.array(STEPS_M), points.distance_m, "right")
    return np.where(points.state == UNKNOWN, len(STEPS_M) + 1, number)


def _flags(found: Comparison, paper: _Paper) -> Iterator[str]:
    for number, checkpoint in enumerate(found.checkpoints, 1):
        ((x, y),) = paper.pixels(np.array([checkpoint.lat]), np.array([checkpoint.lon])).tolist()
        passed = checkpoint.passed_at is not None or checkpoint.passed_between is not None
        yield (
            f'<g class="flag{"" if passed else " not-passed"}" transform="translate({x:.1f} {y:.1f})">'
            f'<title>{escape(checkpoint.name)}</title><circle r="10"/><text y="4.5">{number}</text></g>'
        )


def _scale_bar(paper: _Paper, height: int) -> str:
    metres = _round_below(110 / paper.pixels_per_m)
    name = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    return (
        f'<path class="scale" d="M12 {height - 18}v6h{metres * paper.pixels_per_m:.1f}v-6"/>'
        f'<text class="scale-name" x="16" y="{height - 18}">{name}</text>'
    )


# Charts along the route -----------------------------------------------------------


@dataclass(frozen=True)
class _Plot:
    """The place of a chart's axes: kilometres of the route across, a value up."""

    width: int
    height: int
    length_m: float
    low: float
    high: float

    def x(self, route_m: Floats | float) -> Floats:
        return LEFT_PX + np.asarray(route_m) / self.length_m * (self.width - LEFT_PX - RIGHT_PX)

    def y(self, value: Floats | float) -> Floats:
        share = (np.asarray(value) - self.low) / (self.high - self.low)
        return self.height - BOTTOM_PX - share * (self.height - TOP_PX - BOTTOM_PX)

    def line(self, route_m: Floats, value: Floats, kind: str) -> str:
        """Return a line that breaks where the value is nan."""
        known = np.isfinite(value)
        cuts = np.flatnonzero(np.diff(known.astype(int))) + 1
        pieces = np.split(np.arange(len(value)), cuts)
        paths = [
            _path(np.column_stack((self.x(route_m[rows]), self.y(value[rows]))))
            for rows in pieces
            if len(rows) > 1 and known[rows[0]]
        ]
        return f'<path class="{kind}" d="{"".join(paths)}"/>' if paths else ""


def draw_offsets(found: Comparison, *, width: int, height: int) -> str:
    """Return how far left and right of the route the track was, with what was walked below it."""
    route_m, left, right = _widest(found)
    widest = max([LEAST_OFFSET_M, *np.abs(left[np.isfinite(left)]), *np.abs(right[np.isfinite(right)])])
    steps = _round_steps(-widest, widest)
    plot = _Plot(width, height, found.route.length_m, steps[0], steps[-1])
    parts = [
        *_shades(found, plot),
        *_axes(plot, "m", [(at, f"{abs(at):g}") for at in steps]),
        f'<path class="zero" d="M{LEFT_PX} {plot.y(0):.1f}H{width - RIGHT_PX}"/>',
        plot.line(route_m, left, "offset"),
        plot.line(route_m, right, "offset"),
        f'<text class="axis-name" x="{LEFT_PX + 6}" y="{TOP_PX + 10}">left of the route</text>',
        f'<text class="axis-name" x="{LEFT_PX + 6}" y="{height - BOTTOM_PX - 8}">right of the route</text>',
    ]
    return _svg(width, height, "Offset from the planned route by kilometre", parts)


def draw_heights(found: Comparison, *, width: int, height: int) -> str | None:
    """Return the planned and the recorded height; None where neither is known."""
    route, points = found.route.profile, found.points
    at = np.linspace(0.0, found.route.length_m, CHART_STEPS)
    rows = np.flatnonzero((points.state == ON) & np.isfinite(points.ele) & np.isfinite(points.route_m))
    recorded = _means(at, points.route_m[rows], points.ele[rows])
    known = np.isfinite(route.ele_m)
    planned = (
        np.interp(at, route.distance_m[known], route.ele_m[known])
        if known.sum() > 1
        else np.full(len(at), np.nan)
    )
    both = np.concatenate((planned, recorded))
    if not np.isfinite(both).any():
        return None
    steps = _round_steps(float(np.nanmin(both)), max(float(np.nanmax(both)), float(np.nanmin(both)) + 40))
    plot = _Plot(width, height, found.route.length_m, steps[0], steps[-1])
    parts = [
        *_shades(found, plot),
        *_axes(plot, "m", [(level, f"{level:g}") for level in steps]),
        plot.line(at, planned, "planned-height"),
        plot.line(at, recorded, "recorded-height"),
    ]
    return _svg(width, height, "Height by kilometre", parts)


def draw_pace(found: Comparison, *, width: int, height: int) -> str | None:
    """Return the minutes for each kilometre walked from end to end; None where there is none."""
    if not found.pace:
        return None
    paces = [min(max(one.pace_s_per_km, FASTEST_PACE_S), SLOWEST_PACE_S) / 60 for one in found.pace]
    steps = _round_steps(0.0, max(paces))
    plot = _Plot(width, height, found.route.length_m, 0.0, steps[-1])
    bars = []
    for one, minutes in zip(found.pace, paces, strict=True):
        left, right = sorted((float(plot.x(one.from_m)), float(plot.x(one.to_m))))
        top = float(plot.y(minutes))
        bars.append(
            f'<rect class="bar" x="{left + 1:.1f}" y="{top:.1f}" width="{max(1.0, right - left - 2):.1f}" '
            f'height="{height - BOTTOM_PX - top:.1f}"/>'
        )
    axes = _axes(plot, "min", [(step, f"{step:g}") for step in steps])
    return _svg(width, height, "Minutes for each kilometre", [*_shades(found, plot), *bars, *axes])


def _widest(found: Comparison) -> tuple[Floats, Floats, Floats]:
    """Return places along the route, and the farthest offset to each side there; nan where none is known."""
    points = found.points
    count = min(CHART_STEPS, max(50, int(found.route.length_m / 20)))
    edges = np.linspace(0.0, found.route.length_m, count + 1)
    rows = np.flatnonzero((points.state == ON) & np.isfinite(points.route_m))
    cell = np.clip(np.searchsorted(edges, points.route_m[rows], "right") - 1, 0, count - 1)
    left, right = np.full(count, -np.inf), np.full(count, np.inf)
    np.maximum.at(left, cell, points.offset_m[rows])
    np.minimum.at(right, cell, points.offset_m[rows])
    none = np.isinf(left)
    left, right = np.maximum(left, 0.0), np.minimum(right, 0.0)
    left[none] = right[none] = np.nan
    return (edges[1:] + edges[:-1]) / 2, left, right


def _means(at: Floats, route_m: Floats, value: Floats) -> Floats:
    """Return the mean value around each of the evenly spaced places, nan where there is none."""
    cell = np.rint(route_m / (at[1] - at[0])).astype(np.int64).clip(0, len(at) - 1)
    count, total = np.bincount(cell, minlength=len(at)), np.bincount(cell, value, len(at))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _shades(found: Comparison, plot: _Plot) -> Iterator[str]:
    """Yield where the group was off the route or there is no data, and the ribbon of what was walked."""
    top, bottom = TOP_PX, plot.height - BOTTOM_PX
    spans = [
        ("off-shade", episode.left_route_m, episode.rejoined_route_m or found.route.length_m)
        for episode in found.off_route
    ]
    spans += [
        ("gap-shade", part.from_m, part.to_m) for part in found.coverage.intervals if part.kind == "no_data"
    ]
    for kind, from_m, to_m in spans:
        left, right = sorted((float(plot.x(from_m)), float(plot.x(to_m))))
        width = max(right - left, 2.0)
        yield f'<rect class="{kind}" x="{left:.1f}" y="{top}" width="{width:.1f}" height="{bottom - top}"/>'
    for part in found.coverage.intervals:
        left, right = float(plot.x(part.from_m)), float(plot.x(part.to_m))
        yield f'<path class="ribbon {part.kind.replace("_", "-")}" d="M{left:.1f} {bottom + 3}H{right:.1f}"/>'


def _axes(plot: _Plot, unit: str, levels: Iterable[tuple[float, str]]) -> Iterator[str]:
    levels = list(levels)
    for number, (value, name) in enumerate(levels):
        y = float(plot.y(value))
        yield f'<path class="grid" d="M{LEFT_PX} {y:.1f}H{plot.width - RIGHT_PX}"/>'
        shown = f"{name} {unit}" if number == len(levels) - 1 else name
        yield f'<text class="level" x="{LEFT_PX - 6}" y="{y + 4:.1f}">{shown}</text>'
    length_km = plot.length_m / 1000
    step = _round_below(max(length_km * KM_LABEL_PX / plot.width, 0.05))
    for km in np.arange(0.0, length_km + step / 100, step):
        place = " first" if km == 0 else ""
        yield (
            f'<text class="km{place}" x="{plot.x(km * 1000):.1f}" y="{plot.height - 8}">'
            f"{km:g}{' km' if km == 0 else ''}</text>"
        )


# Numbers and paths ----------------------------------------------------------------


def _svg(width: int, height: int, name: str, parts: Iterable[str]) -> str:
    inside = "".join(parts)
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(name)}">{inside}</svg>'


def _path(xy: Floats) -> str:
    """Return straight lines through (n, 2) pixels as an SVG path, thinned where nobody can see it.

    >>> _path(np.array([[0.0, 0.0], [5.0, 0.1], [10.0, 0.0]]))
    'M0.0 0.0L10.0 0.0'
    """
    if len(xy) < 2:
        return "".join(f"M{x:.1f} {y:.1f}h0.1" for x, y in xy.tolist())
    kept = shapely.get_coordinates(shapely.simplify(shapely.linestrings(xy), THIN_PX))
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in kept.tolist())


def _round_below(value: float) -> float:
    """Return the largest of 1, 2, 5, 10, 20 … that is not above the value.

    >>> _round_below(7.0), _round_below(0.3)
    (5.0, 0.2)
    """
    power = 10.0 ** np.floor(np.log10(value))
    return round(float(power * max(step for step in (1, 2, 5) if step * power <= value * 1.0001)), 6)


def _round_steps(low: float, high: float) -> list[float]:
    """Return even round values from at most `low` to at least `high`.

    >>> _round_steps(12, 190)
    [0.0, 50.0, 100.0, 150.0, 200.0]
    """
    step = _round_below(max(high - low, 1e-6) / 3)
    first, last = np.floor(low / step), np.ceil(high / step)
    return [round(float(number * step), 6) for number in np.arange(first, last + 1)]
