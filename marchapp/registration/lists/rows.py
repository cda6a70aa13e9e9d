"""The rows of a list: each is checked by the sign-up form of its category, and by nothing else."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from marchapp.i18n import LANGUAGES, day
from marchapp.models import DocumentKind, March
from marchapp.models.names import folded_words
from marchapp.registration.ages import birth_dates
from marchapp.registration.forms.person import FORMS, NOTARISED, PAPER, SECOND_PAPER
from marchapp.registration.lists import values
from marchapp.registration.lists.columns import COLUMNS, ListKind, labels_of_documents
from marchapp.registration.lists.dates import AmbiguousDay, UnreadableDay, YearTooShort, read_day
from marchapp.registration.people import Person

PHONES = ("phone", "guardian_phone", "guardian2_phone", "emergency_phone")
COUNTRIES = ("country", "document_country", "document2_country")
KINDS_OF_DOCUMENT = ("document_kind", "document2_kind")
LANGUAGES_OF_LETTERS = ("language", "guardian_language", "guardian2_language")
DAYS_OF_PAPERS = ("document_expires_on", "document2_expires_on", "notarised_from", "notarised_to")
CHOSEN = (*COUNTRIES, *KINDS_OF_DOCUMENT)
WHOLE_ROW = ""  # what is said about a row and not about one of its cells
PAPERS_LAST_YEARS = 40


@dataclass
class Row:
    """One row as it was written, and what is wrong with it by column; a good one has its person."""

    number: int
    cells: dict[str, str]
    is_left_out: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    person: Person | None = None

    @property
    def name(self) -> str:
        return f"{self.cells.get('given_name', '')} {self.cells.get('family_name', '')}".strip()

    def refuse(self, words: str) -> None:
        """Say what is wrong with the row as a whole."""
        self.errors[WHOLE_ROW] = words
        self.person = None


class WrongCell(ValueError):
    """What is wrong with a cell, in words for whoever wrote it."""


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What holds for all rows that do not say otherwise, and what comes first in their dates with slashes."""

    answers: Mapping[str, str]
    language: str
    day_first: bool | None = None


class RowCheck:
    """Checks rows for a march. `asks_about_days` tells whether some date could not be told from another."""

    def __init__(self, march: March, kind: ListKind, shared: Shared) -> None:
        self.march, self.kind, self.shared = march, kind, shared
        self.born = birth_dates(kind.category, first_day=march.starts_on)
        year = march.starts_on.year
        self.papers = (date(year - PAPERS_LAST_YEARS, 1, 1), date(year + PAPERS_LAST_YEARS, 12, 31))
        self.asks_about_days = False

    def check(self, row: Row) -> None:
        """Find all that is wrong with a row; a good one gets its person."""
        row.errors, row.person = {}, None
        form = FORMS[self.kind.category](self.march, self._answers(row), is_alone=False)
        is_valid = form.validate()
        for name, said in form.errors.items():
            if name in PHONES and "country" in form.errors and row.cells.get(name):
                continue  # a number written as at home can be read once the country is
            is_empty = name in CHOSEN and not row.cells.get(name)
            words = _("Fill this in.") if is_empty else " ".join(str(one) for one in said)
            row.errors.setdefault(name or WHOLE_ROW, words)
        if is_valid and not row.errors:
            row.person = form.person

    def _answers(self, row: Row) -> MultiDict[str, str]:
        """Return what the form of one person would be sent; notes the cells that cannot be read."""
        answers = MultiDict[str, str]()
        for name in ("country", *COLUMNS):  # a phone number is of the country
            text = values.plain(row.cells.get(name, "").strip()) or self._unwritten(name)
            try:
                answers.setlist(name, self._read(name, text, answers.get("country", "")))
            except WrongCell as wrong:
                row.errors[name] = str(wrong)
                answers.setlist(name, [])
        for later, names in (("document_later", (*PAPER, *SECOND_PAPER)), ("notarised_later", NOTARISED)):
            if not any(row.cells.get(name) for name in names):
                answers[later] = "y"
        return answers

    def _unwritten(self, name: str) -> str:
        """Return what an empty cell means."""
        return self.shared.language if name in LANGUAGES_OF_LETTERS else self.shared.answers.get(name, "")

    def _read(self, name: str, text: str, country: str) -> list[str]:
        """Return what the form is sent for a cell. Raises WrongCell."""
        if name == "stages":
            return self._stages(text)
        if not text:
            return [""]
        if name == "birth_date":
            return [self._day(text, *self.born)]
        if name in DAYS_OF_PAPERS:
            return [self._day(text, *self.papers)]
        if name in PHONES:
            return [_phone(text, country)]
        if name in COUNTRIES:
            return [_country(text)]
        if name in LANGUAGES_OF_LETTERS:
            return [_language_of_letters(text)]
        if name == "spoken":
            return _languages(text)
        if name == "knows_first_aid":
            return _yes(text)
        return [_kind_of_document(text) if name in KINDS_OF_DOCUMENT else text]

    def _day(self, text: str, earliest: date, latest: date) -> str:
        try:
            found = read_day(text, earliest=earliest, latest=latest, day_first=self.shared.day_first)
        except YearTooShort as error:
            raise WrongCell(_("Write the year with four digits, as 17.05.2001.")) from error
        except UnreadableDay as error:
            raise WrongCell(_("This is no date we can read. Write it as 17.09.2001.")) from error
        except AmbiguousDay as two:
            self.asks_about_days = True
            raise WrongCell(
                _(
                    "This can be %(day)s or %(other)s. Write it as 17.05.2001, or say what comes first.",
                    day=day(two.day_first),
                    other=day(two.month_first),
                )
            ) from two
        return found.isoformat()

    def _stages(self, text: str) -> list[str]:
        try:
            return [str(stage_id) for stage_id in values.read_stages(text, self.march.stages)]
        except values.TurnedIntoDate as error:
            raise WrongCell(
                _("The spreadsheet has made a date of this. Write the numbers with commas, as 1, 2, 3.")
            ) from error
        except values.UnknownWord as error:
            raise WrongCell(_("Write the numbers of the stages, as 1, 2, or the word all.")) from error


