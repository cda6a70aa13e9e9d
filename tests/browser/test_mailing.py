"""A coordinator writes to the people listed, looks at the letter, sends it and follows it to the end."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.accounts.services import appoint, make_account
from marchapp.demo.load import DEMO_PASSWORD
from marchapp.mail.worker import send_outbox
from marchapp.models import Mailing, Message, Role
from marchapp.registration.mailings.writing import write_mailings
from tests.factories import Cast, make_participant, make_party
from tests.mail.conftest import Postbox, free_port, postbox

__all__ = ["free_port", "postbox"]  # fixtures

OpenPage = Callable[..., Page]
WARM = "Bring warm clothes, {name}"


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test is the worker itself."""
    monkeypatch.setattr("marchapp.extensions.TaskQueue.send_once", lambda _queue, _function: None)


@pytest.fixture
def coordinator(session: Session, cast: Cast, open_page: OpenPage) -> Page:
    """The list of participants before a coordinator; of three called Hansen one reads Russian."""
    account = make_account(
        session, email="c@example.org", name="Clara", language="en", password=DEMO_PASSWORD
    )
    appoint(session, account=account, march=cast.march, role=Role.COORDINATOR)
    for name, language in (("Kari", "en"), ("Ola", "en"), ("Ivan", "ru")):
        email = f"{name.lower()}@example.org"
        party = make_party(
            session, cast.march, contact_name=f"{name} Hansen", contact_email=email, language=language
        )
        make_participant(
            session,
            cast.march,
            party=party,
            given_name=name,
            family_name="Hansen",
            email=email,
            language=language,
        )
    session.commit()
    page = open_page("/sign-in")
    page.fill("[name=email]", "c@example.org")
    page.fill("[name=password]", DEMO_PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    page.goto("/marches/victory/participants?q=Hansen")
    return page


def write(page: Page) -> None:
    page.get_by_role("link", name="Write to the people listed here").click()
    expect(page.locator("main")).to_contain_text("It goes to 3 people.")
    page.fill("[name=subject-en]", WARM)
    page.fill("[name=text-en]", "Hello {name},\n\nit will be cold.")
    page.fill("[name=subject-ru]", "Возьмите тёплую одежду")
    page.fill("[name=text-ru]", "Здравствуйте, {name}!")
    page.click("main .submit-bar button")


def test_a_letter_is_written_looked_at_sent_and_followed(
    session: Session, coordinator: Page, accessible: Callable[[Page], None], postbox: Postbox
) -> None:
    page = coordinator
    write(page)
    expect(page.locator("h1")).to_have_text("See how it looks")
    expect(page.locator("iframe.letter-frame")).to_have_count(2)
    expect(page.frame_locator("iframe.letter-frame[src$='/en']").locator("body")).to_contain_text(
        "it will be cold"
    )
    accessible(page)
    assert session.scalars(select(Message)).all() == []
    session.rollback()

    page.get_by_role("button", name="Send to 3 people").click()
    expect(page.locator("#progress")).to_contain_text("0 of 3 letters")
    accessible(page)

    assert write_mailings() == 3
    expect(page.locator("#progress")).to_contain_text("3 of 3 letters")
    expect(page.locator("main")).not_to_contain_text("All letters have left.")
    assert send_outbox() == 3
    session.commit()
    expect(page.locator("main")).to_contain_text("All letters have left.")
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280

    subjects = sorted(letter["Subject"] for letter in postbox.letters)
    assert subjects[-1] == "Возьмите тёплую одежду"
    assert [re.sub(", .*", "", subject) for subject in subjects[:2]] == ["Bring warm clothes"] * 2
    page.get_by_role("link", name="All letters of this mailing").click()
    expect(page.locator("main")).to_contain_text("Bring warm clothes, Kari Hansen")
    accessible(page)


def test_a_draft_is_changed_and_thrown_away_and_nobody_gets_it(session: Session, coordinator: Page) -> None:
    page = coordinator
    write(page)
    page.locator(".draft-acts a").click()
    expect(page.locator("[name=subject-en]")).to_have_value(WARM)
    page.fill("[name=subject-en]", "Bring a hat")
    page.click("main .submit-bar button")
    expect(page.locator("main")).to_contain_text("Bring a hat")
    page.locator(".draft-acts button").click()
    page.wait_for_url(lambda url: "/letters/" not in url and "/mailings/" not in url)
    assert session.scalars(select(Mailing)).all() == []
    assert write_mailings() == 0
