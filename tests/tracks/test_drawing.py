"""The picture stays where it was when it is thinned, and keeps its colours."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely

from marchapp.geo.projection import LocalMetres
from marchapp.geo.results import OFF, ON, UNKNOWN, Points, Profile
from marchapp.tracks import drawing
from marchapp.tracks.kilometres import by_kilometre
from marchapp.tracks.outline import MOST_PLACES, outline, whole_line
from tests.tracks.walks import places

LENGTH_M = 2500.0
RESULT: dict[str, Any] = {
    "route": {"length_m": LENGTH_M},
    "coverage": {"intervals": [{"from_m": 0.0, "to_m": LENGTH_M, "class": "walked"}]},
    "pace": [{"from_m": 0.0, "to_m": 1000.0, "duration_s": 800.0, "pace_s_per_km": 800.0}],
}
STEADY: dict[str, Any] = {"gaps": [], "stops": []}


def make_points(offset_m: np.ndarray, /, **given: Any) -> Points:
    """Return a walk of a point every 5 m at 1 m/s with these offsets from the route."""
    along_m = 5.0 * np.arange(len(offset_m))
    lat, lon = places(along_m, offset_m)
    values: dict[str, Any] = {
        "time": 1000.0 + along_m,
        "lat": lat,
        "lon": lon,
        "ele": np.full(len(lat), np.nan),
        "route_m": along_m,
        "offset_m": offset_m,
        "distance_m": np.abs(offset_m),
        "state": np.full(len(lat), ON, np.int8),
        "segment": np.zeros(len(lat), int),
    }
    return Points(**values | given)


def make_route() -> Profile:
    along_m = np.linspace(0, LENGTH_M, 26)
    lat, lon = places(along_m)
    return Profile(along_m, np.linspace(0, 50, 26), lat, lon)


def in_metres(lat: np.ndarray, lon: np.ndarray) -> shapely.LineString:
    return shapely.linestrings(LocalMetres(69.6, 30.5).project(lat, lon))


def test_thinning_moves_the_picture_by_less_than_a_metre() -> None:
    points = make_points(np.random.default_rng(1).normal(0, 4, 500))
    pieces = drawing.colour_pieces(points, STEADY)
    drawn = shapely.union_all([in_metres(piece.lat, piece.lon) for piece in pieces])
    walked = in_metres(points.lat, points.lon)
    assert shapely.hausdorff_distance(shapely.segmentize(walked, 1), shapely.segmentize(drawn, 1)) < 1.0
    assert sum(len(piece.lat) for piece in pieces) < len(points)


def test_a_straight_walk_needs_two_points() -> None:
    [piece] = drawing.colour_pieces(make_points(np.zeros(500)), STEADY)
    assert len(piece.lat) == 2


def test_colours_follow_the_distance_and_join_without_holes() -> None:
    offsets = np.repeat([0.0, 30.0, 70.0, 300.0, 0.0], 20)
    pieces = drawing.colour_pieces(make_points(offsets), STEADY)
    assert [piece.offset_class for piece in pieces] == [0, 1, 2, 3, 0]
    for one, following in pairwise(pieces):
        assert (one.lat[-1], one.lon[-1]) == (following.lat[0], following.lon[0])


def test_points_of_poor_accuracy_have_a_colour_of_their_own() -> None:
    state = np.full(50, UNKNOWN, np.int8)
    [piece] = drawing.colour_pieces(make_points(np.zeros(50), state=state), STEADY)
    assert piece.offset_class == drawing.UNKNOWN_CLASS


def test_the_line_breaks_at_gaps_and_between_segments() -> None:
    points = make_points(np.zeros(60), segment=np.repeat([0, 1], 30))
    gap = {"from_at": datetime.fromtimestamp(points.time[9], UTC)}
    pieces = drawing.colour_pieces(points, STEADY | {"gaps": [gap]})
    assert [round((piece.lat[0] - 69.6) * 1e5) for piece in pieces] == [0, 27, 81]


def a_long_stop() -> tuple[Points, dict[str, Any]]:
    """Return a walk with a stop of 20 hours at a point each second, and what holds the stop."""
    rng = np.random.default_rng(2)
    wander_m = np.zeros((72_000, 2))
    for row, pull in enumerate(rng.normal(0, 1, (71_999, 2)), start=1):
        wander_m[row] = 0.97 * wander_m[row - 1] + pull
    along_m = np.concatenate((np.arange(1000.0), 1000 + wander_m[:, 0], np.arange(1001.0, 2000)))
    aside_m = np.zeros(len(along_m))
    aside_m[1000:73_000] = 25 + wander_m[:, 1]
    lat, lon = places(along_m, aside_m)
    time = 1000.0 + np.arange(len(along_m))
    points = make_points(aside_m, lat=lat, lon=lon, time=time, segment=np.zeros(len(lat), int))
    stop = {
        name: datetime.fromtimestamp(time[row], UTC) for name, row in (("from_at", 1000), ("to_at", 72_999))
    }
    return points, STEADY | {"stops": [stop]}


def test_the_cloud_of_a_long_stop_is_drawn_with_few_points_and_moves_by_less_than_a_metre() -> None:
    points, result = a_long_stop()
    pieces = drawing.colour_pieces(points, result)
    assert sum(len(piece.lat) for piece in pieces) < 4000
    assert len(pieces) < 10
    lines = [LocalMetres(69.6, 30.5).project(piece.lat, piece.lon) for piece in pieces]
    steps = np.concatenate([np.stack((line[:-1], line[1:]), axis=1) for line in lines])
    walked = shapely.points(LocalMetres(69.6, 30.5).project(points.lat, points.lon))
    tree = shapely.STRtree(shapely.linestrings(steps))
    near, _ = tree.query_nearest(walked, max_distance=1.0, all_matches=False)
    assert len(near) == len(points)


def test_an_outline_has_few_places_and_stays_near_the_track() -> None:
    points, result = a_long_stop()
    drawn = outline(points, result)
    lat, lon = (np.cumsum(drawn[name]) / 1e6 for name in ("lat", "lon"))
    assert len(lat) == len(drawn["time"]) == sum(count for _, count in drawn["kinds"]) + 1
    assert len(lat) <= MOST_PLACES + 5
    walked = shapely.points(LocalMetres(69.6, 30.5).project(points.lat[:1000], points.lon[:1000]))
    assert shapely.distance(walked, in_metres(lat, lon)).max() <= drawn["tolerance_m"]
    assert np.cumsum(drawn["time"])[[0, -1]].tolist() == [1000, 74_998]


def test_the_whole_line_moves_by_less_than_a_metre_however_noisy_the_track_and_its_stops() -> None:
    points, result = a_long_stop()
    drawn = whole_line(points, result)
    lat, lon = (np.cumsum(drawn[name]) / 1e6 for name in ("lat", "lon"))
    assert len(lat) == sum(count for _, count in drawn["kinds"]) + 1
    line = LocalMetres(69.6, 30.5).project(lat, lon)
    tree = shapely.STRtree(shapely.linestrings(np.stack((line[:-1], line[1:]), axis=1)))
    walked = shapely.points(LocalMetres(69.6, 30.5).project(points.lat, points.lon))
    near, _ = tree.query_nearest(walked, max_distance=1.0, all_matches=False)
    assert len(near) == len(points)


def test_a_single_point_is_no_line() -> None:
    assert drawing.colour_pieces(make_points(np.zeros(1)), STEADY) == []


def test_columns_are_unknown_where_the_route_was_not_walked() -> None:
    points = make_points(np.full(501, 4.0))
    result = RESULT | {"coverage": {"intervals": [{"from_m": 0.0, "to_m": 1000.0, "class": "walked"}]}}
    nodes = drawing.nodes_along(points, make_route(), result)
    walked = nodes.route_m <= 1000
    assert nodes.offset_m[walked] == pytest.approx(4.0)
    assert np.isnan(nodes.offset_m[~walked]).all()
    assert np.isnan(nodes.lat[~walked]).all()
    assert nodes.planned_ele_m[-1] == pytest.approx(50.0)
    assert np.isnan(nodes.ele_m).all()


def test_a_sparse_recording_still_gives_whole_columns() -> None:
    points = make_points(np.full(501, -3.0))
    sparse = Points(**{name: getattr(points, name)[::20] for name in Points.__dataclass_fields__})
    nodes = drawing.nodes_along(sparse, make_route(), RESULT)
    assert nodes.offset_m == pytest.approx(-3.0)
    assert nodes.time == pytest.approx(1000 + nodes.route_m, abs=1)


def test_a_recording_that_was_never_on_the_route_gives_empty_columns() -> None:
    state, nowhere = np.full(50, OFF, np.int8), np.full(50, np.nan)
    points = make_points(np.full(50, 200.0), state=state, route_m=nowhere, offset_m=nowhere)
    nodes = drawing.nodes_along(points, make_route(), RESULT | {"pace": []})
    assert np.isnan(nodes.offset_m).all()
    assert np.isnan(nodes.lat).all()
    assert drawing.view(points, make_route())[0] <= 69.6


def test_each_kilometre_has_its_farthest_to_both_sides() -> None:
    offsets = np.zeros(501)
    offsets[100], offsets[300] = 12.0, -20.0
    points = make_points(offsets)
    nodes = drawing.nodes_along(points, make_route(), RESULT)
    first, second, third = by_kilometre(points, nodes, RESULT)
    assert (first.left_m, first.right_m, first.duration_s) == (12.0, 0.0, 800.0)
    assert (second.left_m, second.right_m, second.duration_s) == (0.0, 20.0, None)
    assert third.to_m == LENGTH_M
    assert third.planned_ele_m == pytest.approx(50.0)


def test_columns_travel_as_differences_and_come_back() -> None:
    values = np.array([69.5, 69.500123, 69.4])
    assert (np.cumsum(drawing.deltas(values, 1e6)) / 1e6).tolist() == pytest.approx(values.tolist())
