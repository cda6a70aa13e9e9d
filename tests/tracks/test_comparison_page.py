"""The comparison: who may see it, what it says, what it draws, and the files it gives."""

import csv
import io
from dataclasses import replace
from datetime import datetime

import gpxpy
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marchapp.models import March, Stage, Track
from tests.factories import Cast
from tests.queries import queries_of
from tests.tracks.walks import LENGTH_M, save_track, walk_gpx

ENDPOINTS = ("", "/map.json", ".json", ".csv", ".gpx")


@pytest.fixture
def track(session: Session, stage: Stage, cast: Cast, now: datetime) -> Track:
    """A walk that left the route once and has a gap."""
    content = walk_gpx(off=(800, 1800), gap=(2400, 3000))
    track = save_track(session, group=cast.group, content=content, by=cast.guide, now=now)
    session.commit()
    return track


def show_to_all(session: Session, march: March) -> None:
    march.shows_comparisons = True
    session.commit()


@pytest.mark.parametrize("ending", ENDPOINTS)
def test_guide_and_coordinator_see_a_track_that_is_not_public(
    track: Track, cast: Cast, sign_in, ending: str
) -> None:
    for account in (cast.guide, cast.coordinator):
        assert sign_in(account).get(f"/tracks/{track.id}{ending}").status_code == 200


@pytest.mark.parametrize("ending", ENDPOINTS)
def test_others_do_not_see_a_track_that_is_not_public(
    track: Track, cast: Cast, client: FlaskClient, sign_in, ending: str
) -> None:
    assert client.get(f"/tracks/{track.id}{ending}").status_code == 302
    for account in (cast.other_guide, cast.other_coordinator):
        assert sign_in(account).get(f"/tracks/{track.id}{ending}").status_code == 403


@pytest.mark.parametrize("ending", ENDPOINTS)
def test_everybody_sees_the_track_of_a_march_that_shows_comparisons(
    session: Session, track: Track, cast: Cast, client: FlaskClient, ending: str
) -> None:
    show_to_all(session, cast.march)
    assert client.get(f"/tracks/{track.id}{ending}").status_code == 200


@pytest.mark.parametrize("ending", ENDPOINTS)
def test_a_track_that_is_not_there_is_not_found(cast: Cast, sign_in, ending: str) -> None:
    assert sign_in(cast.guide).get(f"/tracks/999999{ending}").status_code == 404


def test_only_guides_and_coordinators_read_the_history(
    session: Session, track: Track, cast: Cast, client: FlaskClient, sign_in
) -> None:
    show_to_all(session, cast.march)
    assert "Gunn Guide" not in client.get(f"/tracks/{track.id}").text
    assert "Gunn Guide" in sign_in(cast.guide).get(f"/tracks/{track.id}").text


def test_the_page_says_it_all_in_words_without_scripts(track: Track, cast: Cast, sign_in) -> None:
    page = sign_in(cast.guide).get(f"/tracks/{track.id}").text.replace("\u202f", " ")
    assert "of the planned route, left it once, and came in" in page
    assert "so nobody knows where the group was" in page
    assert 'class="sketch' in page
    for heading in (
        "Checkpoints",
        "Off the route",
        "Gaps in the recording",
        "Planned and walked",
        "Recordings of this group",
    ):
        assert f">{heading}</h2>" in page
    for name in ("Start", "Bridge", "Finish"):
        assert f">{name}</th>" in page
    assert "not passed" in page  # the bridge lies on the part that was left out


@pytest.mark.parametrize("language", ["en", "nb", "ru"])
def test_the_page_and_its_map_open_in_every_language(
    track: Track, cast: Cast, sign_in, language: str
) -> None:
    client = sign_in(cast.guide)
    assert client.get(f"/tracks/{track.id}?lang={language}").status_code == 200
    assert client.get(f"/tracks/{track.id}/map.json?lang={language}").json["language"] == language


