"""What every spreadsheet that we write has in common."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO, StringIO
from itertools import islice
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

ROWS_AT_ONCE = 500
BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes UTF-8 for something else
# The wide signs are typed on keyboards of East Asia, and calculated there.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Where a semicolon parts cells, as in Norway and Russia, Excel takes our commas and quotes for text, so that
# cells begin in the middle of ours.
CELL_WITHIN = re.compile(r"([;\t\r\n][\"\s]*)(?=[=+\-@＝＋－＠])")
A_PHONE = re.compile(r"\+[\d ]+")  # text to a sheet, which calculates nothing of it
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def harmless(cell: str) -> str:
    """Keep a spreadsheet from calculating what somebody wrote: https://owasp.org/www-community/attacks/CSV_Injection.

    >>> harmless("=1+1"), harmless("Kari")
    ("'=1+1", 'Kari')
    """
    cell = CELL_WITHIN.sub(r"\1'", cell)
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell


def as_text(value: Any, yes: str) -> str:
    """Write a value so that a spreadsheet calculates nothing of what somebody wrote."""
    match value:
        case None | False:
            return ""
        case True:
            return yes
        case datetime():
            return value.isoformat(" ", "minutes")
        case date():
            return value.isoformat()
    return harmless(str(value))


def as_cell(sheet: Any, value: Any, yes: str) -> Any:
    """Return what a sheet takes for a value; what begins like a formula as text that stays text."""
    match value:
        case None | False | "":
            return None
        case True:
            return yes
        case str():
            text = ILLEGAL_CHARACTERS_RE.sub("", value)
            is_formula = text.startswith(FORMULA_SIGNS) and not A_PHONE.fullmatch(text)
            return _quoted(sheet, text) if is_formula else text
    return value


def _quoted(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell


@dataclass(frozen=True, kw_only=True)
class Table:
    """A sheet of a workbook: its name, headings with the width of each column in letters, and rows."""

    name: str
    headings: Sequence[tuple[str, int]]
    rows: Iterable[Sequence[Any]]


def csv_lines(table: Table, yes: str) -> Iterator[str]:
    """Yield a table as CSV that Excel reads as UTF-8, too, some hundred rows at a time.

    A bare True is written as `yes`.
    """
    yield BYTE_ORDER_MARK + _as_csv([[harmless(heading) for heading, _width in table.headings]])
    rows = iter(table.rows)
    while some := list(islice(rows, ROWS_AT_ONCE)):
        yield _as_csv([as_text(value, yes) for value in row] for row in some)


def _as_csv(rows: Iterable[Iterable[str]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def csv_of(table: Table, yes: str) -> bytes:
    """Return a table as one CSV file, written as `csv_lines` does."""
    return "".join(csv_lines(table, yes)).encode()


def xlsx_of(tables: Iterable[Table], yes: str) -> bytes:
    """Write tables as the sheets of a workbook, their headings bold and always in sight."""
    book = Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(table.name[:31])
        sheet.freeze_panes = "A2"
        sheet.print_title_rows = "1:1"
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", "9"
        for number, (_heading, width) in enumerate(table.headings, start=1):
            sheet.column_dimensions[get_column_letter(number)].width = width
        sheet.append([_bold(sheet, heading) for heading, _width in table.headings])
        for row in table.rows:
            sheet.append([as_cell(sheet, value, yes) for value in row])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _bold(sheet: Any, heading: str) -> WriteOnlyCell:
    cell = _quoted(sheet, ILLEGAL_CHARACTERS_RE.sub("", heading))
    cell.font = Font(bold=True)
    return cell
