"""The points of a comparison as CSV."""

import csv
from collections.abc import Iterator
from typing import TextIO

import numpy as np

from marchapp.geo.results import STATE_NAMES, Points, iso_utc

HEADER = ("time", "lat", "lon", "route_m", "offset_m", "state")


def write_points(points: Points, file: TextIO) -> None:
    """Write one row per used point; route_m and offset_m are empty off the route, time without times."""
    writer = csv.writer(file)
    writer.writerow(HEADER)
    writer.writerows(_rows(points))


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
    return "" if np.isnan(value) else f"{value:.1f}"
