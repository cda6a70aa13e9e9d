"""Recordings in a real browser: a large one that waits for the worker, and the replay of a stage's day."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.extensions import queue
from marchapp.models import March
from marchapp.tracks import comparing, worker
from tests.browser.test_main_job import ask, demo, group_seven, look, reader, recording, sign_in

__all__ = ["demo", "look", "reader", "recording"]  # fixtures of that module
OpenPage = Callable[..., Page]
Check = Callable[[Page], None]


@pytest.fixture
def waits_for_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every recording wait until the test does the worker's work."""
    monkeypatch.setattr(comparing, "MOST_POINTS_AT_ONCE", 5_000)
    monkeypatch.setattr(queue, "send", lambda function: None)


def tracks_page(session: Session) -> str:
    """Return the address of the tracks of the first stage."""
    slug = ask(session, select(March.slug).where(March.is_demo))[0].slug
    return f"/marches/{slug}/stages/1/tracks"


def place_of(page: Page, number: int) -> str | None:
    return page.locator(".leaflet-marker-pane .group-sign").nth(number).get_attribute("style")


@pytest.mark.usefixtures("waits_for_the_worker")
def test_a_large_recording_waits_shows_its_progress_and_turns_into_the_comparison(
    demo: Session, open_page: OpenPage, look: Check, reader: tuple[str, int], recording: Path
) -> None:
    locale, width = reader
    page = open_page(f"/?lang={locale}", locale=locale, width=width)
    sign_in(page, "guide7@example.org")
    page.goto(f"/groups/{group_seven(demo)}/recording")
    page.set_input_files("[name=recording]", recording)
    page.click("main form button[type=submit]")
    page.wait_for_url("**/tracks/*", timeout=30_000)
    bar, words = page.locator("#comparing progress"), page.locator("#comparing .figure")
    expect(bar).to_have_attribute("value", "0")
    look(page)

    claim = worker.claim_next(demo, datetime.now(UTC))
    assert claim is not None
    note = worker.Notes(demo, claim)
    note(4_000, 16_000)
    expect(bar).to_have_attribute("value", "4000")
    expect(bar).to_have_attribute("max", "16000")
    expect(words).to_have_text(re.compile(r"^4\D?000 \S+ 16\D?000 "))
    look(page)
    worker.Notes(demo, claim)(16_000, 16_000)
    expect(bar).to_have_attribute("value", "16000")

    assert worker.compare_claimed(demo, claim)
    demo.rollback()
    expect(page.locator(".verdict")).not_to_be_empty()
    expect(page.locator(".leaflet-container canvas").first).to_be_visible()


@pytest.mark.usefixtures("waits_for_the_worker")
def test_without_javascript_a_link_looks_again(demo: Session, open_page: OpenPage, recording: Path) -> None:
    page = open_page("/", java_script_enabled=False)
    sign_in(page, "guide7@example.org")
    page.goto(f"/groups/{group_seven(demo)}/recording")
    page.set_input_files("[name=recording]", recording)
    page.click("main form button[type=submit]")
    assert worker.compare_waiting() == 1
    demo.rollback()
    page.click("noscript a")
    expect(page.locator(".verdict")).not_to_be_empty()


