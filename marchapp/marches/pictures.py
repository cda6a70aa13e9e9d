"""The map sketch and the height profile of a stage."""

from collections.abc import Sequence
from dataclasses import dataclass
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
MEET_DEGREES = 0.01  # about a kilometre


@dataclass(frozen=True)
class Pictures:
    """What a page draws of a planned route; `profile` is None for a route without heights."""

    map: RouteSketch
    profile: ProfileSketch | None


def draw(route: PlannedRoute, checkpoints: Sequence[Checkpoint], sizes: Sizes) -> Pictures:
    """Draw a route and its checkpoints."""
    drawing = route.drawing
    return Pictures(
        map=sketch_route(
            drawing["lat"],
            drawing["lon"],
            [(place.name, place.lat, place.lon) for place in checkpoints],
            route.basemap,
            width=sizes.width,
            height=sizes.map_height,
        ),
        profile=sketch_profile(
            drawing["distance_m"],
            drawing["ele_m"],
            [(place.name, place.route_m) for place in checkpoints],
            width=sizes.width,
            height=sizes.profile_height,
        ),
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
    return sketch_route(
        [lat for drawing in drawings for lat in drawing["lat"]],
        [lon for drawing in drawings for lon in drawing["lon"]],
        flags,
        width=sizes.width,
        height=sizes.map_height,
    )


def _meet(earlier: dict[str, Any], later: dict[str, Any]) -> bool:
    """Tell whether one stage ends about where the next begins."""
    lat, lon = earlier["lat"][-1], earlier["lon"][-1]
    return bool(abs(later["lat"][0] - lat) < MEET_DEGREES and abs(later["lon"][0] - lon) < 2 * MEET_DEGREES)
