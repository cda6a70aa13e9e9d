"""What holds for every input: changes that mean nothing change no verdict, no bytes break the readers."""

from contextlib import suppress
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marchapp.geo.comparison import Comparison, Settings, compare
from marchapp.geo.errors import UnusableInput
from marchapp.geo.gpx import Recording, read_route, read_track, write_gpx
from tests.geo.planted import BEHAVIOURS, HOME, ROUTES, Case, Sampling, degrees, planted
from tests.geo.tracks import recording, route, straight
from tests.geo.watch_files import fit_file, tcx_file

COLUMNS = ("lat", "lon", "ele", "time", "segment", "accuracy")
few = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
many = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
# The plain route lets a walk be turned round; on laps and out-and-backs both directions look alike.
cases = st.tuples(
    st.sampled_from(["plain", "spur", "hairpins"]), st.sampled_from(BEHAVIOURS), st.integers(0, 3)
)


@cache
def case(name: str, behaviour: str, seed: int) -> Case:
    return planted(name, behaviour, Sampling(10, 5), 500 + seed)


@cache
def found(name: str, behaviour: str, seed: int) -> Comparison:
    one = case(name, behaviour, seed)
    return compare(walked=one.recording, planned=one.planned)


def at_rows(walk: Recording, rows: "np.typing.NDArray[np.int64] | slice") -> Recording:
    return replace(walk, **{name: getattr(walk, name)[rows] for name in COLUMNS})


def same(one: Comparison, other: Comparison, *, shares_within: float = 0.02) -> None:
    """The verdict may only differ where the share is next to its threshold."""
    assert other.coverage.walked_share == pytest.approx(one.coverage.walked_share, abs=shares_within)
    if abs(one.coverage.walked_share - Settings.walked_share) > shares_within and not one.gaps:
        assert other.verdict == one.verdict


@few
@given(cases, st.floats(-3e8, 3e8))
def test_the_time_of_the_walk_does_not_matter(which: tuple[str, str, int], later_s: float) -> None:
    one = case(*which)
    moved = replace(one.recording, time=one.recording.time + round(later_s))

    other = compare(walked=moved, planned=one.planned)

    same(found(*which), other, shares_within=1e-6)
    for before, after in zip(found(*which).checkpoints, other.checkpoints, strict=True):
        if before.passed_at is not None:
            assert after.passed_at == pytest.approx(before.passed_at + round(later_s), abs=0.01)


@few
@given(cases)
def test_every_other_point_says_the_same(which: tuple[str, str, int]) -> None:
    one = case(*which)

    same(found(*which), compare(walked=at_rows(one.recording, slice(None, None, 2)), planned=one.planned))


@few
@given(cases, st.integers(0, 99))
def test_a_little_noise_says_the_same(which: tuple[str, str, int], seed: int) -> None:
    one = case(*which)
    rng = np.random.default_rng(seed)
    lat, lon = degrees(
        HOME.project(one.recording.lat, one.recording.lon) + rng.normal(0, 2, (len(one.recording), 2))
    )

    same(found(*which), compare(walked=replace(one.recording, lat=lat, lon=lon), planned=one.planned))


@few
@given(
    st.sampled_from(["plain", "spur", "hairpins"]),
    st.sampled_from(["steady", "pauses", "detour"]),
    st.integers(0, 3),
)
def test_route_and_walk_both_turned_say_the_same(name: str, behaviour: str, seed: int) -> None:
    one = case(name, behaviour, seed)
    turned = at_rows(one.recording, slice(None, None, -1))
    turned = replace(turned, time=one.recording.time[-1] + one.recording.time[0] - turned.time)
    planned = replace(one.planned, lat=one.planned.lat[::-1], lon=one.planned.lon[::-1])

    other = compare(walked=turned, planned=planned)

    same(found(name, behaviour, seed), other)
    assert other.direction == "forward"
    assert len(other.off_route) == len(found(name, behaviour, seed).off_route)


@few
@given(st.sampled_from(["plain", "spur"]), st.sampled_from(["steady", "pauses"]), st.integers(0, 3))
def test_a_walk_turned_alone_is_the_route_backward(name: str, behaviour: str, seed: int) -> None:
    one = case(name, behaviour, seed)
    turned = at_rows(one.recording, slice(None, None, -1))
    turned = replace(turned, time=one.recording.time[-1] + one.recording.time[0] - turned.time)

    other = compare(walked=turned, planned=one.planned)

    assert other.verdict == found(name, behaviour, seed).verdict
    if name == "plain":
        assert other.direction == "backward"


@few
@given(st.sampled_from(list(ROUTES)), st.integers(0, 3))
def test_a_route_walked_along_itself_is_covered(name: str, seed: int) -> None:
    planned = case(name, "steady", seed).planned
    unknown = np.full(len(planned), np.nan)
    walked = Recording(
        planned.lat, planned.lon, unknown, unknown, np.zeros(len(planned), int), unknown, len(planned), {}
    )

    itself = compare(walked=walked, planned=planned, settings=Settings(compare_without_times=True))

    assert itself.coverage.walked_share == pytest.approx(1, abs=0.003)
    assert itself.deviation.max_m == pytest.approx(0, abs=0.01)


@few
@given(
    st.lists(
        st.tuples(st.floats(-3000, 9000), st.floats(-3000, 3000), st.floats(0, 90_000) | st.just(np.nan)),
        min_size=1,
        max_size=60,
    )
)
def test_any_points_compare_or_are_refused(rows: list[tuple[float, float, float]]) -> None:
    east, north, time = np.array(rows).T
    walk = recording(np.column_stack((east, north)), times=1.4e9 + time)

    try:
        answer = compare(walked=walk, planned=route(straight(3000, 100)))
    except UnusableInput:
        return

    edges = [(part.from_m, part.to_m) for part in answer.coverage.intervals]
    assert edges[0][0] == 0
    assert edges[-1][1] == pytest.approx(answer.route.length_m)
    shares = answer.coverage.walked_share + answer.coverage.no_data_share + answer.coverage.missed_share
    assert shares == pytest.approx(1)
    assert (answer.points.distance_m >= 0).all()


SAMPLE = recording(straight(200))
FILES = {
    "gpx": write_gpx(name="walk", lat=SAMPLE.lat, lon=SAMPLE.lon, ele=SAMPLE.lat, time=SAMPLE.time),
    "tcx": tcx_file(replace(SAMPLE, ele=SAMPLE.lat)),
    "fit": fit_file(SAMPLE),
}


def read_or_refuse(content: bytes) -> None:
    for read in (read_track, read_route):
        with suppress(UnusableInput):
            assert len(read(content))


@many
@given(st.binary(max_size=400))
def test_no_bytes_break_the_readers(content: bytes) -> None:
    for start in (b"", b"<gpx>", b"\x1f\x8b\x08", FILES["fit"][:14], b"\xff\xfe<\0g\0p\0x\0>\0"):
        read_or_refuse(start + content)


@pytest.mark.parametrize("kind", FILES)
@many
@given(st.data())
def test_no_damage_breaks_the_readers(kind: str, data: st.DataObject) -> None:
    whole = bytearray(FILES[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))

    read_or_refuse(bytes(whole))