def in_two(recording: Path, folder: Path) -> list[Path]:
    """Return a recording as two files, with ten minutes between them."""
    head, *points = recording.read_text(encoding="utf-8").split("<trkpt")
    tail = points[-1].partition("</trkpt>")[2]
    parts = points[: len(points) // 2], [*points[len(points) // 2 + 600 : -1], points[-1].removesuffix(tail)]
    files = [folder / "morning.gpx", folder / "afternoon.gpx"]
    for file, part in zip(files, parts, strict=True):
        file.write_text("<trkpt".join([head, *part]) + tail, encoding="utf-8")
    return files


def test_two_files_are_joined_and_one_of_them_is_left_out_and_taken_back(
    demo: Session, open_page: OpenPage, look: Check, reader: tuple[str, int], recording: Path, tmp_path: Path
) -> None:
    locale, width = reader
    morning, afternoon = in_two(recording, tmp_path)
    page = open_page(f"/?lang={locale}", locale=locale, width=width)
    sign_in(page, "guide7@example.org")
    upload = f"/groups/{group_seven(demo)}/recording"
    page.goto(upload)
    page.set_input_files("[name=recording]", [morning, afternoon])
    page.click("#upload button[type=submit]")
    page.wait_for_url("**/tracks/*", timeout=30_000)
    said = page.locator(".notice-done p")
    expect(said).to_have_text(re.compile(r"09:00–\d\d:\d\d \S+ \d\d:\d\d–\d\d:\d\d\.$"))
    look(page)

    page.goto(upload)
    rows = page.locator(".recordings tbody tr")
    expect(rows).to_have_count(2)
    look(page)
    rows.nth(1).locator("button").click()
    expect(said).to_have_text(re.compile(r"^\D*1 \D*09:00–\d\d:\d\d\.$"))
    expect(rows).to_have_count(2)
    expect(rows.nth(1).locator(".status-quiet")).to_be_visible()
    look(page)
    rows.nth(1).locator("button").click()
    expect(page.locator(".recordings .status-done")).to_have_count(2)

    page.set_input_files("[name=recording]", morning)
    page.click("#upload button[type=submit]")
    expect(page.locator(".notice-info strong")).to_be_visible()
    expect(rows).to_have_count(2)
    look(page)


def test_the_map_of_a_stage_draws_the_whole_lines_of_its_tracks(demo: Session, open_page: OpenPage) -> None:
    page = open_page(tracks_page(demo))
    expect(page.locator("#map")).to_have_attribute("data-whole-lines", "6")


def test_the_day_is_replayed_by_mouse_and_by_keyboard(
    demo: Session, open_page: OpenPage, look: Check, reader: tuple[str, int]
) -> None:
    locale, width = reader
    page = open_page(f"{tracks_page(demo)}?lang={locale}", locale=locale, width=width)
    expect(page.locator(".leaflet-marker-pane .group-sign")).to_have_count(6)
    look(page)
    before, clock = place_of(page, 0), page.locator("#clock").inner_text()
    page.click("#play")
    expect(page.locator("#clock")).not_to_have_text(clock)
    page.wait_for_timeout(1500)
    page.click("#play")
    assert place_of(page, 0) != before

    stopped = page.locator("#clock").inner_text()
    page.wait_for_timeout(300)
    expect(page.locator("#clock")).to_have_text(stopped)
    page.locator("#moment").focus()
    page.keyboard.press("End")
    expect(page.locator("#clock")).not_to_have_text(stopped)
    page.locator("#play").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#clock")).to_have_text(clock)


def test_the_scale_of_the_map_names_its_unit_as_the_page_does(demo: Session, open_page: OpenPage) -> None:
    page = open_page(f"{tracks_page(demo)}?lang=ru", locale="ru")
    scale = page.locator(".leaflet-control-scale-line")
    expect(scale).to_have_text(re.compile(r"^\d+\s(км|м)$"))
    before = scale.inner_text()
    page.click(".leaflet-control-zoom-in")
    expect(scale).not_to_have_text(before)
    expect(scale).to_have_text(re.compile(r"^\d+\s(км|м)$"))


def test_with_reduced_motion_the_replay_goes_in_steps(demo: Session, open_page: OpenPage) -> None:
    page = open_page(tracks_page(demo), reduced_motion="reduce")
    expect(page.locator("#play")).to_be_visible()
    begun = page.locator("#clock").inner_text()
    page.wait_for_timeout(500)
    expect(page.locator("#clock")).to_have_text(begun)
    page.click("#play")
    first = page.locator("#clock").inner_text()
    assert first != begun
    page.wait_for_timeout(500)
    expect(page.locator("#clock")).to_have_text(first)
