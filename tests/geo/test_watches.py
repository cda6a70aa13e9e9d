"""FIT and TCX recordings: the same points as in GPX, told by their content, and what is refused."""

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tcxreader.tcxreader import TCXReader

from marchapp.geo.comparison import compare
from marchapp.geo.errors import DamagedFit, ForbiddenDoctype, MalformedGpx, NoPoints, TruncatedGpx
from marchapp.geo.gpx import Recording, file_ending, read_route, read_track
from tests.geo.tracks import recording, route, straight
from tests.geo.watch_files import fit_file, tcx_file

EAST = straight(600)


@pytest.fixture
def walk() -> Recording:
    walk = recording(EAST)
    half = len(walk) // 2
    return replace(
        walk, ele=np.linspace(10, 50, len(walk)).round(1), segment=np.repeat([0, 1], [half, len(walk) - half])
    )


@pytest.mark.parametrize("write", [fit_file, tcx_file, lambda walk: gzip.compress(fit_file(walk))])
def test_a_watch_gives_the_same_columns_as_gpx(walk: Recording, write: "type[bytes]") -> None:
    read = read_track(write(walk))

    assert read.points_read == len(walk)
    np.testing.assert_allclose(read.lat, walk.lat, atol=1e-7)
    np.testing.assert_allclose(read.lon, walk.lon, atol=1e-7)
    np.testing.assert_allclose(read.ele, walk.ele, atol=0.11)
    np.testing.assert_array_equal(read.time, walk.time)
    np.testing.assert_array_equal(read.segment, walk.segment)
    assert compare(walked=read, planned=route(straight(600, 100))).verdict == "walked"


@pytest.mark.parametrize("write", [fit_file, tcx_file])
def test_points_without_a_position_are_counted(walk: Recording, write: "type[bytes]") -> None:
    lat, lon = walk.lat.copy(), walk.lon.copy()
    lat[:3] = lon[:3] = np.nan

    read = read_track(write(replace(walk, lat=lat, lon=lon)))

    assert read.dropped == {"no_position": 3}
    assert len(read) == len(walk) - 3


def test_tcx_is_read_as_another_reader_does(walk: Recording, tmp_path: Path) -> None:
    file = tmp_path / "walk.tcx"
    file.write_bytes(tcx_file(walk))

    expected = TCXReader().read(str(file)).trackpoints
    read = read_track(file.read_bytes())

    assert [(p.latitude, p.longitude, p.elevation) for p in expected] == list(
        zip(read.lat.tolist(), read.lon.tolist(), read.ele.tolist(), strict=True)
    )


def test_a_course_of_a_watch_can_be_the_planned_route(walk: Recording) -> None:
    assert len(read_route(fit_file(walk))) == len(read_route(tcx_file(walk))) == len(walk)


def test_a_damaged_fit_file_is_refused(walk: Recording) -> None:
    whole = fit_file(walk)

    for damaged in (whole[:200], whole[:14] + b"\xff" * 40 + whole[54:]):
        with pytest.raises(DamagedFit):
            read_track(damaged)


def test_a_fit_file_without_points_is_refused(walk: Recording) -> None:
    with pytest.raises(NoPoints):
        read_track(fit_file(replace(walk, **{name: getattr(walk, name)[:0] for name in COLUMNS})))


COLUMNS = ("lat", "lon", "ele", "time", "segment", "accuracy")


def test_tcx_is_as_strict_as_gpx(walk: Recording) -> None:
    whole = tcx_file(walk)

    with pytest.raises(TruncatedGpx):
        read_track(whole[:1500])
    with pytest.raises(MalformedGpx):
        read_track(whole.replace(b"</Track>", b"</Trick>"))
    with pytest.raises(ForbiddenDoctype):
        read_track(whole.replace(b"?>", b"?><!DOCTYPE x>", 1))


def test_the_ending_of_a_file_is_told_by_its_content(walk: Recording) -> None:
    assert file_ending(fit_file(walk)) == "fit"
    assert file_ending(gzip.compress(fit_file(walk))) == "fit.gz"
    assert file_ending(tcx_file(walk)) == "tcx"
    assert file_ending(tcx_file(walk).decode().encode("utf-16")) == "tcx"
    assert file_ending(b"<gpx/>") == "gpx"