def test_the_result_is_a_file_with_the_engines_figures(track: Track, cast: Cast, sign_in) -> None:
    answer = sign_in(cast.guide).get(f"/tracks/{track.id}.json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="victory-stage-1-group-1.json"'
    assert answer.json == track.comparison.result
    assert answer.json["coverage"]["walked_share"] == pytest.approx(0.6, abs=0.02)


def test_the_points_are_rows_with_empty_cells_off_the_route(track: Track, cast: Cast, sign_in) -> None:
    answer = sign_in(cast.guide).get(f"/tracks/{track.id}.csv")
    header, first, *_ = answer.text.splitlines()
    assert header == "time,lat,lon,route_m,offset_m,state"
    assert first.startswith("2014-09-18T06:00:00Z,69.6")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == track.comparison.result["track"]["points_used"]
    assert {row["state"] for row in rows} == {"on", "off"}
    assert all((row["route_m"] == "") == (row["state"] == "off") for row in rows)


def test_the_track_is_given_as_gpx_with_the_checkpoints(track: Track, cast: Cast, sign_in) -> None:
    answer = sign_in(cast.guide).get(f"/tracks/{track.id}.gpx")
    read = gpxpy.parse(answer.text)
    assert read.get_track_points_no() == track.comparison.result["track"]["points_used"]
    assert [place.name for place in read.waypoints] == ["Start", "Bridge", "Finish"]
    assert read.get_time_bounds().start_time.isoformat() == "2014-09-18T06:00:00+00:00"


def test_the_map_has_all_that_is_drawn(track: Track, cast: Cast, sign_in) -> None:
    drawn = sign_in(cast.guide).get(f"/tracks/{track.id}/map.json").json
    assert {kind for kind, _, _ in drawn["stretches"]} == {"missed", "no_data"}
    assert {piece[0] for piece in drawn["pieces"]} >= {0, 3}
    [episode] = drawn["episodes"]
    assert episode["from_m"] == pytest.approx(800, abs=30)
    assert episode["to_m"] == pytest.approx(1800, abs=30)
    assert [one["name"] for one in drawn["checkpoints"]] == ["Start", "Bridge", "Finish"]
    assert [one["is_passed"] for one in drawn["checkpoints"]] == [True, False, True]
    nodes = drawn["nodes"]
    count = len(nodes["m"])
    assert sum(nodes["m"]) / 10 == pytest.approx(LENGTH_M, rel=0.01)
    assert all(len(nodes[name]) == count for name in ("after_s", "offset", "ele", "planned_ele", "pace"))
    assert len(nodes["lat"]) == len(nodes["lon"]) == len(nodes["seen"]) < count
    assert drawn["basemap"]["countries"]


def test_the_map_of_twenty_thousand_noisy_points_is_small(
    session: Session, stage: Stage, cast: Cast, now: datetime, sign_in
) -> None:
    content = walk_gpx(interval_s=0.16, noise_m=3.0)
    assert content.count(b"<trkpt") >= 20_000
    track = save_track(session, group=cast.group, content=content, by=None, now=now)
    session.commit()
    answer = sign_in(cast.guide).get(f"/tracks/{track.id}/map.json")
    assert len(answer.data) < 300_000


def test_a_tile_server_that_is_named_may_be_asked_for_its_tiles(
    app: Flask, track: Track, cast: Cast, sign_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiles = {"tile_url": "https://{s}.tiles.example.org/{z}/{x}/{y}.png", "tile_attribution": "© Mappers"}
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], **tiles))
    answer = sign_in(cast.guide).get(f"/tracks/{track.id}")
    assert 'data-tile-url="https://{s}.tiles.example.org/{z}/{x}/{y}.png"' in answer.text
    assert "© Mappers" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "img-src 'self' data: https://*.tiles.example.org;" in policy


def test_without_a_tile_server_the_page_asks_nobody_else(track: Track, cast: Cast, sign_in) -> None:
    answer = sign_in(cast.guide).get(f"/tracks/{track.id}")
    assert "data-tile-url" not in answer.text
    assert "img-src 'self' data:;" in answer.headers["Content-Security-Policy"]


def test_the_sketch_shows_where_the_group_walked(track: Track, cast: Cast, sign_in) -> None:
    page = sign_in(cast.guide).get(f"/tracks/{track.id}").text
    assert 'class="sketch-walked walked-0"' in page
    assert 'class="sketch-walked walked-3"' in page


def test_a_long_history_takes_no_more_queries(
    session: Session, track: Track, cast: Cast, now: datetime, sign_in
) -> None:
    client = sign_in(cast.guide)
    few = queries_of(client, f"/tracks/{track.id}")
    for number in range(5):
        content = walk_gpx(to_m=2000 + 100 * number)
        save_track(session, group=cast.group, content=content, by=cast.coordinator, now=now)
    session.commit()
    assert queries_of(client, f"/tracks/{track.id}") <= few + 1  # who else sent one
