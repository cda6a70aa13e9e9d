"""Recordings made for the demo march."""

from datetime import UTC, datetime

import gpxpy
import numpy as np
import pytest

from marchapp.demo.routes import FOLDER
from marchapp.demo.simulator import Detour, Pause, Story, WrongTurn, record_walk
from marchapp.geo.gpx import Recording, read_route, read_track
from marchapp.geo.projection import LocalMetres

ROUTE = read_route((FOLDER / "stage-1.gpx").read_bytes())
START = datetime(2014, 9, 17, 7, 0, tzinfo=UTC)
AROUND = LocalMetres(69.6, 31.1)


def record(seed: int = 1, **story: object) -> bytes:
    return record_walk(ROUTE, Story(**story), starts_at=START, name="Group 1", seed=seed)  # type: ignore[arg-type]


def walk(**story: object) -> Recording:
    return read_track(record(**story))


def away_m(recording: Recording) -> np.ndarray:
    """The distance of every point from the nearest point of the route."""
    line = AROUND.project(ROUTE.lat, ROUTE.lon)
    points = AROUND.project(recording.lat, recording.lon)
    return np.array([np.hypot(*(line - point).T).min() for point in points])


def test_the_same_seed_gives_the_same_recording() -> None:
    assert record(seed=7) == record(seed=7)
    assert record(seed=7) != record(seed=8)


def test_gpxpy_and_our_reader_read_the_same() -> None:
    data = record(interval_s=30)
    points = gpxpy.parse(data.decode()).tracks[0].segments[0].points
    recording = read_track(data)
    assert [point.latitude for point in points] == recording.lat.tolist()
    assert points[0].time == START
    assert len(recording) == recording.points_read


def test_a_quiet_walk_follows_the_route_at_the_pace_of_a_group() -> None:
    recording = walk()
    hours = (recording.time[-1] - recording.time[0]) / 3600
    assert set(np.diff(recording.time)) == {5.0}
    assert 3 < 16.3 / hours < 5.5
    assert 3 < np.median(away_m(recording)) < 15
    assert away_m(recording).max() < 40


def test_a_late_group_starts_late() -> None:
    assert walk(late_min=40).time[0] == START.timestamp() + 2400


def test_a_pause_takes_its_time_in_one_place() -> None:
    longer_s = np.ptp(walk(pauses=(Pause(5, 30),)).time) - np.ptp(walk().time)
    assert longer_s == pytest.approx(1800, abs=5)


def test_a_pause_that_stops_the_recorder_leaves_a_mark_and_no_points() -> None:
    recording = walk(pauses=(Pause(5, 30, stops_recorder=True),))
    assert recording.dropped == {"outside_the_earth": 1}
    assert np.diff(recording.time).max() == pytest.approx(1800, abs=10)


def test_a_sleeping_recorder_leaves_a_gap_in_place_and_time() -> None:
    recording = walk(silent_km=(5, 6))
    gap = np.diff(recording.time).argmax()
    ends = AROUND.project(recording.lat[gap : gap + 2], recording.lon[gap : gap + 2])
    assert 600 < np.diff(recording.time).max() < 1500
    assert 600 < np.hypot(*(ends[1] - ends[0])) < 1100


def test_an_empty_battery_ends_the_recording_on_the_way() -> None:
    recording = walk(ends_at_km=4)
    walked_m = np.hypot(*np.diff(AROUND.project(recording.lat, recording.lon), axis=0).T).sum()
    assert 3900 < walked_m < 5000


def test_a_detour_truly_leaves_the_route_and_comes_back() -> None:
    away = away_m(walk(detours=(Detour(3, 4.5, 350),)))
    assert 250 < away.max() < 450
    assert away[-100:].max() < 40


def test_a_short_cut_leaves_out_the_memorial() -> None:
    assert np.ptp(walk(detours=(Detour(6.6, 9.4),)).time) < np.ptp(walk().time) - 1200


def test_a_wrong_turn_is_walked_back() -> None:
    away = away_m(walk(wrong_turns=(WrongTurn(11, 600),)))
    assert away.max() > 200
    assert away[-100:].max() < 40


def test_the_first_points_may_have_no_fix() -> None:
    assert walk(waits_for_fix=True).dropped == {"no_fix": 25}
