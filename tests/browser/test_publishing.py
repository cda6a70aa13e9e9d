"""Publishing twice: all are told the first time, and the second time only those whose line has changed."""

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from marchapp.accounts.services import appoint, make_account
from marchapp.models import Group, March, Membership, Message, Participant, Role, Stage
from marchapp.rosters.telling import tell_of_rosters
from tests.factories import make_group, make_march, make_participant, make_stage

OpenPage = Callable[..., Page]
Check = Callable[[Page], None]
PASSWORD = "march2014"
GROUPS = "/marches/victory/stages/1/groups"


@pytest.fixture
def march(session: Session) -> March:
    """A march with two groups of one walker each, in a draft that was never published."""
    march = make_march(session, slug="victory")
    stage = make_stage(session, march)
    for name, role in (("Clara Coordinator", Role.COORDINATOR), ("Gunn Guide", Role.GUIDE)):
        email = f"{name.split()[0].lower()}@example.org"
        account = make_account(session, email=email, name=name, language="en", password=PASSWORD)
        appoint(session, account=account, march=march, role=role)
    for number, guides in ((1, [account]), (2, [])):
        group = make_group(session, stage, *guides, number=number, is_published=False)
        adult = {"birth_date": date(1970, 1, 1), "given_name": f"Walker{number}"}
        person = make_participant(session, march, stage, email=f"walker{number}@example.org", **adult)
        session.add(Membership(participant_id=person.id, stage_id=stage.id, group_id=group.id))
    session.commit()
    return march


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test is the worker itself."""
    monkeypatch.setattr("marchapp.extensions.TaskQueue.send_once", lambda _queue, _function: None)


def signed_in(open_page: OpenPage, name: str, path: str, width: int) -> Page:
    page = open_page(f"/sign-in?next={path}", width=width)
    page.fill("[name=email]", f"{name}@example.org")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.goto(path)
    return page


def letters_written(session: Session) -> list[str]:
    """Let the worker write, and return to whom."""
    before = set(session.scalars(select(Message.id)))
    session.rollback()
    tell_of_rosters()
    written = select(Message.recipient).where(Message.id.not_in(before)).order_by(Message.recipient)
    found = list(session.scalars(written))
    session.rollback()
    return found


@pytest.mark.parametrize("width", [360, 1280])
def test_publishing_twice_tells_only_whose_line_changed(
    session: Session, march: March, open_page: OpenPage, accessible: Check, width: int
) -> None:
    page = signed_in(open_page, "clara", GROUPS, width)
    expect(page.locator(".published-state")).to_contain_text("neither guides nor participants see them")
    page.click(".published-state a")
    expect(page.get_by_text("1 group has no guide")).to_be_visible()
    accessible(page)
    page.click("text=Publish version 1")
    expect(page.get_by_text("Version 1 is published. 2 people are told")).to_be_visible()
    assert letters_written(session) == ["gunn@example.org", "walker1@example.org", "walker2@example.org"]

    guide = signed_in(open_page, "gunn", "/my-groups", width)
    expect(guide.get_by_text("1 person walks")).to_be_visible()

    first, _second = session.scalars(select(Group.id).join(Stage).order_by(Group.number))
    walker2 = select(Participant.id).where(Participant.given_name == "Walker2").scalar_subquery()
    session.execute(update(Membership).where(Membership.participant_id == walker2).values(group_id=first))
    session.commit()
    guide.reload()
    expect(guide.get_by_text("1 person walks")).to_be_visible()

    page.goto(GROUPS)
    expect(page.locator(".published-state")).to_contain_text("1 person has moved since.")
    page.click(".published-state a")
    row = page.locator("tr", has_text="Walker2")
    expect(row).to_contain_text("Group 2")
    expect(row).to_contain_text("Group 1")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    accessible(page)
    page.click("text=Publish version 2")
    expect(page.get_by_text("Version 2 is published. 1 person is told")).to_be_visible()
    assert letters_written(session) == ["gunn@example.org", "walker2@example.org"]
    page.reload()
    expect(page.locator("table tbody tr")).to_have_count(2)
    guide.reload()
    expect(guide.get_by_text("2 people walk")).to_be_visible()
