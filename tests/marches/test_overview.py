"""The coordinator's overview counts right, and as cheaply for many as for few."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marchapp.marches.overview import Attention, GroupCounts, Need, TrackCounts, overview
from marchapp.marches.routes import save_route
from marchapp.marches.services import plan_timetable
from marchapp.models import Category, Message, Quota, Standing
from tests.factories import Cast, make_account, make_group, make_march, make_participant, make_stage
from tests.marches.gpx_files import route_file
from tests.marches.test_pages import make_result
from tests.queries import queries_of

SignIn = Callable[..., FlaskClient]


def needs(session: Session, cast: Cast, now: datetime) -> dict[Need, int]:
    return {one.need: one.count for one in overview(session, cast.march, now).attention}


def test_walkers_and_groups_are_counted(session: Session, cast: Cast, now: datetime) -> None:
    make_participant(session, cast.march, cast.stage)
    make_participant(session, cast.march, cast.stage, group=cast.group, cancelled_at=now)
    make_participant(session, cast.march)
    (counts,) = overview(session, cast.march, now).stages
    assert (counts.walkers, counts.not_in_a_group) == (2, 1)
    assert counts.groups == GroupCounts(groups=2, people=1)


def test_results_are_counted(session: Session, cast: Cast, now: datetime) -> None:
    make_result(session, cast.group, now, finish_late_s=30.0, off_route_count=0)
    make_result(session, cast.other_group, now, finish_late_s=600.0, off_route_count=3)
    (counts,) = overview(session, cast.march, now).stages
    assert counts.tracks == TrackCounts(recordings=2, late=1, left_route=1, kept=1, left=1)


def test_what_is_missing_needs_attention(session: Session, cast: Cast, now: datetime) -> None:
    make_participant(session, cast.march, cast.stage)
    make_group(session, cast.stage, min_size=1, max_size=2)
    cast.march.is_public = False
    session.commit()
    assert needs(session, cast, now) == {
        Need.NOT_PUBLIC: 0,
        Need.NO_ROUTE: 0,
        Need.NOT_IN_A_GROUP: 1,
    }


def test_groups_are_asked_for_recordings_after_the_finish(
    session: Session, cast: Cast, now: datetime
) -> None:
    make_result(session, cast.group, now)
    assert Need.NO_RECORDING not in needs(session, cast, cast.stage.finishes_at)
    assert needs(session, cast, cast.stage.finishes_at + timedelta(minutes=1))[Need.NO_RECORDING] == 1


def test_checkpoints_without_or_out_of_time_need_attention(
    session: Session, cast: Cast, now: datetime
) -> None:
    stage = cast.stage
    save_route(session, stage=stage, content=route_file(("Ford", 1.0), ("Hut", 2.0)), by=None, now=now)
    plan_timetable(session, stage, clocks={stage.checkpoints[0].id: time(13)}, by=None, now=now)
    assert needs(session, cast, now)[Need.NO_TIMES] == 1
    stage.finishes_at = datetime(2014, 9, 18, 10, 0, tzinfo=UTC)
    assert Need.TIMES_OUT_OF_ORDER in needs(session, cast, now)


def test_an_empty_march_is_told_what_to_begin_with(session: Session, now: datetime) -> None:
    march = make_march(session, capacity=0)
    assert overview(session, march, now).attention == (Attention(Need.NO_STAGES), Attention(Need.NO_PLACES))


def test_letters_that_failed_need_attention(session: Session, cast: Cast, now: datetime) -> None:
    for error in ("refused", ""):
        session.add(
            Message(
                march_id=cast.march.id,
                kind="confirmation",
                recipient="kari@example.org",
                language="nb",
                subject="",
                text="",
                html="",
                created_at=now,
                next_attempt_at=now,
                last_error=error,
            )
        )
    session.flush()
    assert needs(session, cast, now)[Need.LETTERS_FAILED] == 1


def test_the_page_names_what_to_do_and_where(sign_in: SignIn, cast: Cast, session: Session) -> None:
    make_participant(session, cast.march, cast.stage)
    session.commit()
    page = sign_in(cast.coordinator).get("/marches/victory/overview?lang=en").get_data(as_text=True)
    assert "1 walker is in no group." in page
    assert "/marches/victory/stages/1/groups" in page
    assert "It has no planned route." in page
    assert "2 of 50 signed up" in page


def test_nothing_to_do_is_said_too(sign_in: SignIn, cast: Cast, session: Session, now: datetime) -> None:
    save_route(session, stage=cast.stage, content=route_file(("Ford", 1.0)), by=None, now=now)
    clocks = {cast.stage.checkpoints[0].id: time(9)}
    plan_timetable(session, cast.stage, clocks=clocks, by=None, now=now)
    make_participant(session, cast.march, cast.stage, group=cast.other_group)
    for group in (cast.group, cast.other_group):
        make_result(session, group, now)
    session.commit()
    page = sign_in(cast.coordinator).get("/marches/victory/overview?lang=en").get_data(as_text=True)
    assert "Nothing needs attention now." in page


def test_the_overview_asks_the_database_as_often_for_many_rows(
    sign_in: SignIn, cast: Cast, session: Session, now: datetime
) -> None:
    client, address = sign_in(cast.coordinator), "/marches/victory/overview"
    few = queries_of(client, address)
    for number in (2, 3):
        stage = make_stage(session, cast.march, number=number)
        save_route(session, stage=stage, content=route_file(("Ford", 1.0)), by=None, now=now)
        for _ in range(8):
            group = make_group(session, stage, make_account(session, "Some Guide", cast.march))
            make_participant(session, cast.march, stage, group=group)
            make_result(session, group, now)
    session.commit()
    assert queries_of(client, address) == few


@pytest.mark.parametrize("category", list(Category))
def test_places_are_listed_in_the_order_of_categories(
    session: Session, cast: Cast, now: datetime, category: Category
) -> None:
    quotas: tuple[Quota, ...] = overview(session, cast.march, now).quotas
    assert quotas[list(Category).index(category)].category == category


def test_consents_that_are_missing_or_withdrawn_need_attention(
    session: Session, cast: Cast, now: datetime
) -> None:
    make_participant(session, cast.march, may_take_part=False)
    make_participant(session, cast.march, may_take_part=False, left_groups_at=now)
    make_participant(session, cast.march, may_take_part=False, cancelled_at=now)
    found = needs(session, cast, now)
    assert (found[Need.CONSENTS_MISSING], found[Need.CONSENT_WITHDRAWN]) == (2, 1)


def test_the_overview_leads_to_whose_consent_is_missing(
    session: Session, cast: Cast, sign_in: SignIn
) -> None:
    make_participant(session, cast.march, may_take_part=False, left_groups_at=datetime.now(UTC))
    session.commit()
    page = sign_in(cast.coordinator).get("/marches/victory/overview").text
    assert "/marches/victory/consents?show=left" in page
    assert 'href="/marches/victory/consents"' in page


def test_who_waits_in_line_is_counted_by_category_and_leads_to_the_list(
    sign_in: SignIn, cast: Cast, session: Session, now: datetime
) -> None:
    line = {"standing": Standing.WAITING, "waiting_since": now}
    for category in (Category.OFFICIAL, Category.SCHOOLCHILD, Category.OFFICIAL):
        make_participant(session, cast.march, cast.stage, category=category, **line)
    session.commit()
    counted = overview(session, cast.march, now).waiting
    assert list(counted.items()) == [(Category.SCHOOLCHILD, 1), (Category.OFFICIAL, 2)]
    client = sign_in(cast.coordinator)
    page = client.get("/marches/victory/overview?lang=en").text
    address = "/marches/victory/participants?standing=waiting&amp;category=official"
    assert address in page
    assert "2 people wait" in page
    listed = client.get(address.replace("&amp;", "&")).text
    assert listed.count('<a href="/participants/') == 2


def test_who_asked_to_be_erased_needs_attention(session: Session, cast: Cast, now: datetime) -> None:
    cast.walker.erasure_asked_at = now
    assert needs(session, cast, now)[Need.ERASURE_ASKED] == 1
