"""The reader chooses the language, and figures are written as that language writes them."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask

from marchapp.i18n import (
    apart,
    choose_language,
    clock,
    day,
    day_in_year,
    days,
    duration,
    km,
    language_url,
    local,
    metres,
    zone_name,
)

SUMMER = datetime(2014, 9, 18, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("address", "cookie", "browser", "language"),
    [
        ("/", "", "", "en"),
        ("/", "", "nn-NO,nn;q=0.9,en;q=0.5", "nb"),
        ("/", "", "no", "nb"),
        ("/", "", "ru-RU,ru;q=0.9", "ru"),
        ("/", "", "fi,de;q=0.9", "en"),
        ("/", "ru", "nb", "ru"),
        ("/?lang=nb", "ru", "en", "nb"),
        ("/?lang=xx", "ru", "en", "ru"),
    ],
)
def test_the_language_is_the_one_asked_for(
    app: Flask, address: str, cookie: str, browser: str, language: str
) -> None:
    headers = {"Accept-Language": browser, "Cookie": f"language={cookie}" if cookie else ""}
    with app.test_request_context(address, headers=headers):
        assert choose_language() == language


def test_a_language_chosen_in_the_address_is_remembered(app: Flask) -> None:
    client = app.test_client()
    client.get("/no-such-page?lang=ru")
    assert client.get_cookie("language").value == "ru"


def test_the_address_in_another_language_keeps_its_other_arguments(app: Flask) -> None:
    with app.test_request_context("/list?country=NO&country=RU&lang=en"):
        assert language_url("ru") == "/list?country=NO&country=RU&lang=ru"


def test_a_text_falls_back_to_a_language_that_it_has(app: Flask) -> None:
    with app.test_request_context("/?lang=nb"):
        assert local({"en": "March", "nb": "Marsj"}) == "Marsj"
        assert local({"nb": "", "ru": "Марш"}) == "Марш"
        assert local({}) == ""


def test_moments_are_shown_in_the_zone_of_the_march(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        assert clock(SUMMER, "Europe/Oslo") == "00:30"
        assert clock(SUMMER, "Europe/Moscow") == "02:30"
        assert clock(None, "Europe/Oslo") == "–"


def test_figures_are_written_as_the_language_writes_them(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        assert km(16240) == "16.2\u202fkm"
        assert metres(1284.4) == "1,284\u202fm"
        assert duration(18_720) == "5\u202fh 12\u202fmin"
        assert duration(20) == "0\u202fmin"
        late, early = apart(940), apart(-80)  # 14:15:40 after 14:00, 09:58:40 before 10:00
        assert (late, early) == ("15\u202fmin", "2\u202fmin")
        assert day(date(2014, 9, 17)) == "17 September 2014"
    with app.test_request_context("/?lang=ru"):
        assert km(16240).startswith("16,2")
        assert day(date(2014, 9, 17)).startswith("17 сентября 2014")


@pytest.mark.parametrize(
    ("language", "last", "words"),
    [
        ("en", date(2014, 9, 17), "17 September 2014"),
        ("en", date(2014, 9, 19), "17–19 September 2014"),
        ("en", date(2014, 10, 2), "17 September – 2 October 2014"),
        ("en", date(2015, 1, 2), "17 September 2014 – 2 January 2015"),
        ("nb", date(2014, 9, 19), "17.–19. september 2014"),
        ("ru", date(2014, 9, 19), "17–19 сентября 2014\u202fг."),
    ],
)
def test_a_run_of_days_says_nothing_twice(app: Flask, language: str, last: date, words: str) -> None:
    with app.test_request_context(f"/?lang={language}"):
        assert days(date(2014, 9, 17), last) == words


def test_a_day_can_be_written_without_its_year(app: Flask) -> None:
    with app.test_request_context("/?lang=nb"):
        assert day_in_year(date(2014, 9, 17)) == "17. september"


def test_a_time_zone_is_named_as_its_clocks_are_set(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        assert zone_name(SUMMER, "Europe/Oslo") == "Central European Summer Time"
        assert zone_name(SUMMER, "Europe/Moscow") == "Moscow Standard Time"
