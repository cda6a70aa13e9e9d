"""Dates as people write them: one day in many ways, and what is asked about instead of guessed."""

from datetime import date

import pytest

from marchapp.registration.lists.dates import AmbiguousDay, UnreadableDay, YearTooShort, read_day

CHILDREN = {"earliest": date(1994, 9, 18), "latest": date(2008, 9, 17)}


@pytest.mark.parametrize(
    "written",
    [
        "17.5.2001",
        "17.05.2001",
        " 17.05.01 ",
        "17.05.2001 г.",
        "17/05/01",
        "17/5/2001",
        "17-05-2001",
        "05/17/2001",
        "2001-05-17",
        "2001.5.17",
        "2001/05/17",
        "2001-05-17 00:00:00",
        "2001-05-17T00:00:00",
        "17 мая 2001",
        "17 мая 2001 г.",
        "17 Май 2001 года",
        "17. mai 2001",
        "17.mai 01",
        "17 may 2001",
        "17-May-01",
        "17th May 2001",
        "May 17, 2001",
        "37028",
        "37028.0",
        "20010517",
        "17052001",
        "'17.05.2001",
    ],
)
def test_one_day_is_read_as_it_is_written(written: str) -> None:
    assert read_day(written, **CHILDREN) == date(2001, 5, 17)


@pytest.mark.parametrize(
    ("written", "month"), [("3 сент. 2001", 9), ("3. des. 2001", 12), ("3 дек 2001", 12), ("3 okt 2001", 10)]
)
def test_months_may_be_shortened(written: str, month: int) -> None:
    assert read_day(written, **CHILDREN) == date(2001, month, 3)


def test_a_date_with_slashes_that_is_two_dates_is_asked_about() -> None:
    with pytest.raises(AmbiguousDay) as asked:
        read_day("03/04/2001", **CHILDREN)
    assert asked.value.day_first == date(2001, 4, 3)
    assert asked.value.month_first == date(2001, 3, 4)


def test_the_answer_settles_what_comes_first() -> None:
    assert read_day("03/04/2001", **CHILDREN, day_first=True) == date(2001, 4, 3)
    assert read_day("03/04/2001", **CHILDREN, day_first=False) == date(2001, 3, 4)
    assert read_day("17/04/2001", **CHILDREN, day_first=False) == date(2001, 4, 17)


def test_with_dots_the_day_comes_first() -> None:
    assert read_day("03.04.2001", **CHILDREN) == date(2001, 4, 3)


def test_the_century_of_a_short_year_follows_from_the_age() -> None:
    grown_up = {"earliest": date(1913, 9, 18), "latest": date(1996, 9, 17)}
    assert read_day("17.05.75", **grown_up) == date(1975, 5, 17)
    assert read_day("17.05.14", **grown_up) == date(1914, 5, 17)
    assert read_day("29.02.00", **CHILDREN) == date(2000, 2, 29)  # there was none in 1900
    assert read_day("17.05.10", **CHILDREN) == date(2010, 5, 17)  # too young, which the form then says


@pytest.mark.parametrize("written", ["17-05-01", "01-05-17"])
def test_a_short_year_among_hyphens_is_asked_about(written: str) -> None:
    with pytest.raises(YearTooShort):
        read_day(written, **CHILDREN)


def test_a_short_year_that_fits_twice_is_asked_about() -> None:
    with pytest.raises(YearTooShort):
        read_day("17.09.14", earliest=date(1913, 9, 18), latest=date(2014, 9, 17))


@pytest.mark.parametrize(
    "written",
    [
        "",
        "2001",
        "in May",
        "31.02.2001",
        "31/02/2001",
        "170501",
        "17 м 2001",
        "17.13.2001",
        "99999999",
        "1.1.0001",
    ],
)
def test_what_is_no_date_is_not_read(written: str) -> None:
    with pytest.raises(UnreadableDay):
        read_day(written, **CHILDREN)
