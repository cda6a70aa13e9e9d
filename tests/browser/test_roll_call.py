"""A guide calls the roll: with taps, with the camera, without a signal, without a script."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import Account, Membership, Participant, RollMark
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.factories import Cast, make_participant

# Requests fail as they do without a signal, but the console does not complain of each.
NO_SIGNAL = """
void (window.fetchOfPage = window.fetch, window.fetch = () => Promise.reject(new TypeError("no signal")))
"""
PASSWORD = "a long walk in the north"


@pytest.fixture
def group_of_four(session: Session, cast: Cast) -> list[Participant]:
    names = ("Anna", "Berit", "Carl")
    more = [make_participant(session, cast.march, cast.stage, group=cast.group, given_name=n) for n in names]
    session.commit()
    return [cast.walker, *more]


def sign_in(page: Page, session: Session, account: Account, path: str) -> None:
    from flask_security.utils import hash_password

    email = account.email
    account.password = hash_password(PASSWORD)
    session.commit()  # from here on nothing is read, which would hold the database
    page.goto("/sign-in")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_load_state()
    page.goto(path)


def roll_path(cast: Cast, point: str = "start") -> str:
    return f"/groups/{cast.group.id}/roll-call/{point}"


def marks(session: Session) -> list[RollMark]:
    session.rollback()
    found = list(session.scalars(select(RollMark).order_by(RollMark.id)))
    session.expunge_all()
    session.rollback()
    return found


def test_a_guide_taps_who_is_here(
    open_page: Callable[..., Page],
    accessible: Callable[[Page], None],
    session: Session,
    cast: Cast,
    group_of_four: list[Participant],
) -> None:
    page = open_page("/", width=360)
    sign_in(page, session, cast.guide, roll_path(cast))
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    rows = page.locator(".called")
    assert all(row.bounding_box()["height"] >= 56 for row in rows.all())
    page.get_by_role("button", name="Anna").click()
    expect(page.locator(".tally-count")).to_have_text("1 of 4 here")
    page.get_by_role("button", name="Anna").click()
    anna = rows.filter(has_text="Anna")
    expect(anna.locator(".act-missing")).to_be_visible()
    accessible(page)
    anna.locator(".act-missing").click()
    expect(page.locator(".tally-missing")).to_have_text("Not here: 1")
    expect(page.locator(".tally-unsent")).to_be_hidden()
    page.reload()
    expect(page.locator(".called").first).to_contain_text("Anna")
    assert [mark.state for mark in marks(session)] == ["present", "missing"]


def test_three_marks_without_a_signal_are_sent_once_when_it_is_back(
    open_page: Callable[..., Page], session: Session, cast: Cast, group_of_four: list[Participant]
) -> None:
    page = open_page("/", width=360)
    sign_in(page, session, cast.guide, roll_path(cast))
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/marks" in request.url else None)
    page.evaluate(NO_SIGNAL)
    page.context.set_offline(True)
    for name in ("Anna", "Berit", "Carl"):
        page.get_by_role("button", name=name).click()
    expect(page.locator(".tally-unsent")).to_have_text("Not sent yet: 3")
    expect(page.locator(".tally-count")).to_have_text("3 of 4 here")
    assert marks(session) == []
    session.rollback()
    page.evaluate("void (window.fetch = window.fetchOfPage)")
    page.context.set_offline(False)
    expect(page.locator(".tally-unsent")).to_be_hidden()
    assert len(marks(session)) == 3
    page.reload()
    expect(page.locator(".tally-count")).to_have_text("3 of 4 here")
    assert len(marks(session)) == 3


def test_marks_that_were_not_sent_are_there_when_the_page_is_opened_again(
    open_page: Callable[..., Page], session: Session, cast: Cast, group_of_four: list[Participant]
) -> None:
    page = open_page("/", width=360)
    sign_in(page, session, cast.guide, roll_path(cast))
    page.evaluate(NO_SIGNAL)
    page.get_by_role("button", name="Anna").click()
    expect(page.locator(".tally-unsent")).to_have_text("Not sent yet: 1")
    page.reload()
    expect(page.locator(".tally-unsent")).to_be_hidden()
    expect(page.locator(".tally-count")).to_have_text("1 of 4 here")
    assert len(marks(session)) == 1


def test_the_roll_is_called_without_a_script(
    open_page: Callable[..., Page], session: Session, cast: Cast, group_of_four: list[Participant]
) -> None:
    typed = cast.walker.reference.lower()
    page = open_page("/", width=360, java_script_enabled=False)
    sign_in(page, session, cast.guide, roll_path(cast))
    page.get_by_role("button", name="Anna").click()
    expect(page.locator(".tally-count")).to_have_text("1 of 4 here")
    page.fill("#badge", typed)
    page.click(".badge-form button")
    expect(page.locator(".answer-text")).to_contain_text("Here")
    berit = page.locator(".called").filter(has_text="Berit")
    berit.locator("summary").click()
    berit.locator(".hand-form input[name=handed_to]").fill("Siri, +47 400 00 001")
    berit.locator(".hand-form button").click()
    expect(page.locator(".called").filter(has_text="Berit")).to_contain_text("Handed over to Siri")
    assert len(marks(session)) == 3


@pytest.fixture
def camera_on(browser: Browser, address: str, tmp_path: Path) -> Iterator[Callable[[str], Page]]:
    """Open a page in a browser whose camera sees a badge: `camera_on("K7F-2M9-Q4T")`."""
    browsers: list[Browser] = []

    def open_(reference: str) -> Page:
        film = tmp_path / f"{reference}.mjpeg"
        film.write_bytes(picture_of(reference) * 30)
        fake = [
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ]
        browsers.append(browser.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS, *fake]))
        context = browsers[-1].new_context(
            viewport={"width": 360, "height": 800}, base_url=address, locale="en", permissions=["camera"]
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        return page

    yield open_
    for one in browsers:
        one.close()


def test_a_double_scan_and_a_foreign_badge(
    camera_on: Callable[[str], Page], session: Session, cast: Cast, group_of_four: list[Participant]
) -> None:
    stranger = make_participant(session, cast.march, cast.stage, group=cast.other_group, given_name="Frida")
    for number, person in enumerate([*group_of_four, stranger]):
        person.reference = f"K7F-2M9-Q4{number}"
    session.commit()
    own = camera_on("K7F-2M9-Q41")
    sign_in(own, session, cast.guide, roll_path(cast))
    own.get_by_role("button", name="Scan badges").click()
    expect(own.locator(".answer-counted")).to_contain_text("Anna")
    expect(own.locator(".tally-unsent")).to_be_hidden()
    own.get_by_role("button", name="Stop the camera").click()
    own.get_by_role("button", name="Scan badges").click()
    expect(own.locator(".answer-again .answer-text")).to_contain_text("by Gunn Guide")
    expect(own.locator(".tally-count")).to_have_text("1 of 4 here")
    stranger_id, stage_id, group_id = stranger.id, cast.stage.id, cast.group.id
    foreign = camera_on("K7F-2M9-Q44")
    sign_in(foreign, session, cast.guide, roll_path(cast))
    foreign.get_by_role("button", name="Scan badges").click()
    answer = foreign.locator(".answer-elsewhere")
    expect(answer).to_contain_text("Frida")
    expect(answer).to_contain_text("belongs to group 2")
    expect(answer).to_contain_text("Norway")
    foreign.get_by_role("button", name="Take over into my group").click()
    expect(foreign.locator(".notice-done")).to_contain_text("is in your group now")
    expect(foreign.locator(".tally-count")).to_have_text("2 of 5 here")
    session.rollback()
    assert session.get(Membership, (stranger_id, stage_id)).group_id == group_id


def picture_of(reference: str) -> bytes:
    """Return a JPEG of a badge's code as a camera sees it, on a grey table."""
    from PIL import Image

    code = BytesIO()
    segno.make(reference, error="q", micro=False).save(code, kind="png", scale=9, border=4)
    table = Image.new("RGB", (640, 480), (150, 150, 150))
    badge = Image.open(code).convert("RGB")
    table.paste(badge, ((640 - badge.width) // 2, (480 - badge.height) // 2))
    picture = BytesIO()
    table.save(picture, "JPEG", quality=90)
    return picture.getvalue()
