"""From what somebody sends to the rows of a list: which columns are known, and which are missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from marchapp.models import DocumentKind, March
from marchapp.registration.lists.columns import ListKind, columns_of, labels_in_all_languages
from marchapp.registration.lists.headings import find_headings
from marchapp.registration.lists.rows import Row
from marchapp.registration.lists.sheets import MOST_ROWS, EmptyList, ListTooLong, Sheet, UnreadableList
from marchapp.registration.lists.template import is_example
from marchapp.registration.lists.values import plain

# A column that is about passports says of what kind the document is, too.
OF_PASSPORTS = {
    "passport_number": "document_number",
    "passport_country": "document_country",
    "passport_expires_on": "document_expires_on",
}


class NoHeadings(UnreadableList):
    """No line names the columns."""


class MissingColumns(UnreadableList):
    """No row can be good without these columns; others were not understood."""

    def __init__(self, missing: tuple[str, ...], unknown: tuple[str, ...]) -> None:
        super().__init__(missing, unknown)
        self.missing, self.unknown = missing, unknown


@dataclass(frozen=True, kw_only=True)
class Intake:
    """The rows that were found, and what was passed over on the way: columns, the example, other sheets."""

    rows: list[Row]
    unknown: tuple[str, ...]
    had_example: bool
    sheet: str
    other_sheets: tuple[str, ...]


def take_in(sheets: Sequence[Sheet], march: March, kind: ListKind) -> Intake:
    """Return the rows of the sheet whose headings are known best. Raises UnreadableList."""
    asked = (*columns_of(kind, march), *kind.shared)
    named = (*asked, *(passport for passport, name in OF_PASSPORTS.items() if name in asked))
    headings = find_headings(sheets, named, labels_in_all_languages(asked))
    if headings is None:
        raise NoHeadings
    missing = tuple(name for name in kind.needed if name not in headings.columns.values())
    if missing:
        raise MissingColumns(missing, headings.unknown)
    found = [Row(number, _of_form(cells)) for number, cells in headings.answers(named)]
    rows = [row for row in found if not is_example(row)]
    if not rows:
        raise EmptyList
    if len(rows) > MOST_ROWS:
        raise ListTooLong
    return Intake(
        rows=rows,
        unknown=headings.unknown,
        had_example=len(rows) < len(found),
        sheet=headings.sheet.name,
        other_sheets=headings.other_sheets,
    )


def _of_form(cells: dict[str, str]) -> dict[str, str]:
    """Return cells by the names of the form's fields."""
    named = {name: plain(text) for name, text in cells.items() if name not in OF_PASSPORTS}
    for passport, name in OF_PASSPORTS.items():
        if cells.get(passport) and not named.get(name):
            named[name] = cells[passport]
            named["document_kind"] = named.get("document_kind") or DocumentKind.PASSPORT.value
    return named
