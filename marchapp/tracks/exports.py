"""A walked track as files for other programs."""

import io

from marchapp.geo.gpx import Waypoint, write_gpx
from marchapp.geo.results import Points
from marchapp.geo.tables import write_points


def points_as_csv(points: Points) -> str:
    """Return one row per used point; `route_m` and `offset_m` are empty where it is off the route."""
    file = io.StringIO()
    write_points(points, file)
    return file.getvalue()


def track_as_gpx(points: Points, *, name: str, checkpoints: list[Waypoint]) -> bytes:
    """Return the used points as GPX 1.1 with the checkpoints of the stage as waypoints."""
    return write_gpx(
        name=name,
        lat=points.lat,
        lon=points.lon,
        ele=points.ele,
        time=points.time,
        segment=points.segment,
        waypoints=checkpoints,
    )
