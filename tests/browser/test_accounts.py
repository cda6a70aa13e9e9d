"""Signing in with the second step, and with a passkey of the device, in a real browser."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask_security import hash_password
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import Passkey
from tests.accounts.codes import code_at
from tests.factories import Cast

OpenPage = Callable[..., Page]
Check = Callable[[Page], None]
PASSWORD = "four quiet northern words"
SIGN_IN = re.compile("/sign-in")


@pytest.fixture
def coordinator(session: Session, cast: Cast) -> str:
    """The e-mail address of a coordinator who has a password."""
    cast.coordinator.password = hash_password(PASSWORD)
    email = cast.coordinator.email
    session.commit()
    return email


def write_password(page: Page, email: str) -> None:
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in", exact=True).click()


def key_ring(page: Page, *, knows_owner: bool = True) -> None:
    """Give the browser a device that keeps passkeys, and whose owner is there or not."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": knows_owner,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


@pytest.mark.parametrize("width", [360, 1280])
def test_a_coordinator_sets_the_second_step_up_and_signs_in_with_it(
    open_page: OpenPage, accessible: Check, coordinator: str, width: int
) -> None:
    page = open_page("/sign-in?next=/account", width=width)
    write_password(page, coordinator)
    accessible(page)
    page.get_by_role("link", name="Set it up").click()
    accessible(page)
    page.get_by_text("The app is on this phone, or there is no camera").click()
    key = page.locator("details .figure").inner_text().replace("-", "").strip()
    page.fill("#code", code_at(key, datetime.now(UTC)))
    page.get_by_role("button", name="Turn it on").click()
    page.get_by_role("button", name="Show me ten codes").click()
    accessible(page)
    codes = page.locator("ol.codes li").all_inner_texts()
    assert len(set(codes)) == 10
    page.get_by_role("button", name="Sign out").click()
    page.goto("/sign-in")
    write_password(page, coordinator)
    expect(page.get_by_role("heading", name="Your code")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="My phone is not at hand: use a recovery code").click()
    accessible(page)
    page.fill("#code", codes[3])
    page.locator("main").get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/marches/victory/overview"))
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_passkey_is_made_and_signs_in_without_password(
    open_page: OpenPage, accessible: Check, session: Session, coordinator: str, address: str
) -> None:
    here = address.replace("127.0.0.1", "localhost")  # a passkey belongs to a name
    page = open_page(f"{here}/sign-in?next=/account/passkeys")
    key_ring(page)
    write_password(page, coordinator)
    accessible(page)
    page.fill("#name", "My phone")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("row", name="My phone")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{here}/sign-in?next=/account")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(f"{here}/account")
    page.goto(f"{here}/account/passkeys")
    page.get_by_role("button", name="Take away").click()
    expect(page.get_by_text("signs nobody in any more")).to_be_visible()
    assert session.scalars(select(Passkey)).all() == []


def test_a_device_that_does_not_know_its_owner_signs_nobody_in(
    open_page: OpenPage, coordinator: str, address: str
) -> None:
    page = open_page(address.replace("127.0.0.1", "localhost") + "/sign-in")
    key_ring(page, knows_owner=False)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("The device gave no answer.")
    expect(page).to_have_url(SIGN_IN)
