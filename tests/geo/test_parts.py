"""The parts of the comparison by themselves: projection, climbs, checkpoints on a route, doctests."""

import doctest
import importlib
import pkgutil

import gpxpy.geo
import numpy as np
import pytest

from marchapp import geo
from marchapp.geo.comparison import describe_route, locate_on_route, route_length_m
from marchapp.geo.elevation import climb
from marchapp.geo.projection import LocalMetres
from tests.geo.planted import Sampling, out_and_back, planted, two_laps
from tests.geo.tracks import route, straight

MODULES = [module.name for module in pkgutil.iter_modules(geo.__path__, "marchapp.geo.")]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_hold(name: str) -> None:
    module = importlib.import_module(name)

    assert (
        doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE, extraglobs={"np": np}).failed == 0
    )


@pytest.mark.parametrize("lat", [0.0, 45.0, 69.6, -33.0])
def test_local_metres_agree_with_the_earth(lat: float) -> None:
    metres = LocalMetres(lat, 30.0)
    east, north = metres.project([lat, lat + 0.01], [30.01, 30.0])
    metres_a_degree = 111_132.95 - 559.85 * np.cos(2 * np.radians(lat)) + 1.17 * np.cos(4 * np.radians(lat))

    assert north[1] == pytest.approx(metres_a_degree * 0.01, rel=2e-4)
    assert east[0] == pytest.approx(gpxpy.geo.haversine_distance(lat, 30.0, lat, 30.01), rel=0.004)


def test_noise_in_the_heights_is_no_climb() -> None:
    along = np.arange(0.0, 5000.0, 10.0)
    noisy = 100 + np.random.default_rng(1).normal(0, 2, len(along))

    assert climb(along, noisy) == (0.0, 0.0)
    up, down = climb(along, noisy + 0.04 * along) or (0.0, 0.0)
    assert up == pytest.approx(200, abs=8)
    assert down == 0


def test_climbs_do_not_cross_segments_and_need_heights() -> None:
    along, heights = np.array([0.0, 500.0, 1000.0, 1500.0]), np.array([0.0, 0.0, 300.0, 300.0])

    assert climb(along, heights, np.array([0, 0, 1, 1])) == (0.0, 0.0)
    assert climb(along, np.full(4, np.nan)) is None


def test_waypoints_are_placed_in_order_where_the_route_passes_twice() -> None:
    line = out_and_back(np.random.default_rng(2))
    length_m = route_length_m(route(line))
    early, late = tuple(line[20]), tuple(line[len(line) - 1])
    planned = route(line, {"Out": early, "Hill": tuple(line[190]), "Back": early, "Finish": late})

    places = describe_route(planned).checkpoints_m

    assert list(places) == sorted(places)
    assert places[0] + places[2] == pytest.approx(length_m, abs=60)
    assert places[3] == pytest.approx(length_m, abs=5)


def test_two_laps_take_the_first_passage_unless_the_list_goes_on() -> None:
    line = two_laps(np.random.default_rng(2))
    once = route(line, {"A": tuple(line[40]), "B": tuple(line[120])})
    twice = route(line, {"A": tuple(line[40]), "B": tuple(line[120]), "A again": tuple(line[40])})

    half_m = route_length_m(once) / 2
    assert max(describe_route(once).checkpoints_m) < half_m
    assert describe_route(twice).checkpoints_m[2] == pytest.approx(
        describe_route(twice).checkpoints_m[0] + half_m, abs=10
    )


def test_a_waypoint_away_from_the_route_has_no_place_on_it() -> None:
    planned = route(straight(), {"Parking": (500.0, 900.0), "Hut": (1000.0, 5.0)})

    parking, hut = locate_on_route(planned, planned.waypoints)

    assert np.isnan(parking)
    assert hut == pytest.approx(1000, abs=1)
    assert locate_on_route(planned, ()) == ()


def test_a_description_has_a_thinned_profile_and_bounds() -> None:
    planned = planted("plain", "steady", Sampling(30, 6), 1).planned
    described = describe_route(planned)

    assert described.length_m == pytest.approx(route_length_m(planned))
    assert described.ascent_m is None
    assert described.profile.distance_m[-1] == pytest.approx(described.length_m)
    assert described.bounds.south <= planned.lat[0] <= described.bounds.north
