"""The templates can be read again as they were given, in every language."""

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from sqlalchemy.orm import Session

from marchapp.i18n import LANGUAGES
from marchapp.models import March
from marchapp.registration.lists.columns import COLUMNS, KINDS, columns_of, labels_in_all_languages
from marchapp.registration.lists.headings import Headings, find_headings
from marchapp.registration.lists.reading import read_file
from tests.factories import make_march, make_stage
from tests.registration.lists.conftest import Sent, words_of
from tests.registration.lists.files import content_of


@pytest.fixture
def march(session: Session) -> March:
    """A march whose only stage crosses the border, so that its lists ask for papers."""
    march = make_march(session, slug="victory")
    make_stage(session, march, crosses_border=True)
    session.commit()
    return march


def template(client: FlaskClient, kind: str, ending: str, language: str = "en") -> bytes:
    answer = client.get(f"/marches/victory/sign-up/list/{kind}/template.{ending}?lang={language}")
    assert answer.status_code == 200
    assert f'filename="victory-{kind}.{ending}"' in answer.headers["Content-Disposition"]
    return answer.data


def book(client: FlaskClient, kind: str = "school_class", language: str = "en") -> Workbook:
    return load_workbook(BytesIO(template(client, kind, "xlsx", language)))


def headings(content: bytes) -> Headings:
    found = find_headings(read_file(content), COLUMNS, labels_in_all_languages(COLUMNS))
    assert found
    return found


@pytest.mark.parametrize("kind", [str(kind) for kind in KINDS])
@pytest.mark.parametrize("ending", ["xlsx", "csv"])
@pytest.mark.parametrize("language", list(LANGUAGES))
def test_each_heading_of_a_template_is_understood(
    client: FlaskClient, march: March, kind: str, ending: str, language: str
) -> None:
    found = headings(template(client, kind, ending, language))
    of_kind = next(one for one in KINDS.values() if one.party == kind)
    assert tuple(found.columns.values()) == columns_of(of_kind, march)
    assert found.unknown == ()


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_a_template_that_is_not_filled_in_holds_nobody(
    client: FlaskClient, march: March, send_file: Sent, language: str
) -> None:
    page = send_file(template(client, "school_class", "xlsx", language), contact_language="en")
    client.delete_cookie("language")
    assert page.status_code == 200
    assert "rows" not in page.text.partition("<form")[0]
    assert 'class="form is-wide list-check"' not in page.text


def test_the_example_itself_is_a_good_row(client: FlaskClient, march: March, send_file: Sent) -> None:
    filled_in = book(client)
    filled_in.worksheets[0]["B2"] = "Hansen"
    assert "The row is good." in words_of(send_file(content_of(filled_in)))


def test_the_workbook_explains_and_offers_words(client: FlaskClient, march: March) -> None:
    made = book(client, language="nb")
    people, explanations, words = made.worksheets
    assert explanations.max_row > len(columns_of(KINDS["school_class"], march))
    assert words.sheet_state == "hidden"
    assert "Norge" in [cell.value for cell in words["A"]]
    offered = {str(one.sqref): one.formula1 for one in people.data_validations.dataValidation}
    country = next(cell.column_letter for cell in people[1] if str(cell.value).startswith("Land"))
    assert any(f"{country}2:{country}1001" in cells for cells in offered)


def test_no_cell_of_a_template_is_calculated(client: FlaskClient, march: March) -> None:
    march.stages[0].name = {"en": "=HYPERLINK(1)"}
    for sheet in book(client).worksheets:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row)
    rows = template(client, "school_class", "csv").decode("utf-8-sig").splitlines()
    assert "'+47 400 00 000" in rows[1]


def test_papers_are_asked_for_only_where_a_stage_crosses_the_border(
    client: FlaskClient, session: Session, march: March
) -> None:
    march.stages[0].crosses_border = False
    session.commit()
    assert "document_number" not in headings(template(client, "unit", "xlsx")).columns.values()


@pytest.mark.parametrize(("language", "separator"), [("en", ","), ("nb", ";"), ("ru", ";")])
def test_the_csv_file_has_the_separator_of_the_language(
    client: FlaskClient, march: March, language: str, separator: str
) -> None:
    content = template(client, "unit", "csv", language)
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode().splitlines()[0].count(separator) > 10
