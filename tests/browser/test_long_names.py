"""Names without any space break inside their page, on every screen and on paper."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.demo.load import DEMO_PASSWORD
from marchapp.models import Group, PartyKind, Stage
from marchapp.models.link import give_link
from tests.demo_rows import load_demo

PAGES = (
    "/marches/{slug}/participants",
    "/participants/{person_id}",
    "/participants/{person_id}/consents",
    "/marches/{slug}/consents?show=all",
    "/marches/{slug}/stages/1",
    "/marches/{slug}/stages/1/groups",
    "/marches/{slug}/stages/1/print",
    "/groups/{group_id}/print",
    "/marches/{slug}/team",
    "/groups/{group_id}",
    "/consents/{consent}",
    "/registrations/{token}",
    "/registrations/{token}/people/{person_id}/change",
    "/registrations/{token}/people/{person_id}/cancel",
)
PAPER = 688  # pixels between the margins of A4
TOO_WIDE = """() => [document.documentElement, ...document.querySelectorAll("main, main *")]
    .filter((part) => part.scrollWidth > part.clientWidth + 16 && part.clientWidth > 1)
    .filter((part) => !["inline", "none", "contents"].includes(getComputedStyle(part).display))
    .filter((part) => !part.matches("input, select, svg *, .visually-hidden, .table-scroll, .columns"))
    .filter((part) => !part.matches("details:not([open]) *"))
    .map((part) => `${part.tagName}.${part.className}: ${part.scrollWidth} in ${part.clientWidth}`)"""


@pytest.fixture
def long_names(session: Session) -> dict[str, object]:
    """Give 60 wide letters as names to somebody of the demo, to the group and to its guides."""
    load_demo(session)
    group = session.scalars(select(Group).join(Stage).where(Stage.number == 1, Group.number == 1)).one()
    person = next(one.participant for one in group.memberships if one.participant.guardians)
    for field in ("given_name", "family_name", "native_name", "school", "emergency_name"):
        setattr(person, field, "W" * 60)
    person.party.kind, person.party.name, person.party.contact_name = PartyKind.FAMILY, "W" * 60, "W" * 60
    now = datetime.now(UTC)
    link = give_link(session, person.party, now=now, expires_at=now + timedelta(days=1))
    [guardian] = person.guardians
    guardian.name = "W" * 60
    to_guardian = give_link(session, guardian, now=now, expires_at=now + timedelta(days=1))
    group.name = "W" * 60
    for guide in group.guides:
        guide.name = "W" * 60
    places = {
        "slug": group.stage.march.slug,
        "person_id": person.id,
        "group_id": group.id,
        "token": link.secret,
        "consent": to_guardian.secret,
    }
    session.commit()
    return places


@pytest.mark.parametrize(("width", "media"), [(360, "screen"), (1280, "screen"), (PAPER, "print")])
def test_names_without_spaces_stay_inside_the_page(
    long_names: dict[str, object], open_page: Callable[..., Page], width: int, media: str
) -> None:
    page = open_page("/sign-in", width=width)
    page.fill("[name=email]", "coordinator@example.org")
    page.fill("[name=password]", DEMO_PASSWORD)
    page.click("main button[type=submit]")
    page.emulate_media(media=media)
    for path in PAGES:
        page.goto(path.format(**long_names))
        assert (path, page.evaluate(TOO_WIDE)) == (path, [])
