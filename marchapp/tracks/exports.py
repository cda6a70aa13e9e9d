"""A walked track as files for other programs."""

import csv
import io
from collections.abc import Iterator

import numpy as np

from marchapp.geo.gpx import Waypoint, write_gpx
from marchapp.geo.results import STATE_NAMES, Points, iso_utc

CSV_HEADER = ("time", "lat", "lon", "route_m", "offset_m", "state")


def points_as_csv(points: Points) -> str:
    """Return one row per used point; `route_m` and `offset_m` are empty where it is off the route."""
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(CSV_HEADER)
    rows.writerows(_rows(points))
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


def _rows(points: Points) -> Iterator[tuple[str, ...]]:
    columns = (points.time, points.lat, points.lon, points.route_m, points.offset_m, points.state)
    for time, lat, lon, route_m, offset_m, state in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        yield (
            iso_utc(time) or "",
            f"{lat:.7f}",
            f"{lon:.7f}",
            _metres(route_m),
            _metres(offset_m),
            STATE_NAMES[state],
        )


def _metres(value: float) -> str:
    return f"{value:.1f}" if np.isfinite(value) else ""
