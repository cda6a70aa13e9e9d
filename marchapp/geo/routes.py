"""A planned route by itself: its length, climbs, picture, and where its checkpoints lie along it."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import shapely

from marchapp.geo.elevation import climb
from marchapp.geo.gpx import PlannedRoute
from marchapp.geo.line import RouteLine
from marchapp.geo.projection import LocalMetres
from marchapp.geo.results import Bounds, Floats, Profile, RouteDescription

CHECKPOINT_RADIUS_M = 150.0
CHECKPOINT_SIGMA_M = 20.0
PROFILE_POINTS = 600
PROFILE_SIMPLIFY_M = 2.0


class HasPosition(Protocol):
    """Anything with a place in degrees."""

    @property
    def lat(self) -> float: ...
    @property
    def lon(self) -> float: ...


def route_line(planned: PlannedRoute) -> tuple[LocalMetres, RouteLine]:
    """Return the route in local metres, and the projection around it."""
    projection = LocalMetres.around(planned.lat, planned.lon)
    return projection, RouteLine.through(projection.project(planned.lat, planned.lon))


def describe_route(planned: PlannedRoute, *, threshold_m: float = 5.0) -> RouteDescription:
    """Return length, climbs, bounds, profile, and the places of the route's own waypoints along it."""
    _, line = route_line(planned)
    climbs = climb(line.route_m, planned.ele, threshold_m=threshold_m)
    ascent_m, descent_m = climbs or (None, None)
    return RouteDescription(
        name=planned.name,
        length_m=line.length_m,
        ascent_m=ascent_m,
        descent_m=descent_m,
        bounds=Bounds(
            float(planned.lat.min()),
            float(planned.lon.min()),
            float(planned.lat.max()),
            float(planned.lon.max()),
        ),
        checkpoints_m=locate_on_route(planned, planned.waypoints),
        profile=_profile(planned, line),
    )


def route_length_m(planned: PlannedRoute) -> float:
    """Return the length of a planned route in metres."""
    return route_line(planned)[1].length_m


def locate_on_route(planned: PlannedRoute, waypoints: Sequence[HasPosition]) -> tuple[float, ...]:
    """Return the metres along the route of each waypoint, nan for one farther than 150 m from it.

    Waypoints listed in the order of the route get rising places, also where the route passes one place
    twice. If no such order exists, each gets the first of its nearest places.
    """
    if not waypoints:
        return ()
    projection, line = route_line(planned)
    xy = projection.project([place.lat for place in waypoints], [place.lon for place in waypoints])
    near = line.candidates(xy, CHECKPOINT_RADIUS_M)
    options = [
        [
            (float(route_m), float(squared) / (2 * CHECKPOINT_SIGMA_M**2))
            for route_m, squared in zip(near.route_m[rows], near.squared[rows], strict=True)
        ]
        for rows in (near.point == number for number in range(len(waypoints)))
    ]
    return _rising(options) or tuple(_nearest(places) for places in options)


def _nearest(places: list[tuple[float, float]]) -> float:
    """Return the first place of those about as near as the nearest."""
    if not places:
        return np.nan
    least = min(cost for _, cost in places)
    return next(route_m for route_m, cost in places if cost <= least + 0.5)


def _rising(options: list[list[tuple[float, float]]]) -> tuple[float, ...] | None:
    """Return the nearest places that rise from waypoint to waypoint, the earlier of equals, or None."""
    ways: list[tuple[float, tuple[float, ...]]] = [(0.0, ())]
    for places in options:
        if not places:
            ways = [(cost, (*chosen, np.nan)) for cost, chosen in ways]
            continue
        longer = []
        for route_m, place_cost in places:
            reached = [way for way in ways if not way[1] or not np.nanmax((*way[1], -1.0)) > route_m]
            if reached:
                cost, chosen = min(reached)
                longer.append((round(cost + place_cost, 3), (*chosen, route_m)))
        ways = longer
    return min(ways)[1] if ways else None


def _profile(planned: PlannedRoute, line: RouteLine) -> Profile:
    """Return vertices enough for the picture: those of the simplified line and one for every stretch."""
    numbered = np.column_stack((line.xy, np.arange(len(line.xy))))
    kept = shapely.get_coordinates(
        shapely.simplify(shapely.linestrings(numbered), PROFILE_SIMPLIFY_M), include_z=True
    )
    spaced = np.searchsorted(line.route_m, np.linspace(0, line.length_m, PROFILE_POINTS))
    rows = np.unique(np.concatenate((kept[:, 2].astype(np.int64), np.minimum(spaced, len(line.xy) - 1))))
    return Profile(line.route_m[rows], planned.ele[rows], planned.lat[rows], planned.lon[rows])


def sampled_line(xy: Floats, spacing_m: float) -> shapely.LineString:
    """Return (n, 2) positions as a line with a vertex at least every `spacing_m` metres."""
    line = RouteLine.through(xy)
    places = np.linspace(0.0, line.length_m, int(line.length_m / spacing_m) + 2)
    return shapely.linestrings(line.at(places))
