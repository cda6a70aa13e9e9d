"""CSV and XLSX with accidents, from the bytes to the checked rows, and lists as they travel in their page."""

import csv
import json
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from io import BytesIO, StringIO
from random import Random
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from flask import Flask

from marchapp.extensions import db
from marchapp.registration.lists.columns import COLUMNS, KINDS
from marchapp.registration.lists.intake import take_in
from marchapp.registration.lists.page import BrokenList, ListPage, Sent, unpack
from marchapp.registration.lists.reading import read_file
from marchapp.registration.lists.sheets import UnreadableList
from marchapp.registration.lists.workbook import sheets_of
from marchapp.rosters.assigning.tables import UnusableTable, read_groups, read_people
from tests.factories import Cast
from tests.fuzzing.damage import TEXTS, damaged, nasty, with_other_numbers
from tests.fuzzing.harness import Harness, fuzz
from tests.registration.lists.files import CHILD, children, csv_file, workbook

PEOPLE = (
    b"id,unit,class,country,languages,child,guide,first_aid,previous_group,locked_group\n"
    b"1,a,7B,NO,nb ru,1,0,0,,\n2,a,7B,NO,nb,1,0,0,A,B\n3,,,RU,ru,0,1,1,,A\n"
)
GROUPS = b"id,min_size,max_size\nA,1,12\nB,2,12\n"
CSV_WORDS = (b";", b",", b"\t", b'"', b"\r", b"sep=;\n", b"\xff\xfe", b"\xef\xbb\xbf", "Имя".encode("cp1251"))
XML_WORDS = (
    b"<c r='XFD1048576' t='s'><v>", b"<v>1e308</v>", b"<f>A1</f>", b"t='d'", b"t='b'", b"t='e'",
    b"<row r='-1'>",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"s='99999'", b"<mergeCell ref='A1:Z9'/>", b"numFmtId='14'",
    b"date1904='1'",
)  # fmt: skip

TOLD = ("sheet1.xml", "sharedStrings.xml", "workbook.xml", "styles.xml")  # the parts that say most


def other_cells(random: Random) -> bytes:
    """Return CSV with the right headings and cells that are wrong in every way."""
    rows = children(random.randint(1, 3))
    for row in rows:
        for name in random.sample(sorted(row), random.randint(1, 4)):
            row[name] = random.choice(TEXTS)
    headings = [nasty(random) if random.random() < 0.03 else name for name in CHILD]
    text = StringIO()
    writer = csv.writer(text, delimiter=random.choice(";,\t"))
    writer.writerows([headings, *(list(row.values()) for row in rows)])
    return text.getvalue().encode(random.choice(("utf-8", "utf-8-sig", "utf-16")))


def a_csv(random: Random) -> bytes:
    if random.random() < 0.5:
        return other_cells(random)
    separator, encoding = random.choice(";,\t"), random.choice(("utf-8", "cp1252", "utf-16"))
    return damaged(random, csv_file(children(2), separator=separator, encoding=encoding), CSV_WORDS)


