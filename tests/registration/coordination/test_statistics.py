"""Statistics: counts by day of the march's clock, category, country, municipality and age."""

from datetime import UTC, date, datetime

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marchapp.charts import bars, curve, sums
from marchapp.models import Category, March
from marchapp.registration.coordination.counting import BANDS, count
from tests.factories import Cast, make_participant
from tests.queries import queries_of

LATE = datetime(2014, 7, 1, 22, 30, tzinfo=UTC)  # already the next day in Oslo


def add_people(session: Session, cast: Cast) -> March:
    session.delete(cast.walker)
    march = cast.march
    first_day = march.starts_on
    add = make_participant
    add(session, march, registered_at=LATE, municipality="Vardø", birth_date=first_day.replace(year=2004))
    add(session, march, registered_at=LATE, municipality="Vardø", birth_date=date(2004, 9, 18))
    adult = {"category": Category.OFFICIAL, "birth_date": date(1950, 1, 1)}
    add(session, march, registered_at=datetime(2014, 7, 4, 10, tzinfo=UTC), country="RU", **adult)
    add(session, march, registered_at=LATE, cancelled_at=LATE, **adult)
    session.commit()
    return march


def test_people_are_counted_once_and_cancelled_ones_apart(session: Session, cast: Cast) -> None:
    march = add_people(session, cast)
    counted = count(session, march)
    assert counted.total == 3
    assert counted.standings["cancelled"] == 1
    assert counted.days == {date(2014, 7, 2): 2, date(2014, 7, 4): 1}
    assert counted.categories == {"schoolchild": 2, "official": 1}
    assert counted.countries == {"NO": 2, "RU": 1}
    assert counted.municipalities == {"Vardø": 2, "": 1}
    # On the first day one turns ten, the other is still nine, the third is 64.
    assert counted.bands == {BANDS.index(10): 1, BANDS.index(0): 1, BANDS.index(55): 1}


def test_the_page_draws_says_and_lists_the_same_figures(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    add_people(session, cast)
    page = coordinator.get("/marches/victory/participants/statistics").text
    for words in (
        "3 people since 2 July 2014; the most in one day, 2, on 2 July 2014.",
        "At the top stands Schoolchild, with 2 of 3 people, 67 %.",
        "Vardø",
        "not said",
        "0–9",
        "The same as a table",
    ):
        assert words in page
    assert page.count("<svg viewBox") >= 5


def test_a_march_without_people_says_what_will_be_here(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    session.delete(cast.walker)
    session.commit()
    assert (
        "The charts appear with the first sign-up."
        in coordinator.get("/marches/victory/participants/statistics").text
    )


def test_more_people_cost_no_more_queries(coordinator: FlaskClient, session: Session, cast: Cast) -> None:
    address = "/marches/victory/participants/statistics"
    few = queries_of(coordinator, address)
    for number in range(20):
        make_participant(session, cast.march, municipality=f"Place {number}")
    session.commit()
    assert queries_of(coordinator, address) == few <= 9


def test_a_curve_counts_days_without_sign_ups_too() -> None:
    lines = sums({date(2014, 1, 1): 2, date(2014, 1, 4): 2})
    assert [(day.day, new, total) for day, new, total in lines] == [
        (1, 2, 2),
        (2, 0, 2),
        (3, 0, 2),
        (4, 2, 4),
    ]
    drawn = curve(lines)
    assert drawn is not None
    assert drawn.line == "M0.0,120.0L333.3,120.0L666.7,120.0L1000.0,0.0"
    assert curve(lines[:1]) is None
    assert sums({}) == []


def test_the_longest_bar_is_that_of_the_largest_count() -> None:
    assert [bar.length for bar in bars([("a", 50), ("b", 25), ("c", 0)])] == [100, 50, 0]
    assert [bar.length for bar in bars([("a", 0)])] == [0]
