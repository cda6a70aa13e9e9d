"""Nobody opens what is not theirs."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security import login_user
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden

from marchapp import access
from marchapp.models import Account, Role
from tests.factories import DAY, Cast, make_account, make_participant, make_stage


def test_a_stranger_is_asked_to_sign_in(cast: Cast, client: FlaskClient) -> None:
    answer = client.get("/marches/victory/team")
    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in?next=")


def test_a_coordinator_of_another_march_is_refused(cast: Cast, sign_in) -> None:
    assert sign_in(cast.other_coordinator).get("/marches/victory/team").status_code == 403


class Days:
    """Days around the stage, which is walked on 18 September from six to noon in Norway."""

    BEFORE = datetime(2014, 9, 16, 21, 30, tzinfo=UTC)  # half past eleven at night, two days before
    OPENS = datetime(2014, 9, 16, 22, 30, tzinfo=UTC)  # half past midnight, one day before
    SAME = datetime(2014, 9, 18, 12, 0, tzinfo=UTC)
    LAST = datetime(2014, 9, 19, 21, 30, tzinfo=UTC)
    AFTER = datetime(2014, 9, 19, 22, 30, tzinfo=UTC)


@pytest.fixture
def one_day_around(
    session: Session, cast: Cast, long_days_of_guides: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marchapp.models.march.GUIDES_SEE", timedelta(days=1))
    cast.stage.day = DAY
    session.commit()


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        (Days.BEFORE, False),
        (Days.OPENS, True),
        (Days.SAME, True),
        (Days.LAST, True),
        (Days.AFTER, False),
    ],
)
def test_a_group_opens_to_its_guides_from_the_day_before_to_the_day_after(
    cast: Cast, one_day_around: None, now: datetime, is_open: bool
) -> None:
    assert cast.stage.is_open_to_guides(now) == is_open


def test_a_stage_that_ends_after_midnight_stays_open_a_day_longer(cast: Cast, one_day_around: None) -> None:
    cast.stage.finishes_at = datetime(2014, 9, 18, 23, 30, tzinfo=UTC)
    assert cast.stage.is_open_to_guides(Days.AFTER)
    assert cast.stage.is_open_to_medics(datetime(2014, 9, 18, 23, 0, tzinfo=UTC))


def test_the_groups_of_a_demo_never_close(cast: Cast, one_day_around: None) -> None:
    cast.march.is_demo = True
    assert cast.stage.is_open_to_guides(Days.AFTER)
    assert cast.stage.is_open_to_medics(Days.AFTER)


def test_on_other_days_a_guide_sees_the_own_group_without_its_people(
    session: Session, cast: Cast, one_day_around: None, sign_in
) -> None:
    client, name = sign_in(cast.guide), cast.walker.family_name
    page = client.get(f"/groups/{cast.group.id}").text
    assert name not in page
    assert "You see the people of your group from 17 September 2014 to 19 September 2014." in page
    for address in ("roll-call/start", "roll-call/start/state", "print"):
        answer = client.get(f"/groups/{cast.group.id}/{address}")
        assert answer.status_code == 403
        assert name not in answer.text
        assert "from 17 September 2014 to 19 September 2014" in answer.text
    assert client.get(f"/groups/{cast.group.id}/recording").status_code == 200
    coordinator = sign_in(cast.coordinator)
    assert name in coordinator.get(f"/groups/{cast.group.id}").text


def test_on_its_days_a_guide_sees_who_walks_in_the_own_group(
    session: Session, cast: Cast, one_day_around: None, sign_in
) -> None:
    today = datetime.now(UTC)
    cast.stage.day = cast.march.day_of(today)
    cast.stage.starts_at, cast.stage.finishes_at = today, today + timedelta(hours=1)
    session.commit()
    assert cast.walker.family_name in sign_in(cast.guide).get(f"/groups/{cast.group.id}").text
    assert sign_in(cast.guide).get(f"/groups/{cast.group.id}/roll-call/start").status_code == 200
    assert sign_in(cast.other_guide).get(f"/groups/{cast.group.id}").status_code == 403


@pytest.fixture
def medic(session: Session, cast: Cast) -> Account:
    medic = make_account(session, "Mia Medic", cast.march, Role.MEDIC)
    session.commit()
    return medic


@pytest.fixture
def observer(session: Session, cast: Cast) -> Account:
    observer = make_account(session, "Odd Observer", cast.march, Role.OBSERVER)
    session.commit()
    return observer


def asked_by(app: Flask, account: Account, ask: Callable[[], Any]) -> Any:
    """Call a function of access.py as part of a request of somebody."""
    with app.test_request_context():
        login_user(account)
        return ask()


def test_a_medic_opens_those_who_walk_today(
    app: Flask, session: Session, cast: Cast, medic: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_day = make_stage(session, cast.march, number=2)
    tomorrow = make_participant(session, cast.march, other_day)
    cancelled = make_participant(session, cast.march, cast.stage, cancelled_at=Days.SAME)
    today = datetime.now(UTC)
    cast.stage.day = cast.march.day_of(today)
    cast.stage.starts_at, cast.stage.finishes_at = today, today + timedelta(seconds=1)
    session.commit()
    ids = [cast.walker.id, tomorrow.id, cancelled.id]
    assert asked_by(app, medic, lambda: access.participant_for_medic(ids[0])).id == ids[0]
    assert asked_by(app, medic, lambda: access.stage_for_medic("victory", 1)).number == 1
    for refused in (tomorrow, cancelled):
        with pytest.raises(Forbidden):
            asked_by(app, medic, partial(access.participant_for_medic, refused.id))
    with pytest.raises(Forbidden):
        asked_by(app, medic, lambda: access.stage_for_medic("victory", 2))
    with pytest.raises(Forbidden):
        asked_by(app, cast.guide, lambda: access.participant_for_medic(ids[0]))


def test_an_observer_sees_numbers_and_no_names(
    session: Session, cast: Cast, observer: Account, sign_in
) -> None:
    client = sign_in(observer)
    assert client.get("/start").location == "/marches/victory/overview"
    for address in ("overview", "participants/statistics", "groups/rules"):
        page = client.get(f"/marches/victory/{address}")
        assert page.status_code == 200
        for somebody in (cast.walker.family_name, cast.guide.name, cast.coordinator.name):
            assert somebody not in page.text


def test_an_observer_is_led_only_to_what_is_open_to_observers(
    session: Session, cast: Cast, observer: Account, sign_in
) -> None:
    client = sign_in(observer)
    pages = [
        client.get(f"/marches/victory/{address}").text
        for address in ("overview", "participants/statistics", "groups/rules")
    ]
    links = {link for page in pages for link in re.findall(r'href="(/[^"#]*)"', page)} - {"/"}
    assert links
    refused = [link for link in links if client.get(link, follow_redirects=True).status_code != 200]
    assert refused == []


@pytest.mark.parametrize(
    "address",
    ["participants", "participants.csv", "team", "letters", "settings", "stages/1/groups", "consents"],
)
def test_observers_and_medics_open_no_page_of_coordinators(
    cast: Cast, observer: Account, medic: Account, sign_in, address: str
) -> None:
    for account in (observer, medic):
        assert sign_in(account).get(f"/marches/victory/{address}").status_code == 403


def test_numbers_are_for_observers_of_the_same_march(
    cast: Cast, observer: Account, medic: Account, sign_in
) -> None:
    assert sign_in(observer).get("/marches/elsewhere/overview").status_code == 403
    for account in (medic, cast.guide, cast.other_coordinator):
        assert sign_in(account).get("/marches/victory/overview").status_code == 403
