"""The base map has land, sea and borders where they are, anywhere on earth."""

import json

import pytest
import shapely
from shapely.geometry import shape

from marchapp.geo.basemap import clip

VARANGER = (30.2, 69.4, 31.4, 69.8)
PACIFIC = (-140.0, -1.0, -139.0, 0.0)


def names(basemap):
    return [country["name"] for country in basemap["countries"]]


def test_the_varanger_coast_has_land_and_sea_and_the_border_of_norway_and_russia():
    basemap = clip(VARANGER)
    land = shape(basemap["land"])
    assert land.contains(shapely.Point(30.37, 69.60))  # south of Tårnet
    assert not land.contains(shapely.Point(30.9, 69.88))  # the Barents Sea
    assert {"Norway", "Russia"} <= set(names(basemap))
    border = shape(basemap["borders"])
    assert border.length > 0.3
    assert border.distance(shapely.Point(30.93, 69.6)) < 0.05


def test_each_country_is_named_at_a_place_on_its_own_land():
    basemap = clip(VARANGER)
    land = shape(basemap["land"])
    places = {country["code"]: country["at"] for country in basemap["countries"]}
    assert all(land.contains(shapely.Point(place)) for place in places.values())
    assert places["NO"][0] < places["RU"][0]


def test_the_middle_of_the_pacific_is_all_sea():
    basemap = clip(PACIFIC)
    assert shape(basemap["land"]).is_empty
    assert basemap["coast"]["coordinates"] == basemap["borders"]["coordinates"] == basemap["countries"] == []


@pytest.mark.parametrize("bounds", [(179.5, -17.0, -179.5, -16.0), (179.5, -17.0, 180.5, -16.0)])
def test_across_the_antimeridian_land_goes_on_without_a_seam(bounds):
    basemap = clip(bounds)
    assert names(basemap) == ["Fiji"]
    west, _, east, _ = shape(basemap["land"]).bounds
    assert 178 < west < 180 < east < 182
    assert any(part.crosses(shapely.LineString([(180, -18), (180, -15)])) for part in _parts(basemap))


def _parts(basemap):
    return shapely.get_parts(shape(basemap["land"]))


@pytest.mark.parametrize(
    ("bounds", "country"),
    [
        ((-10, -90, 10, -85), "Antarctica"),
        ((28, -30, 29, -29), "Lesotho"),
        ((178, 65, -170, 70), "Russia"),
    ],
)
def test_poles_enclaves_and_wide_countries_are_land(bounds, country):
    basemap = clip(bounds)
    assert country in names(basemap)
    assert shape(basemap["land"]).area > 0


def test_an_enclave_is_not_counted_as_land_twice():
    land = shape(clip((28.0, -30.0, 29.0, -29.0), margin_km=0)["land"])
    assert land.area == pytest.approx(shapely.box(*land.bounds).area)


def test_it_covers_a_square_twice_as_wide_as_the_box_and_the_margin():
    west, south, east, north = clip((30.0, 69.6, 31.0, 69.7), margin_km=11.12)["bounds"]
    assert north - south == pytest.approx(2 * 0.347 + 0.2, rel=0.01)
    assert (east - west) * 0.342 == pytest.approx(north - south, rel=0.02)
    assert (west + east) / 2 == pytest.approx(30.5)


def test_the_answer_can_be_stored_as_json():
    assert json.loads(json.dumps(clip(VARANGER))) == clip(VARANGER)
