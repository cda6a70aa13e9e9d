"""GPX in and out: planned routes and exports through gpxpy, recordings of every kind through columns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import gpxpy
import gpxpy.gpx
import numpy as np
import numpy.typing as npt

from marchapp.geo.content import decode, unpack
from marchapp.geo.errors import EmptyFile, NoPoints
from marchapp.geo.fit import is_fit, read_fit
from marchapp.geo.progress import Progress, only_forward, untold
from marchapp.geo.recording import Columns, Recording
from marchapp.geo.results import Floats
from marchapp.geo.xml_points import read_points

__all__ = [
    "PlannedRoute",
    "Recording",
    "Waypoint",
    "file_ending",
    "read_route",
    "read_track",
    "write_gpx",
]


@dataclass(frozen=True)
class Waypoint:
    """A named place of a GPX file, in degrees."""

    name: str
    lat: float
    lon: float


@dataclass(frozen=True)
class PlannedRoute:
    """A planned route as columns of equal length (degrees, metres; `ele` is nan where missing)."""

    lat: Floats
    lon: Floats
    ele: Floats
    name: str = ""
    waypoints: tuple[Waypoint, ...] = ()

    def __len__(self) -> int:
        return len(self.lat)


def read_track(data: bytes, progress: Progress | None = None) -> Recording:
    """Return the points of a recording: GPX 1.0 or 1.1, TCX or FIT, packed with gzip or not.

    The kind is told by the content. GPX without a track gives the points of its routes. XML may have any
    prefix, byte order mark, UTF-8, UTF-16 and declared 8-bit encodings. Points without a usable position are
    counted in `dropped` by reason and left out. progress is told the share that is read, and may raise to end
    the work. Raises a subclass of UnreadableGpx when no usable point is found.
    """
    content = unpack(data)
    if not content.strip():
        raise EmptyFile
    tell = only_forward(progress or untold)
    recording = _points(content, tell).recording()
    tell(1.0)
    if not len(recording):
        raise NoPoints(recording.points_read, sum(recording.dropped.values()))
    return recording


def file_ending(data: bytes) -> str:
    """Return the usual ending of the name of a recording's file, told by its content.

    >>> file_ending(b"<gpx/>")
    'gpx'
    """
    content = unpack(data)
    beginning = content[:2000].replace(b"\0", b"")  # UTF-16 too
    kind = "fit" if is_fit(content) else "tcx" if b"TrainingCenterDatabase" in beginning else "gpx"
    return kind if content is data else f"{kind}.gz"


def _points(content: bytes, progress: Progress) -> Columns:
    if is_fit(content):
        return read_fit(content, progress)
    points = read_points(content, "trkpt", progress)
    return points if len(points) else read_points(content, "rtept", progress)


def read_route(data: bytes, progress: Progress | None = None) -> PlannedRoute:
    """Return the planned route of a GPX file: its tracks joined in order, or its <rte> where it has no track.

    Repeated places are left out. progress is told as by `read_track`. Raises a subclass of UnreadableGpx,
    NoPoints when fewer than two remain.
    """
    recording = read_track(data, progress)
    try:
        planned = _gpxpy_route(gpxpy.parse(_declare_prefixes(decode(unpack(data)))))
    except (gpxpy.gpx.GPXException, ValueError):
        # One bad point makes gpxpy refuse the whole file; the column reader has left it out.
        planned = PlannedRoute(recording.lat, recording.lon, recording.ele)
    planned = _without_repeats(
        planned if len(planned) else PlannedRoute(recording.lat, recording.lon, recording.ele)
    )
    if len(planned) < 2:
        raise NoPoints(recording.points_read, recording.points_read - len(planned))
    return planned


def write_gpx(
    *,
    name: str,
    lat: npt.ArrayLike,
    lon: npt.ArrayLike,
    ele: npt.ArrayLike | None = None,
    time: npt.ArrayLike | None = None,
    segment: npt.ArrayLike | None = None,
    waypoints: Sequence[Waypoint] = (),
) -> bytes:
    """Return one track with its waypoints as GPX 1.1 in UTF-8; columns as in `Recording`, nan is left out."""
    lats, lons = np.asarray(lat, float), np.asarray(lon, float)
    eles = np.full(len(lats), np.nan) if ele is None else np.asarray(ele, float)
    times = np.full(len(lats), np.nan) if time is None else np.asarray(time, float)
    segments = np.zeros(len(lats), int) if segment is None else np.asarray(segment)
    document = gpxpy.gpx.GPX()
    document.creator = "marchapp"
    document.waypoints = [gpxpy.gpx.GPXWaypoint(place.lat, place.lon, name=place.name) for place in waypoints]
    track = gpxpy.gpx.GPXTrack(name=name)
    document.tracks.append(track)
    for number in np.unique(segments):
        rows = np.flatnonzero(segments == number)
        points = [_gpxpy_point(lats[row], lons[row], eles[row], times[row]) for row in rows]
        track.segments.append(gpxpy.gpx.GPXTrackSegment(points))
    return document.to_xml(version="1.1").encode()


def _gpxpy_point(lat: float, lon: float, ele: float, time: float) -> gpxpy.gpx.GPXTrackPoint:
    return gpxpy.gpx.GPXTrackPoint(
        round(float(lat), 7),
        round(float(lon), 7),
        elevation=round(float(ele), 1) if np.isfinite(ele) else None,
        time=datetime.fromtimestamp(round(float(time), 3), UTC) if np.isfinite(time) else None,
    )


def _gpxpy_route(document: gpxpy.gpx.GPX) -> PlannedRoute:
    points: list[gpxpy.gpx.GPXTrackPoint | gpxpy.gpx.GPXRoutePoint]
    points = [point for track in document.tracks for segment in track.segments for point in segment.points]
    if len(points) < 2:
        points = [point for route in document.routes for point in route.points]
    named = [track.name for track in document.tracks] + [route.name for route in document.routes]
    columns = np.array(
        [(p.latitude, p.longitude, np.nan if p.elevation is None else p.elevation) for p in points]
    )
    lat, lon, ele = columns.reshape(-1, 3).T
    usable = (np.abs(lat) <= 90) & (np.abs(lon) <= 180) & ((lat != 0) | (lon != 0))
    waypoints = tuple(
        Waypoint((place.name or "").strip(), place.latitude, place.longitude)
        for place in document.waypoints
        if abs(place.latitude) <= 90 and abs(place.longitude) <= 180
    )
    name = next((name.strip() for name in (document.name, *named) if name and name.strip()), "")
    return PlannedRoute(lat[usable], lon[usable], ele[usable], name, waypoints)


def _without_repeats(route: PlannedRoute) -> PlannedRoute:
    moved = np.ones(len(route), bool)
    moved[1:] = (np.diff(route.lat) != 0) | (np.diff(route.lon) != 0)
    return PlannedRoute(route.lat[moved], route.lon[moved], route.ele[moved], route.name, route.waypoints)


def _declare_prefixes(text: str) -> str:
    """Declare the namespace prefixes that some programs write without declaring them."""
    used = set(re.findall(r"</?([A-Za-z_][\w.-]*):", text)) | set(
        re.findall(r"\s([A-Za-z_][\w.-]*):\w+=", text)
    )
    missing = used - set(re.findall(r"\sxmlns:([\w.-]+)\s*=", text)) - {"xml", "xmlns"}
    declarations = "".join(f' xmlns:{prefix}="urn:undeclared:{prefix}"' for prefix in sorted(missing))
    return re.sub(r"(<(?:[\w.-]+:)?gpx)\b", lambda found: found[1] + declarations, text, count=1)
