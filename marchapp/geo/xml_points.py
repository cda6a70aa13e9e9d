"""The points of GPX and TCX files, in one pass of the standard library's expat."""

import re
from array import array
from collections.abc import Callable
from typing import Literal
from xml.parsers import expat

import numpy as np

from marchapp.geo.content import decode, encoding_of
from marchapp.geo.errors import (
    ForbiddenDoctype,
    MalformedGpx,
    NotGpx,
    TruncatedGpx,
    UnreadableGpx,
    UnusableInput,
)
from marchapp.geo.progress import Progress, untold
from marchapp.geo.recording import Columns
from marchapp.geo.times import unix_seconds

CHUNK_BYTES = 2**18
POINTS_AT_ONCE = 8192
LARGEST = 1e9
NAN = float("nan")
PointKind = Literal["trkpt", "rtept"]

POINT, LAT, LON, ELE, TIME, ACCURACY, SEGMENT, EXTENSIONS = range(1, 9)
GPX_WORDS = {
    "ele": ELE,
    "time": TIME,
    "accuracy": ACCURACY,
    "accuracy_horizontal": ACCURACY,
    "extensions": EXTENSIONS,
}
GPX_POINTS = {"trkpt": {"trkpt": POINT, "trkseg": SEGMENT}, "rtept": {"rtept": POINT, "rte": SEGMENT}}
TCX_WORDS = {
    "Trackpoint": POINT,
    "Track": SEGMENT,
    "LatitudeDegrees": LAT,
    "LongitudeDegrees": LON,
    "AltitudeMeters": ELE,
    "Time": TIME,
    "Extensions": EXTENSIONS,
}


def read_points(content: bytes, point_kind: PointKind, progress: Progress = untold) -> Columns:
    """Return the points of a GPX file, of its tracks or of its routes, or all of a TCX file.

    Raises NotGpx, TruncatedGpx, MalformedGpx or ForbiddenDoctype.
    """
    encoding = encoding_of(content)
    try:
        known = "utf-16" if encoding in ("utf-16-le", "utf-16-be") else None
        return _parse(content, point_kind, known, progress)
    except UnusableInput:
        raise
    except LookupError as error:
        raise MalformedGpx(1) from error
    except ValueError:  # an encoding that expat does not read, as those of several bytes for a sign
        return _parse_decoded(content, point_kind, progress)
    except expat.ExpatError as error:
        if encoding not in ("utf-8", "utf-8-sig") or error.code not in _WRONG_BYTES or _is_utf8(content):
            raise _named(error, content) from error
    try:
        return _parse(content, point_kind, "iso-8859-1", progress)
    except expat.ExpatError as error:
        raise _named(error, content) from error


def _parse_decoded(content: bytes, point_kind: PointKind, progress: Progress) -> Columns:
    whole = decode(content).encode(errors="replace")
    try:
        return _parse(whole, point_kind, "utf-8", progress)
    except expat.ExpatError as error:
        raise _named(error, whole) from error


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
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
_ROOTS = re.compile(r"<([\w.-]+:)?(gpx|TrainingCenterDatabase)[\s>]")


def _named(error: expat.ExpatError, content: bytes) -> UnreadableGpx:
    """Return the domain's name for a syntax error."""
    if not _ROOTS.search(content[:20000].replace(b"\0", b"").decode("latin-1")):
        return NotGpx()
    if error.code in _CUT_OFF:
        return TruncatedGpx(error.lineno)
    return MalformedGpx(error.lineno)


class _Kinds(dict[str, int]):
    """What an element name means to the reader, remembered under the name as it is written."""

    def __init__(self, words: dict[str, int]) -> None:
        super().__init__()
        self._words = words

    def __missing__(self, name: str) -> int:
        kind = self[name] = self._words.get(_local(name), 0)
        return kind


def _local(name: str) -> str:
    """Return an element's name without its prefix."""
    return name.rpartition(":")[2]


def _words_of(root: str, point_kind: PointKind) -> dict[str, int]:
    if _local(root) == "gpx":
        return GPX_WORDS | GPX_POINTS[point_kind]
    if _local(root) == "TrainingCenterDatabase" and point_kind == "trkpt":
        return TCX_WORDS
    raise NotGpx


