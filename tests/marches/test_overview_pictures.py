"""The pictures of the overview say in words and tables what they draw."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marchapp.charts import bars, parts
from marchapp.models import Category, PointKind, RollMark, RollPoint, RollStanding, RollState
from marchapp.models.signups import signups_by_day
from tests.factories import Cast, make_march, make_participant
from tests.marches.test_pages import make_result

SignIn = Callable[..., FlaskClient]


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2014, 7, 1, 21, 59, tzinfo=UTC), date(2014, 7, 1)),
        (datetime(2014, 7, 1, 22, 0, tzinfo=UTC), date(2014, 7, 2)),
        (datetime(2014, 2, 1, 22, 59, tzinfo=UTC), date(2014, 2, 1)),
        (datetime(2014, 2, 1, 23, 0, tzinfo=UTC), date(2014, 2, 2)),
        (datetime(2014, 3, 29, 23, 0, tzinfo=UTC), date(2014, 3, 30)),  # the night in which clocks change
        (datetime(2014, 3, 30, 22, 0, tzinfo=UTC), date(2014, 3, 31)),
    ],
)
def test_sign_ups_are_counted_by_the_day_of_the_marchs_clock(
    session: Session, moment: datetime, day: date
) -> None:
    march = make_march(session)
    make_participant(session, march, registered_at=moment, category=Category.WALKER)
    make_participant(session, march, registered_at=moment, cancelled_at=moment)
    assert signups_by_day(session, march) == {(day, Category.WALKER): 1}


def test_a_zone_without_whole_hours_has_its_own_midnight(session: Session) -> None:
    march = make_march(session, time_zone="Asia/Kathmandu")
    for minute in (14, 15):
        make_participant(session, march, registered_at=datetime(2014, 7, 1, 18, minute, tzinfo=UTC))
    assert {day for day, _category in signups_by_day(session, march)} == {date(2014, 7, 1), date(2014, 7, 2)}


def test_bars_and_parts_are_as_long_as_what_they_count() -> None:
    assert [bar.length for bar in bars([("a", 4), ("b", 1), ("c", 0)])] == [100, 25, 0]
    assert [bar.length for bar in bars([("a", 0)])] == [0]
    pieces = parts([("kept", 3, "three"), ("left", 0, "none"), ("partly", 1, "one")], 8)
    assert [(one.start, one.length, one.words) for one in pieces] == [(0, 37.5, "three"), (37.5, 12.5, "one")]
    assert parts([("kept", 0, "none")], 0) == []


def page_of(client: FlaskClient) -> str:
    page = unescape(client.get("/marches/victory/overview?lang=en").get_data(as_text=True))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def test_each_picture_has_its_sentence_and_a_table(
    session: Session, cast: Cast, sign_in: SignIn, now: datetime
) -> None:
    make_participant(session, cast.march, cast.stage, category=Category.OFFICIAL)
    make_result(session, cast.group, now, off_route_count=0)
    make_result(session, cast.other_group, now, off_route_count=3)
    session.commit()
    page = page_of(sign_in(cast.coordinator))
    for words in (
        "198 places of 200 are left.",
        "2 people since",
        "1 of 2 places on the stages have a group",
        "1 kept to the route 1 left it on the way",
        "2 recordings of 2 groups are here; 1 kept to the route all the way.",
    ):
        assert words in page
    assert page.count("The same as a table") == 4


def mark(session: Session, cast: Cast, point: str, state: RollState, now: datetime) -> None:
    common = {"stage_id": cast.stage.id, "point": point, "participant_id": cast.walker.id}
    common |= {"client_key": f"{point} {state}", "state": state, "marked_at": now}
    session.add(RollMark(**common, received_at=now))
    session.flush()
    session.add(RollStanding(**common))
    session.flush()


def test_roll_calls_say_who_started_and_finished(
    session: Session, cast: Cast, sign_in: SignIn, now: datetime
) -> None:
    for code, kind, position in (("start", PointKind.START, 0), ("finish", PointKind.FINISH, 9_999)):
        session.add(RollPoint(stage_id=cast.stage.id, code=code, kind=kind, position=position))
    session.flush()
    mark(session, cast, "start", RollState.PRESENT, now)
    session.commit()
    assert "0 of 1 who started have finished." in page_of(sign_in(cast.coordinator))
    mark(session, cast, "finish", RollState.PRESENT, now + timedelta(hours=5))
    session.commit()
    assert "1 of 1 who started have finished." in page_of(sign_in(cast.coordinator))


def test_whoever_is_missing_comes_first_until_seen(
    session: Session, cast: Cast, sign_in: SignIn, now: datetime
) -> None:
    points = (
        ("start", PointKind.START, 0),
        ("a1", PointKind.CHECKPOINT, 1),
        ("finish", PointKind.FINISH, 9_999),
    )
    for code, kind, position in points:
        session.add(RollPoint(stage_id=cast.stage.id, code=code, kind=kind, position=position))
    session.flush()
    mark(session, cast, "start", RollState.PRESENT, now)
    mark(session, cast, "a1", RollState.MISSING, now + timedelta(hours=2))
    session.commit()
    client = sign_in(cast.coordinator)
    words = "Needs attention Stage 1. 1 person is missing and was not seen since."
    assert words in page_of(client)
    assert '/marches/victory/stages/1/roll-calls"' in client.get("/marches/victory/overview").text
    mark(session, cast, "finish", RollState.HANDED_OVER, now + timedelta(hours=5))
    session.commit()
    assert "is missing and was not seen" not in page_of(client)
