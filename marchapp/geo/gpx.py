"""GPX in and out: recordings as columns, planned routes and exports through gpxpy."""

import codecs
import re
import zlib
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from xml.parsers import expat

import gpxpy
import gpxpy.gpx
import numpy as np
import numpy.typing as npt

from marchapp.geo.errors import (
    EmptyFile,
    ForbiddenDoctype,
    MalformedGpx,
    NoPoints,
    NotGpx,
    TooLarge,
    TruncatedGpx,
    UnreadableGpx,
)
from marchapp.geo.results import Floats, Ints

INFLATED_LIMIT_BYTES = 512 * 2**20
CHUNK_BYTES = 2**18
TIMES_AT_ONCE = 8192
NAN = float("nan")
PointKind = Literal["trkpt", "rtept"]


@dataclass(frozen=True)
class Recording:
    """A recorded track as columns of equal length, in the order of the file.

    lat, lon: degrees, always usable. ele: metres. time: Unix seconds in UTC. accuracy: metres as the recorder
    reports it. These three are nan where missing. segment: 0, 1, … for every track segment of the file.
    points_read counts every point of the file; dropped says why some of them are not here.
    """

    lat: Floats
    lon: Floats
    ele: Floats
    time: Floats
    segment: Ints
    accuracy: Floats
    points_read: int
    dropped: dict[str, int]

    def __len__(self) -> int:
        return len(self.lat)


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


def read_track(data: bytes) -> Recording:
    """Return the track points of a GPX file; those of its routes if it has no track.

    Reads GPX 1.0 and 1.1 with any prefix, byte order mark, UTF-8, UTF-16, declared 8-bit encodings and gzip,
    in one pass of expat. Points without a usable position are counted in `dropped` by reason and left out.
    Raises a subclass of UnreadableGpx when no usable point is found.
    """
    points = _read_columns(data, "trkpt")
    if not points.read:
        points = _read_columns(data, "rtept")
    recording = points.recording()
    if not len(recording):
        raise NoPoints(recording.points_read, sum(recording.dropped.values()))
    return recording


def read_route(data: bytes) -> PlannedRoute:
    """Return the planned route of a GPX file: its tracks joined in order, or its <rte> where it has no track.

    Repeated places are left out. Raises a subclass of UnreadableGpx, NoPoints when fewer than two remain.
    """
    recording = read_track(data)
    try:
        planned = _gpxpy_route(gpxpy.parse(_declare_prefixes(_decode(_unpack(data)))))
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


# Planned routes through gpxpy ------------------------------------------


