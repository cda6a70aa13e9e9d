"""The map sketch and the height profile of a stage."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from marchapp.geo.sketch import ProfileSketch, RouteSketch, sketch_profile, sketch_route
from marchapp.i18n import local
from marchapp.models import Checkpoint, PlannedRoute, Stage


class Sizes(NamedTuple):
    """How large pictures are, in pixels."""

    width: int
    map_height: int
    profile_height: int


CARD = Sizes(640, 460, 200)
WIDE = Sizes(1100, 560, 240)
PICTURES_KEPT = 128  # drawing one takes up to 50 ms, and the first pages show them to everybody
MEET_DEGREES = 0.01  # about a kilometre


@dataclass(frozen=True)
class Pictures:
    """What a page draws of a planned route; `profile` is None for a route without heights."""

    map: RouteSketch
    profile: ProfileSketch | None


@dataclass(frozen=True)
class _Line:
    """What a map is drawn from. The base map follows from the line, so two of one line look alike."""

    lat: tuple[float, ...]
    lon: tuple[float, ...]
    flags: tuple[tuple[str, float, float], ...]
    sizes: Sizes
    basemap: dict[str, Any] | None = field(default=None, compare=False)


@lru_cache(maxsize=PICTURES_KEPT)
def _map(line: _Line) -> RouteSketch:
    return sketch_route(
        line.lat,
        line.lon,
        line.flags,
        line.basemap,
        width=line.sizes.width,
        height=line.sizes.map_height,
    )


@lru_cache(maxsize=PICTURES_KEPT)
def _profile(
    distance_m: tuple[float, ...],
    ele_m: tuple[float, ...],
    flags: tuple[tuple[str, float], ...],
    sizes: Sizes,
) -> ProfileSketch | None:
    return sketch_profile(distance_m, ele_m, flags, width=sizes.width, height=sizes.profile_height)


def draw(route: PlannedRoute, checkpoints: Sequence[Checkpoint], sizes: Sizes) -> Pictures:
    """Draw a route and its checkpoints."""
    drawing = route.drawing
    flags = tuple((place.name, place.lat, place.lon) for place in checkpoints)
    flags_m = tuple((place.name, place.route_m) for place in checkpoints)
    return Pictures(
        map=_map(_Line(tuple(drawing["lat"]), tuple(drawing["lon"]), flags, sizes, route.basemap)),
        profile=_profile(tuple(drawing["distance_m"]), tuple(drawing["ele_m"]), flags_m, sizes),
    )


def draw_stage(stage: Stage, sizes: Sizes) -> Pictures | None:
    """Draw the planned route of a stage, if it has one."""
    return draw(stage.route, stage.checkpoints, sizes) if stage.route else None


def is_one_line(stages: Sequence[Stage]) -> bool:
    """Tell whether each stage has a route and begins where the one before it ends."""
    drawings = [stage.route.drawing for stage in stages if stage.route]
    return len(drawings) == len(stages) > 1 and all(map(_meet, drawings, drawings[1:]))


def draw_march(stages: Sequence[Stage], sizes: Sizes) -> RouteSketch:
    """Draw stages that are one line, with a flag where each begins and where the last one ends."""
    drawings = [stage.route.drawing for stage in stages if stage.route]
    starts = zip(stages, drawings, strict=True)
    flags = [(local(stage.start_name), drawing["lat"][0], drawing["lon"][0]) for stage, drawing in starts]
    flags.append((local(stages[-1].finish_name), drawings[-1]["lat"][-1], drawings[-1]["lon"][-1]))
    lats = tuple(lat for drawing in drawings for lat in drawing["lat"])
    lons = tuple(lon for drawing in drawings for lon in drawing["lon"])
    return _map(_Line(lats, lons, tuple(flags), sizes))


def _meet(earlier: dict[str, Any], later: dict[str, Any]) -> bool:
    """Tell whether one stage ends about where the next begins."""
    lat, lon = earlier["lat"][-1], earlier["lon"][-1]
    return bool(abs(later["lat"][0] - lat) < MEET_DEGREES and abs(later["lon"][0] - lon) < 2 * MEET_DEGREES)
