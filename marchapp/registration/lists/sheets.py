"""What every list is read into: sheets of lines of text, and why a file gives none."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

MOST_ROWS = 1000
MOST_COLUMNS = 100
MOST_SIGNS = 1000  # of one cell
MOST_LINES = 20_000  # those that are empty but formatted included


class UnreadableList(Exception):
    """Why a file is no list that can be read."""


class NotASpreadsheet(UnreadableList):
    """It is neither XLSX nor text."""


class OldSpreadsheet(UnreadableList):
    """It is the format of before 2007, or that of another program."""


class LockedSpreadsheet(UnreadableList):
    """It opens with a password only."""


class ListTooLong(UnreadableList):
    """It has more rows than one list may have, or more than is safe to unpack."""


class TakesTooLong(UnreadableList):
    """It is made so that reading it takes more time or memory than any list."""


class EmptyList(UnreadableList):
    """There is nothing in it."""


@dataclass(frozen=True)
class Line:
    """The cells of one row as text, and the number that the spreadsheet shows beside it."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """The rows of one sheet that are not empty."""

    name: str
    lines: tuple[Line, ...]


def lines_of(rows: Iterable[tuple[int, Iterable[Any]]]) -> Iterator[Line]:
    found = 0
    for number, row in islice(rows, MOST_LINES):
        cells = tuple(_text(cell) for cell in islice(row, MOST_COLUMNS))
        if any(cells):
            found += 1
            if found > MOST_ROWS + 10:  # some rows above the headings
                raise ListTooLong
            yield Line(number, cells)


def _text(value: Any) -> str:
    """Write the value of a cell as somebody would have typed it."""
    match value:
        case None:
            return ""
        case datetime() | date():
            return value.isoformat()[:10]
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value).strip()[:MOST_SIGNS]