def mark_doubles(rows: Iterable[Row]) -> None:
    """Refuse rows about somebody who stands above already."""
    seen: dict[tuple[str, date], Row] = {}
    for row in rows:
        if row.person:
            first = seen.setdefault(row.person.key, row)
            if first is not row:
                row.refuse(
                    _(
                        "The same name and birth date stand in row %(number)s. Leave one of them out.",
                        number=first.number,
                    )
                )


def mark_known(rows: Iterable[Row], known: Collection[Person]) -> None:
    """Refuse rows about people who are registered, in words that do not say so to a stranger."""
    keys = {person.key for person in known}
    for row in rows:
        if row.person and row.person.key in keys:
            row.refuse(
                _(
                    "This row cannot be sent. If this person signed up before, the private link is in the "
                    "letter sent then; leave the row out here."
                )
            )


def _phone(text: str, country: str) -> str:
    try:
        return values.read_phone(text, country)
    except values.CutOffNumber as error:
        raise WrongCell(
            _("The spreadsheet has cut this number off. Format the column as text and write it again.")
        ) from error


def _country(text: str) -> str:
    try:
        return values.read_country(text)
    except values.UnknownWord as error:
        raise WrongCell(
            _("We know no country of this name. Write it as Norway, or as two letters: NO.")
        ) from error


def _languages(text: str) -> list[str]:
    try:
        return values.read_languages(text)
    except values.UnknownWord as error:
        raise WrongCell(_("We know no language called %(name)s.", name=error)) from error


def _language_of_letters(text: str) -> str:
    try:
        code = values.read_language(text)
    except values.UnknownWord:
        code = ""
    code = "nb" if code == "no" else code
    if code not in LANGUAGES:
        raise WrongCell(_("Letters are written in English, Norwegian or Russian. Write one of them."))
    return code


def _yes(text: str) -> list[str]:
    try:
        return ["y"] if values.read_yes_no(text) else []
    except values.UnknownWord as error:
        raise WrongCell(_("Write yes or no.")) from error


def _kind_of_document(text: str) -> str:
    word = " ".join(folded_words(text))
    for kind, names in labels_of_documents().items():
        if word and any(word == name or name.startswith(f"{word} ") for name in names):
            return DocumentKind(kind)
    raise WrongCell(_("Write passport, visa or local border traffic permit."))
