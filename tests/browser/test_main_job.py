"""The main job in a real browser: sign up, walk in a group, upload the recording, see how it compares."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from marchapp.demo.load import DEMO_PASSWORD
from marchapp.demo.routes import FOLDER
from marchapp.demo.simulator import Detour, Pause, Story, record_walk
from marchapp.geo.gpx import read_route, read_track
from marchapp.models import (
    Category,
    Group,
    March,
    Membership,
    Message,
    Participant,
    PlannedRoute,
    Stage,
    StageEntry,
    Track,
    TrackComparison,
)
from tests.demo_rows import load_demo

OpenPage = Callable[..., Page]
Check = Callable[[Page], None]
ROUTE = FOLDER / "stage-1.gpx"
ADULT = {
    "email": "kari@example.org",
    "phone": "+47 40000002",
    "emergency_name": "Ola Nordmann",
    "emergency_phone": "+47 40000001",
}
OF_CATEGORY = {
    Category.SCHOOLCHILD: {
        "birth_date": "2001-05-17",
        "school": "Fjordskolen",
        "school_class": "7B",
        "guardian_name": "Ola Nordmann",
        "guardian_phone": "40000001",
        "guardian_email": "kari@example.org",
    },
    Category.OFFICIAL: {"birth_date": "1970-02-03", "body": "Fjord kommune", "position": "Adviser"} | ADULT,
    Category.BORDER_GUARD: {
        "birth_date": "1985-11-30",
        "service": "Garnisonen",
        "unit": "Company 2",
        "rank": "Corporal",
    }
    | ADULT,
    Category.WALKER: {"birth_date": "1970-02-03"} | ADULT,
}
NEXT = "main form .submit-bar button[value=review]"
SEND = "main form button[value=send]"


class Reader(NamedTuple):
    """Who looks at the pages: the language of the browser and the width of the screen."""

    locale: str
    width: int


@pytest.fixture(params=[Reader("en", 1280), Reader("ru", 360)], ids=lambda reader: reader.locale)
def reader(request: pytest.FixtureRequest) -> Reader:
    return request.param


@pytest.fixture
def look(accessible: Check, reader: Reader) -> Check:
    """Check what every page must keep: in the reader's language, no sideways scrolling, nothing for axe."""

    def check(page: Page) -> None:
        expect(page.locator("html")).to_have_attribute("lang", reader.locale)
        assert page.evaluate("document.documentElement.scrollWidth") <= reader.width, page.url
        accessible(page)

    return check


@pytest.fixture
def demo(session: Session) -> Session:
    load_demo(session)
    return session


def ask(session: Session, question: Select[Any]) -> list[Any]:
    """Return the rows of a question and let go of the database, which a waiting writer may need."""
    rows = session.execute(question).all()
    session.rollback()
    return rows


