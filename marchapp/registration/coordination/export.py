"""The list of participants as a file for a spreadsheet: CSV written while it is read, or XLSX."""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from io import StringIO
from typing import IO, Any

from flask_babel import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from sqlalchemy.orm import Session

from marchapp.forms import to_local
from marchapp.models import March, Participant
from marchapp.registration.coordination.columns import Heading, Value, headings, loads_of
from marchapp.registration.coordination.listing import Selection, Walk, select_people, walks_of
from marchapp.spreadsheets import BYTE_ORDER_MARK, FORMULA_SIGNS, harmless

A_PHONE = re.compile(r"\+[\d ]+")  # text to a sheet, which calculates nothing of it
ROWS_AT_ONCE = 500


def csv_lines(session: Session, march_id: int, selection: Selection, columns: Iterable[str]) -> Iterator[str]:
    """Yield the selection as CSV: headings in the reader's language, then some hundred rows at a time.

    All is read here, as a page that is streamed is written after the view has closed its session.
    """
    march = session.get_one(March, march_id)
    columns = list(columns)
    shown, yes = headings(march, columns), _("Yes")
    yield BYTE_ORDER_MARK + _as_csv([[heading.text for heading in shown]])
    for people, walks in _people(session, march, selection, columns):
        yield _as_csv([_text(value, yes) for value in _row(march, shown, person, walks)] for person in people)


def write_xlsx(
    file: IO[bytes], session: Session, march: March, selection: Selection, columns: Iterable[str]
) -> None:
    """Write the selection into a file as XLSX; no more than some hundred people are in memory at a time."""
    columns = list(columns)
    shown, yes = headings(march, columns), _("Yes")
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Participants"))
    sheet.freeze_panes = "A2"
    titles = [WriteOnlyCell(sheet, value=heading.text) for heading in shown]
    for title in titles:
        title.font = Font(bold=True)
    sheet.append(titles)
    for people, walks in _people(session, march, selection, columns):
        for person in people:
            sheet.append([_cell(sheet, value, yes) for value in _row(march, shown, person, walks)])
    book.save(file)


def _people(
    session: Session, march: March, selection: Selection, columns: Iterable[str]
) -> Iterator[tuple[Iterable[Participant], dict[int, dict[int, Walk]]]]:
    """Yield the people of the selection some hundred at a time, with the stages that they walk."""
    query = select_people(session, march, selection).options(*loads_of(columns))
    for people in session.scalars(query.execution_options(yield_per=ROWS_AT_ONCE)).partitions():
        yield people, walks_of(session, [person.id for person in people])


def _row(
    march: March, shown: Iterable[Heading], person: Participant, walks: dict[int, dict[int, Walk]]
) -> Iterator[Value]:
    """Yield the values of one line; moments by the march's clock."""
    for heading in shown:
        value = heading.value(person, walks[person.id])
        yield to_local(value, march.time_zone) if isinstance(value, datetime) else value


def _text(value: Value, yes: str) -> str:
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


def _as_csv(rows: Iterable[Iterable[str]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cell(sheet: Any, value: Value, yes: str) -> Any:
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
