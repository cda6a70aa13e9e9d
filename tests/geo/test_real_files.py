"""Real GPX files from many programs, read from ../shared beside the repository."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import gpxpy
import numpy as np
import pytest

from marchapp.geo.comparison import Comparison, Settings, compare
from marchapp.geo.errors import UnusableInput
from marchapp.geo.gpx import PlannedRoute, Recording, read_route, read_track

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "gpx"
FILES = sorted(FOLDER.rglob("*.gpx"))

pytestmark = pytest.mark.skipif(not FILES, reason="needs the real GPX files in ../shared/data/gpx")


def name(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


def number(value: float | None) -> float:
    return np.nan if value is None else value


def unix_seconds(moment: datetime | None) -> float:
    return np.nan if moment is None else moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def gpxpy_points(content: bytes) -> np.ndarray | None:
    """Return (lat, lon, ele, time) of every track point that gpxpy finds, None if it cannot read."""
    try:
        document = gpxpy.parse(content)
    except (gpxpy.gpx.GPXException, UnicodeDecodeError):
        return None
    points = document.walk(only_points=True)
    rows = [(p.latitude, p.longitude, number(p.elevation), unix_seconds(p.time)) for p in points]
    return np.array(rows).reshape(-1, 4)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_gpxpy_and_the_column_reader_agree_on_every_point(path: Path) -> None:
    content = path.read_bytes()
    expected = gpxpy_points(content)
    if expected is None or not len(expected):
        return
    lat, lon = expected[:, 0], expected[:, 1]
    usable = (np.abs(lat) <= 90) & (np.abs(lon) <= 180) & ((lat != 0) | (lon != 0))

    track = read_track(content)

    assert track.points_read == len(expected)
    columns = np.column_stack((track.lat, track.lon, track.ele, track.time))
    np.testing.assert_allclose(columns, expected[usable], rtol=0, atol=1e-6)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_file_ends_in_a_comparison_or_in_a_declared_refusal(path: Path) -> None:
    planned = read_route((FOLDER / "cmpgpx/thun_1_even.gpx").read_bytes())
    content = path.read_bytes()

    for route in (planned, None):
        try:
            found = compare(walked=read_track(content), planned=route or read_route(content))
        except UnusableInput:
            continue
        json.dumps(found.to_json(), allow_nan=False)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_route_against_itself_is_covered_without_offset(path: Path) -> None:
    try:
        planned = read_route(path.read_bytes())
    except UnusableInput:
        return
    found = compare(
        walked=as_recording(planned), planned=planned, settings=Settings(compare_without_times=True)
    )

    assert found.coverage.walked_share == pytest.approx(1, abs=0.003)
    assert found.deviation.max_m == pytest.approx(0, abs=0.01)
    assert found.verdict == "walked"


def as_recording(planned: PlannedRoute) -> Recording:
    unknown = np.full(len(planned), np.nan)
    return Recording(
        planned.lat, planned.lon, unknown, unknown, np.zeros(len(planned), int), unknown, len(planned), {}
    )


def pair(route: str, track: str) -> Comparison:
    return compare(
        walked=read_track((FOLDER / track).read_bytes()),
        planned=read_route((FOLDER / route).read_bytes()),
        settings=Settings(compare_without_times=True),
    )


def test_two_rides_of_one_course_with_a_variant_leave_it_once() -> None:
    found = pair("cmpgpx/thun_1_raw.gpx", "cmpgpx/thun_2_raw.gpx")

    assert found.verdict == "partly"
    assert len(found.off_route) == 1
    assert found.coverage.walked_share == pytest.approx(0.867, abs=0.01)


@pytest.mark.parametrize("ride", ["thun_1", "thun_2"])
def test_a_ride_and_its_resampled_copy_are_the_same(ride: str) -> None:
    found = pair(f"cmpgpx/{ride}_even.gpx", f"cmpgpx/{ride}_raw.gpx")

    assert found.verdict == "walked"
    assert found.coverage.walked_share > 0.99
    assert not found.off_route


def test_a_recorded_plan_with_times_walks_its_plan_without() -> None:
    found = pair("rallygpxmerger/TrackWithoutTimes.gpx", "rallygpxmerger/TrackWithTimes.gpx")

    assert found.verdict == "walked"
    assert found.coverage.walked_share > 0.99


def test_a_reversed_ride_is_the_course_backward() -> None:
    planned = read_route((FOLDER / "cmpgpx/thun_1_even.gpx").read_bytes())
    walked = as_recording(planned)
    turned = replace(walked, lat=walked.lat[::-1], lon=walked.lon[::-1])

    found = compare(walked=turned, planned=planned, settings=Settings(compare_without_times=True))

    assert (found.verdict, found.direction) == ("walked", "backward")
