"""The public pages of a march and its stages."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marchapp.geo.gpx import read_route
from marchapp.marches.routes import save_route
from marchapp.models import Category, Group, March, Stage, Track, TrackComparison
from tests.factories import Cast, make_account, make_group, make_march, make_stage, quota_of
from tests.marches.gpx_files import route_file
from tests.queries import queries_of

SignIn = Callable[..., FlaskClient]


def make_result(session: Session, group: Group, now: datetime, **given: Any) -> Track:
    values = {
        "engine_version": "1",
        "computed_at": now,
        "verdict": "walked",
        "planned_m": 17000.0,
        "walked_m": 16200.0,
        "off_route_count": 2,
        "max_offset_m": 84.0,
        "finish_late_s": 1440.0,
        "result": {},
        "points_npz": b"",
    }
    track = Track(group_id=group.id)
    track.comparison = TrackComparison(**values | given)
    session.add(track)
    session.flush()
    return track


@pytest.fixture
def routed(session: Session, cast: Cast, now: datetime) -> Stage:
    """The stage of the cast with a planned route and a checkpoint at 10:15 in Oslo."""
    save_route(session, stage=cast.stage, content=route_file(("Ford", 1.0)), by=None, now=now)
    cast.stage.checkpoints[0].planned_at = datetime(2014, 9, 18, 8, 15, tzinfo=UTC)
    session.commit()
    return cast.stage


def text_of(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_without_a_public_march_the_first_page_says_what_will_be_here(client: FlaskClient) -> None:
    assert "No march is open to the public yet" in text_of(client, "/?lang=en")


def test_the_only_public_march_is_the_first_page(client: FlaskClient, cast: Cast, session: Session) -> None:
    cast.other_march.is_public = False
    session.commit()
    assert client.get("/").location == "/marches/victory"


def test_several_marches_are_listed(client: FlaskClient, cast: Cast) -> None:
    page = text_of(client, "/?lang=en")
    assert "March victory" in page
    assert "March elsewhere" in page


def test_a_march_that_is_not_public_does_not_show_that_it_exists(
    client: FlaskClient, cast: Cast, session: Session
) -> None:
    cast.march.is_public = False
    session.commit()
    for address in ("", "/stages/1", "/stages/1/route.gpx"):
        assert client.get(f"/marches/victory{address}").status_code == 404


def test_its_coordinator_and_guides_see_it(sign_in: SignIn, cast: Cast, session: Session) -> None:
    cast.march.is_public = False
    session.commit()
    for account in (cast.coordinator, cast.guide):
        assert sign_in(account).get("/marches/victory").status_code == 200
    assert sign_in(cast.other_coordinator).get("/marches/victory").status_code == 404


def test_a_march_shows_its_stages_with_times_in_its_zone(client: FlaskClient, routed: Stage) -> None:
    page = text_of(client, "/marches/victory?lang=en")
    assert "17–19 September 2014" in page
    assert "Stage 1: Stage 1" in page
    assert all(clock in page for clock in ("08:00", "10:15", "14:00"))
    assert "Central European Summer Time" in page
    assert 'class="sketch"' in page
    assert 'class="profile"' in page


def test_stages_that_meet_are_drawn_as_one_march(
    client: FlaskClient, routed: Stage, cast: Cast, session: Session, now: datetime
) -> None:
    second = make_stage(session, cast.march, number=2)
    there_again = route_file(("Ford", 1.0))
    save_route(session, stage=second, content=there_again, by=None, now=now)
    session.commit()
    assert "Map of the whole march" not in text_of(client, "/marches/victory?lang=en")
    onward = there_again.replace(b'lon="30.5', b'lon="30.6')  # begins where the first stage ends
    save_route(session, stage=second, content=onward, by=None, now=now)
    session.commit()
    assert "Map of the whole march" in text_of(client, "/marches/victory?lang=en")


def test_a_march_without_stages_or_route_says_what_will_be_here(
    client: FlaskClient, cast: Cast, session: Session
) -> None:
    assert "No planned route yet" in text_of(client, "/marches/victory?lang=en")
    assert "No stages yet" in text_of(client, "/marches/elsewhere?lang=en")


def test_a_demo_says_that_it_is_one(client: FlaskClient, cast: Cast, session: Session) -> None:
    assert "demo of a past event" not in text_of(client, "/marches/victory?lang=en")
    cast.march.is_demo = True
    session.commit()
    assert "demo of a past event" in text_of(client, "/marches/victory?lang=en")
    assert "demo of a past event" in text_of(client, "/marches/victory/stages/1?lang=en").lower()


def test_a_border_crossing_is_said_in_words(client: FlaskClient, cast: Cast, session: Session) -> None:
    cast.stage.crosses_border = True
    cast.stage.crossing_point = {"en": "Marker 204"}
    cast.stage.crossing_legal_basis = {"en": "Agreement of 1 June 2014"}
    session.commit()
    for address in ("/marches/victory", "/marches/victory/stages/1"):
        page = text_of(client, f"{address}?lang=en")
        assert "This stage crosses a border: Marker 204." in page
        assert "Legal basis: Agreement of 1 June 2014" in page


@pytest.mark.parametrize(
    ("opens", "closes", "words"),
    [
        (1, 2, "Sign-up opens on"),
        (-1, 1, "Sign-up is open until"),
        (-2, -1, "Sign-up closed on"),
    ],
)
def test_sign_up_is_offered_while_it_is_open(
    client: FlaskClient, cast: Cast, session: Session, opens: int, closes: int, words: str
) -> None:
    today = datetime.now(UTC)
    cast.march.signup_opens_at = today + timedelta(days=opens)
    cast.march.signup_closes_at = today + timedelta(days=closes)
    session.commit()
    page = text_of(client, "/marches/victory?lang=en")
    assert words in page
    assert ("/marches/victory/sign-up" in page) == (words == "Sign-up is open until")


def test_places_left_are_shown_if_the_march_says_so(
    client: FlaskClient, cast: Cast, session: Session
) -> None:
    assert "49 of 50 places left" in text_of(client, "/marches/victory?lang=en")
    cast.march.shows_places = False
    session.commit()
    assert "places left" not in text_of(client, "/marches/victory?lang=en")


def test_a_category_without_places_is_not_listed(client: FlaskClient, cast: Cast, session: Session) -> None:
    quota_of(cast.march, Category.BORDER_GUARD).capacity = 0
    quota_of(cast.march, Category.SCHOOLCHILD).capacity = 1
    session.commit()
    page = text_of(client, "/marches/victory?lang=en")
    assert "Border guards" not in page
    assert "Officials" in page
    assert "Full: all places are taken" in page


def test_the_planned_route_can_be_downloaded(client: FlaskClient, routed: Stage) -> None:
    answer = client.get("/marches/victory/stages/1/route.gpx")
    assert answer.mimetype == "application/gpx+xml"
    assert "filename=victory-stage-1.gpx" in answer.headers["Content-Disposition"]
    assert [place.name for place in read_route(answer.data).waypoints] == ["Ford"]


def test_a_stage_without_a_route_has_nothing_to_download(client: FlaskClient, cast: Cast) -> None:
    assert client.get("/marches/victory/stages/1/route.gpx").status_code == 404
    assert client.get("/marches/victory/stages/9").status_code == 404


def test_results_are_public_only_if_the_march_says_so(
    client: FlaskClient, routed: Stage, cast: Cast, session: Session, now: datetime
) -> None:
    track = make_result(session, cast.group, now)
    session.commit()
    assert "How the groups walked" not in text_of(client, "/marches/victory/stages/1?lang=en")
    cast.march.shows_comparisons = True
    session.commit()
    page = text_of(client, "/marches/victory/stages/1?lang=en")
    assert f"/tracks/{track.id}" in page
    assert "16.2\u202fkm of 17.0\u202fkm" in page
    assert "24\u202fmin late" in page
    assert "No recording yet" in page


def test_coordinators_see_results_that_are_not_public(
    sign_in: SignIn, cast: Cast, session: Session, now: datetime
) -> None:
    make_result(session, cast.group, now)
    session.commit()
    address = "/marches/victory/stages/1?lang=en"
    assert "How the groups walked" in text_of(sign_in(cast.coordinator), address)
    assert "How the groups walked" not in text_of(sign_in(cast.guide), address)


def grow(session: Session, march: March, now: datetime) -> None:
    """Add stages with routes, and groups with results to the first."""
    for number in (2, 3, 4):
        stage = make_stage(session, march, number=number)
        save_route(session, stage=stage, content=route_file(("Ford", 1.0)), by=None, now=now)
    for _ in range(12):
        group = make_group(session, march.stages[0], make_account(session, "Some Guide", march))
        make_result(session, group, now)
    session.commit()


@pytest.mark.parametrize("address", ["/marches/victory", "/marches/victory/stages/1"])
def test_pages_ask_the_database_as_often_for_many_rows(
    client: FlaskClient, routed: Stage, cast: Cast, session: Session, now: datetime, address: str
) -> None:
    cast.march.shows_comparisons = True
    make_result(session, cast.group, now)
    make_stage(session, cast.march, number=5)
    session.commit()
    few = queries_of(client, address)
    grow(session, cast.march, now)
    assert queries_of(client, address) == few


def test_the_list_of_marches_asks_the_database_once(
    client: FlaskClient, cast: Cast, session: Session
) -> None:
    few = queries_of(client, "/")
    for year in range(2015, 2020):
        make_march(session, starts_on=date(year, 9, 1), ends_on=date(year, 9, 3))
    session.commit()
    assert queries_of(client, "/") == few
