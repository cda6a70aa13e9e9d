"""Whoever waits for a long comparison is told how much of it is done, and can end it."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from marchapp.geo import progress
from marchapp.geo.comparison import compare
from marchapp.geo.errors import TakesTooLong
from marchapp.geo.gpx import Recording, read_track, write_gpx
from tests.geo.tracks import recording, route, straight
from tests.geo.watch_files import fit_file

ROUTE = route(straight(30_000, 100))


class Enough(Exception):
    """Somebody does not want to wait any longer."""


def gpx_file(walk: Recording) -> bytes:
    return write_gpx(name="Walk", lat=walk.lat, lon=walk.lon, time=walk.time)


def long_walk(*, backward: bool = False) -> Recording:
    xy = straight(30_000, 1.3)
    return recording(xy[::-1] if backward else xy, every_s=1.0)


@pytest.mark.parametrize("backward", [False, True])
def test_comparing_moves_from_nothing_to_all_in_small_steps(backward: bool) -> None:
    told: list[float] = []

    compare(walked=long_walk(backward=backward), planned=ROUTE, progress=told.append)

    assert (told[0], told[-1]) == (0.0, 1.0)
    assert all(earlier < later for earlier, later in pairwise(told))
    assert np.diff(told).max() <= 0.25


@pytest.mark.parametrize("write", [gpx_file, fit_file])
def test_reading_moves_to_all_in_small_steps(write: Callable[[Recording], bytes]) -> None:
    told: list[float] = []

    read_track(write(long_walk()), told.append)

    assert told[-1] == 1.0
    assert all(earlier < later for earlier, later in pairwise(told))
    assert np.diff(told).max() <= 0.25


def test_a_second_attempt_at_reading_does_not_fall_back() -> None:
    told: list[float] = []
    content = gpx_file(long_walk()).replace(b"Walk", "Å".encode("latin-1"))

    read_track(content, told.append)

    assert told == sorted(told)


def test_who_is_told_may_end_the_work_and_nothing_is_broken() -> None:
    walk = long_walk()

    def stop(share: float) -> None:
        if share > 0.4:
            raise Enough

    for write in (gpx_file, fit_file):
        with pytest.raises(Enough):
            read_track(write(walk), stop)
    with pytest.raises(Enough):
        compare(walked=walk, planned=ROUTE, progress=stop)

    assert compare(walked=walk, planned=ROUTE).verdict == "walked"


@pytest.mark.parametrize("write", [gpx_file, fit_file])
def test_work_that_takes_too_long_is_ended(
    write: Callable[[Recording], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr(progress, "thread_time", lambda: float(next(clock)))  # a second between two looks

    with pytest.raises(TakesTooLong):
        read_track(write(long_walk()), progress.within(3.0))
    with pytest.raises(TakesTooLong):
        compare(walked=long_walk(), planned=ROUTE, progress=progress.within(3.0))
    read_track(write(recording(straight(300, 1.3), every_s=1.0)), progress.within(100.0))
