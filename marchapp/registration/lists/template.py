"""The empty list to fill in: a workbook with an explanation of each column, or a CSV file."""

import csv
from io import BytesIO, StringIO
from typing import Any

from flask_babel import gettext as _
from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from marchapp.choices import NEIGHBOURS, countries
from marchapp.i18n import country, day, language, local, locale_code
from marchapp.models import Category, DocumentKind, March
from marchapp.models.names import folded_words
from marchapp.registration.lists.columns import COLUMNS, ListKind, columns_of, words_of
from marchapp.registration.lists.rows import (
    COUNTRIES,
    DAYS_OF_PAPERS,
    KINDS_OF_DOCUMENT,
    LANGUAGES_OF_LETTERS,
    Row,
)
from marchapp.registration.lists.sheets import MOST_ROWS
from marchapp.registration.words import DOCUMENTS
from marchapp.spreadsheets import BYTE_ORDER_MARK, harmless

# The family name says what the row is, in Latin letters, so that nobody takes it for a person.
EXAMPLE_GIVEN = "Anna"
EXAMPLE_FAMILY = {"en": "Example", "nb": "Eksempel", "ru": "Primer"}
NEEDED = "*"  # after the heading of a column that cannot be empty
TEXT_FORMAT, DAY_FORMAT = "@", "dd.mm.yyyy"
INK, SLATE, ICE = "14273A", "4A5D6E", "EEF3F7"
SEMICOLON_LANGUAGES = ("nb", "ru")  # where a comma parts whole numbers from fractions


def example_row(march: March, kind: ListKind) -> dict[str, str]:
    """Return a row that shows what to write, in the reader's language."""
    year = march.starts_on.year
    example = {
        "given_name": EXAMPLE_GIVEN,
        "family_name": EXAMPLE_FAMILY[locale_code()],
        "birth_date": f"17.05.{year - (13 if kind.category == Category.SCHOOLCHILD else 40)}",
        "country": country("NO"),
        "municipality": "Sør-Varanger",
        "spoken": f"{language('no')}, {language('ru')}",
        "stages": _("all"),
        "position": _("Headmaster"),
        "rank": _("Sergeant"),
        "guardian_name": f"Kari {EXAMPLE_FAMILY[locale_code()]}",
        "guardian_phone": "+47 400 00 000",
        "guardian_email": "kari@example.org",
        "guardian_language": language("no"),
        "emergency_name": f"Kari {EXAMPLE_FAMILY[locale_code()]}",
        "emergency_phone": "+47 400 00 000",
        "knows_first_aid": _("no"),
        "document_kind": str(DOCUMENTS[DocumentKind.PASSPORT]),
        "document_number": "C1234567",
        "document_country": country("NO"),
        "document_expires_on": f"31.12.{year + 2}",
    }
    return {name: example.get(name, "") for name in columns_of(kind, march)}


def is_example(row: Row) -> bool:
    """Tell whether a row is the example of our own template, left in."""
    given, family = (folded_words(row.cells.get(name, "")) for name in ("given_name", "family_name"))
    return given == folded_words(EXAMPLE_GIVEN) and family in [
        folded_words(one) for one in EXAMPLE_FAMILY.values()
    ]


def csv_template(march: March, kind: ListKind) -> str:
    text = StringIO()
    writer = csv.writer(text, delimiter=";" if locale_code() in SEMICOLON_LANGUAGES else ",")
    writer.writerow(_heading(kind, name) for name in columns_of(kind, march))
    writer.writerow(harmless(cell) for cell in example_row(march, kind).values())
    return BYTE_ORDER_MARK + text.getvalue()


def xlsx_template(march: March, kind: ListKind) -> bytes:
    """Return a workbook with the list, an explanation of each column, and the words to choose from."""
    workbook = Workbook()
    columns = columns_of(kind, march)
    sheet: Worksheet = workbook.active
    sheet.title = _("List")
    _write_list(sheet, march, kind)
    _write_explanations(workbook.create_sheet(_("Explanations")), march, kind, columns)
    _offer_choices(workbook, sheet, columns)
    content = BytesIO()
    workbook.save(content)
    return content.getvalue()


