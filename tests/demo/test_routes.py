"""The planned routes of the demo march."""

from functools import cache
from itertools import pairwise

import gpxpy
import numpy as np
import pytest
from gpxpy.gpx import GPX
from shapely import contains_xy
from shapely.geometry import shape

from marchapp.demo.routes import FOLDER, STAGES, draw_stages
from marchapp.geo.basemap import clip
from marchapp.geo.gpx import read_route
from marchapp.geo.projection import LocalMetres

NUMBERS = [stage.number for stage in STAGES]
BORDER_LON = 30.93


@cache
def document(number: int) -> GPX:
    return gpxpy.parse((FOLDER / f"stage-{number}.gpx").read_text(encoding="utf-8"))


@cache
def columns(number: int) -> np.ndarray:
    """The line of a stage as (n, 3): lat, lon, ele."""
    points = document(number).tracks[0].segments[0].points
    return np.array([(point.latitude, point.longitude, point.elevation) for point in points])


@cache
def metres(number: int) -> np.ndarray:
    return LocalMetres(69.62, 30.8).project(*columns(number)[:, :2].T)


def steps_m(number: int) -> np.ndarray:
    return np.hypot(*np.diff(metres(number), axis=0).T)


def test_the_files_are_what_the_generator_draws() -> None:
    drawn = draw_stages()
    assert drawn == {number: (FOLDER / f"stage-{number}.gpx").read_text("utf-8") for number in NUMBERS}


def test_the_march_is_50_km_long() -> None:
    lengths_m = [steps_m(number).sum() for number in NUMBERS]
    assert 48_000 < sum(lengths_m) < 52_000
    assert all(15_000 < length_m < 19_000 for length_m in lengths_m)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_stage_has_a_point_every_20_to_40_m_with_a_height(number: int) -> None:
    assert steps_m(number).min() > 15
    assert steps_m(number).max() < 42
    heights = columns(number)[:, 2]
    assert heights.min() > 0
    assert 150 < heights.max() < 350
    assert np.abs(np.diff(heights) / steps_m(number)).max() < 0.3


@pytest.mark.parametrize("number", NUMBERS)
def test_a_stage_stays_on_land(number: int) -> None:
    lat, lon, _ = columns(number).T
    land = shape(clip((lon.min(), lat.min(), lon.max(), lat.max()), margin_km=1)["land"])
    assert contains_xy(land, lon, lat).all()


@pytest.mark.parametrize("number", NUMBERS)
def test_a_stage_says_that_it_is_illustrative(number: int) -> None:
    assert "not a recording" in document(number).description
    assert "not a recording" in document(number).tracks[0].description


@pytest.mark.parametrize("number", NUMBERS)
def test_checkpoints_lie_on_the_route_in_order_from_start_to_finish(number: int) -> None:
    line = columns(number)[:, :2].tolist()
    places = [line.index([waypoint.latitude, waypoint.longitude]) for waypoint in document(number).waypoints]
    assert len(places) >= 4
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0, len(line) - 1)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_reader_of_the_program_reads_a_stage_whole(number: int) -> None:
    route = read_route((FOLDER / f"stage-{number}.gpx").read_bytes())
    assert len(route) == len(columns(number))
    assert len(route.waypoints) == len(document(number).waypoints)


def test_each_stage_starts_where_the_last_one_ended() -> None:
    for before, after in pairwise(NUMBERS):
        assert np.array_equal(columns(before)[-1], columns(after)[0])


def test_only_the_second_stage_crosses_the_border() -> None:
    is_east = [columns(number)[[0, -1], 1] > BORDER_LON for number in NUMBERS]
    assert [side.tolist() for side in is_east] == [[True, True], [True, False], [False, False]]


def test_the_first_stage_goes_out_to_a_memorial_and_back_the_same_way() -> None:
    line = columns(1)[:, :2].tolist()
    memorial = next(place for place in document(1).waypoints if place.name == "Memorial")
    tip = line.index([memorial.latitude, memorial.longitude])
    assert line[tip - 20 : tip] == line[tip + 20 : tip : -1]


def test_the_second_stage_comes_past_itself() -> None:
    line, along = metres(2), np.concatenate([[0], np.cumsum(steps_m(2))])
    apart_m = np.hypot(*(line[:, None] - line[None]).transpose(2, 0, 1))
    is_later = along[None] - along[:, None] > 1000
    assert apart_m[is_later].min() < 50
