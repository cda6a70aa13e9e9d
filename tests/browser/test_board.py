"""The board in a real browser: dragging, keys, the menu, undo, and two coordinators at once."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.accounts.services import appoint, make_account
from marchapp.models import Membership, Participant, Role
from tests.browser.test_main_job import sign_in as sign_in_as
from tests.factories import Cast, make_group, make_participant

OpenPage = Callable[..., Page]
Check = Callable[[Page], None]
PAGE = "/marches/victory/stages/1/groups"
PASSWORD = "march2014"


@dataclass(frozen=True)
class Scene:
    """The numbers of two groups, and who walks in the first; plain, so that no transaction stays open."""

    group: int
    other_group: int
    third_group: int
    walker: str


@pytest.fixture
def scene(session: Session, cast: Cast) -> Scene:
    """Two coordinators who can sign in, three groups, and three people in no group."""
    for quota in cast.march.quotas:
        quota.capacity = None
    for email, name in (("one@example.org", "Ole One"), ("two@example.org", "Tove Two")):
        account = make_account(session, email=email, name=name, language="en", password=PASSWORD)
        appoint(session, account=account, march=cast.march, role=Role.COORDINATOR)
    for name in ("Anna", "Berit", "Cato"):
        make_participant(session, cast.march, cast.stage, given_name=name, family_name="Aas")
    third = make_group(session, cast.stage, number=3)
    scene = Scene(cast.group.id, cast.other_group.id, third.id, cast.walker.name)
    session.commit()
    return scene


@pytest.fixture
def open_board(scene: Scene, open_page: OpenPage) -> Callable[..., Page]:
    def open_(email: str = "one@example.org", **options: object) -> Page:
        page = open_page("/sign-in", **options)
        sign_in_as(page, email)
        page.goto(PAGE)
        expect(page.locator("#board-live.is-live")).to_be_visible()
        page.locator("#columns").evaluate("element => element.scrollIntoView()")
        return page

    return open_


def column(page: Page, group_id: int) -> Locator:
    return page.locator(f"#column-{group_id}")


def card(where: Page | Locator, name: str) -> Locator:
    return where.locator(".person", has_text=name)


def drag(page: Page, what: Locator, to: Locator, *, lands: bool = True) -> None:
    """Drag with the mouse, as a hand does: press, a little, all the way, release."""
    names = what.locator(".names")
    names.hover(position={"x": 20, "y": 8})  # waits until the card rests
    start, goal = names.bounding_box(), to.locator(".people").bounding_box()
    assert start is not None
    assert goal is not None
    page.mouse.down()
    page.mouse.move(start["x"] + 32, start["y"] + 12, steps=3)
    page.mouse.move(goal["x"] + 60, goal["y"] + 30, steps=16)
    page.mouse.move(goal["x"] + 64, goal["y"] + 34, steps=2)
    if lands:
        expect(to.locator(".sortable-ghost")).to_be_attached()
    page.mouse.up()


def names_in(session: Session, group_id: int) -> set[str]:
    walkers = select(Participant.given_name).join(Membership, Membership.participant_id == Participant.id)
    found = set(session.scalars(walkers.where(Membership.group_id == group_id)))
    session.rollback()
    return found


def test_a_card_is_dragged_into_a_group_and_the_move_is_undone(
    session: Session, scene: Scene, open_board: Callable[..., Page], accessible: Check
) -> None:
    page = open_board()
    accessible(page)
    drag(page, card(page, "Berit Aas"), column(page, scene.other_group))
    expect(page.locator("#said .own")).to_have_text("Moved to group 2: Berit Aas.")
    expect(card(column(page, scene.other_group), "Berit Aas")).to_be_visible()
    expect(page.locator(".list-head .count")).to_contain_text("2 in no group")
    assert names_in(session, scene.other_group) == {"Berit"}
    accessible(page)
    page.locator("#said .undo").click()
    expect(card(column(page, 0), "Berit Aas")).to_be_visible()
    assert names_in(session, scene.other_group) == set()


def test_all_that_are_ticked_are_dragged_together_from_several_groups(
    session: Session, scene: Scene, open_board: Callable[..., Page]
) -> None:
    page = open_board()
    for name in ("Anna Aas", "Cato Aas", scene.walker):
        card(page, name).locator("input").check()
    drag(page, card(page, "Anna Aas"), column(page, scene.other_group))
    expect(page.locator("#said .own")).to_have_text("3 people were moved to group 2.")
    assert names_in(session, scene.other_group) == {"Anna", "Cato", "Kari"}
    expect(page.locator(".person input:checked")).to_have_count(0)


def test_a_locked_card_is_not_dragged(
    session: Session, scene: Scene, open_board: Callable[..., Page]
) -> None:
    page = open_board()
    walker = card(page, scene.walker)
    walker.locator(".lock").click()
    expect(page.locator(".person.is-locked")).to_have_count(1)
    drag(page, walker, column(page, scene.other_group), lands=False)
    expect(card(column(page, scene.group), scene.walker)).to_be_visible()
    assert names_in(session, scene.group) == {"Kari"}


@pytest.mark.parametrize("width", [1280, 360])
def test_people_are_moved_by_keys_alone(
    session: Session, scene: Scene, open_board: Callable[..., Page], width: int
) -> None:
    page = open_board(width=width)
    card(page, "Anna Aas").locator("input").focus()
    page.keyboard.press("ArrowDown")
    expect(card(page, "Berit Aas").locator("input")).to_be_focused()
    page.keyboard.press("m")
    expect(page.locator("#move-menu")).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator("#said .own")).to_have_text("Moved to group 2: Berit Aas.")
    expect(card(page, "Cato Aas").locator("input")).to_be_focused()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("#said .own")).to_have_text("Moved to group 1: Cato Aas.")
    expect(card(column(page, scene.group), "Cato Aas").locator("input")).to_be_focused()
    assert names_in(session, scene.other_group) == {"Berit"}
    page.keyboard.press("Control+z")
    expect(card(column(page, 0), "Cato Aas")).to_have_count(1)


@pytest.mark.parametrize("width", [1280, 360])
def test_somebody_is_moved_by_the_menu_of_the_card(
    session: Session, scene: Scene, open_board: Callable[..., Page], accessible: Check, width: int
) -> None:
    page = open_board(width=width)
    card(page, "Cato Aas").locator(".open-menu").click()
    expect(page.locator("#move-menu h2")).to_have_text("Move Cato Aas")
    accessible(page)
    page.locator("#move-menu").get_by_role("button", name="Group 2").click()
    expect(page.locator("#said .own")).to_have_text("Moved to group 2: Cato Aas.")
    assert names_in(session, scene.other_group) == {"Cato"}
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    accessible(page)


def test_a_phone_shows_the_group_that_is_chosen_from_the_list(
    scene: Scene, open_board: Callable[..., Page]
) -> None:
    page = open_board(width=360)
    expect(card(page, "Anna Aas")).to_be_in_viewport()
    page.select_option("#shown-column", str(scene.other_group))
    expect(column(page, scene.other_group).locator("h2")).to_be_in_viewport()
    expect(card(page, "Anna Aas")).not_to_be_in_viewport()


def test_two_coordinators_see_each_other_and_overwrite_nothing(
    session: Session, scene: Scene, open_board: Callable[..., Page]
) -> None:
    one, two = open_board(), open_board("two@example.org")
    card(two, "Anna Aas").locator("input").check()  # what one is doing stays
    drag(one, card(one, "Berit Aas"), column(one, scene.other_group))
    expect(two.locator("#said .others")).to_have_text("Ole One: Moved to group 2: Berit Aas.")
    expect(card(column(two, scene.other_group), "Berit Aas")).to_be_visible()
    expect(card(two, "Anna Aas").locator("input")).to_be_checked()

    # Both take Cato at once: the menu of one was opened before the other moved him.
    one.route("**/board?*", lambda route: route.fulfill(status=204))
    card(one, "Cato Aas").locator(".open-menu").click()
    drag(two, card(two, "Cato Aas"), column(two, scene.group))
    expect(two.locator("#said .own")).to_have_text("Moved to group 1: Cato Aas.")
    one.locator("#move-menu").get_by_role("button", name="Group 3").click()
    expect(one.locator("#said .own")).to_contain_text("Cato Aas is in group 1 now")
    expect(card(column(one, scene.group), "Cato Aas")).to_be_visible()
    assert names_in(session, scene.third_group) == set()
    assert names_in(session, scene.group) == {"Kari", "Cato"}


def test_the_board_works_without_javascript(session: Session, scene: Scene, open_page: OpenPage) -> None:
    page = open_page("/sign-in", java_script_enabled=False)
    sign_in_as(page, "one@example.org")
    page.goto(PAGE)
    card(page, "Anna Aas").locator("input").check()
    page.select_option("#to", str(scene.other_group))
    page.click(".move-bar button")
    expect(page.locator(".moved")).to_contain_text("Moved to group 2: Anna Aas.")
    card(page, "Anna Aas").locator(".lock").click()
    expect(card(page, "Anna Aas").locator(".lock")).to_contain_text("Unlock Anna Aas")
    assert names_in(session, scene.other_group) == {"Anna"}
