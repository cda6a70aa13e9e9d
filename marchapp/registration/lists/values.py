"""What cells mean besides days: countries and languages by name, yes and no, stages, phone numbers."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

import phonenumbers
from babel import Locale

from marchapp.i18n import LANGUAGES
from marchapp.models import Stage
from marchapp.models.names import folded_words
from marchapp.registration.lists.dates import AmbiguousDay, UnreadableDay, YearTooShort, read_day

YES = "yes y true x v + 1 ✓ ✔ ja j sant да д есть истина"
NO = "no n false - – — 0 none nei usant нет н ложь"
ALL_STAGES = "all alle все всё every hele весь"
COUNTRY_NAMES = {
    "NO": "nor|norge|noreg|norwegian|norsk|норвежец|норвежка",
    "RU": "rus|russian federation|russian|russisk|russland|рф|российская федерация|русский|русская",
    "FI": "fin",
    "SE": "swe",
    "DK": "dnk",
    "UA": "ukr",
    "BY": "blr|беларусь|белоруссия|hviterussland",
    "GB": "uk|great britain|england|storbritannia|великобритания|англия",
    "US": "usa|united states of america|сша",
    "DE": "deu|ger",
    "NL": "nld|holland",
    "CZ": "czech republic|чехия",
}
LANGUAGE_NAMES = {
    "no": "nor|bokmål|nynorsk|nb|nn|norwegian bokmål|norwegian nynorsk|norsk bokmål|norsk nynorsk"
    "|норвежский букмол|норвежский нюнорск",
    "ru": "rus|русский язык",
    "en": "eng",
    "se": "samisk|sami|northern sami|nordsamisk|саамский",
}
BETWEEN_LANGUAGES = re.compile(r"[,;/+&\n]|\s(?:and|og|и)\s", re.IGNORECASE)
FIGURES_CUT_OFF = re.compile(r"\+?\d([.,]\d+)?e\+?\d+", re.IGNORECASE)
SIGNS_IN_PHONES = re.compile(r"[\s().\-/\u00a0\u2011]")
LEAST_FIGURES_ABROAD = 10  # of a number with its country code


class UnknownWord(ValueError):
    """A cell names nothing that we know; the argument is what it says."""


class CutOffNumber(ValueError):
    """A spreadsheet has cut the figures of a phone number off: 4.06E+10."""


class TurnedIntoDate(ValueError):
    """A spreadsheet has taken 1-3 for the first of March."""


def plain(text: str) -> str:
    """Return a cell without the apostrophe that keeps spreadsheets from calculating it.

    >>> plain("'+47 400 00 000")
    '+47 400 00 000'
    """
    return text[1:] if re.match(r"'[=+\-@\t\r]", text) else text


def read_yes_no(text: str) -> bool:
    """Tell whether a cell says yes. Raises UnknownWord."""
    word = text.strip().casefold()
    if not word or word in NO.split():
        return False
    if word in YES.split():
        return True
    raise UnknownWord(text)


def read_country(text: str) -> str:
    """Return the code of a country named in any of our languages. Raises UnknownWord."""
    found = _country_codes().get(_folded(text))
    if not found:
        raise UnknownWord(text)
    return found


def read_language(text: str) -> str:
    """Return the code of a language, "no" for Norwegian. Raises UnknownWord."""
    found = _language_codes().get(_folded(text))
    if not found:
        raise UnknownWord(text)
    return found


def read_languages(text: str) -> list[str]:
    """Return the codes of the languages that a cell lists. Raises UnknownWord for the first unknown."""
    names = [name.strip() for name in BETWEEN_LANGUAGES.split(text)]
    return list(dict.fromkeys(read_language(name) for name in names if name))


def read_stages(text: str, stages: Sequence[Stage]) -> list[int]:
    """Return the ids of the stages that a cell names: 1, 3 or 1-3, their days, or all. Empty means all.

    Raises UnknownWord, TurnedIntoDate.
    """
    words = folded_words(text)
    if not words or any(word in ALL_STAGES.split() for word in words):
        return [stage.id for stage in stages]
    by_number = {stage.number: stage.id for stage in stages}
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        by_day = {stage.day.isoformat(): stage.id for stage in stages}
        if text not in by_day:
            raise TurnedIntoDate(text)
        return [by_day[text]]
    if run := re.fullmatch(r"\s*(\d{1,2})\s*[-–—]\s*(\d{1,2})\s*", text):
        return [
            _known(by_number, number, text) for number in range(int(run[1]), int(run[2]) + 1)
        ] or _unknown(text)
    if re.fullmatch(r"[\d\s,;.+&/]+|[\d\s]+(?:og|and|и)[\d\s]+", text):
        # Python reads no number of thousands of figures, and no stage has one of more than these.
        numbers = [int(figures.lstrip("0")[:9] or 0) for figures in re.findall(r"\d+", text)]
        if all(number in by_number for number in numbers):
            return sorted({by_number[number] for number in numbers})
    return sorted({_stage_on(part, stages) for part in re.split(r"[,;]", text) if part.strip()}) or _unknown(
        text
    )


def _known(by_number: dict[int, int], number: int, text: str) -> int:
    if number not in by_number:
        raise UnknownWord(text)
    return by_number[number]


def _unknown(text: str) -> list[int]:
    raise UnknownWord(text)


def _stage_on(text: str, stages: Sequence[Stage]) -> int:
    """Return the stage of a day that may be written without its year."""
    days = {stage.day: stage.id for stage in stages}
    first, last = min(days), max(days)
    for written in (text.strip(), f"{text.strip().rstrip('.')}.{first.year}", f"{text.strip()} {first.year}"):
        try:
            return days[read_day(written, earliest=first, latest=last, day_first=True)]
        except (UnreadableDay, YearTooShort, AmbiguousDay, KeyError):
            continue
    raise UnknownWord(text)


def read_phone(text: str, country: str) -> str:
    """Return a phone number with what a spreadsheet has lost, where it can be told. Raises CutOffNumber."""
    text = plain(text.strip()).removesuffix(".0")
    if FIGURES_CUT_OFF.fullmatch(text.replace(" ", "")):
        raise CutOffNumber(text)
    figures = SIGNS_IN_PHONES.sub("", text)
    if not figures.isdecimal():
        return text
    if figures.startswith("00"):
        return f"+{figures[2:]}"
    if (
        len(figures) >= LEAST_FIGURES_ABROAD
        and not _is_number(figures, country)
        and _is_number(f"+{figures}", None)
    ):
        return f"+{figures}"
    return text


def _is_number(figures: str, country: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(figures, country or None))
    except phonenumbers.NumberParseException:
        return False


def _folded(text: str) -> str:
    return " ".join(folded_words(text))


@cache
def _country_codes() -> dict[str, str]:
    return dict(_named("territories", COUNTRY_NAMES))


@cache
def _language_codes() -> dict[str, str]:
    return dict(_named("languages", LANGUAGE_NAMES))


def _named(kind: str, more: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what countries or languages are called, and their codes; our own names come last and win."""
    for language in LANGUAGES:
        for code, name in getattr(Locale.parse(language), kind).items():
            if len(code) == 2 and code.isalpha():
                yield _folded(code), code
                yield _folded(name), code
    for code, names in more.items():
        for name in names.split("|"):
            yield _folded(name), code
