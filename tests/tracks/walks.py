"""Invented routes and recordings: a planned route of 4 km to the north-east, and walks along it."""

from datetime import UTC, datetime

import numpy as np
from sqlalchemy.orm import Session

from marchapp.geo.gpx import Waypoint, write_gpx
from marchapp.models import Account, Group, Track
from marchapp.tracks import services

STARTS_AT = datetime(2014, 9, 18, 6, 0, tzinfo=UTC)
LENGTH_M = 4000.0
METRES_PER_DEGREE = 111_500.0


def places(along_m: np.ndarray, aside_m: np.ndarray | float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return lat and lon of places along the route and to the left of it, in metres."""
    along_m = np.asarray(along_m, float)
    lat = 69.6 + (0.6 * along_m + 0.8 * np.asarray(aside_m)) / METRES_PER_DEGREE
    east = 0.8 * along_m - 0.6 * np.asarray(aside_m)
    return lat, 30.5 + east / (METRES_PER_DEGREE * np.cos(np.radians(69.6)))


def route_gpx(*, shift_degrees: float = 0.0) -> bytes:
    along_m = np.linspace(0, LENGTH_M, 81)
    lat, lon = places(along_m)
    lat = lat + shift_degrees
    checkpoints = [
        Waypoint(name, float(place_lat[0]) + shift_degrees, float(place_lon[0]))
        for name, at_m in (("Start", 0.0), ("Bridge", 1500.0), ("Finish", LENGTH_M))
        for place_lat, place_lon in [places(np.array([at_m]))]
    ]
    ele = 50 + 30 * np.sin(along_m / 500)
    return write_gpx(name="Planned", lat=lat, lon=lon, ele=ele, waypoints=checkpoints)


def walk_gpx(
    *,
    starts_at: datetime = STARTS_AT,
    from_m: float = 0.0,
    to_m: float = LENGTH_M,
    off: tuple[float, float] | None = None,
    off_by_m: float = 300.0,
    gap: tuple[float, float] | None = None,
    is_timed: bool = True,
    interval_s: float = 5.0,
    noise_m: float = 0.0,
    shift_degrees: float = 0.0,
) -> bytes:
    """Return the recording of a walk at 1.25 m/s; `off` the route and `gap` are from and to, in metres."""
    along_m = np.arange(from_m, to_m + 1, 1.25 * interval_s)
    rng = np.random.default_rng(7)
    aside_m = rng.normal(0, noise_m, len(along_m)) if noise_m else np.zeros(len(along_m))
    if off:
        inside = (along_m >= off[0]) & (along_m <= off[1])
        aside_m[inside] += off_by_m * np.sin(np.pi * (along_m[inside] - off[0]) / (off[1] - off[0])) ** 0.5
    time = starts_at.timestamp() + along_m / 1.25
    heard = np.ones(len(along_m), bool) if gap is None else (along_m < gap[0]) | (along_m > gap[1])
    lat, lon = places(along_m, aside_m)
    return write_gpx(
        name="Walk",
        lat=lat[heard] + shift_degrees,
        lon=lon[heard],
        ele=50 + 30 * np.sin(along_m[heard] / 500),
        time=time[heard] if is_timed else None,
    )


def save_track(
    session: Session, *, group: Group, content: bytes, by: Account | None = None, now: datetime
) -> Track:
    """Keep a recording of a group, compared, and return the track of the group."""
    services.save_recording(session, group=group, content=content, by=by, now=now)
    track = services.track_of(session, group)
    assert track is not None
    return track
