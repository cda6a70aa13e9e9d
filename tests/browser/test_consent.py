"""A guardian consents in Russian on a phone, and coordinators look after the consents."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.accounts.services import appoint, make_account
from marchapp.demo.load import DEMO_PASSWORD
from marchapp.models import Answer, ConsentAnswer, Purpose, Role, StageEntry
from marchapp.registration.consent import services
from marchapp.registration.consent.texts import current_texts
from tests.registration.consent.conftest import NOW, Family, link_of, make_family

PHONE = 360
WIDER_THAN_SCREEN = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def family(session: Session) -> Family:
    family = make_family(session, health_notes="Аллергия на орехи", has_health_notes=True)
    family.child.entries.append(StageEntry(stage_id=family.abroad.id))
    services.ask(session, [family.child], now=NOW)
    session.commit()
    return family


def test_a_guardian_consents_in_russian_on_a_phone(
    session: Session,
    family: Family,
    open_page: Callable[..., Page],
    accessible: Callable[[Page], None],
) -> None:
    secret, texts = link_of(session, family.father).secret, current_texts(session, family.march)
    opening = {purpose: texts[purpose].text["ru"].split(".")[0] for purpose in Purpose}
    session.commit()
    page = open_page(f"/consents/{secret}", width=PHONE, locale="nb", has_touch=True)

    expect(page.locator("html")).to_have_attribute("lang", "ru")
    expect(page.get_by_text("Аллергия на орехи")).to_be_visible()
    for sentence in opening.values():
        expect(page.get_by_text(sentence)).to_be_visible()
    assert page.locator("input:checked").count() == 0
    assert not page.evaluate(WIDER_THAN_SCREEN)
    accessible(page)

    for purpose in Purpose:
        choice = "no" if purpose == Purpose.PHOTOGRAPHS else "yes"
        page.locator(f"label[for='{purpose}-{0 if choice == 'yes' else 1}']").tap()
    page.locator("main form button[type=submit]").tap()  # the name is missing
    expect(page.locator("[role=alert]")).to_be_visible()
    assert page.locator("input:checked").count() == len(Purpose)
    accessible(page)

    page.fill("[name=typed_name]", "Иван Хансен")
    page.locator("main form button[type=submit]").tap()
    expect(page.locator(".status")).to_have_count(len(Purpose))
    expect(page.locator("[name=typed_name]")).to_have_count(0)
    assert not page.evaluate(WIDER_THAN_SCREEN)
    accessible(page)

    session.expire_all()
    kept = session.scalars(select(ConsentAnswer).order_by(ConsentAnswer.id)).all()
    assert [one.purpose for one in kept] == list(Purpose)
    assert [one.purpose for one in kept if one.answer == Answer.REFUSED] == [Purpose.PHOTOGRAPHS]
    assert {(one.typed_name, one.language) for one in kept} == {("Иван Хансен", "ru")}


def test_a_coordinator_looks_after_the_consents_on_a_phone(
    session: Session,
    family: Family,
    open_page: Callable[..., Page],
    accessible: Callable[[Page], None],
) -> None:
    coordinator = make_account(
        session, email="c@example.org", name="Clara", language="en", password=DEMO_PASSWORD
    )
    appoint(session, account=coordinator, march=family.march, role=Role.COORDINATOR)
    march, address = "/marches/victory", f"/participants/{family.child.id}/consents"
    name, paper = family.child.name, f"{address}/paper?by={family.mother.id}"
    session.commit()

    page = open_page("/sign-in", width=PHONE)
    page.fill("[name=email]", "c@example.org")
    page.fill("[name=password]", DEMO_PASSWORD)
    page.click("main button[type=submit]")
    page.goto(f"{march}/overview")
    page.locator(f".needs a[href$='{march}/consents']").click()
    page.get_by_role("link", name=name).click()
    page.wait_for_url(re.compile(address))
    for path in (
        f"{march}/consents?show=all",
        address,
        paper,
        paper.replace("paper", "print"),
        f"{march}/consents/texts",
        f"{march}/consents/texts/photographs",
    ):
        page.goto(path)
        assert not page.evaluate(WIDER_THAN_SCREEN), path
        accessible(page)
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("#preview")).to_be_visible()
    accessible(page)