def _gpxpy_route(document: gpxpy.gpx.GPX) -> PlannedRoute:
    points: list[gpxpy.gpx.GPXTrackPoint | gpxpy.gpx.GPXRoutePoint]
    points = [point for track in document.tracks for segment in track.segments for point in segment.points]
    if len(points) < 2:
        points = [point for route in document.routes for point in route.points]
    named = [track.name for track in document.tracks] + [route.name for route in document.routes]
    columns = np.array(
        [(p.latitude, p.longitude, NAN if p.elevation is None else p.elevation) for p in points]
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


# Bytes to text ---------------------------------------------------------


def _unpack(data: bytes) -> bytes:
    """Return the content of a gzip file, or other bytes as they are."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    inflater = zlib.decompressobj(wbits=31)
    try:
        content = inflater.decompress(data, INFLATED_LIMIT_BYTES)
    except zlib.error as error:
        raise NotGpx from error
    if inflater.unconsumed_tail:
        raise TooLarge(INFLATED_LIMIT_BYTES)
    if not inflater.eof:
        raise TruncatedGpx(content.count(b"\n") + 1)
    return content


def _encoding(content: bytes) -> str:
    """Return the encoding that the content shows by its first bytes, declares, or most likely has."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return name
    if content.startswith((b"<\0", b"\0<")):
        return "utf-16-le" if content[0] else "utf-16-be"
    declared = re.match(rb"\s*<\?xml[^>]*encoding\s*=\s*[\"']([\w.:-]+)", content[:200])
    try:
        return codecs.lookup(declared[1].decode()).name if declared else "utf-8"
    except LookupError:
        return "utf-8"


def _decode(content: bytes) -> str:
    """Return content as text without byte order mark and XML declaration, whatever its encoding."""
    try:
        text = content.decode(_encoding(content))
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    return re.sub(r"^\s*<\?xml.*?\?>", "", text.lstrip("\ufeff"), count=1)


# Track points in one pass of expat -------------------------------------


@dataclass
class _Columns:
    """The growing columns of one reading."""

    read: int = 0
    lat: "array[float]" = field(default_factory=lambda: array("d"))
    lon: "array[float]" = field(default_factory=lambda: array("d"))
    ele: "array[float]" = field(default_factory=lambda: array("d"))
    time: "array[float]" = field(default_factory=lambda: array("d"))
    accuracy: "array[float]" = field(default_factory=lambda: array("d"))
    segment: "array[int]" = field(default_factory=lambda: array("q"))

    def recording(self) -> Recording:
        lat, lon = np.array(self.lat), np.array(self.lon)
        missing = ~(np.isfinite(lat) & np.isfinite(lon))
        outside = ~missing & ((np.abs(lat) > 90) | (np.abs(lon) > 180))
        # Phones log (0, 0) until the first fix.
        no_fix = (lat == 0) & (lon == 0)
        keep = ~(missing | outside | no_fix)
        counts = {"no_position": missing, "outside_the_earth": outside, "no_fix": no_fix}
        return Recording(
            lat[keep],
            lon[keep],
            np.array(self.ele)[keep],
            np.array(self.time)[keep],
            np.array(self.segment, np.int64)[keep],
            np.array(self.accuracy)[keep],
            self.read,
            {reason: int(rows.sum()) for reason, rows in counts.items() if rows.any()},
        )


def _read_columns(data: bytes, point_kind: PointKind) -> _Columns:
    content = _unpack(data)
    if not content.strip():
        raise EmptyFile
    encoding = _encoding(content)
    try:
        return _parse(content, point_kind, "utf-16" if encoding in ("utf-16-le", "utf-16-be") else None)
    except LookupError as error:
        raise MalformedGpx(1) from error
    except expat.ExpatError as error:
        if encoding not in ("utf-8", "utf-8-sig") or error.code not in _WRONG_BYTES or _is_utf8(content):
            raise _named(error, content) from error
    try:
        return _parse(content, point_kind, "iso-8859-1")
    except expat.ExpatError as error:
        raise _named(error, content) from error


def _is_utf8(content: bytes) -> bool:
    try:
        codecs.utf_8_decode(content, "strict", True)
    except UnicodeDecodeError:
        return False
    return True


_codes = expat.errors.codes
_WRONG_BYTES = {_codes[expat.errors.XML_ERROR_INVALID_TOKEN], _codes[expat.errors.XML_ERROR_PARTIAL_CHAR]}
_CUT_OFF = {
    _codes[expat.errors.XML_ERROR_NO_ELEMENTS],
    _codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
    _codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
    _codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
}


def _named(error: expat.ExpatError, content: bytes) -> UnreadableGpx:
    """Return the domain's name for a syntax error."""
    if not re.search(r"<([\w.-]+:)?gpx[\s>]", content[:20000].replace(b"\0", b"").decode("latin-1")):
        return NotGpx()
    if error.code in _CUT_OFF:
        return TruncatedGpx(error.lineno)
    return MalformedGpx(error.lineno)


class _Kinds(dict[str, int]):
    """What an element name means to the reader, remembered under the name as it is written."""

    def __init__(self, point_kind: PointKind, segment_kind: str) -> None:
        super().__init__()
        self._of_local = {point_kind: 1, "ele": 2, "time": 3, segment_kind: 5, "extensions": 6}
        self._of_local |= dict.fromkeys(("accuracy", "accuracy_horizontal"), 4)

    def __missing__(self, name: str) -> int:
        kind = self[name] = self._of_local.get(name.rpartition(":")[2], 0)
        return kind


POINT, ELE, TIME, ACCURACY, SEGMENT, EXTENSIONS = 1, 2, 3, 4, 5, 6


def _parse(content: bytes, point_kind: PointKind, encoding: str | None) -> _Columns:
    """Run expat once over the content; raises ExpatError, NotGpx or ForbiddenDoctype."""
    columns = _Columns()
    # Without namespace processing expat reads undeclared prefixes too.
    parser = expat.ParserCreate(encoding)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    flush = _handle_points(parser, columns, point_kind)
    for start in range(0, len(content), CHUNK_BYTES):
        parser.Parse(content[start : start + CHUNK_BYTES], False)
    parser.Parse(b"", True)
    flush()
    return columns


def _refuse_doctype(*_: object) -> None:
    raise ForbiddenDoctype


def _handle_points(
    parser: expat.XMLParserType, columns: _Columns, point_kind: PointKind
) -> Callable[[], None]:
    """Make the parser fill the columns; the returned function ends them.

    One closure over plain local names: these run several times for each point of a long recording.
    """
    kinds = _Kinds(point_kind, "trkseg" if point_kind == "trkpt" else "rte")
    lats, lons, eles, accuracies = (
        columns.lat.append,
        columns.lon.append,
        columns.ele.append,
        columns.accuracy.append,
    )
    segments = columns.segment.append
    times: list[str] = []
    texts: list[str] = []
    listen = texts.append
    lat = lon = ele = time = accuracy = ""
    segment = -1
    inside = in_extensions = False

    def root(name: str, _: list[str]) -> None:
        if name.rpartition(":")[2] != "gpx":
            raise NotGpx
        parser.StartElementHandler = start

    def start(name: str, attributes: list[str]) -> None:
        nonlocal lat, lon, ele, time, accuracy, segment, inside, in_extensions
        kind = kinds[name]
        if not kind:
            return
        if kind == POINT:
            lat = lon = ele = time = accuracy = ""
            inside, in_extensions = True, False
            for place in range(0, len(attributes), 2):
                if attributes[place] == "lat":
                    lat = attributes[place + 1]
                elif attributes[place] == "lon":
                    lon = attributes[place + 1]
        elif kind == SEGMENT:
            segment += 1
        elif inside:
            if kind == EXTENSIONS:
                in_extensions = True
            elif kind == ACCURACY or not in_extensions:
                texts.clear()
                parser.CharacterDataHandler = listen

    def end(name: str) -> None:
        nonlocal ele, time, accuracy, inside, in_extensions
        kind = kinds[name]
        if not kind or not inside:
            return
        if kind == POINT:
            inside = False
            lats(_number(lat))
            lons(_number(lon))
            eles(_number(ele))
            accuracies(_number(accuracy))
            segments(segment)
            times.append(time)
            if len(times) == TIMES_AT_ONCE:
                flush()
        elif kind == EXTENSIONS:
            in_extensions = False
        elif kind == ACCURACY or not in_extensions:
            parser.CharacterDataHandler = None
            text = "".join(texts)
            if kind == TIME:
                time = text
            elif kind == ELE:
                ele = text
            elif kind == ACCURACY:
                accuracy = text

    def flush() -> None:
        columns.time.extend(_unix_seconds(times))
        columns.read += len(times)
        times.clear()

    parser.ordered_attributes = True
    parser.StartElementHandler = root
    parser.EndElementHandler = end
    return flush


def _number(text: str) -> float:
    """Return the number, or nan for what is none."""
    try:
        value = float(text)
    except ValueError:
        return NAN
    return value if abs(value) < 1e9 else NAN


# Times -----------------------------------------------------------------

USUAL_TIME = "2014-09-17T08:00:00Z"
LENIENT_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d+)?\s*(?:Z|([+\-−])(\d{2}):?(\d{2})?)?"
)


