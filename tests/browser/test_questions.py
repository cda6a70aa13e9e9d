"""Questions that another answer brings are there at once, and nothing that was typed is lost."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.factories import make_march, make_stage

OpenPage = Callable[..., Page]
FAMILY = "/marches/victory/sign-up/family"


@pytest.fixture(autouse=True)
def march(session: Session) -> None:
    """A march of two days, on the second of which the border is crossed."""
    march = make_march(session, slug="victory")
    make_stage(session, march, number=1)
    make_stage(session, march, number=2, crosses_border=True)
    session.commit()


def test_another_category_shows_its_questions_at_once(
    open_page: OpenPage, accessible: Callable[[Page], None]
) -> None:
    page = open_page(FAMILY)
    page.fill("[name=contact_name]", "Siri Hansen")
    page.fill("[name=people-0-given_name]", "Mia")
    page.select_option("[name=people-0-category]", "schoolchild")
    expect(page.locator("[name=people-0-school]")).to_be_visible()
    expect(page.locator("[name=people-0-given_name]")).to_have_value("Mia")
    expect(page.locator("[name=contact_name]")).to_have_value("Siri Hansen")
    expect(page.locator("[aria-invalid=true]")).to_have_count(0)
    accessible(page)


def test_the_focus_and_what_is_typed_meanwhile_stay(open_page: OpenPage) -> None:
    page = open_page(FAMILY)
    page.route("**/sign-up/family", lambda route: (page.wait_for_timeout(400), route.continue_()))
    page.select_option("[name=people-0-category]", "schoolchild")
    page.click("[name=people-0-given_name]")
    page.wait_for_timeout(400)  # the form is on its way
    page.keyboard.type("Mia")
    expect(page.locator("[name=people-0-school]")).to_be_visible()
    expect(page.locator("[name=people-0-given_name]")).to_be_focused()
    page.keyboard.type(" Liv")
    expect(page.locator("[name=people-0-given_name]")).to_have_value("Mia Liv")


def test_a_birth_date_of_a_minor_shows_the_guardians(open_page: OpenPage) -> None:
    page = open_page(FAMILY)
    page.fill("[name=people-0-birth_date]", "2004-02-01")
    page.locator("[name=people-0-birth_date]").blur()
    expect(page.locator("[name=people-0-guardian_name]")).to_be_visible()


def test_a_stage_that_crosses_the_border_takes_its_questions_along(open_page: OpenPage) -> None:
    page = open_page("/marches/victory/sign-up/walker")
    expect(page.locator("[name=document_number]")).to_be_visible()
    page.fill("[name=document_number]", "N123456")
    crossing = page.locator("[name=stages]").nth(1)
    crossing.uncheck()
    expect(page.locator("select[name=document_kind]")).to_have_count(0)
    crossing.check()
    expect(page.locator("[name=document_number]")).to_be_visible()
    expect(page.locator("[name=document_number]")).to_have_value("N123456")


def test_without_javascript_a_button_shows_the_questions(open_page: OpenPage) -> None:
    page = open_page(FAMILY, width=360, java_script_enabled=False)
    page.fill("[name=people-0-given_name]", "Ola")
    page.click("main button[value=add]")
    page.select_option("[name=people-1-category]", "official")
    page.fill("[name=people-1-given_name]", "Siri")
    page.click("main button[value='show:1']")
    expect(page.locator("[name=people-1-body]")).to_be_visible()
    expect(page.locator("[name=people-1-given_name]")).to_have_value("Siri")
    expect(page.locator("[aria-invalid=true]")).to_have_count(0)
    page.locator("#person-0 > summary").click()
    expect(page.locator("[name=people-0-given_name]")).to_have_value("Ola")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
