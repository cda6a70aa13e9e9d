"""Notes on health open for a reason, to those in whose care somebody is, for a while; coordinators see it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marchapp.health.services import OPENED, open_notes, open_until
from marchapp.models import AuditEvent, Role
from tests.factories import Cast, make_account, make_participant

WHY = {"why": "other", "reason": "Out of breath"}


@pytest.fixture
def today(session: Session, cast: Cast) -> None:
    """The stage is walked today, and the walker wrote a note."""
    cast.stage.day = datetime.now(UTC).date()
    cast.stage.starts_at = datetime.now(UTC)
    cast.stage.finishes_at = datetime.now(UTC) + timedelta(hours=1)
    cast.walker.health_notes, cast.walker.has_health_notes = "Asthma", True
    session.commit()


@pytest.fixture
def address(cast: Cast, today: None) -> str:
    return f"/participants/{cast.walker.id}/health-notes"


def openings(session: Session) -> int:
    return session.scalar(select(func.count()).where(AuditEvent.action == OPENED)) or 0


@pytest.fixture
def medic(session: Session, cast: Cast):
    account = make_account(session, "Mette Medic", cast.march, Role.MEDIC)
    session.commit()
    return account


@pytest.mark.parametrize("who", ["coordinator", "guide", "medic"])
def test_notes_open_to_those_who_care_for_a_reason_only(
    session: Session, cast: Cast, sign_in, address: str, medic, who: str
) -> None:
    client = sign_in(medic if who == "medic" else getattr(cast, who))
    for answer in (client.get(address), client.post(address), client.post(address, data={"why": "other"})):
        assert answer.status_code == 200
        assert "Asthma" not in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
    assert openings(session) == 0
    assert client.post(address, data=WHY).status_code == 302
    page = client.get(address)
    assert "Asthma" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert 0 < int(page.headers["Refresh"]) <= 15 * 60 + 1
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == OPENED)).one()
    assert (event.subject_id, event.details) == (cast.walker.id, WHY)


def test_after_a_while_the_page_asks_again(session: Session, cast: Cast, sign_in, address: str) -> None:
    now = datetime.now(UTC)
    for minutes, is_open in ((16, False), (14, True)):
        opened_at = now - timedelta(minutes=minutes)
        open_notes(session, cast.walker, why="injury", text="", by=cast.guide, now=opened_at)
        session.commit()
        assert ("Asthma" in sign_in(cast.guide).get(address).text) is is_open
    assert "Asthma" not in sign_in(cast.coordinator).get(address).text, "each opens for themselves"


def test_notes_of_one_stay_closed_when_those_of_another_are_open(session: Session, cast: Cast, today) -> None:
    other, now = make_participant(session, cast.march, cast.stage, group=cast.group), datetime.now(UTC)
    open_notes(session, other, why="injury", text="", by=cast.guide, now=now)
    session.flush()
    asked = {"to": cast.guide, "now": now, "lasts": timedelta(minutes=15)}
    assert open_until(session, cast.walker, **asked) is None
    assert open_until(session, other, **asked) == now + timedelta(minutes=15)


def test_others_open_nothing(session: Session, cast: Cast, sign_in, address: str) -> None:
    observer = make_account(session, "Olga Observer", cast.march, Role.OBSERVER)
    session.commit()
    for account in (cast.other_guide, cast.other_coordinator, observer):
        assert sign_in(account).get(address).status_code == 403, account.name
        assert sign_in(account).post(address, data=WHY).status_code == 403, account.name
    assert openings(session) == 0


def test_on_another_day_neither_guide_nor_medic_opens_anything(
    session: Session, cast: Cast, sign_in, address: str, medic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marchapp.models.march.GUIDES_SEE", timedelta(days=1))
    open_notes(session, cast.walker, why="injury", text="", by=cast.guide, now=datetime.now(UTC))
    cast.stage.day -= timedelta(days=9)
    cast.stage.starts_at -= timedelta(days=9)
    cast.stage.finishes_at -= timedelta(days=9)
    session.commit()
    for account in (cast.guide, medic):
        assert sign_in(account).get(address).status_code == 403, account.name


def test_medics_list_who_walks_today_with_notes(
    session: Session, cast: Cast, sign_in, address: str, medic
) -> None:
    healthy = make_participant(session, cast.march, cast.stage, group=cast.group)
    session.commit()
    client = sign_in(medic)
    page = client.get("/marches/victory/stages/1/health-notes").text
    assert "/marches/victory/stages/1/health-notes" in client.get("/marches/victory/stages/1").text
    assert address in page
    assert cast.walker.family_name in page
    assert healthy.family_name not in page
    assert "Asthma" not in page
    for account in (cast.guide, cast.coordinator):
        assert sign_in(account).get("/marches/victory/stages/1/health-notes").status_code == 403


def test_coordinators_see_each_opening(session: Session, cast: Cast, sign_in, address: str) -> None:
    overview, log = "/marches/victory/overview", f"/marches/victory/log?action={OPENED}"
    assert "were opened" not in sign_in(cast.coordinator).get(overview).text
    sign_in(cast.guide).post(address, data={"why": "medicine"})
    client = sign_in(cast.coordinator)
    assert "Notes on health were opened once" in client.get(overview).text
    page = client.get(log).text
    assert cast.guide.name in page
    assert "A medicine or a meal is due" in page


def test_a_guide_comes_back_to_the_roll_call(cast: Cast, sign_in, address: str) -> None:
    answer = sign_in(cast.guide).post(f"{address}?group={cast.group.id}&code=start", data=WHY)
    assert answer.location == f"{address}?group={cast.group.id}&code=start"
    assert f"/groups/{cast.group.id}/roll-call/start" in sign_in(cast.guide).get(answer.location).text
