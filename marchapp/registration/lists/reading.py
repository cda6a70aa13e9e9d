"""A spreadsheet as tables of plain text: XLSX, CSV as spreadsheets write it, or pasted cells."""

import csv
from collections.abc import Callable, Iterable
from io import BytesIO, StringIO
from zipfile import BadZipFile, ZipFile

from charset_normalizer import from_bytes

from marchapp.registration.lists.sheets import (
    EmptyList,
    ListTooLong,
    LockedSpreadsheet,
    NotASpreadsheet,
    OldSpreadsheet,
    Sheet,
    lines_of,
)
from marchapp.registration.lists.workbook import open_apart

MEBIBYTE = 1024 * 1024
MOST_BYTES = 8 * MEBIBYTE
MOST_UNPACKED = 24 * MEBIBYTE
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
ONE_BYTE_ENCODINGS = ["cp1251", "cp1252"]  # what spreadsheets of both countries write
SEPARATORS = "\t;,"


def read_file(content: bytes, open_workbook: Callable[[bytes], Iterable[Sheet]] = open_apart) -> list[Sheet]:
    """Return the sheets of a file that have anything in them. Raises UnreadableList."""
    if len(content) > MOST_BYTES:
        raise ListTooLong
    if content.startswith(OLE):
        raise LockedSpreadsheet if ENCRYPTED in content else OldSpreadsheet
    if content.startswith(ZIP):
        _check_package(content)
        return _some(open_workbook(content))
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
        lines = tuple(lines_of(enumerate(reader, start=1 + skipped)))
    except csv.Error as error:
        raise NotASpreadsheet(str(error)) from error
    return _some([Sheet("", lines)])


def _some(sheets: Iterable[Sheet]) -> list[Sheet]:
    found = [sheet for sheet in sheets if sheet.lines]
    if not found:
        raise EmptyList
    return found


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
