"""Dates as people write them in lists: 17.5.2001, 17/05/01, 17 мая 2001, or a spreadsheet's number."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from babel import Locale

from marchapp.i18n import LANGUAGES
from marchapp.models.names import folded_words

FIRST_DAY_OF_SPREADSHEETS = date(1899, 12, 30)
YEAR_FIRST = re.compile(r"(\d{4})([-./])(\d{1,2})\2(\d{1,2})")
YEAR_LAST = re.compile(r"(\d{1,2})([-./])(\d{1,2})\2'?(\d{4}|\d{2})")
DAY_AND_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s.-]*([^\W\d_]{3,})[\s.,-]*'?(\d{4}|\d{2})")
MONTH_AND_DAY = re.compile(r"([^\W\d_]{3,})[\s.]*(\d{1,2})(?:st|nd|rd|th)?[\s,]+'?(\d{4}|\d{2})")
AFTER_A_DATE = re.compile(r"[T\s]+0{1,2}:00(:00(\.0+)?)?$|[\s.]*(года?|г|år)?\.?$", re.IGNORECASE)


class UnreadableDay(ValueError):
    """This is no date."""


class YearTooShort(ValueError):
    """The year has two digits and does not tell itself from the day."""


class AmbiguousDay(ValueError):
    """The same signs are two dates; whoever wrote them must say which."""

    def __init__(self, *, day_first: date, month_first: date) -> None:
        super().__init__(day_first, month_first)
        self.day_first, self.month_first = day_first, month_first


def read_day(text: str, *, earliest: date, latest: date, day_first: bool | None = None) -> date:
    """Read a date. `earliest` and `latest` tell the century of a year with two digits.

    A date with slashes is ambiguous unless `day_first` says what comes first; with dots the day does,
    as everywhere where dates have dots.
    Raises UnreadableDay, AmbiguousDay, YearTooShort.
    """
    text = AFTER_A_DATE.sub("", text.strip().removeprefix("'"))
    if match := YEAR_FIRST.fullmatch(text):
        year, _sign, month, day_of_month = match.groups()
        return _day(int(year), int(month), int(day_of_month))
    if match := YEAR_LAST.fullmatch(text):
        first, sign, second, year = match.groups()
        if sign == "-" and len(year) == 2:
            raise YearTooShort(text)
        readings = _Readings(int(first), int(second), _years(year), earliest, latest)
        return readings.day_first() if sign == "." else readings.told(day_first)
    if match := DAY_AND_MONTH.fullmatch(text):
        day_of_month, name, year = match.groups()
        return _Readings(int(day_of_month), _month(name), _years(year), earliest, latest).day_first()
    if match := MONTH_AND_DAY.fullmatch(text):
        name, day_of_month, year = match.groups()
        return _Readings(int(day_of_month), _month(name), _years(year), earliest, latest).day_first()
    return _read_figures(text)


def _read_figures(text: str) -> date:
    """Read a number: a spreadsheet's own count of days, or a date without anything between."""
    if re.fullmatch(r"[1-9]\d{4}(\.0+)?", text):
        return FIRST_DAY_OF_SPREADSHEETS + timedelta(days=int(text[:5]))
    if not re.fullmatch(r"\d{8}", text):
        raise UnreadableDay(text)
    written = ((text[:4], text[4:6], text[6:]), (text[4:], text[2:4], text[:2]))
    readings = _real((int(year), int(month), int(day_of_month)) for year, month, day_of_month in written)
    if len(readings) != 1:
        raise UnreadableDay(text)
    return readings[0]


@dataclass(frozen=True)
class _Readings:
    """The dates that two numbers and a year can be."""

    first: int
    second: int
    years: tuple[int, ...]
    earliest: date
    latest: date

    def day_first(self) -> date:
        return self._in_century(_real((year, self.second, self.first) for year in self.years))

    def month_first(self) -> date:
        return self._in_century(_real((year, self.first, self.second) for year in self.years))

    def told(self, day_first: bool | None) -> date:
        if self.first == self.second or self.second > 12:
            return self.month_first()
        if self.first > 12:
            return self.day_first()
        if day_first is None:
            raise AmbiguousDay(day_first=self.day_first(), month_first=self.month_first())
        return self.day_first() if day_first else self.month_first()

    def _in_century(self, days: list[date]) -> date:
        """Return the one between the earliest and the latest date, or else the nearest to them."""
        if not days:
            raise UnreadableDay(f"{self.first} {self.second}")
        fitting = [one for one in days if self.earliest <= one <= self.latest]
        if len(fitting) > 1:
            raise YearTooShort
        return min(
            fitting or days, key=lambda one: min(abs(one - end) for end in (self.earliest, self.latest))
        )


def _years(text: str) -> tuple[int, ...]:
    return (int(text),) if len(text) == 4 else (1900 + int(text), 2000 + int(text))


def _day(year: int, month: int, day_of_month: int) -> date:
    try:
        found = date(year, month, day_of_month)
    except ValueError as error:
        raise UnreadableDay(f"{day_of_month}.{month}.{year}") from error
    if not 1900 <= year < 2200:
        raise UnreadableDay(f"the year {year}")
    return found


def _real(written: Iterable[tuple[int, int, int]]) -> list[date]:
    """Return those of some dates that there are."""
    found = []
    for year, month, day_of_month in written:
        with suppress(UnreadableDay):
            found.append(_day(year, month, day_of_month))
    return found


def _month(name: str) -> int:
    """Return the number of a month from its name, or its beginning, in any of our languages."""
    begun = {number for full, number in _months() if full.startswith("".join(folded_words(name)))}
    if len(begun) != 1:
        raise UnreadableDay(name)
    return begun.pop()


@cache
def _months() -> frozenset[tuple[str, int]]:
    return frozenset(_month_names())


def _month_names() -> Iterator[tuple[str, int]]:
    for code in LANGUAGES:
        for widths in Locale.parse(code).months.values():
            for width in ("wide", "abbreviated"):
                for number, name in widths[width].items():
                    yield "".join(folded_words(name)), number
