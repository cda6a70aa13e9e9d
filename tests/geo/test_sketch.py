"""The pictures of a planned route show it where it is, whatever its shape."""

import re

import numpy as np
import pytest

from marchapp.geo.sketch import sketch_profile, sketch_route

LAT, LON = np.linspace(69.60, 69.64, 50), np.linspace(31.0, 30.6, 50)
CHECKPOINTS = [("Start", 69.60, 31.0), ("Border crossing", 69.607, 30.93), ("Finish", 69.64, 30.6)]
OPEN_SEA = {
    "bounds": [0, 0, 0, 0],
    "land": {"type": "MultiPolygon", "coordinates": []},
    "coast": {"type": "MultiLineString", "coordinates": []},
    "borders": {"type": "MultiLineString", "coordinates": []},
    "countries": [],
}


def places(path):
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]


def test_the_route_lies_inside_the_picture_and_walks_west():
    sketch = sketch_route(LAT, LON, CHECKPOINTS)
    line = places(sketch.route)
    assert all(0 < x < sketch.width and 0 < y < sketch.height for x, y in line)
    assert line[0][0] > line[-1][0]
    assert line[0][1] > line[-1][1]  # north is up


def test_flags_stand_on_the_route_numbered_in_order():
    sketch = sketch_route(LAT, LON, CHECKPOINTS)
    line = places(sketch.route)
    assert [(flag.number, flag.name) for flag in sketch.flags] == [
        (1, "Start"),
        (2, "Border crossing"),
        (3, "Finish"),
    ]
    assert (sketch.flags[0].x, sketch.flags[0].y) == pytest.approx(line[0], abs=0.2)
    assert (sketch.flags[2].x, sketch.flags[2].y) == pytest.approx(line[-1], abs=0.2)


def test_both_countries_are_named_on_their_side_of_the_border():
    sketch = sketch_route(LAT, LON, CHECKPOINTS)
    x = {country.code: country.x for country in sketch.countries}
    crossing = sketch.flags[1].x
    assert x["NO"] < crossing < x["RU"]
    assert sketch.borders


def test_a_picture_inside_one_country_names_none():
    assert sketch_route([51.8, 51.85], [5.85, 5.9]).countries == ()


def test_the_scale_bar_is_a_round_length_and_true():
    sketch = sketch_route([69.6, 69.6], [30.6, 31.0])  # 15.6 km across
    line = places(sketch.route)
    assert sketch.scale_m in (1000, 2000, 5000)
    metres_per_px = 15_560 / abs(line[-1][0] - line[0][0])
    assert sketch.scale_px * metres_per_px == pytest.approx(sketch.scale_m, rel=0.01)


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        ([69.6], [30.6]),
        ([69.6, 69.6], [30.6, 30.6]),
        ([-16.5, -16.6], [179.9, -179.9]),
        ([89.5, 89.6], [0, 90]),
    ],
    ids=["one point", "the same point twice", "across the antimeridian", "near the pole"],
)
def test_odd_routes_get_a_picture_too(lat, lon):
    sketch = sketch_route(lat, lon, [("Start", lat[0], lon[0])])
    assert "nan" not in repr(sketch)
    assert all(-1 <= x <= sketch.width + 1 for x, _ in places(sketch.route))


def test_captions_never_lie_on_each_other():
    crowd = [(f"Checkpoint {number}", 69.62, 30.8 + number / 2000) for number in range(12)]
    captions = [flag.caption for flag in sketch_route(LAT, LON, crowd, OPEN_SEA).flags if flag.caption]
    spots = {(caption.x, caption.y) for caption in captions}
    assert len(spots) == len(captions) < 12


def test_the_profile_takes_in_all_heights_on_even_levels():
    profile = sketch_profile([0, 5000, 16_200], [12, 204, 40], [("Top", 5000)])
    levels = [tick.value for tick in profile.height_ticks]
    assert levels[0] <= 12 < 204 <= levels[-1]
    assert len(set(np.diff(levels))) == 1
    assert [tick.value for tick in profile.km_ticks][:2] == [0, 2]
    line = places(profile.line)
    assert all(profile.top - 1 <= y <= profile.bottom + 1 for _, y in line)
    assert profile.flags[0].y == pytest.approx(min(y for _, y in line), abs=0.2)


def test_a_flat_route_is_not_made_to_look_like_mountains():
    profile = sketch_profile([0, 1000, 2000], [10, 12, 10])
    heights = [y for _, y in places(profile.line)]
    assert max(heights) - min(heights) < 10


def test_missing_heights_are_bridged_and_none_at_all_make_no_profile():
    nan = float("nan")
    assert "nan" not in sketch_profile([0, 100, 200], [5, nan, 9]).line
    assert sketch_profile([0, 100, 200], [nan, nan, nan]) is None
    assert sketch_profile([0, 0], [1, 2]) is None


def test_a_checkpoint_that_is_nowhere_near_gets_no_flag():
    assert sketch_profile([0, 100], [5, 9], [("Lost", float("nan"))]).flags == ()