def _unix_seconds(texts: list[str]) -> "array[float]":
    """Return times as Unix seconds, nan for what is no time; without offset they are taken as UTC.

    >>> _unix_seconds(["1970-01-01T00:01:00Z", "1970-01-01T02:00:00.5+02:00", "soon"]).tolist()
    [60.0, 0.5, nan]
    """
    joined = "".join(texts)
    if len(joined) == len(USUAL_TIME) * len(texts) and joined.isascii():
        values = _usual_times(np.frombuffer(joined.encode(), np.uint8).reshape(-1, len(USUAL_TIME)))
        if values is not None:
            return array("d", values.tobytes())
    return array("d", (_one_time(text) for text in texts))


def _usual_times(letters: npt.NDArray[np.uint8]) -> Floats | None:
    """Return the times of an (n, 20) array of letters, None if one of them is not like `USUAL_TIME`."""
    pattern = np.frombuffer(USUAL_TIME.encode(), np.uint8)
    is_digit = (pattern >= ord("0")) & (pattern <= ord("9"))
    digits = letters[:, is_digit].astype(np.int64) - ord("0")
    if not ((letters[:, ~is_digit] == pattern[~is_digit]).all() and ((digits >= 0) & (digits <= 9)).all()):
        return None
    year, month, day = digits[:, :4] @ (1000, 100, 10, 1), digits[:, 4:6] @ (10, 1), digits[:, 6:8] @ (10, 1)
    hour, minute, second = digits[:, 8:10] @ (10, 1), digits[:, 10:12] @ (10, 1), digits[:, 12:14] @ (10, 1)
    if not (
        (month >= 1) & (month <= 12) & (day >= 1) & (day <= 28) & (hour < 24) & (minute < 60) & (second < 60)
    ).all():
        return _calendar_checked(year, month, day, hour, minute, second)
    return _seconds_of(year, month, day, hour, minute, second)


def _calendar_checked(*fields: Ints) -> Floats | None:
    """Return the times if all of them are in the calendar."""
    year, month, day, hour, minute, second = fields
    if not ((month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60)).all():
        return None
    months = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (month - 1)
    month_days = ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(int)
    if not ((day >= 1) & (day <= month_days)).all():
        return None
    return _seconds_of(*fields)


def _seconds_of(year: Ints, month: Ints, day: Ints, hour: Ints, minute: Ints, second: Ints) -> Floats:
    months = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (month - 1)
    days = months.astype("datetime64[D]").astype(np.int64) + day - 1
    return (((days * 24 + hour) * 60 + minute) * 60 + second).astype(np.float64)


def _one_time(text: str) -> float:
    found = LENIENT_TIME.fullmatch(text.strip())
    if not found:
        return NAN
    year, month, day, hour, minute, second = (int(found[group]) for group in range(1, 7))
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return NAN
    offset_s = int(found[9] or 0) * 3600 + int(found[10] or 0) * 60
    return moment + float(found[7] or 0) - (offset_s if found[8] == "+" else -offset_s)
