"""A family of four, two of them minors, signs up on a phone, changes somebody and cancels somebody."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import March, Message, Participant, Standing
from tests.factories import make_march, make_stage

OpenPage = Callable[..., Page]
Check = Callable[[Page], None]
NEXT = "main form .submit-bar button[value=review]"
PARENTS = [("Siri", "1980-04-01"), ("Ola", "1979-11-30")]
CHILDREN = [("Mia", "2002-05-17"), ("Lars", "2004-02-01")]
PHONE = {"width": 360, "java_script_enabled": False}


@pytest.fixture
def march(session: Session) -> March:
    """A march of two days, on the second of which the border is crossed."""
    march = make_march(session, slug="victory")
    make_stage(session, march, number=1)
    make_stage(session, march, number=2, crosses_border=True)
    session.commit()
    return march


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, page.url


def fill(page: Page, number: int, **answers: str) -> None:
    for name, answer in answers.items():
        page.fill(f"[name=people-{number}-{name}]", answer)


def add_everybody(page: Page) -> None:
    """Fill in the contact and four people; each after the first starts with what the family shares."""
    page.fill("[name=contact_name]", "Siri Hansen")
    page.fill("[name=contact_email]", "siri@example.org")
    page.fill("[name=contact_phone]", "+47 40600002")
    for number, (given_name, born) in enumerate(PARENTS + CHILDREN):
        if number:
            page.click("main button[value=add]")
            expect(page.locator(f"[name=people-{number}-family_name]")).to_have_value("Hansen")
        else:
            page.select_option("[name=people-0-country]", "NO")
            fill(page, 0, family_name="Hansen", emergency_name="Eva", emergency_phone="+47 40600003")
        fill(page, number, given_name=given_name, birth_date=born)
        page.check(f"[name=people-{number}-document_later]")


def sign_up(page: Page) -> None:
    add_everybody(page)
    page.click(NEXT)
    page.click(NEXT)
    page.click("main button[value=send]")
    page.wait_for_url("**/registrations/*")


@pytest.mark.usefixtures("march")
def test_a_family_of_four_signs_up_without_javascript(session: Session, open_page: OpenPage) -> None:
    page = open_page("/marches/victory/sign-up", **PHONE)
    fits(page)
    page.click("main a[href$='/sign-up/family']")
    add_everybody(page)
    fits(page)

    page.click(NEXT)
    expect(page.locator(".notice-info a")).to_have_count(
        1
    )  # Mia's guardian was asked for when Lars was added
    for child in (2, 3):
        expect(page.locator(f"[name=people-{child}-guardian_name]")).to_have_value("Siri Hansen")
    expect(page.locator("[aria-invalid=true]")).to_have_count(0)
    fits(page)
    page.click(NEXT)
    expect(page.locator("main section h2")).to_have_count(5)
    fits(page)
    assert session.scalars(select(Participant)).all() == []
    session.rollback()

    page.click("main button[value=change]")
    expect(page.locator("[name=people-3-given_name]")).to_have_value("Lars")
    page.click(NEXT)
    page.click("main button[value=send]")

    page.wait_for_url("**/registrations/*")
    fits(page)
    people = session.scalars(select(Participant).order_by(Participant.id)).all()
    assert [person.given_name for person in people] == ["Siri", "Ola", "Mia", "Lars"]
    assert [person.may_take_part for person in people] == [True, True, False, False]
    assert {guardian.email for person in people for guardian in person.guardians} == {"siri@example.org"}
    received = select(Message.recipient).where(Message.kind == "received")
    assert session.scalars(received).all() == ["siri@example.org"]


@pytest.mark.usefixtures("march")
def test_the_pages_of_a_family_are_accessible(open_page: OpenPage, accessible: Check) -> None:
    page = open_page("/marches/victory/sign-up/family", width=360)
    page.click(NEXT)
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    accessible(page)
    page.goto("/marches/victory/sign-up/family")
    add_everybody(page)
    page.click(NEXT)
    accessible(page)
    page.click(NEXT)
    accessible(page)
    page.click("main button[value=send]")
    page.wait_for_url("**/registrations/*")
    accessible(page)
    for link in ("a[href$='/contact']", "a[href$='/new']", "a[href$='/change']", "a[href$='/cancel']"):
        own_page = page.url
        page.locator(f"main {link}").first.click()
        page.wait_for_url(lambda url, before=own_page: url != before)
        fits(page)
        accessible(page)
        page.goto(own_page)


@pytest.mark.usefixtures("march")
def test_a_change_and_a_cancellation_through_the_link(session: Session, open_page: OpenPage) -> None:
    page = open_page("/marches/victory/sign-up/family", **PHONE)
    sign_up(page)
    own_page = page.url

    page.locator("main a[href$='/change']").nth(1).click()
    page.fill("[name=given_name]", "Olav")
    page.click("main .submit-bar button")
    page.wait_for_url(own_page)
    expect(page.locator("main")).to_contain_text("Olav Hansen")

    page.locator("main a[href$='/cancel']").nth(3).click()
    expect(page.locator("h1")).to_contain_text("Lars Hansen")
    page.click("main form button[type=submit]")
    page.wait_for_url(own_page)
    expect(page.locator("main a[href$='/cancel']")).to_have_count(3)

    people = session.scalars(select(Participant).order_by(Participant.id)).all()
    assert [person.given_name for person in people] == ["Siri", "Olav", "Mia", "Lars"]
    assert people[3].standing == Standing.CANCELLED
    told = session.scalars(select(Message.kind).order_by(Message.id)).all()
    assert told[-1] == "cancelled"
    assert "changed" in told


@pytest.mark.usefixtures("march")
def test_the_key_enter_goes_on_and_takes_nobody_out(open_page: OpenPage) -> None:
    page = open_page("/marches/victory/sign-up/family", **PHONE)
    page.click("main button[value=add]")
    page.press("[name=people-1-given_name]", "Enter")
    expect(page.locator("[name=people]")).to_have_count(2)
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
