"""The list of participants as a file for a spreadsheet: CSV written while it is read, or XLSX."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from marchapp.files.kinds import Progress, no_progress
from marchapp.forms import to_local
from marchapp.models import March, Participant
from marchapp.registration.coordination.columns import Heading, Value, headings, loads_of
from marchapp.registration.coordination.listing import Selection, Walk, count_people, select_people, walks_of
from marchapp.spreadsheets import ROWS_AT_ONCE, Table, xlsx_of
from marchapp.spreadsheets import csv_lines as csv_lines_of

COLUMN_WIDTH = 18  # letters


def csv_lines(session: Session, march_id: int, selection: Selection, columns: Iterable[str]) -> Iterator[str]:
    """Yield the selection as CSV, with headings in the reader's language.

    All is read here, as a page that is streamed is written after the view has closed its session.
    """
    march = session.get_one(March, march_id)
    yield from csv_lines_of(_table(session, march, selection, list(columns), no_progress), _("Yes"))


def xlsx_of_people(
    session: Session, march: March, selection: Selection, columns: Iterable[str], progress: Progress
) -> bytes:
    """Return the selection as XLSX; no more than some hundred people are in memory at a time."""
    return xlsx_of([_table(session, march, selection, list(columns), progress)], _("Yes"))


def _table(
    session: Session, march: March, selection: Selection, columns: Collection[str], progress: Progress
) -> Table:
    return Table(
        name=_("Participants"),
        headings=[(heading.text, COLUMN_WIDTH) for heading in headings(march, columns)],
        rows=_rows(session, march, selection, columns, progress),
    )


def _rows(
    session: Session, march: March, selection: Selection, columns: Collection[str], progress: Progress
) -> Iterator[Sequence[Value]]:
    shown, done, total = headings(march, columns), 0, count_people(session, march, selection)
    for people, walks in _people(session, march, selection, columns):
        yield from (list(_row(march, shown, person, walks)) for person in people)
        done += len(people)
        progress(done, total)


def _people(
    session: Session, march: March, selection: Selection, columns: Iterable[str]
) -> Iterator[tuple[Sequence[Participant], dict[int, dict[int, Walk]]]]:
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
