"""Reading and writing GPX: encodings, prefixes, times, bad points, and what is refused."""

import gzip

import gpxpy
import numpy as np
import pytest

from marchapp.geo.errors import (
    EmptyFile,
    ForbiddenDoctype,
    MalformedGpx,
    NoPoints,
    NotGpx,
    TruncatedGpx,
    UnreadableGpx,
)
from marchapp.geo.gpx import Waypoint, read_route, read_track, write_gpx

POINT = '<trkpt lat="69.5" lon="30.5"><ele>12.5</ele><time>2014-09-17T08:00:00Z</time></trkpt>'
OTHER = '<trkpt lat="69.6" lon="30.6"><ele>20</ele><time>2014-09-17T08:10:00Z</time></trkpt>'


def gpx(points: str = POINT + OTHER, declaration: str = "", attributes: str = "") -> str:
    return f"{declaration}<gpx {attributes}><trk><name>Тур å</name><trkseg>{points}</trkseg></trk></gpx>"


@pytest.mark.parametrize(
    "content",
    [
        gpx().encode(),
        b"\xef\xbb\xbf" + gpx().encode(),
        gpx(declaration='<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16"),
        gpx().encode("utf-16-le"),
        gpx(declaration='<?xml version="1.0" encoding="windows-1251"?>').replace("å", "").encode("cp1251"),
        gpx(declaration='<?xml version="1.0" encoding="ISO-8859-1"?>').replace("Тур", "").encode("latin-1"),
        gpx().replace("Тур", "").encode("latin-1"),
        gzip.compress(gpx().encode(), mtime=0),
        gpx(attributes='xmlns="http://www.topografix.com/GPX/1/1"').encode(),
        gpx("<trkpt lat='69.5' lon='30.5'><e:x/></trkpt>" + OTHER).encode(),
    ],
    ids=[
        "utf-8",
        "bom",
        "utf-16",
        "utf-16 bare",
        "1251",
        "latin-1",
        "undeclared",
        "gzip",
        "namespace",
        "prefix",
    ],
)
def test_every_encoding_gives_the_same_points(content: bytes) -> None:
    assert read_track(content).lat.tolist() == [69.5, 69.6]
    assert read_route(content).lon.tolist() == [30.5, 30.6]


def test_a_prefixed_document_is_read() -> None:
    content = gpx().replace("<", "<g:").replace("<g:/", "</g:").replace("<g:gpx ", '<g:gpx xmlns:g="urn:g" ')

    assert len(read_track(content.encode())) == 2
    assert len(read_route(content.encode())) == 2


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:01:00Z", 60),
        ("1970-01-01T01:01:00+01:00", 60),
        ("1969-12-31T19:01:00-0500", 60),
        ("1970-01-01T00:01:00.250Z", 60.25),
        ("1970-01-01T00:01:00", 60),
        (" 1970-01-01 00:01:00Z\n", 60),
        ("1972-02-29T00:00:00Z", 68_169_600),
        ("1971-02-29T00:00:00Z", np.nan),
        ("yesterday", np.nan),
        ("", np.nan),
    ],
)
def test_times_are_unix_seconds(text: str, seconds: float) -> None:
    track = read_track(gpx(f'<trkpt lat="1" lon="2"><time>{text}</time></trkpt>').encode())

    assert track.time[0] == pytest.approx(seconds, nan_ok=True)


def test_bad_points_are_counted_by_reason() -> None:
    bad = (
        '<trkpt lat="undefined" lon="30"/><trkpt lon="30"/><trkpt lat="nan" lon="30"/>'
        '<trkpt lat="100" lon="200"/><trkpt lat="0" lon="0"/>'
    )

    track = read_track(gpx(bad + POINT).encode())

    assert track.points_read == 6
    assert track.dropped == {"no_position": 3, "outside_the_earth": 1, "no_fix": 1}
    assert len(track) == 1


def test_missing_heights_are_nan_and_extensions_are_not_taken_for_fields() -> None:
    points = (
        '<trkpt lat="1" lon="2"><ele/><extensions><x><time>2001-01-01T00:00:00Z</time><ele>9</ele>'
        "<accuracy_horizontal>7.5</accuracy_horizontal></x></extensions></trkpt>"
    )

    track = read_track(gpx(points).encode())

    assert np.isnan(track.ele[0])
    assert np.isnan(track.time[0])
    assert track.accuracy[0] == 7.5


def test_segments_are_numbered_and_the_points_of_a_route_stand_in_for_a_track() -> None:
    two = gpx(POINT + "</trkseg><trkseg>" + OTHER)
    planned = '<gpx><rte><name>Way</name><rtept lat="1" lon="2"/><rtept lat="1.1" lon="2"/></rte></gpx>'

    assert read_track(two.encode()).segment.tolist() == [0, 1]
    assert len(read_track(planned.encode())) == 2
    assert read_route(planned.encode()).name == "Way"


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", EmptyFile),
        (b"  \n", EmptyFile),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), NotGpx),
        (b"<html><body>gpx</body></html>", NotGpx),
        (b"name;lat;lon\n", NotGpx),
        (b"<kml><gpx/></kml>", NotGpx),
        (gpx().encode()[:150], TruncatedGpx),
        (gzip.compress(gpx().encode() * 20, mtime=0)[:60], TruncatedGpx),
        (b"\x1f\x8bnot gzip", NotGpx),
        (gpx("<trkpt lat='1' lon='2'></wpt>").encode(), MalformedGpx),
        (b'<?xml version="1.0"?><!DOCTYPE gpx><gpx/>', ForbiddenDoctype),
        ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE gpx><gpx/>'.encode("utf-16"), ForbiddenDoctype),
        (b"<gpx></gpx>", NoPoints),
        (b"<gpx><wpt lat='1' lon='2'/></gpx>", NoPoints),
        (b'<?xml version="1.0" encoding="no-such-code"?><gpx/>', UnreadableGpx),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(content: bytes, refusal: type[UnreadableGpx]) -> None:
    for read in (read_track, read_route):
        with pytest.raises(refusal) as refused:
            read(content)
        assert str(refused.value).endswith(".")


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marchapp.geo.content.INFLATED_LIMIT_BYTES", 1000)

    with pytest.raises(UnreadableGpx, match="larger"):
        read_track(gzip.compress(gpx(POINT * 100).encode()))


def test_one_bad_point_does_not_cost_the_planned_route() -> None:
    assert len(read_route(gpx('<trkpt lat="undefined" lon="30"/>' + POINT + OTHER).encode())) == 2


def test_what_is_written_is_read_back() -> None:
    content = write_gpx(
        name="Stage 1",
        lat=[69.5, 69.6, 69.7],
        lon=[30.5, 30.6, 30.7],
        ele=[1.0, np.nan, 3.0],
        time=[60.0, 120.5, np.nan],
        segment=[0, 0, 1],
        waypoints=[Waypoint("Мост", 69.5, 30.5)],
    )

    track, planned = read_track(content), read_route(content)

    assert track.lat.tolist() == [69.5, 69.6, 69.7]
    assert track.time.tolist()[:2] == [60.0, 120.5]
    assert np.isnan(track.time[2])
    assert np.isnan(track.ele[1])
    assert track.segment.tolist() == [0, 0, 1]
    assert planned.waypoints == (Waypoint("Мост", 69.5, 30.5),)
    assert gpxpy.parse(content).tracks[0].name == "Stage 1"