def _parse(content: bytes, point_kind: PointKind, encoding: str | None, progress: Progress) -> Columns:
    """Run expat once over the content; raises ExpatError, NotGpx or ForbiddenDoctype."""
    columns = Columns()
    # Without namespace processing expat reads undeclared prefixes too.
    parser = expat.ParserCreate(encoding)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    flush = _handle_points(parser, columns, point_kind)
    for start in range(0, len(content), CHUNK_BYTES):
        progress(start / len(content))
        parser.Parse(content[start : start + CHUNK_BYTES], False)
    parser.Parse(b"", True)
    flush()
    return columns


def _refuse_doctype(*_: object) -> None:
    raise ForbiddenDoctype


def _handle_points(
    parser: expat.XMLParserType, columns: Columns, point_kind: PointKind
) -> Callable[[], None]:
    """Make the parser fill the columns; the returned function ends them.

    One closure over plain local names: these run several times for each point of a long recording.
    """
    kinds = _Kinds({})
    lats: list[str] = []
    lons: list[str] = []
    eles: list[str] = []
    times: list[str] = []
    accuracies: list[str] = []
    texts: list[str] = []
    add_segment = columns.segment.append
    lat = lon = ele = time = accuracy = ""
    segment = -1
    inside = in_extensions = False

    def root(name: str, _: list[str]) -> None:
        nonlocal kinds
        kinds = _Kinds(_words_of(name, point_kind))
        parser.StartElementHandler = start

    def start(name: str, attributes: list[str]) -> None:
        nonlocal lat, lon, ele, time, accuracy, segment, inside, in_extensions
        kind = kinds[name]
        if kind == POINT:
            lat, lon = _position(attributes)
            ele = time = accuracy = ""
            inside, in_extensions = True, False
        elif kind == SEGMENT:
            segment += 1
        elif kind == EXTENSIONS:
            in_extensions = True
        texts.clear()

    def end(name: str) -> None:
        nonlocal lat, lon, ele, time, accuracy, inside, in_extensions
        kind = kinds[name]
        if not kind or not inside:
            return
        if kind == POINT:
            inside = False
            lats.append(lat)
            lons.append(lon)
            eles.append(ele)
            times.append(time)
            accuracies.append(accuracy)
            add_segment(segment)
            if len(times) == POINTS_AT_ONCE:
                flush()
        elif kind == EXTENSIONS:
            in_extensions = False
        elif kind == ACCURACY:
            accuracy = "".join(texts)
        elif in_extensions:
            return
        elif kind == TIME:
            time = "".join(texts)
        elif kind == ELE:
            ele = "".join(texts)
        elif kind == LAT:
            lat = "".join(texts)
        elif kind == LON:
            lon = "".join(texts)

    def flush() -> None:
        columns.time.extend(unix_seconds(times))
        times.clear()
        for column, words in (
            (columns.lat, lats),
            (columns.lon, lons),
            (columns.ele, eles),
            (columns.accuracy, accuracies),
        ):
            column.extend(_numbers(words))
            words.clear()

    parser.ordered_attributes = True
    parser.StartElementHandler = root
    parser.EndElementHandler = end
    parser.CharacterDataHandler = texts.append
    return flush


def _position(attributes: list[str]) -> tuple[str, str]:
    """Return lat and lon out of names and values in turn, empty where missing."""
    if len(attributes) == 4 and attributes[0] == "lat" and attributes[2] == "lon":
        return attributes[1], attributes[3]
    named = dict(zip(attributes[::2], attributes[1::2], strict=True))
    return named.get("lat", ""), named.get("lon", "")


def _numbers(texts: list[str]) -> "array[float]":
    """Return numbers, nan for what is none or beyond all reason.

    >>> _numbers(["69.5", "", "1e99", "north"]).tolist()
    [69.5, nan, nan, nan]
    """
    if not any(texts):
        return array("d", (NAN,)) * len(texts)
    try:
        values = array("d", map(float, texts))
    except ValueError:
        values = array("d", map(_number, texts))
    column = np.frombuffer(values)
    column[~(np.abs(column) < LARGEST)] = NAN
    return values


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return NAN
