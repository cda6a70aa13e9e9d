"""The reader's language, and how moments, distances and names are written in it."""

import re
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import date, datetime, time, tzinfo
from functools import lru_cache
from math import floor
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import format_date, get_timezone_name
from flask import Flask, Response, current_app, request
from flask_babel import force_locale, format_decimal, get_locale
from flask_babel import gettext as _
from flask_security import current_user

LANGUAGES = {"en": "English", "nb": "Norsk bokmål", "ru": "Русский"}
A_YEAR_S = 365 * 24 * 3600
THIN_SPACE = "\u202f"
# Zones named for a place; the others are old names, abbreviations and offsets.
A_PLACE = re.compile(
    r"(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)/.*[a-z]|UTC"
)
TIME_ZONES = sorted(filter(A_PLACE.fullmatch, available_timezones()))


def choose_language() -> str:
    """Return the language asked for in the address, remembered, of the account, or of the browser."""
    return _chosen_language() or getattr(current_user, "language", None) or _language_of_browser()


def speak(language: str) -> AbstractContextManager[None]:
    """Answer in somebody's language, unless the reader has chosen another one."""
    return force_locale(_chosen_language() or language)


def language_without_account() -> str:
    """Choose without asking the database, for the page that says that something failed."""
    return _chosen_language() or _language_of_browser()


def _chosen_language() -> str | None:
    wishes = (request.args.get("lang"), request.cookies.get(_cookie()))
    return next((wish for wish in wishes if wish in LANGUAGES), None)


def _language_of_browser() -> str:
    spoken = request.accept_languages.best_match([*LANGUAGES, "no", "nn"], "en")
    return spoken if spoken in LANGUAGES else "nb"


def remember_language(response: Response) -> Response:
    """Keep a language that the reader chose in the address for the next pages."""
    wish = request.args.get("lang")
    if wish in LANGUAGES:
        response.set_cookie(
            _cookie(), wish, max_age=A_YEAR_S, samesite="Lax", httponly=True, secure=request.is_secure
        )
    return response


def _cookie() -> str:
    return str(current_app.config["LANGUAGE_COOKIE_NAME"])


def locale_code() -> str:
    locale = get_locale()
    return locale.language if locale and locale.language in LANGUAGES else "en"


def language_url(code: str) -> str:
    """Return the address of this page in another language."""
    arguments = request.args.to_dict(flat=False) | {"lang": code}
    return f"{request.path}?{urlencode(arguments, doseq=True)}"


def local(text: Mapping[str, str] | None) -> str:
    """Return a text by language in the reader's language, else in the first that it has."""
    if not text:
        return ""
    return text.get(locale_code()) or next((value for value in text.values() if value), "")


def day(value: date) -> str:
    """Write a date in words, with its year: 17 September 2014."""
    return _day_in(value, locale_code())


@lru_cache(maxsize=4096)  # a march has few days, and every page and letter names them
def _day_in(value: date, code: str) -> str:
    return format_date(value, "long", locale="en_GB" if code == "en" else code)


def days(first: date, last: date) -> str:
    """Write a run of days in words: 17–19 September 2014, 30 September – 2 October 2014."""
    # In each of our languages a date begins with the day, then the month.
    number, month, *_year = day(first).split()
    if first == last:
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{number}–{day(last)}"
    return f"{number} {month} – {day(last)}" if first.year == last.year else f"{day(first)} – {day(last)}"


def day_in_year(value: date) -> str:
    """Write a date without its year: 17 September."""
    return " ".join(day(value).split()[:2])


def clock(moment: datetime | None, zone: str | tzinfo) -> str:
    """Write the hour and minute in a time zone, 24-hour: 08:30."""
    return _in_zone(moment, zone).strftime("%H:%M") if moment else "–"


def day_of(moment: datetime, zone: str | tzinfo) -> str:
    """Write the day that a time zone has at a moment."""
    return day(_in_zone(moment, zone).date())


def moment(value: datetime | None, zone: str | tzinfo) -> str:
    """Write day and clock in a time zone."""
    return f"{day_of(value, zone)}, {clock(value, zone)}" if value else "–"


def zone_name(value: date | datetime, zone: str) -> str:
    """Write which time the clocks of a zone show at a moment, or on a day: Central European Summer Time."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(12), ZoneInfo(zone))
    return get_timezone_name(_in_zone(value, zone), locale=get_locale())


def _in_zone(value: datetime, zone: str | tzinfo) -> datetime:
    return value.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)


def km(metres: float | None) -> str:
    """Write metres as kilometres: 16.2 km."""
    return "–" if metres is None else format_decimal(metres / 1000, "#,##0.0") + THIN_SPACE + _("km")


def metres(value: float | None) -> str:
    """Write whole metres: 84 m."""
    return "–" if value is None else format_decimal(round(value), "#,##0") + THIN_SPACE + _("m")


def duration(seconds: float | None) -> str:
    """Write a duration in hours and minutes: 5 h 12 min."""
    if seconds is None:
        return "–"
    hours, minutes = divmod(round(abs(seconds) / 60), 60)
    # The texts stand outside f-strings: only there are they found for translation.
    parts = [f"{hours}{THIN_SPACE}" + _("h")] if hours else []
    if minutes or not hours:
        parts.append(f"{minutes}{THIN_SPACE}" + _("min"))
    return " ".join(parts)


def apart(late_s: float) -> str:
    """Write how far a moment is from a planned one, as the clocks beside it show them: in whole minutes.

    14:15:40 stands there as 14:15, which is 15 minutes after 14:00 and not 16.
    """
    return duration(floor(late_s / 60) * 60)


def figure(value: float) -> str:
    """Write a number with the reader's separators."""
    has_none = isinstance(value, int) and 0 <= value < 1000  # as most numbers of long tables
    return str(value) if has_none else format_decimal(value)


def country(code: str) -> str:
    """Write the name of a country from its code of two letters: Norway."""
    return get_locale().territories.get(code, code)


def language(code: str) -> str:
    """Write the name of a language from its code: Russian."""
    return language_list([code])


def language_list(codes: Iterable[str]) -> str:
    """Write the names of languages from their codes, as a sentence begins: Norsk, russisk."""
    names = ", ".join(get_locale().languages.get(code, code) for code in codes)
    return names[:1].upper() + names[1:]


FILTERS = (
    local,
    day,
    day_of,
    days,
    day_in_year,
    clock,
    moment,
    zone_name,
    km,
    metres,
    apart,
    duration,
    figure,
    country,
    language,
    language_list,
)


def init_app(app: Flask) -> None:
    """Give templates the filters and what the choice of language needs."""
    for filter_ in FILTERS:
        app.add_template_filter(filter_)
    app.jinja_env.globals.update(languages=LANGUAGES, language_url=language_url)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.context_processor(lambda: {"locale_code": locale_code()})
    app.after_request(remember_language)
