"""The map sketch and the height profile of a stage."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from marchapp.geo.sketch import ProfileSketch, RouteSketch, sketch_profile, sketch_route
from marchapp.models import Checkpoint, PlannedRoute, Stage


class Sizes(NamedTuple):
    """How large pictures are, in pixels."""

    width: int
    map_height: int
    profile_height: int


CARD = Sizes(640, 460, 200)
WIDE = Sizes(1100, 560, 240)


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
