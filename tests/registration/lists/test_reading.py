"""Files become tables of text, whichever program wrote them; what is no list is refused kindly."""

import struct
from datetime import date, datetime
from io import BytesIO
from time import monotonic
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from marchapp.registration.lists import reading
from marchapp.registration.lists.reading import read_file, read_text
from marchapp.registration.lists.sheets import (
    EmptyList,
    ListTooLong,
    LockedSpreadsheet,
    NotASpreadsheet,
    OldSpreadsheet,
    TakesTooLong,
)
from marchapp.registration.lists.workbook import MOST_WALL_S
from tests.registration.lists.files import content_of, csv_file, workbook

NORWEGIAN = [
    {"Fornavn": "Pål", "Etternavn": "Ærlig", "Fødselsdato": "17.05.2001"},
    {"Fornavn": "Bjørg", "Etternavn": "Åsen", "Fødselsdato": "1.6.2001"},
]
RUSSIAN = [
    {"Имя": "Maria", "Фамилия": "Ivanova", "ФИО": "Мария Иванова"},
    {"Имя": "Oleg", "Фамилия": "Petrov", "ФИО": "Олег Петров"},
]


def cells(content: bytes) -> list[tuple[str, ...]]:
    (sheet,) = read_file(content)
    return [line.cells for line in sheet.lines]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("rows", "encoding"),
    [
        (NORWEGIAN, "utf-8"),
        (NORWEGIAN, "utf-8-sig"),
        (NORWEGIAN, "utf-16"),
        (NORWEGIAN, "cp1252"),
        (RUSSIAN, "utf-8"),
        (RUSSIAN, "utf-8-sig"),
        (RUSSIAN, "utf-16"),
        (RUSSIAN, "cp1251"),
    ],
)
def test_a_csv_file_is_read_in_the_encodings_of_spreadsheets(
    rows: list[dict[str, str]], encoding: str, separator: str
) -> None:
    read = cells(csv_file(rows, separator=separator, encoding=encoding))
    assert read == [tuple(rows[0]), *(tuple(row.values()) for row in rows)]


def test_english_headings_do_not_hide_that_the_names_are_russian() -> None:
    rows = [{"Given name": "Maria", "Name in own letters": "Мария Иванова"}]
    assert cells(csv_file(rows, encoding="cp1251"))[1] == ("Maria", "Мария Иванова")


def test_the_separator_that_excel_names_in_the_first_line_is_passed_over() -> None:
    (sheet,) = read_text("sep=;\nFornavn;Etternavn\nKari;Hansen\n")
    assert [(line.number, line.cells) for line in sheet.lines] == [
        (2, ("Fornavn", "Etternavn")),
        (3, ("Kari", "Hansen")),
    ]


def test_commas_within_quotes_part_no_cells() -> None:
    assert cells(b'Name,School\n"Hansen, Kari","Fjordbotn ""old"" school"\n')[1] == (
        "Hansen, Kari",
        'Fjordbotn "old" school',
    )


def test_pasted_cells_are_parted_by_tabs() -> None:
    (sheet,) = read_text("Fornavn\tEtternavn\r\nKari\tHansen, Ås; Vik\r\n")
    assert sheet.lines[1].cells == ("Kari", "Hansen, Ås; Vik")


def test_a_workbook_gives_text_numbers_and_dates_as_they_would_be_typed() -> None:
    row = {
        "a": "Kari",
        "b": datetime(2001, 5, 17),  # noqa: DTZ001 - spreadsheets know no zones
        "c": date(2001, 5, 17),
        "d": 4740600000,
        "e": 1.5,
        "f": None,
        "g": True,
    }
    assert cells(workbook([row]))[1] == ("Kari", "2001-05-17", "2001-05-17", "4740600000", "1.5", "", "True")


def test_rows_have_the_numbers_that_the_spreadsheet_shows() -> None:
    (sheet,) = read_file(workbook([{"a": "x"}, {"a": None}, {"a": "y"}], above=[["Class 7B"], []]))
    assert [line.number for line in sheet.lines] == [1, 3, 4, 6]


def test_a_formula_is_read_as_its_value() -> None:
    book = Workbook()
    book.active.append(["Name", "=A1"])
    with ZipFile(BytesIO(content_of(book))) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b"<f>A1</f><v></v>", b"<f>A1</f><v>42</v>").replace(
        b"<f>A1</f><v />", b"<f>A1</f><v>42</v>"
    )
    assert cells(packed(parts)) == [("Name", "42")]


def test_hidden_sheets_are_not_read() -> None:
    book = Workbook()
    book.active.append(["Name"])
    hidden = book.create_sheet("Words")
    hidden.append(["Norway"])
    hidden.sheet_state = "hidden"
    assert cells(content_of(book)) == [("Name",)]


def packed(parts: dict[str, bytes]) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as package:
        for name, part in parts.items():
            package.writestr(name, part)
    return content.getvalue()


OLE = reading.OLE + bytes(512)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (OLE, OldSpreadsheet),
        (OLE + reading.ENCRYPTED, LockedSpreadsheet),
        (packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), OldSpreadsheet),
        (packed({"xl/workbook.bin": b""}), OldSpreadsheet),
        (packed({"word/document.xml": b""}), NotASpreadsheet),
        (packed({"xl/workbook.xml": b"<broken"}), NotASpreadsheet),
        (b"PK\x03\x04 but no zip", NotASpreadsheet),
        (b"%PDF-1.7 ...", NotASpreadsheet),
        (b"<html><table></table></html>", NotASpreadsheet),
        (struct.pack("<64I", *range(64)), NotASpreadsheet),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", NotASpreadsheet),
        (b"", EmptyList),
        (b"\n\n;;\n", EmptyList),
        (workbook([{}]), EmptyList),
        (b"x" * (reading.MOST_BYTES + 1), ListTooLong),
    ],
)
def test_what_is_no_list_is_refused(content: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        read_file(content)


def test_a_workbook_with_an_entity_bomb_is_refused() -> None:
    with ZipFile(BytesIO(workbook([{"a": "b"}]))) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    bomb = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = bomb + sheet[sheet.index(b"<worksheet") :].replace(
        b"<t>b</t>", b"<t>&b;</t>"
    )
    with pytest.raises(NotASpreadsheet):
        read_file(packed(parts))


def test_a_file_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    parts = {"xl/workbook.xml": b"", "xl/worksheets/sheet1.xml": bytes(reading.MOST_UNPACKED + 1)}
    content = packed(parts)
    assert len(content) < 100_000
    with pytest.raises(ListTooLong):
        read_file(content)


def test_a_small_workbook_that_keeps_the_library_at_work_is_ended() -> None:
    with ZipFile(BytesIO(workbook([{"a": "b"}]))) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    begin, end = b"<worksheet><sheetData><row>", b"</row></sheetData></worksheet>"
    parts["xl/worksheets/sheet1.xml"] = begin + b"<c/>" * 5_900_000 + end
    content = packed(parts)
    assert len(content) < 100_000
    began_at = monotonic()
    with pytest.raises(TakesTooLong):
        read_file(content)
    assert monotonic() - began_at < MOST_WALL_S + 5


def test_a_list_of_more_than_a_thousand_rows_is_refused() -> None:
    with pytest.raises(ListTooLong):
        read_text("name\n" + "Kari\n" * 1100)
