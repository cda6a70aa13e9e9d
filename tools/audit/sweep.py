"""Look at pages in a browser: axe by day and by night, weight, zoom and reduced motion."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as Tab

from tests.browser.conftest import CHROMIUM, FLAGS
from tools.audit.pages import Page

DESK = {"width": 1280, "height": 800}
RESTS_WITHIN_S = 5.0
ZOOMED = {"width": 320, "height": 256}  # 1280 × 1024 at 400 %, as WCAG 1.4.10 reckons
IN_PAGE = Path(__file__).with_name("in_page.js").read_text(encoding="utf-8")
# The rules of axe that other colours can break; the rest is asked by day only.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
MOST_KB = 250

Faults = dict[str, list[str]]


@dataclass(frozen=True)
class Look:
    """What was seen of one page in one language, with faults by the kind of look."""

    page: Page
    language: str
    weight_kb: float
    faults: Faults


class Scales:
    """What a browser receives over the wire, with nothing in its cache."""

    def __init__(self, tab: Tab) -> None:
        self.received = 0.0
        wire = tab.context.new_cdp_session(tab)
        wire.send("Network.enable")
        wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
        wire.on("Network.loadingFinished", self._add)

    def _add(self, loaded: dict[str, Any]) -> None:
        self.received += loaded["encodedDataLength"]


def look_at(served: str, pages: Iterable[Page], languages: Iterable[str]) -> list[Look]:
    """Open every page in every language in a browser of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        looks = [
            look
            for cookie, of_visitor in _by_cookie(pages).items()
            for language in languages
            for look in _as_visitor(browser, served, cookie, language, of_visitor)
        ]
        browser.close()
    return looks


def _by_cookie(pages: Iterable[Page]) -> dict[str, list[Page]]:
    found: dict[str, list[Page]] = {}
    for page in pages:
        found.setdefault(page.cookie, []).append(page)
    return found


def _as_visitor(
    browser: Browser, served: str, cookie: str, language: str, pages: list[Page]
) -> Iterator[Look]:
    context = browser.new_context(base_url=served, locale=language, viewport=DESK, reduced_motion="reduce")
    cookies = {"language": language} | ({"session": cookie} if cookie else {})
    context.add_cookies([{"name": name, "value": value, "url": served} for name, value in cookies.items()])
    tab = context.new_page()
    scales = Scales(tab)
    for page in pages:
        yield _look(tab, scales, page, language)
    context.close()


def _look(tab: Tab, scales: Scales, page: Page, language: str) -> Look:
    scales.received = 0.0
    tab.emulate_media(color_scheme="light")
    tab.set_viewport_size(DESK)
    tab.goto(page.path)
    tab.evaluate(AXE_SCRIPT)
    tab.evaluate(IN_PAGE)
    faults = {"axe": _axe(tab, "by day"), "motion": tab.evaluate("audit.moving()")}
    controls = tab.evaluate("audit.controls()")
    tab.emulate_media(color_scheme="dark")
    faults["axe"] += _axe(tab, "by night", rules=OF_COLOURS)
    faults["zoom"] = _zoomed(tab, controls)
    weight_kb = scales.received / 1000
    if weight_kb > MOST_KB:
        faults["weight"] = [f"{weight_kb:.0f} kB"]
    return Look(page, language, weight_kb, {kind: words for kind, words in faults.items() if words})


def _zoomed(tab: Tab, controls: list[str]) -> list[str]:
    """Return what is wrong with a zoomed page that has come to rest: charts are drawn anew for its width."""
    tab.set_viewport_size(ZOOMED)
    rests_at = monotonic() + RESTS_WITHIN_S
    while (faults := _wrong(tab, controls)) and monotonic() < rests_at:
        tab.wait_for_timeout(200)
    return faults


def _wrong(tab: Tab, controls: list[str]) -> list[str]:
    found: list[str] = tab.evaluate("[...audit.tooWide(), ...audit.cutOff(), ...audit.covered()]")
    return found + [f"gone: {gone}" for gone in {*controls} - {*tab.evaluate("audit.controls()")}]


def _axe(tab: Tab, when: str, rules: list[str] | None = None) -> list[str]:
    options: dict[str, Any] = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    found = tab.evaluate("options => axe.run(options).then(({ violations }) => violations)", options)
    return [
        f"{one['id']} {when}: {one['help']} ({node['html'][:160]})" for one in found for node in one["nodes"]
    ]