def workbooks(workbook_: bytes) -> Callable[[Random], bytes]:
    """Return a maker of workbooks with accidents in one of their parts, or in the file that holds them."""
    with ZipFile(BytesIO(workbook_)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    told = [
        name
        for name in parts
        if name.endswith(("sheet1.xml", "sharedStrings.xml", "workbook.xml", "styles.xml"))
    ]

    def make(random: Random) -> bytes:
        if random.random() < 0.2:
            return damaged(random, workbook_)
        name = random.choice(told if random.random() < 0.8 else sorted(parts))
        how = damaged(random, parts[name], XML_WORDS) if random.random() < 0.5 else None
        changed = parts | {name: with_other_numbers(random, parts[name]) if how is None else how}
        if random.random() < 0.1:
            del changed[random.choice(sorted(changed))]
        file = BytesIO()
        with ZipFile(file, "w", ZIP_DEFLATED) as package:
            for part, content in changed.items():
                package.writestr(part, content)
        return file.getvalue()

    return make


def other_rows(random: Random) -> str:
    """Return rows as a page holds them, packed, with accidents in their JSON or in the text."""
    names = random.sample([*COLUMNS, "x"], 4)
    cells: dict[str, Any] = {name: nasty(random) for name in names}
    if random.random() < 0.3:
        cells[names[0]] = random.choice((7, None, [], "\ud800"))
    row = [random.choice((7, -1, "8", None, 1e300, True, [])), random.choice((True, False, None)), cells]
    rows = random.choice(
        ([row], [row, row], [row, row, row], row, cells, {}, None, [[]], 10**30, "text", [[1, 2, 3]])
    )
    text = json.dumps(rows).encode()
    if random.random() < 0.3:
        text = damaged(random, text, (b"Infinity", b"NaN", b"[" * 5000, b"1e999", b'"\\ud800"', b"1" * 5000))
    packed = urlsafe_b64encode(zlib.compress(text)).decode()
    return nasty(random) if random.random() < 0.02 else packed


@pytest.fixture
def take_list(app: Flask, cast: Cast) -> Callable[[bytes], str]:
    """Return what takes a file as a list and checks its rows, as the page does."""
    kind = KINDS["school_class"]

    def take(content: bytes) -> str:
        with app.test_request_context(data={"day_first": "day"}):
            try:
                intake = take_in(read_file(content, sheets_of), cast.march, kind)
            except UnreadableList as why:
                return type(why).__name__
            page = ListPage(cast.march, kind, Sent())
            page.rows = intake.rows
            page.check(db.session)
            assert [row.number for row in unpack(page.packed)] == [row.number for row in page.rows]
            return "with mistakes" if page.bad else "read"

    return take


@pytest.fixture
def take_page(app: Flask, cast: Cast) -> Callable[[str], str]:
    """Return what takes rows that travelled in a page."""

    def take(rows: str) -> str:
        with app.test_request_context():
            page = ListPage(cast.march, KINDS["school_class"], Sent({"rows": rows}))
            try:
                page.read_again()
            except BrokenList as why:
                return type(why).__name__
            page.check(db.session)
            page.packed.encode()
            return "with mistakes" if page.bad else "read"

    return take


def take_tables(content: bytes) -> str:
    said = []
    for read in (read_groups, lambda sent: read_people(sent, {"A", "B"})):
        try:
            read(content)
        except UnusableTable as why:
            said.append("refused" if why.problems else "")
        else:
            said.append("read")
    assert all(said), "who is refused is told why"
    return ", ".join(said)


def test_a_damaged_csv_file_is_read_or_refused(take_list: Callable[[bytes], str]) -> None:
    report = fuzz(Harness("csv", a_csv, take_list), examples=60)

    assert len(report.words) > 2


def test_a_damaged_workbook_is_read_or_refused(take_list: Callable[[bytes], str]) -> None:
    report = fuzz(Harness("xlsx", workbooks(workbook(children(2))), take_list), examples=60)

    assert len(report.words) > 2


def test_rows_that_travelled_in_a_page_are_read_or_refused(take_page: Callable[[str], str]) -> None:
    report = fuzz(Harness("list page", other_rows, take_page), examples=100)

    assert len(report.words) > 1


def test_damaged_tables_of_people_and_groups_are_read_or_refused() -> None:
    def make(random: Random) -> bytes:
        sample = random.choice((PEOPLE, GROUPS))
        return (
            damaged(random, sample, CSV_WORDS)
            if random.random() < 0.6
            else with_other_numbers(random, sample)
        )

    report = fuzz(Harness("tables", make, take_tables), examples=150)

    assert len(report.words) > 1


def test_half_a_pair_of_utf_16_is_no_text_of_a_list() -> None:
    rows = urlsafe_b64encode(zlib.compress(rb'[[7, false, {"given_name": "\ud800"}]]')).decode()

    with pytest.raises(BrokenList):
        unpack(rows)


def test_a_stage_of_thousands_of_figures_is_no_stage(take_page: Callable[[str], str]) -> None:
    rows = json.dumps([[7, False, {"given_name": "Kari", "stages": "1" * 5000}]]).encode()

    assert take_page(urlsafe_b64encode(zlib.compress(rows)).decode()) == "with mistakes"