def group_seven(session: Session) -> int:
    """Return the id of a group of the first stage that sent no recording; guide7 guides it."""
    return ask(session, select(Group.id).join(Stage).where(Stage.number == 1, Group.number == 7))[0].id


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of more than 10,000 points, one each second, with a rest and a detour."""
    story = Story(
        detours=(Detour(at_km=9.0, to_km=10.0, away_m=260),),
        pauses=(Pause(at_km=5.5, minutes=20),),
        interval_s=1,
        pace=0.95,
    )
    starts_at = datetime(2014, 9, 17, 7, 0, tzinfo=UTC)
    content = record_walk(read_route(ROUTE.read_bytes()), story, starts_at=starts_at, name="Walk", seed=5)
    assert read_track(content).points_read > 10_000
    file = tmp_path_factory.mktemp("phone") / "walk.gpx"
    file.write_bytes(content)
    return file


def sign_in(page: Page, email: str) -> None:
    page.goto("/sign-in")
    page.fill("[name=email]", email)
    page.fill("[name=password]", DEMO_PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda address: "/sign-in" not in address)


@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize("category", list(Category))
def test_a_participant_signs_up(
    session: Session, open_page: OpenPage, reader: Reader, look: Check, category: Category
) -> None:
    page = open_page("/marches/victory", **reader._asdict())
    look(page)
    page.click("main a[href$='/sign-up']")
    look(page)
    page.click(f"main a[href$='/sign-up/{category}']")
    look(page)

    page.click(NEXT)
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    look(page)

    answers = {"given_name": "Kari", "family_name": "Nordmann"}
    page.select_option("[name=country]", "NO")
    for name, answer in (answers | OF_CATEGORY[category]).items():
        page.fill(f"[name={name}]", answer)
    page.click(NEXT)
    expect(page.locator("main")).to_contain_text("Kari Nordmann")
    look(page)
    page.click(SEND)

    page.wait_for_url("**/registrations/*")
    expect(page.locator("h1")).to_contain_text("Kari Nordmann")
    look(page)
    walks = select(Participant.category, Stage.number).join(Participant.entries).join(StageEntry.stage)
    assert ask(session, walks.where(Participant.family_name == "Nordmann")) == [(category, 1)]
    received = select(Message.recipient).where(Message.kind == "received")
    assert ask(session, received) == [("kari@example.org",)]


def test_a_coordinator_plans_a_route_and_moves_people(
    demo: Session, open_page: OpenPage, reader: Reader, look: Check
) -> None:
    stage_id, slug = ask(demo, select(Stage.id, March.slug).join(March).where(Stage.number == 2))[0]
    length = select(PlannedRoute.length_m).where(PlannedRoute.stage_id == stage_id)
    page = open_page(f"/?lang={reader.locale}", **reader._asdict())
    look(page)
    sign_in(page, "coordinator@example.org")
    page.goto(f"/marches/{slug}/overview")
    expect(page.locator("#by-rule .parted")).to_have_count(3)  # fetched after the page, as are these
    expect(page.locator("#rule-needs li").first).to_be_visible()
    look(page)

    page.goto(f"/marches/{slug}/stages/2/route")
    page.set_input_files("[name=file]", FOLDER / "stage-3.gpx")
    page.click("main form button[type=submit]")
    expect(page.locator("main svg").first).to_be_visible()
    look(page)
    length_before = ask(demo, length)
    page.click("form.act button.btn-primary")
    look(page)
    assert ask(demo, length) != length_before

    page.goto(f"/marches/{slug}/stages/2/groups")
    look(page)
    page.click("main a[href$='/groups/new']")
    number = int(page.input_value("[name=number]"))
    page.fill("[name=min_size]", "1")
    page.fill("[name=max_size]", "12")
    look(page)
    page.click("main form button[type=submit]")
    group_id = ask(demo, select(Group.id).where(Group.stage_id == stage_id, Group.number == number))[0].id

    # Who lacks a consent says so, and cannot be moved.
    unplaced = page.locator(".unplaced .person:not(:has(.status)) input[type=checkbox]")
    expect(unplaced).to_have_count(2)
    for box in unplaced.all():
        box.check()
    page.select_option("[name=to]", str(group_id))
    page.click(".move-bar button[type=submit]")
    expect(page.locator("#said .own")).not_to_be_empty(timeout=20_000)
    look(page)
    members = select(func.count()).select_from(Membership).where(Membership.group_id == group_id)
    assert ask(demo, members) == [(2,)]

    page.click("#said .undo")
    expect(unplaced).to_have_count(2)
    assert ask(demo, members) == [(0,)]

    for paper in ("print", "border", "border/versions/1"):
        page.goto(f"/marches/{slug}/stages/2/{paper}")
        look(page)


def test_a_guide_uploads_a_recording_and_sees_how_it_compares(
    demo: Session, open_page: OpenPage, reader: Reader, look: Check, recording: Path
) -> None:
    page = open_page(f"/?lang={reader.locale}", **reader._asdict())
    sign_in(page, "guide7@example.org")
    page.goto("/my-groups")
    look(page)
    group_id = group_seven(demo)
    page.goto(f"/groups/{group_id}")
    look(page)
    page.goto(f"/groups/{group_id}/recording")
    look(page)
    page.set_input_files("[name=recording]", recording)
    page.click("main form button[type=submit]")
    page.wait_for_url("**/tracks/*", timeout=30_000)

    expect(page.locator(".verdict")).not_to_be_empty()
    expect(page.locator(".leaflet-container canvas").first).to_be_visible()
    page.locator("#pace-chart").scroll_into_view_if_needed()  # charts are drawn when they come near
    expect(page.locator(".uplot canvas")).to_have_count(3)
    look(page)
    found = select(Track.id, TrackComparison.verdict, TrackComparison.off_route_count).join(TrackComparison)
    [current] = ask(demo, found.where(Track.group_id == group_id))
    assert page.url.endswith(f"/tracks/{current.id}")
    assert current[1:] == ("walked", 1)


def test_the_cursor_of_the_charts_moves_on_the_map(demo: Session, open_page: OpenPage) -> None:
    track_id = ask(demo, select(Track.id).order_by(Track.id))[0].id
    page = open_page(f"/tracks/{track_id}")
    page.locator("#pace-chart").scroll_into_view_if_needed()  # charts are drawn when they come near
    expect(page.locator(".uplot canvas")).to_have_count(3)
    page.locator("#place").focus()
    page.keyboard.press("End")
    at_the_end = page.locator("#reading").inner_text()
    page.keyboard.press("Home")
    expect(page.locator("#reading")).not_to_have_text(at_the_end)


def test_everything_but_maps_and_charts_works_without_javascript(
    demo: Session, open_page: OpenPage, recording: Path
) -> None:
    page = open_page("/", java_script_enabled=False)
    sign_in(page, "guide7@example.org")
    page.goto(f"/groups/{group_seven(demo)}/recording")
    page.set_input_files("[name=recording]", recording)
    page.click("main form button[type=submit]")
    page.wait_for_url("**/tracks/*", timeout=30_000)
    expect(page.locator(".verdict")).not_to_be_empty()
    expect(page.locator("noscript svg, main svg").first).to_be_visible()
