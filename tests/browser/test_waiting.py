"""The waiting list moves up: one cancels, the first in line gets the place, the next one leaves the line."""

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import Category, March, Message, QuotaKind
from tests.factories import make_march, make_participant, make_stage, quota_of

OpenPage = Callable[..., Page]
Check = Callable[[Page], None]
NEXT = "main form .submit-bar button[value=review]"


@pytest.fixture
def march(session: Session) -> March:
    """A march with two places, one of which is taken."""
    march = make_march(session, slug="victory")
    stage = make_stage(session, march, number=1)
    quota_of(march, QuotaKind.MARCH).capacity = 2
    make_participant(session, march, stage, category=Category.WALKER, birth_date=date(1970, 1, 1))
    session.commit()
    return march


@pytest.fixture
def look(accessible: Check) -> Check:
    """Check that a page fits a phone and that axe finds nothing."""

    def check(page: Page) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, page.url
        accessible(page)

    return check


def fill_in(page: Page, name: str) -> None:
    """Fill the form in up to the review."""
    page.select_option("[name=country]", "NO")
    page.fill("[name=given_name]", name)
    page.fill("[name=family_name]", "Hansen")
    page.fill("[name=birth_date]", "1980-04-01")
    page.fill("[name=email]", f"{name.lower()}@example.org")
    page.fill("[name=phone]", "+47 40600002")
    page.fill("[name=emergency_name]", "Eva Hansen")
    page.fill("[name=emergency_phone]", "+47 40600003")
    page.click(NEXT)


def send(page: Page) -> str:
    """Send what was looked over, and return the address behind the private link."""
    page.click("main button[value=send]")
    page.wait_for_url("**/registrations/*")
    return page.url


@pytest.mark.usefixtures("march")
def test_who_waits_moves_up_when_somebody_cancels(session: Session, open_page: OpenPage, look: Check) -> None:
    page = open_page("/marches/victory/sign-up/walker", width=360)
    links = {}
    for name in ("Anna", "Berit", "Carl"):
        page.goto("/marches/victory/sign-up/walker")
        fill_in(page, name)
        expect(page.get_by_text("All places are taken now")).to_have_count(0 if name == "Anna" else 1)
        look(page)
        links[name] = send(page)
    lead = page.locator(".lead")
    for name, words in (
        ("Anna", "Anna Hansen has a place, and nothing is missing."),
        ("Berit", "Berit Hansen waits for a place, first in line."),
        ("Carl", "Carl Hansen waits for a place, and 1 person stands before in line."),
    ):
        page.goto(links[name])
        expect(lead).to_have_text(words)
        look(page)

    page.goto(links["Anna"])
    page.get_by_role("link", name="Cancel the sign-up").click()
    look(page)
    page.get_by_role("button", name="Cancel the sign-up").click()
    expect(lead).to_have_text("The sign-up of Anna Hansen is cancelled.")
    look(page)

    told = select(Message.recipient).where(Message.kind == "promoted")
    assert session.scalars(told).all() == ["berit@example.org"]
    session.commit()
    page.goto(links["Berit"])
    expect(lead).to_have_text("Berit Hansen has a place, and nothing is missing.")
    page.get_by_role("link", name="Show the badge").click()
    expect(page.locator(".badge-card svg.code")).to_be_visible()
    look(page)

    page.goto(links["Carl"])
    expect(lead).to_have_text("Carl Hansen waits for a place, first in line.")
    page.get_by_role("link", name="Leave the line").click()
    expect(lead).to_have_text("Carl Hansen leaves the line.")
    page.get_by_role("button", name="Cancel the sign-up").click()
    expect(lead).to_have_text("The sign-up of Carl Hansen is cancelled.")
    assert session.scalars(told).all() == ["berit@example.org"]
    session.commit()
