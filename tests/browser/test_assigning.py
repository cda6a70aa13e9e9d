"""An automatic assignment with preview, apply and undo, at the desk and on a phone."""

import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from marchapp.extensions import db, queue
from marchapp.models import March, Membership, Role
from marchapp.rosters.automatic import computing
from tests.factories import make_account, make_group, make_march, make_participant, make_stage
from tests.signing_in import cookie_of

OpenPage = Callable[..., Page]
Check = Callable[[Page], None]
BOARD = "/marches/victory/stages/1/groups"


@pytest.fixture
def march(session: Session) -> March:
    """A stage with two guided groups, six children and four adults, one of them locked in a group."""
    march = make_march(session, slug="victory")
    stage = make_stage(session, march)
    groups = []
    for number in (1, 2):
        guide = make_account(session, f"Guide{number} Nord", march)
        guide.spoken_languages, guide.knows_first_aid = ["nb"], True
        groups.append(make_group(session, stage, guide, number=number, min_size=3, max_size=8))
    for born in [date(2003, 1, 1)] * 6 + [date(1980, 1, 1)] * 3:
        make_participant(session, march, stage, birth_date=born, school="School 1", school_class="7A")
    make_participant(session, march, stage, group=groups[0], birth_date=date(1980, 1, 1))
    session.execute(update(Membership).values(is_locked=True))
    session.commit()
    return march


@pytest.fixture
def who(session: Session, march: March) -> dict[str, Any]:
    """What the cookie of a coordinator holds who signed in just now."""
    account = make_account(session, "Clara Coordinator", march, Role.COORDINATOR)
    who = cookie_of(session, account)
    session.commit()
    return who


@pytest.fixture
def worker(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Compute what was asked for when the test says so, as the process beside the worker does."""
    monkeypatch.setattr(queue, "send", lambda _task: None)
    threads: list[threading.Thread] = []

    def compute() -> None:
        with app.app_context():
            computing.compute_waiting(db.session)

    def start() -> None:
        threads.append(threading.Thread(target=compute))
        threads[-1].start()

    yield start
    for thread in threads:
        thread.join()


@pytest.fixture
def look(accessible: Check) -> Check:
    """Check that a page fits the window and that axe finds nothing."""

    def check(page: Page) -> None:
        assert page.viewport_size is not None
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
        accessible(page)

    return check


@pytest.fixture
def enter(open_page: OpenPage, who: dict[str, Any], app: Flask) -> Callable[[int], Page]:
    def enter(width: int) -> Page:
        page = open_page("/", width=width)
        with app.test_client() as client:
            with client.session_transaction() as web_session:
                web_session.update(who)
            cookie = client.get_cookie("session")
        assert cookie is not None
        page.context.add_cookies(
            [{"name": "session", "value": cookie.value, "domain": "127.0.0.1", "path": "/"}]
        )
        page.goto(BOARD)
        return page

    return enter


def placed(session: Session) -> int:
    session.rollback()
    count = session.scalar(select(func.count()).select_from(Membership)) or 0
    session.rollback()
    return count


@pytest.mark.parametrize("width", [1280, 360])
def test_an_automatic_assignment_with_preview_apply_and_undo(
    session: Session, enter: Callable[[int], Page], worker: Callable[[], None], look: Check, width: int
) -> None:
    page = enter(width)
    look(page)
    page.get_by_role("link", name="Assign automatically").click()
    expect(page.get_by_text("10 people walk this stage,")).to_be_visible()
    page.get_by_label("Mixed: people of each country in every group").check()
    look(page)
    page.get_by_role("button", name="Compute groups").click()

    expect(page.get_by_text("Waiting its turn")).to_be_visible()
    look(page)
    worker()
    expect(page.get_by_role("heading", name="Who is moved")).to_be_visible(timeout=30_000)
    expect(page.locator(".lead")).to_contain_text("9 people would be moved.")
    expect(page.get_by_text("Nothing: all rules hold")).to_be_visible()
    look(page)
    assert placed(session) == 1

    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("9 people were moved. Look over the groups now.")).to_be_visible()
    look(page)
    assert placed(session) == 10

    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("9 people are back where they were.")).to_be_visible()
    look(page)
    assert placed(session) == 1


def test_the_groups_are_repaired_with_one_click_and_the_run_can_be_dropped(
    session: Session, enter: Callable[[int], Page], worker: Callable[[], None], look: Check
) -> None:
    page = enter(1280)
    page.get_by_role("button", name="Repair the groups").click()
    worker()
    expect(page.get_by_role("heading", name="Who is moved")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("The computed roster was thrown away. Nobody was moved.")).to_be_visible()
    assert placed(session) == 1
