"""Take the pictures of README.md from a running demo: `python -m tools.pictures http://127.0.0.1:8000`."""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from marchapp.demo.load import DEMO_PASSWORD

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SHOWN = {"comparison": ("/stages/1", "a[href*='/tracks/'] >> nth=1"), "roster": ("/stages/2/groups", None)}


def sign_in(page: Page) -> None:
    page.goto("/sign-in")
    page.fill("[name=email]", "coordinator@example.org")
    page.fill("[name=password]", DEMO_PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/overview")


def take(page: Page, march: str, name: str) -> None:
    path, link = SHOWN[name]
    page.goto(march + path)
    if link:
        page.click(link)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")


def main(address: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(base_url=address, viewport={"width": 1100, "height": 1500}, locale="en")
        sign_in(page)
        march = page.url.removesuffix("/overview")
        for name in SHOWN:
            take(page, march, name)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
