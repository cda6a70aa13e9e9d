"""A spreadsheet as tables of plain text: XLSX, CSV as spreadsheets write it, or pasted cells."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO, StringIO
from itertools import islice
from typing import Any
from zipfile import BadZipFile, ZipFile

from charset_normalizer import from_bytes
from openpyxl import load_workbook

MEBIBYTE = 1024 * 1024
MOST_BYTES = 8 * MEBIBYTE
MOST_UNPACKED = 24 * MEBIBYTE
MOST_ROWS = 1000
MOST_COLUMNS = 100
MOST_SIGNS = 1000  # of one cell
MOST_LINES = 20_000  # those that are empty but formatted included
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
ONE_BYTE_ENCODINGS = ["cp1251", "cp1252"]  # what spreadsheets of both countries write
SEPARATORS = "\t;,"


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


def read_file(content: bytes) -> list[Sheet]:
    """Return the sheets of a file that have anything in them. Raises UnreadableList."""
    if len(content) > MOST_BYTES:
        raise ListTooLong
    if content.startswith(OLE):
        raise LockedSpreadsheet if ENCRYPTED in content else OldSpreadsheet
    if content.startswith(ZIP):
        return _some(_sheets_of_workbook(content))
    return read_text(_decoded(content))


def read_text(text: str) -> list[Sheet]:
    """Return the only sheet of a text that was pasted, or of a CSV file. Raises UnreadableList."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    first, _end, rest = text.partition("\n")
    skipped = 0
    if first.lower().startswith("sep="):  # Excel's own way to name the separator
        text, skipped = rest, 1
    reader = csv.reader(StringIO(text), delimiter=_separator(text))
    try:
        lines = tuple(_lines(enumerate(reader, start=1 + skipped)))
    except csv.Error as error:
        raise NotASpreadsheet(str(error)) from error
    return _some([Sheet("", lines)])


def _some(sheets: Iterable[Sheet]) -> list[Sheet]:
    found = [sheet for sheet in sheets if sheet.lines]
    if not found:
        raise EmptyList
    return found


def _lines(rows: Iterable[tuple[int, Iterable[Any]]]) -> Iterator[Line]:
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


def _sheets_of_workbook(content: bytes) -> Iterator[Sheet]:
    _check_package(content)
    try:
        # Its links are none of ours; formulas are read as the values that they had.
        workbook = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
        for sheet in workbook.worksheets:
            if sheet.sheet_state != "visible":
                continue
            sheet.reset_dimensions()  # some programs write a wrong size
            rows = sheet.iter_rows(max_row=MOST_LINES, values_only=True)
            yield Sheet(sheet.title, tuple(_lines(enumerate(rows, start=1))))
    except UnreadableList:
        raise
    except Exception as error:  # a damaged workbook fails in as many ways as it has parts
        raise NotASpreadsheet(str(error)) from error


def _check_package(content: bytes) -> None:
    """Look into the directory of a zip file, unpacking nothing: is it a workbook, and of what size?

    No part unpacks to more than its entry says, as zipfile reads no further.
    """
    try:
        with ZipFile(BytesIO(content)) as package:
            parts = {part.filename: part.file_size for part in package.infolist()}
    except (BadZipFile, NotImplementedError, ValueError) as error:
        raise NotASpreadsheet(str(error)) from error
    if "xl/workbook.xml" not in parts:
        raise OldSpreadsheet if "mimetype" in parts or "xl/workbook.bin" in parts else NotASpreadsheet
    if sum(parts.values()) > MOST_UNPACKED:
        raise ListTooLong


def _decoded(content: bytes) -> str:
    encoding = next((name for mark, name in BYTE_ORDER_MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        guess = from_bytes(content, cp_isolation=ONE_BYTE_ENCODINGS).best()
        if guess is None:
            raise NotASpreadsheet("no text") from error
        text = str(guess)
    if "\0" in text or text.lstrip("\ufeff \n\r\t").startswith(("%PDF", "<", "{\\rtf")):
        raise NotASpreadsheet("another kind of file")
    return text


def _separator(text: str) -> str:
    """Return what parts the cells: the sign that stands most often in one of the first lines."""
    first = text.splitlines()[:10]
    return max(SEPARATORS, key=lambda sign: max((line.count(sign) for line in first), default=0))
