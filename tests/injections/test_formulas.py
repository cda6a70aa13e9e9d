"""No spreadsheet that we write calculates anything of what somebody wrote, in any column of any file."""

import csv
import re
from collections.abc import Iterator
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from marchapp.attendance.files import ROLL_CALLS
from marchapp.border.crossing import all_lines
from marchapp.border.making import MANIFEST
from marchapp.border.services import freeze
from marchapp.extensions import db
from marchapp.files.kinds import no_progress
from marchapp.files.tables import StageTable
from marchapp.models import Category, Group
from marchapp.printing.making import GROUP_LIST
from marchapp.registration.coordination.columns import ALL, SECRETS
from marchapp.registration.coordination.export import csv_lines
from marchapp.registration.coordination.listing import Selection
from marchapp.registration.coordination.making import PARTICIPANTS
from marchapp.registration.lists.columns import KINDS
from marchapp.registration.lists.template import csv_template, xlsx_template
from marchapp.spreadsheets import A_PHONE, FORMULA_SIGNS, csv_of, harmless
from marchapp.tracks.files import TRACKS
from tests.doors.knocking import Doors
from tests.doors.world import NOW, Place
from tests.factories import make_document, make_participant
from tests.injections.sowing import sow

SIGNS = ["=", "+", "-", "@", "\t=", "\r=", "\n=", "＝"]
# Where Excel takes a semicolon for what parts cells, a comma and its quotes are text like any other.
FARTHER_ON = ["Kari;=", "Kari; +", 'Kari;"=', "Kari\n-", "Kari\r@", "Kari\t="]
EVERYTHING = (*ALL, "place", *SECRETS)


@pytest.fixture(params=[*SIGNS, *FARTHER_ON], ids=repr)
def start(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def place(doors: Doors, start: str) -> Iterator[Place]:
    """A march in which every text is a formula, while a request is answered."""
    with doors.undone(), doors.app.test_request_context():
        place = doors.own
        for row in (place.march, place.stage, place.coordinator):
            db.session.add(row)
        make_walker(place)
        sow(db.session, lambda column: f"{start}1+{len(column)}")
        yield place
        db.session.remove()


def make_walker(place: Place) -> None:
    """Let somebody walk in a group who needs nobody's consent."""
    group = db.session.get_one(Group, place.values["group_id"])
    born = {"birth_date": date(1980, 5, 17), "category": Category.OFFICIAL}
    make_document(db.session, make_participant(db.session, place.march, place.stage, group=group, **born))


def cells_of_csv(content: str) -> list[str]:
    return [cell for row in csv.reader(StringIO(content.removeprefix("\ufeff"))) for cell in row]


def as_in_norway(content: str) -> list[str]:
    """Return the cells of a CSV file of ours as a program reads them that parts cells by semicolons."""
    return [cell for row in csv.reader(StringIO(content, newline=""), delimiter=";") for cell in row]


def assert_no_formula_in_csv(content: str, *, least: int = 6) -> None:
    cells = [*cells_of_csv(content), *as_in_norway(content)]
    assert [cell for cell in cells if cell.lstrip('"').startswith(FORMULA_SIGNS)] == []
    assert sum("1+" in cell for cell in cells) >= least, "what was sown is in the file"


def assert_no_formula_in_workbook(content: bytes, *, least: int = 6) -> None:
    cells = [
        cell
        for sheet in load_workbook(BytesIO(content))
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str)
    ]
    assert {cell.data_type for cell in cells} == {"s"}, "no cell is a formula"
    unquoted = [cell for cell in cells if cell.value.startswith(FORMULA_SIGNS) and not cell.quotePrefix]
    assert [cell.value for cell in unquoted if not A_PHONE.fullmatch(cell.value)] == []
    assert sum("1+" in cell.value for cell in cells) >= least, "what was sown is in the file"


def test_the_list_of_participants_calculates_nothing(place: Place) -> None:
    lines = csv_lines(db.session, place.march.id, Selection(standing="any"), EVERYTHING)
    assert_no_formula_in_csv("".join(lines))

    params = {"arguments": {"standing": "any"}, "columns": EVERYTHING}
    assert_no_formula_in_workbook(PARTICIPANTS.make(db.session, place.march, params, no_progress).content)


def test_the_list_of_groups_calculates_nothing(place: Place) -> None:
    def made(form: str) -> bytes:
        params = {"stage_id": place.stage.id, "stage_number": place.stage.number, "format": form}
        return GROUP_LIST.make(db.session, place.march, params, no_progress).content

    assert_no_formula_in_csv(made("csv").decode())
    assert_no_formula_in_workbook(made("xlsx"))


def test_the_manifest_of_a_border_calculates_nothing(place: Place) -> None:
    lines = all_lines(db.session, place.stage)
    version = freeze(db.session, stage=place.stage, lines=lines, by=place.coordinator, now=NOW)
    params = {"stage_id": place.stage.id, "stage_number": place.stage.number, "version": version.number}

    made = MANIFEST.make(db.session, place.march, params | {"format": "xlsx"}, no_progress)

    assert_no_formula_in_workbook(made.content)


@pytest.mark.parametrize("table", [ROLL_CALLS, TRACKS], ids=lambda table: table.kind.name)
def test_what_is_taken_along_of_a_stage_calculates_nothing(place: Place, table: StageTable) -> None:
    made = table.table_of(db.session, place.stage, no_progress)
    assert_no_formula_in_csv(csv_of(made, "yes").decode(), least=2)

    params = {"stage_id": place.stage.id, "stage_number": place.stage.number}
    content = table.kind.make(db.session, place.march, params, no_progress).content
    assert_no_formula_in_workbook(content, least=2)


def test_the_template_of_a_list_calculates_nothing(place: Place) -> None:
    for kind in KINDS.values():
        cells = cells_of_csv(csv_template(place.march, kind))
        assert [cell for cell in cells if cell.startswith(FORMULA_SIGNS)] == []
        for sheet in load_workbook(BytesIO(xlsx_template(place.march, kind))):
            assert "f" not in {cell.data_type for row in sheet.iter_rows() for cell in row}


@pytest.mark.parametrize(
    "text", ["Kari", "Kari-Anne", "a=b", "2 - 1", "Oslo, -2 degrees", "kari@example.org", ""]
)
def test_what_is_no_formula_stays_as_it_was_written(text: str) -> None:
    assert harmless(text) == text


def test_every_maker_of_spreadsheets_is_tried_here() -> None:
    """Whoever writes CSV or XLSX anew adds a test to this file and a line here."""
    writes = re.compile(r"\b(csv\.writer|Workbook\(|xlsx_of\(|csv_of\()")
    found = {str(path) for path in Path("marchapp").rglob("*.py") if writes.search(path.read_text("utf-8"))}

    assert found == {
        "marchapp/spreadsheets.py",
        "marchapp/border/making.py",
        "marchapp/files/tables.py",
        "marchapp/printing/making.py",
        "marchapp/registration/coordination/export.py",
        "marchapp/registration/lists/template.py",
        "marchapp/geo/tables.py",  # numbers and our own words alone
    }
