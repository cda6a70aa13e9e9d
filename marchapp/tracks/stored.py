"""How a comparison lies in the database: its figures as JSON, its points and its route as numpy columns."""

import io
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from marchapp.geo.results import Comparison, Points, Profile

DEGREE_STEPS = 1e7
ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
NOT_TIMES = {"name"}


@dataclass(frozen=True)
class Columns:
    """The used points of a recording, and the line and heights of the route that it was compared with."""

    points: Points
    route: Profile


def pack(comparison: Comparison) -> bytes:
    """Return the points and the route of a comparison as a compressed npz file."""
    points, route = comparison.points, comparison.route.profile
    file = io.BytesIO()
    np.savez_compressed(
        file,
        time=points.time,
        lat=_steps(points.lat),
        lon=_steps(points.lon),
        ele=points.ele.astype(np.float32),
        route_m=points.route_m.astype(np.float32),
        offset_m=points.offset_m.astype(np.float32),
        distance_m=points.distance_m.astype(np.float32),
        state=points.state.astype(np.int8),
        segment=points.segment.astype(np.int32),
        planned_m=route.distance_m.astype(np.float32),
        planned_ele=route.ele_m.astype(np.float32),
        planned_lat=_steps(route.lat),
        planned_lon=_steps(route.lon),
    )
    return file.getvalue()


def unpack(content: bytes) -> Columns:
    """Return what `pack` made; degrees are good to 1e-7, metres to a millimetre."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        kept = {name: file[name] for name in file.files}
    points = Points(
        time=kept["time"],
        lat=kept["lat"] / DEGREE_STEPS,
        lon=kept["lon"] / DEGREE_STEPS,
        ele=kept["ele"].astype(float),
        route_m=kept["route_m"].astype(float),
        offset_m=kept["offset_m"].astype(float),
        distance_m=kept["distance_m"].astype(float),
        state=kept["state"],
        segment=kept["segment"].astype(np.int64),
    )
    route = Profile(
        kept["planned_m"].astype(float),
        kept["planned_ele"].astype(float),
        kept["planned_lat"] / DEGREE_STEPS,
        kept["planned_lon"] / DEGREE_STEPS,
    )
    return Columns(points, route)


def with_moments(result: Any, key: str = "") -> Any:
    """Return the figures of a stored comparison with every time as an aware moment.

    >>> read = with_moments({"name": "1970-01-01T00:00:00Z", "stops": [{"from_at": "1970-01-01T00:00:00Z"}]})
    >>> read["name"], read["stops"][0]["from_at"].year
    ('1970-01-01T00:00:00Z', 1970)
    """
    if isinstance(result, dict):
        return {name: with_moments(value, name) for name, value in result.items()}
    if isinstance(result, list):
        return [with_moments(value, key) for value in result]
    if isinstance(result, str) and key not in NOT_TIMES and ISO_TIME.fullmatch(result):
        return datetime.fromisoformat(result)
    return result


def _steps(degrees: np.ndarray) -> np.ndarray:
    return np.round(degrees * DEGREE_STEPS).astype(np.int32)
