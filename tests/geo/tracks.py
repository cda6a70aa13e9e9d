"""Small recordings and routes for tests, by hand."""

import numpy as np

from marchapp.geo.gpx import PlannedRoute, Recording, Waypoint
from marchapp.geo.results import Floats
from tests.geo.planted import START_AT, degrees


def recording(xy: Floats, *, every_s: float = 5.0, times: Floats | None = None) -> Recording:
    """Return a recording of (n, 2) local metres."""
    lat, lon = degrees(np.asarray(xy, float).reshape(-1, 2))
    time = START_AT + every_s * np.arange(len(lat)) if times is None else np.asarray(times, float)
    unknown = np.full(len(lat), np.nan)
    return Recording(lat, lon, unknown, time, np.zeros(len(lat), int), unknown, len(lat), {})


def route(xy: Floats, waypoints: dict[str, tuple[float, float]] | None = None) -> PlannedRoute:
    """Return a planned route through (n, 2) local metres, with waypoints by name in the same metres."""
    lat, lon = degrees(np.asarray(xy, float))
    places = []
    for name, place in (waypoints or {}).items():
        (place_lat,), (place_lon,) = degrees(np.array([place]))
        places.append(Waypoint(name, float(place_lat), float(place_lon)))
    return PlannedRoute(lat, lon, np.full(len(lat), np.nan), "by hand", tuple(places))


def straight(length_m: float = 3000.0, step_m: float = 6.5) -> Floats:
    """Return (n, 2) metres due east."""
    east = np.linspace(0.0, length_m, round(length_m / step_m) + 1)
    return np.column_stack((east, np.zeros(len(east))))


def shifted(xy: Floats, east_m: float, north_m: float) -> Floats:
    """Return (n, 2) metres moved aside."""
    return xy + np.array((east_m, north_m))
