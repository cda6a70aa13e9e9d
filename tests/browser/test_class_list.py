"""A teacher signs a class of 25 up with the template for Excel, and mends the five rows that are wrong."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marchapp.models import Message, Participant, Party
from tests.factories import Cast
from tests.registration.lists.files import children

WRONG = {
    4: ("Given name", "Мария", "Mariia"),
    8: ("Birth date", "31.02.2001", "28. februar 2001"),
    12: ("Country", "Atlantis", "Норвегия"),
    16: ("Phone of guardian 1", "4.06E+10", "406 00 002"),
    20: ("E-mail of guardian 1", "siri@", "siri@example.org"),
}
TEACHER = {
    "School": "Fjordbotn skole",
    "Class": "7B",
    "Your name": "Lars Lund",
    "Your e-mail": "lars@example.org",
    "Your phone": "+47 406 00 009",
}


def test_a_class_of_25_with_five_bad_rows(
    open_page: Callable[..., Page],
    accessible: Callable[[Page], None],
    cast: Cast,
    session: Session,
    tmp_path: Path,
) -> None:
    page = open_page("/marches/victory/sign-up", width=360)
    page.get_by_role("listitem").filter(has_text="School class").get_by_role("link", name="list").click()
    accessible(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Template for Excel").click()
    (tmp_path / "7B.xlsx").write_bytes(filled_in(download.value.path().read_bytes()))

    for label, text in TEACHER.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_label("The filled-in file").set_input_files(tmp_path / "7B.xlsx")
    page.get_by_role("button", name="Read the list").click()

    expect(page.get_by_text("5 rows need mending. 20 rows are good.")).to_be_visible()
    expect(page.get_by_text("The example of the template is left out.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    accessible(page)
    for number, (column, _wrong, right) in WRONG.items():
        row = page.locator(f"#row-{number}")
        expect(row.locator(".error")).to_have_count(1)
        row.get_by_label(column).fill(right)
    page.get_by_role("button", name="Check again").click()

    expect(page.get_by_text("All 25 rows are good.")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Sign 25 people up").click()

    expect(page.get_by_role("heading", name="7B, Fjordbotn skole")).to_be_visible()
    expect(page.get_by_text("25 people are signed up.")).to_be_visible()
    (party,) = session.scalars(select(Party).where(Party.contact_email == "lars@example.org"))
    assert session.scalar(select(func.count()).where(Participant.party_id == party.id)) == 25
    letters = select(func.count()).where(Message.recipient == "siri@example.org")
    assert session.scalar(letters) == 25


def filled_in(template: bytes) -> bytes:
    """Write a class below the example of the template."""
    book = load_workbook(BytesIO(template))
    sheet = book.worksheets[0]
    places = {cell.value.removesuffix(" *"): cell.column for cell in sheet[1]}
    for number, child in enumerate(children(25), start=3):
        column, wrong, _right = WRONG.get(number, ("Diet", "", ""))
        for heading, text in (child | {column: wrong}).items():
            sheet.cell(number, places[heading]).value = text
    content = BytesIO()
    book.save(content)
    return content.getvalue()
