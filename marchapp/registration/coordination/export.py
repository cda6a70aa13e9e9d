"""The list of participants as a file for a spreadsheet: CSV written while it is read, or XLSX."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import StringIO
from typing import IO

from flask_babel import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from sqlalchemy.orm import Session

from marchapp.forms import to_local
from marchapp.models import March, Participant
from marchapp.registration.coordination.columns import Heading, Value, headings, loads_of
from marchapp.registration.coordination.listing import Selection, Walk, select_people, walks_of
from marchapp.spreadsheets import BYTE_ORDER_MARK, as_cell, as_text

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
        yield _as_csv(
            [as_text(value, yes) for value in _row(march, shown, person, walks)] for person in people
        )


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
            sheet.append([as_cell(sheet, value, yes) for value in _row(march, shown, person, walks)])
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


def _as_csv(rows: Iterable[Iterable[str]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
