"""Take the pictures of README.md and docs/ from a fresh demo that runs: `python -m tools.pictures http://127.0.0.1:8000`."""

import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from marchapp.demo.load import DEMO_PASSWORD
from marchapp.demo.script import SLUG

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
MARCH = f"/marches/{SLUG}"
CHILD = {
    "given_name": "Vilde",
    "family_name": "Bergheim",
    "birth_date": "2002-03-04",
    "municipality": "Sør-Varanger",
    "school": "Lyngbekken skole",
    "school_class": "7B",
    "guardian_name": "Ane Bergheim",
    "guardian_email": "ane.bergheim@example.org",
    "guardian_phone": "+46 40 628 04 95",
    "health_notes": "Pollen",
}
CLASS = {
    "school": "Lyngbekken skole",
    "school_class": "7B",
    "contact_name": "Ragnhild Solbakk",
    "contact_email": "ragnhild.solbakk@example.org",
    "contact_phone": "+46 40 628 04 96",
}
LIST = """Given name\tFamily name\tBirth date\tCountry\tGuardian 1\tE-mail of guardian 1\tPhone of guardian 1
Nora\tLie\t17.5.2001\tNorge\tSiri Lie\tsiri.lie@example.org\t+46 40 628 04 97
Even\tDahl\t31.2.2001\tNorge\tOle Dahl\tole.dahl@example\t+46 40 628 04 98
"""


def sign_in(page: Page, who: str, lands_on: str) -> None:
    page.goto("/sign-in")
    page.fill("[name=email]", f"{who}@example.org")
    page.fill("[name=password]", DEMO_PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(f"**{lands_on}")


def take(page: Page, name: str, *, whole: bool = False) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png", full_page=whole)


def take_coordinators_pages(page: Page) -> None:
    for name, path, link in (
        ("comparison", "/stages/1", "a[href*='/tracks/'] >> nth=1"),
        ("overview", "/overview", None),
        ("roster", "/stages/2/groups", None),
        ("papers", "/stages/2/print", None),
        ("border", "/stages/2/border", None),
        ("roll-calls", "/stages/2/roll-calls", None),
        ("participants", "/participants", None),
        ("statistics", "/participants/statistics", None),
        ("consents", "/consents", None),
    ):
        page.goto(MARCH + path)
        if link:
            page.click(link)
        take(page, name)


def take_assignment(page: Page) -> None:
    """Let groups be computed, look at what would change, and what there is to publish then."""
    page.goto(f"{MARCH}/stages/2/groups/automatic")
    page.click("main form button[type=submit] >> nth=-1")
    page.get_by_role("button", name="Apply").first.wait_for(timeout=120_000)
    take(page, "assignment")
    page.get_by_role("button", name="Apply").first.click()
    page.wait_for_load_state()
    page.goto(f"{MARCH}/stages/2/publish")
    take(page, "publishing")


def take_roll_call(page: Page) -> None:
    """Open the roll of the first group as its guide does, on a phone."""
    sign_in(page, "guide1", "/my-groups")
    page.click("main h3 a >> nth=-1")
    page.click("a[href$='/roll-call']")
    take(page, "roll-call")


def take_sign_up(page: Page) -> None:
    """Sign a child up on a phone, up to its own page."""
    page.goto(f"{MARCH}/sign-up/schoolchild")
    for name, value in CHILD.items():
        page.fill(f"[name={name}]", value)
    page.select_option("[name=country]", "NO")
    page.check("[name=spoken] >> nth=0")
    page.check("[name=document_later]")
    page.click("main button[type=submit] >> nth=-1")
    take(page, "review")
    page.click("main button:has-text('Send')")
    take(page, "own-page")


def take_list(page: Page) -> None:
    page.goto(f"{MARCH}/sign-up/list/school_class")
    for name, value in CLASS.items():
        page.fill(f"[name={name}]", value)
    page.click("main summary")
    page.fill("[name=pasted]", LIST)
    page.click("main button[type=submit] >> nth=-1")
    take(page, "list", whole=True)


def consent_link(page: Page) -> str:
    """Return the link of the last letter that asks for consent, from the page of letters."""
    page.goto(f"{MARCH}/letters")
    for link in page.query_selector_all("main table a, main li a"):
        address = link.get_attribute("href") or ""
        if re.search(r"/letters/\d+$", address):
            text = page.request.get(address).text()
            if found := re.search(r"/consents/[0-9a-f]{32,}", text):
                return found.group()
    raise LookupError("No letter asks for consent.")


def on(browser: Browser, address: str, width: int, height: int, act: Callable[[Page], object]) -> object:
    page = browser.new_page(base_url=address, viewport={"width": width, "height": height}, locale="en")
    try:
        return act(page)
    finally:
        page.close()


def main(address: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        coordinator = browser.new_page(
            base_url=address, viewport={"width": 1100, "height": 1500}, locale="en"
        )
        sign_in(coordinator, "coordinator", "/overview")
        take_coordinators_pages(coordinator)
        take_assignment(coordinator)
        on(browser, address, 1100, 900, take_list)
        on(browser, address, 390, 844, take_roll_call)
        on(browser, address, 390, 844, take_sign_up)
        link = consent_link(coordinator)
        on(browser, address, 390, 844, lambda page: (page.goto(link), take(page, "consent")))
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
