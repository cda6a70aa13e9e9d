"""What coordinators decide through their pages, and who may not."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.config import MEBIBYTE
from marchapp.marches.routes import save_route
from marchapp.models import AuditEvent, Category, March, Participant, QuotaKind, RouteDraft, Stage, Standing
from tests.factories import Cast, make_participant, quota_of
from tests.marches.gpx_files import route_file

SignIn = Callable[..., FlaskClient]
PAGES = ("overview", "settings", "stages/new", "stages/1/edit", "stages/1/timetable", "stages/1/route")
ROUTE = "/marches/victory/stages/1/route"


def settings_form(**given: str) -> dict[str, str]:
    return {
        "name-en": "Victory march",
        "name-nb": "",
        "name-ru": "",
        "summary-en": "",
        "summary-nb": "",
        "summary-ru": "Три дня пешком.",
        "starts_on": "2014-09-17",
        "ends_on": "19.09.2014",
        "time_zone": "Europe/Oslo",
        "contact_email": "march@example.org",
        "is_public": "y",
        "signup_opens_at": "2014-01-01T00:00",
        "signup_closes_at": "2014-09-01T12:00",
        "places-march": "",
        "places-schoolchild": "60",
        "places-official": "30",
        "places-border_guard": "20",
        "places-walker": "0",
        "places-stage_1": "",
        "children_per_adult": "",
        "adult_age": "18",
        "assent_age": "12",
        "days_for_consent": "14",
        "notarised_countries": "RU",
    } | given


def stage_form(**given: str) -> dict[str, str]:
    return {
        "day": "2014-09-19",
        "name-en": "Lake camp – Tårnet",
        "start_name-en": "Lake camp",
        "finish_name-nb": "Tårnet",
        "finish_name-en": "",
        "starts": "08:30",
        "finishes": "1530",
    } | given


def file_form(content: bytes) -> dict[str, Any]:
    return {"file": (BytesIO(content), "route.gpx")}


@pytest.fixture
def coordinator(sign_in: SignIn, cast: Cast) -> FlaskClient:
    client = sign_in(cast.coordinator)
    client.set_cookie("language", "en")
    return client


@pytest.mark.parametrize("page", PAGES)
def test_only_coordinators_of_the_march_may_decide(
    client: FlaskClient, sign_in: SignIn, cast: Cast, page: str
) -> None:
    address = f"/marches/victory/{page}"
    assert client.get(address).location.startswith("/sign-in")
    for account in (cast.guide, cast.other_coordinator):
        assert sign_in(account).get(address).status_code == 403
        assert sign_in(account).post(address).status_code in (403, 405)
    assert sign_in(cast.coordinator).get(address).status_code == 200


@pytest.mark.parametrize("page", ["stages/7/edit", "stages/7/timetable", "stages/7/route"])
def test_a_stage_that_is_not_there_is_not_found(coordinator: FlaskClient, page: str) -> None:
    assert coordinator.get(f"/marches/victory/{page}").status_code == 404


def test_settings_are_saved_in_the_march_zone(coordinator: FlaskClient, cast: Cast, session: Session) -> None:
    answer = coordinator.post("/marches/victory/settings", data=settings_form())
    session.expire_all()
    assert answer.location == "/marches/victory/overview"
    assert cast.march.name == {"en": "Victory march"}
    assert cast.march.summary == {"ru": "Три дня пешком."}
    assert cast.march.signup_closes_at.isoformat() == "2014-09-01T10:00:00+00:00"
    assert not cast.march.shows_places
    assert quota_of(cast.march, Category.OFFICIAL).capacity == 30
    assert session.scalars(select(AuditEvent.action)).all() == ["march.changed"]


def test_places_are_set_for_the_march_its_stages_and_children(
    coordinator: FlaskClient, cast: Cast, session: Session
) -> None:
    limits = {"places-march": "80", "places-stage_1": "70", "children_per_adult": "8"}
    coordinator.post("/marches/victory/settings", data=settings_form(**limits))
    session.expire_all()
    assert quota_of(cast.march, QuotaKind.MARCH).capacity == 80
    assert quota_of(cast.march, cast.stage).capacity == 70
    assert cast.march.children_per_adult == 8
    assert quota_of(cast.march, QuotaKind.CHILDREN).left == 0  # the child who is there has no adult beside

    coordinator.post("/marches/victory/settings", data=settings_form())
    session.expire_all()
    limitless = (QuotaKind.MARCH, QuotaKind.CHILDREN, cast.stage)
    assert [quota_of(cast.march, which).capacity for which in limitless] == [None, None, None]


def test_who_waits_gets_the_places_that_are_added(
    coordinator: FlaskClient, cast: Cast, session: Session, now: datetime
) -> None:
    quota_of(cast.march, Category.SCHOOLCHILD).capacity = 1
    in_line = {"standing": Standing.WAITING, "waiting_since": now}
    first, second = (make_participant(session, cast.march, cast.stage, **in_line) for _ in range(2))
    session.commit()

    coordinator.post("/marches/victory/settings", data=settings_form(**{"places-schoolchild": "2"}))

    session.expire_all()
    assert (first.standing, second.standing) == (Standing.PLACED, Standing.WAITING)
    assert quota_of(cast.march, Category.SCHOOLCHILD).taken == 2


def test_children_are_counted_anew_when_the_march_moves(
    coordinator: FlaskClient, cast: Cast, session: Session
) -> None:
    birthday = cast.march.starts_on.replace(year=1996) + timedelta(days=1)
    almost_grown: Participant = make_participant(session, cast.march, cast.stage, birth_date=birthday)
    session.commit()
    assert cast.march.is_minor(almost_grown.birth_date)
    assert quota_of(cast.march, QuotaKind.CHILDREN).taken == 2

    moved = {"starts_on": "2014-09-18", "ends_on": "2014-09-20"}
    coordinator.post("/marches/victory/settings", data=settings_form(**moved))

    session.expire_all()
    assert quota_of(cast.march, QuotaKind.CHILDREN).taken == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name-en": ""}, "Fill this in, in one language at least."),
        ({"ends_on": "2014-09-16"}, "The last day is before the first."),
        ({"starts_on": "yesterday"}, "This is no date we can read."),
        ({"starts_on": "2014-09-18"}, "Stage 1 is on 17 September. Move the stage first."),
        ({"ends_on": "2014-09-17", "starts_on": "2014-09-01"}, ""),
        ({"signup_closes_at": "2013-01-01T00:00"}, "Sign-up closes before it opens."),
        ({"contact_email": "nobody"}, "This is no e-mail address."),
        ({"places-schoolchild": "0"}, "1 place is taken already. Write that number or more."),
        ({"places-official": "many"}, "Write a whole number from 0 to 100,000."),
        ({"places-official": "-3"}, "Write a whole number from 0 to 100,000."),
        ({"places-official": ""}, "Write a whole number from 0 to 100,000."),
        ({"places-march": "0"}, "1 place is taken already. Write that number or more."),
        ({"places-march": "some"}, "Write a whole number from 0 to 100,000."),
        ({"places-stage_1": "0"}, "1 place is taken already. Write that number or more."),
        ({"children_per_adult": "0"}, "Write a whole number from 1 to 100."),
        ({"adult_age": "12"}, "Write a whole number from 15 to 25."),
        ({"assent_age": "twelve"}, "Write a whole number from 5 to 18."),
        ({"days_for_consent": ""}, "Write a whole number from 1 to 120."),
        ({"notarised_countries": "RU, Norway"}, "NORWAY is no country."),
        ({"notarised_countries": "XQ"}, "XQ is no country."),
        ({"children_per_adult": "eight"}, "Write a whole number from 1 to 100."),
        ({"time_zone": "Navajo"}, "Not a valid choice"),
    ],
)
def test_settings_that_do_not_hold_together_are_explained(
    coordinator: FlaskClient, cast: Cast, session: Session, wrong: dict[str, str], words: str
) -> None:
    answer = coordinator.post("/marches/victory/settings", data=settings_form(contact_email="c@d.no") | wrong)
    session.expire_all()
    if not words:
        assert answer.status_code == 302
        return
    page = answer.get_data(as_text=True)
    assert words in page
    assert "Три дня пешком." in page  # what was typed is kept
    assert cast.march.name["en"] == "March victory"
    assert session.scalar(select(AuditEvent)) is None


def test_a_stage_is_added_and_its_route_asked_for(
    coordinator: FlaskClient, cast: Cast, session: Session
) -> None:
    answer = coordinator.post("/marches/victory/stages/new", data=stage_form())
    stage = session.scalar(select(Stage).where(Stage.march_id == cast.march.id, Stage.number == 2))
    assert answer.location == "/marches/victory/stages/2/route"
    assert stage.starts_at.isoformat() == "2014-09-19T06:30:00+00:00"
    assert stage.finishes_at.isoformat() == "2014-09-19T13:30:00+00:00"
    assert stage.finish_name == {"nb": "Tårnet"}


def test_a_stage_is_changed(coordinator: FlaskClient, cast: Cast, session: Session) -> None:
    crossing = {
        "crosses_border": "y",
        "crossing_point-nb": "Grensemerke 204",
        "crossing_legal_basis-nb": "Avtale",
    }
    answer = coordinator.post("/marches/victory/stages/1/edit", data=stage_form(**crossing))
    session.expire_all()
    assert answer.location == "/marches/victory/stages/1"
    assert cast.stage.crosses_border
    assert cast.stage.crossing_point == {"nb": "Grensemerke 204"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"day": "2014-09-25"}, "The march lasts from 17 September to 19 September."),
        ({"finishes": "08:30"}, "There is no time between start and finish."),
        ({"starts": "half past eight"}, "This is no time we can read. Write it as 08:30."),
        ({"starts": ""}, "Write the time as 08:30."),
        ({"start_name-en": ""}, "Fill this in, in one language at least."),
        (
            {"crosses_border": "y", "crossing_legal_basis-en": "A"},
            "Write where the stage crosses the border.",
        ),
        ({"crosses_border": "y", "crossing_point-en": "Marker"}, "Write what allows the crossing there"),
        ({"crossing_point-ru": "x" * 300}, "This is too long"),
    ],
)
@pytest.mark.parametrize("page", ["new", "1/edit"])
def test_a_stage_that_does_not_hold_together_is_explained(
    coordinator: FlaskClient, cast: Cast, session: Session, page: str, wrong: dict[str, str], words: str
) -> None:
    answer = coordinator.post(f"/marches/victory/stages/{page}", data=stage_form() | wrong)
    assert words in answer.get_data(as_text=True)
    session.expire_all()
    assert cast.stage.name == {"en": "Stage 1"}
    assert len(cast.march.stages) == 1


def test_a_stage_may_finish_on_the_next_day(coordinator: FlaskClient, cast: Cast, session: Session) -> None:
    night = stage_form(starts="22:00", finishes="02:00")
    coordinator.post("/marches/victory/stages/1/edit", data=night)
    session.expire_all()
    assert cast.stage.starts_at.isoformat() == "2014-09-19T20:00:00+00:00"
    assert cast.stage.finishes_at.isoformat() == "2014-09-20T00:00:00+00:00"
    for page in ("stages/1", "stages/1/timetable"):
        assert "Finish, next day" in coordinator.get(f"/marches/victory/{page}").text
    assert "Next day: 20 September 2014." in coordinator.get("/marches/victory/stages/1/edit").text


def test_wrong_answers_are_summed_up_in_the_order_of_the_page(coordinator: FlaskClient, cast: Cast) -> None:
    page = coordinator.post("/marches/victory/stages/new", data={"crosses_border": "y"}).text
    named = re.findall(r'<li><a href="#([\w-]+)">([^<]+)</a>', page)
    assert [target for target, _words in named] == sorted(
        (target for target, _words in named), key=lambda target: page.index(f'id="{target}"')
    )
    assert ("name-en", "Name of the stage, English: Fill this in, in one language at least.") in named
    assert len(named) == 8


def test_every_page_of_a_stage_names_the_zone_alike(coordinator: FlaskClient, cast: Cast) -> None:
    for page in ("stages/1", "stages/1/timetable", "stages/1/edit", "stages/new"):
        answer = coordinator.get(f"/marches/victory/{page}").text
        assert "All times: Central European Summer Time" in answer


def test_time_zones_are_those_of_places(coordinator: FlaskClient, cast: Cast, session: Session) -> None:
    def offered() -> list[str]:
        page = coordinator.get("/marches/victory/settings").text
        names = re.search(r'id="time_zone".*?</select>', page, re.DOTALL)
        return re.findall(r'value="([^"]+)"', names[0]) if names else []

    assert {"Europe/Oslo", "America/Argentina/Ushuaia", "UTC"} <= set(offered())
    assert not {"Factory", "localtime", "GMT0", "Navajo", "Etc/GMT", "US/Pacific", "EST"} & set(offered())
    cast.march.time_zone = "US/Pacific"
    session.commit()
    assert "US/Pacific" in offered()


def test_a_march_that_moves_says_that_its_stages_moved(
    coordinator: FlaskClient, cast: Cast, session: Session
) -> None:
    moved = settings_form(starts_on="2014-09-18", ends_on="2014-09-20", **{"places-schoolchild": "50"})
    answer = coordinator.post("/marches/victory/settings", data=moved, follow_redirects=True)
    session.expire_all()
    assert "All stages moved with the march, by 1 day." in answer.text
    assert cast.stage.day.isoformat() == "2014-09-18"


@pytest.fixture
def ford(session: Session, cast: Cast, now: Any) -> str:
    """The name of the field for the time at the only checkpoint on the way."""
    save_route(session, stage=cast.stage, content=route_file(("Ford", 1.0)), by=None, now=now)
    session.commit()
    return f"checkpoint_{cast.stage.checkpoints[0].id}"


@pytest.mark.parametrize("typed", ["09:30", "9.30", "0930", "930"])
def test_a_timetable_is_saved_in_the_march_zone(
    coordinator: FlaskClient, cast: Cast, session: Session, ford: str, typed: str
) -> None:
    answer = coordinator.post("/marches/victory/stages/1/timetable", data={ford: typed})
    session.expire_all()
    assert answer.location == "/marches/victory/stages/1"
    assert cast.stage.checkpoints[0].planned_at.isoformat() == "2014-09-18T07:30:00+00:00"
    assert 'value="09:30"' in coordinator.get("/marches/victory/stages/1/timetable").get_data(as_text=True)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("23:00", "This is not between what comes before it and the finish."),
        ("soon", "This is no time we can read"),
    ],
)
def test_a_time_that_cannot_be_is_explained(
    coordinator: FlaskClient, cast: Cast, session: Session, ford: str, typed: str, words: str
) -> None:
    page = coordinator.post("/marches/victory/stages/1/timetable", data={ford: typed})
    assert words in page.get_data(as_text=True)
    assert f'value="{typed}"' in page.get_data(as_text=True)
    session.expire_all()
    assert cast.stage.checkpoints[0].planned_at is None


def test_every_time_that_does_not_fit_is_reported(
    coordinator: FlaskClient, cast: Cast, session: Session, now: Any
) -> None:
    content = route_file(("Ford", 1.0), ("Hut", 3.0))
    save_route(session, stage=cast.stage, content=content, by=None, now=now)
    session.commit()
    typed = {f"checkpoint_{place.id}": "23:00" for place in cast.stage.checkpoints}
    page = coordinator.post("/marches/victory/stages/1/timetable", data=typed).text
    for name in ("Ford", "Hut"):
        assert f"{name}: This is not between what comes before it and the finish." in page


def test_a_timetable_without_checkpoints_says_how_to_get_them(coordinator: FlaskClient) -> None:
    page = coordinator.get("/marches/victory/stages/1/timetable").get_data(as_text=True)
    assert "No checkpoints between start and finish" in page


def test_a_route_is_looked_at_before_it_is_saved(
    coordinator: FlaskClient, cast: Cast, session: Session
) -> None:
    sent = coordinator.post(ROUTE, data=file_form(route_file(("Ford", 1.0), ("Far", 9.0))))
    preview = coordinator.get(sent.location).get_data(as_text=True)
    session.expire_all()
    assert all(words in preview for words in ("4.0\u202fkm", "60\u202fm", "1. Ford", "1.0\u202fkm"))
    assert "1 waypoint is too far from the route" in preview
    assert (cast.stage.route, cast.stage.checkpoints) == (None, [])
    digest = session.scalars(select(RouteDraft.sha256)).one()
    saved = coordinator.post(ROUTE, data={"sha256": digest})
    session.expire_all()
    assert saved.location == "/marches/victory/stages/1/timetable"
    assert [place.name for place in cast.stage.checkpoints] == ["Ford"]
    assert session.scalar(select(RouteDraft)) is None


def test_a_file_is_saved_once_and_only_by_who_sent_it(
    coordinator: FlaskClient, sign_in: SignIn, cast: Cast, session: Session
) -> None:
    sent = coordinator.post(ROUTE, data=file_form(route_file()))
    assert coordinator.post(ROUTE, data={"sha256": "another"}).location == ROUTE
    digest = session.scalars(select(RouteDraft.sha256)).one()
    coordinator.post(ROUTE, data={"sha256": digest})
    assert coordinator.post(ROUTE, data={"sha256": digest}).location == ROUTE
    assert coordinator.get(sent.location).location == ROUTE
    assert session.scalars(select(AuditEvent.action)).all() == ["route.saved"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"<html><body>Not found</body></html>", "This is not a GPX, FIT or TCX file."),
        (b"PK\x03\x04 a picture", "This is not a GPX, FIT or TCX file."),
        (route_file()[:-60], "The file breaks off at line 1."),
        (route_file().replace(b"<trkseg>", b"<trkseg><&>"), "The file is damaged at line 1."),
        (b'<!DOCTYPE gpx SYSTEM "x">' + route_file()[21:], "The file has a DOCTYPE"),
        (route_file(heights=()), "There is no route and no track in this file."),
        (route_file(heights=(1.0,)), "Of the 1 points in the file, 1 can be used"),
    ],
)
def test_a_file_of_no_use_is_explained_and_changes_nothing(
    coordinator: FlaskClient, cast: Cast, session: Session, content: bytes, words: str
) -> None:
    page = coordinator.post(ROUTE, data=file_form(content))
    assert page.status_code == 200
    assert words in page.get_data(as_text=True)
    assert session.scalar(select(RouteDraft)) is None
    assert session.scalar(select(AuditEvent)) is None


def test_no_file_at_all_is_explained(coordinator: FlaskClient, cast: Cast) -> None:
    assert "Choose a GPX file first." in coordinator.post(ROUTE, data={}).get_data(as_text=True)


def test_a_file_over_the_limit_is_explained(
    coordinator: FlaskClient, cast: Cast, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marchapp.marches.coordination._limit_mib", lambda: 1)
    content = route_file() + b" " * MEBIBYTE
    page = coordinator.post(ROUTE, data=file_form(content)).get_data(as_text=True)
    assert "The file is larger than 1 MiB." in page


def test_the_march_of_the_address_is_the_one_changed(
    coordinator: FlaskClient, cast: Cast, session: Session
) -> None:
    coordinator.post("/marches/elsewhere/settings", data=settings_form())
    assert session.get(March, cast.other_march.id).name["en"] == "March elsewhere"
