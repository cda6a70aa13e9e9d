"""GPX, TCX and FIT with accidents are read or refused in words, and what was read is compared."""

import encodings.aliases
import gzip
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from marchapp.geo.comparison import compare
from marchapp.geo.errors import UnusableInput
from marchapp.geo.gpx import file_ending, read_route, read_track, write_gpx
from tests.fuzzing.damage import damaged, with_other_bytes, with_other_numbers
from tests.fuzzing.harness import Harness, fuzz
from tests.geo.tracks import recording, route, straight
from tests.geo.watch_files import fit_file, tcx_file
from tests.tracks.walks import route_gpx

WALK = recording(straight(200))
WALK = replace(WALK, ele=WALK.lat)
PLANNED = route(straight(200, 20))
GPX = write_gpx(name="walk", lat=WALK.lat, lon=WALK.lon, ele=WALK.ele, time=WALK.time)
ROUTE = write_gpx(name="planned", lat=PLANNED.lat, lon=PLANNED.lon)
IN_UTF_16 = GPX.decode().replace("UTF-8", "UTF-16").encode("utf-16")
SAMPLES = {
    "gpx": (GPX, ROUTE, route_gpx(), GPX.replace(b"trkpt", b"rtept"), IN_UTF_16, gzip.compress(GPX)),
    "tcx": (tcx_file(WALK), gzip.compress(tcx_file(WALK))),
    "fit": (fit_file(WALK), gzip.compress(fit_file(WALK))),
}
# Of Python's own codecs some turn no bytes into text, or refuse everything.
CODECS = sorted(
    {*encodings.aliases.aliases.values(), "undefined", "idna", "punycode", "unicode_escape", "none"}
)
XML_WORDS = (
    b"<trk>", b"<trkseg>", b'<trkpt lat="69" lon="30">', b"</trkpt>", b"<time>", b"<ele>", b"<wpt", b"<name>",
    b"<extensions>", b"<!DOCTYPE x>", b"<![CDATA[", b"<!--", b"&x;", b"&#0;", b"&#xD800;",
    b'xmlns:a="b"', b"a:",
    b"<hdop>", b"<accuracy>", b"<a>" * 300, b"\xff\xfe", b"\xef\xbb\xbf", b"<Trackpoint>",
    b"<LatitudeDegrees>", b"<gpx>", b"</gpx>", b"<rte><rtept",
)  # fmt: skip


def damaged_file(kind: str):
    def make(random: Random) -> bytes:
        content = random.choice(SAMPLES[kind])
        how = random.random()
        if how < 0.5:
            content = damaged(random, content, () if kind == "fit" else XML_WORDS)
        elif kind == "fit":
            content = with_other_bytes(random, content)
        else:
            content = with_other_numbers(random, content)
        if how > 0.8 and kind != "fit":
            content = declared(random.choice(CODECS), content)
        return gzip.compress(content, mtime=0) if random.random() < 0.05 else content

    return make


def declared(codec: str, content: bytes) -> bytes:
    """Return XML that says it is written in an encoding, whatever it is written in."""
    return f'<?xml version="1.0" encoding="{codec}"?>'.encode() + content.partition(b"?>")[2]


def read_all_ways(content: bytes) -> str:
    """Read bytes as a recording and as a route, and compare what was read with a route."""
    said = [_answer(read_track, content), _answer(read_route, content), _answer(file_ending, content)]
    return f"{said[0]}, route {said[1]}"


def _answer(read, content: bytes) -> str:
    try:
        found = read(content)
    except UnusableInput as why:
        return type(why).__name__
    assert len(found), "what is read is never empty"
    return "read"


def read_and_compare(content: bytes) -> str:
    try:
        walked = read_track(content)
        found = compare(walked=walked, planned=PLANNED)
    except UnusableInput as why:
        return type(why).__name__
    assert 0 <= found.coverage.walked_share <= 1 + 1e-9
    write_gpx(
        name="out", lat=walked.lat, lon=walked.lon, ele=walked.ele, time=walked.time, segment=walked.segment
    )
    return str(found.verdict)


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_damaged_recording_is_read_or_refused(kind: str) -> None:
    report = fuzz(Harness(kind, damaged_file(kind), read_all_ways), examples=150)

    assert len(report.words) > 2, "some are read, and others refused for several reasons"


def compared_file(random: Random) -> bytes:
    """Return a file whose numbers and times are wrong here and there, but which is whole."""
    if random.random() < 0.3:
        return with_other_bytes(random, SAMPLES["fit"][0])
    return with_other_numbers(random, random.choice((GPX, SAMPLES["tcx"][0])))


def test_what_is_read_of_a_damaged_recording_is_compared() -> None:
    report = fuzz(Harness("compare", compared_file, read_and_compare), examples=60)

    assert len(report.words) > 2


def test_an_encoding_of_several_bytes_for_a_sign_is_read() -> None:
    in_japanese = declared("cp932", GPX).replace(b"<name>walk</name>", "<name>歩く</name>".encode("cp932"))

    assert len(read_track(in_japanese)) == len(WALK)
    assert read_route(in_japanese).name == "歩く"


@pytest.mark.parametrize("codec", CODECS)
def test_no_declared_encoding_breaks_the_readers(codec: str) -> None:
    read_all_ways(declared(codec, GPX))


@pytest.mark.parametrize(
    "time", ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
def test_a_time_that_no_calendar_can_show_is_none(time: str) -> None:
    first = b"<time>" + GPX.partition(b"<time>")[2].partition(b"</time>")[0] + b"</time>"
    changed = GPX.replace(first, f"<time>{time}</time>".encode())

    assert np.isnan(read_track(changed).time).sum() == GPX.count(first)