def _heading(kind: ListKind, name: str) -> str:
    return f"{words_of(name)} {NEEDED}" if name in kind.needed else words_of(name)


def _write_list(sheet: Worksheet, march: March, kind: ListKind) -> None:
    for place, (name, example) in enumerate(example_row(march, kind).items(), start=1):
        letter = get_column_letter(place)
        heading = _heading(kind, name)
        is_day = name == "birth_date" or name in DAYS_OF_PAPERS
        number_format = DAY_FORMAT if is_day else TEXT_FORMAT
        sheet.column_dimensions[letter].number_format = number_format
        sheet.column_dimensions[letter].width = max(14, len(heading) * 1.15)
        _put(sheet.cell(1, place), heading, font=Font(bold=True, color=INK), fill=PatternFill("solid", ICE))
        _put(sheet.cell(2, place), example, font=Font(italic=True, color=SLATE), number_format=number_format)
    sheet.freeze_panes = "C2"
    sheet.row_dimensions[1].height = 24


def _write_explanations(sheet: Worksheet, march: March, kind: ListKind, columns: tuple[str, ...]) -> None:
    heads = (_("Column"), _("Needed"), _("What to write"))
    for place, (head, width) in enumerate(zip(heads, (34, 12, 90), strict=True), start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
        _put(sheet.cell(1, place), head, font=Font(bold=True, color=INK), fill=PatternFill("solid", ICE))
    for number, name in enumerate(columns, start=2):
        needed = _("yes") if name in kind.needed else ""
        for place, text in enumerate((words_of(name), needed, str(COLUMNS[name].help)), start=1):
            _put(sheet.cell(number, place), text, alignment=Alignment(wrap_text=True, vertical="top"))
    for number, remark in enumerate(_remarks(march), start=len(columns) + 3):
        _put(sheet.cell(number, 1), remark)


def _offer_choices(workbook: Workbook, sheet: Worksheet, columns: tuple[str, ...]) -> None:
    """Offer a list to choose from in the cells whose answers are few; other words may be written, too."""
    words = workbook.create_sheet(_("Words"))
    words.sheet_state = "hidden"
    for place, (names, choices) in enumerate(_choices(), start=1):
        letter = get_column_letter(place)
        for number, choice in enumerate(choices, start=1):
            _put(words.cell(number, place), choice)
        cells = f"'{words.title}'!${letter}$1:${letter}${len(choices)}"
        offered = DataValidation(type="list", formula1=cells, allow_blank=True, showErrorMessage=False)
        for name in set(names) & set(columns):
            column = get_column_letter(columns.index(name) + 1)
            offered.add(f"{column}2:{column}{MOST_ROWS + 1}")
        if offered.sqref:
            sheet.add_data_validation(offered)


def _choices() -> list[tuple[tuple[str, ...], list[str]]]:
    """Return which columns have few answers, and the answers in the reader's language."""
    neighbours = [country(code) for code in NEIGHBOURS]
    others = {country(code) for code in countries(locale_code()).codes} - set(neighbours)
    return [
        (COUNTRIES, [*neighbours, *sorted(others, key=folded_words)]),
        (LANGUAGES_OF_LETTERS, [language("no"), language("ru"), language("en")]),
        (KINDS_OF_DOCUMENT, [str(words) for words in DOCUMENTS.values()]),
        (("knows_first_aid",), [_("yes"), _("no")]),
    ]


def _remarks(march: March) -> list[str]:
    return [
        _("The row of the example is left out when the list is read; write over it or leave it."),
        _("Columns may stand in any order, and those that are not needed may be taken away."),
        _("One list holds up to %(rows)s people.", rows=MOST_ROWS),
        *(
            _(
                "Stage %(number)s, %(day)s: %(name)s",
                number=one.number,
                day=day(one.day),
                name=local(one.name),
            )
            for one in march.stages
        ),
    ]


def _put(cell: Cell, text: str, **style: Any) -> None:
    """Write a text that stays a text, whatever it begins with."""
    cell.value = text
    cell.data_type = "s"
    for name, value in style.items():
        setattr(cell, name, value)
