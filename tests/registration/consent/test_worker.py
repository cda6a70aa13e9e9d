"""Reminders, lost places, changed texts and papers: what the worker does by itself, each thing once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Update, delete, select, update
from sqlalchemy.orm import Session

from marchapp.models import (
    AuditEvent,
    DocumentKind,
    Guardian,
    March,
    Message,
    Participant,
    Purpose,
    QuotaKind,
    StageEntry,
    Standing,
    TravelDocument,
)
from marchapp.models.conditional import rows_changed
from marchapp.registration import letters
from marchapp.registration.consent import services, worker
from marchapp.registration.consent.state import State
from marchapp.registration.consent.texts import write_text
from tests.factories import make_participant, quota_of
from tests.registration.consent.conftest import (
    NOW,
    Family,
    consents,
    let_answer,
    make_child,
    make_family,
)

Letters = list[tuple[Any, ...]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Letters:
    """The letters that are written: the name, whom or what they are about, and the number of a reminder."""
    written: Letters = []

    def catch(name: str) -> Callable[..., None]:
        def write(_session: Session, about: Any, *_more: Any, number: int = 0, **_rest: Any) -> None:
            if name != "promoted" or about:
                written.append((name, about, number) if number else (name, about))

        return write

    for name in (
        "consent_asked",
        "consent_reminder",
        "paper_missing",
        "place_lost",
        "promoted",
        "document_expires",
    ):
        monkeypatch.setattr(letters, name, catch(name))
    return written


def after(days: float) -> datetime:
    return NOW + timedelta(days=days)


def see_to(session: Session, march: March, days: float) -> None:
    """Let the worker do its minute twice, so that whatever it does twice is seen."""
    for _ in range(2):
        worker.remind(session, march, now=after(days))
        worker.take_places_back(session, march, now=after(days))
        worker.warn_of_documents(session, march, now=after(days))
        session.commit()


def test_guardians_are_reminded_at_half_and_at_five_sixths_of_the_time(
    session: Session, family: Family, sent: Letters
) -> None:
    for days, expected in (
        (6.9, []),
        (7, [("consent_reminder", family.mother, 1), ("consent_reminder", family.father, 1)]),
        (11, []),
        (11.7, [("consent_reminder", family.mother, 2), ("consent_reminder", family.father, 2)]),
        (13.9, []),
    ):
        sent.clear()
        see_to(session, family.march, days)
        assert sent == expected, days


def test_a_worker_that_slept_sends_the_last_reminder_only(
    session: Session, family: Family, sent: Letters
) -> None:
    see_to(session, family.march, 13)
    assert sent == [("consent_reminder", family.mother, 2), ("consent_reminder", family.father, 2)]


def test_only_who_has_not_answered_is_reminded(session: Session, family: Family, sent: Letters) -> None:
    let_answer(session, family.mother)
    see_to(session, family.march, 7)
    assert sent == [("consent_reminder", family.father, 1)]
    let_answer(session, family.father, no=[Purpose.TAKING_PART])
    sent.clear()
    see_to(session, family.march, 12)
    assert sent == []


def test_who_speaks_for_the_party_is_reminded_of_papers(
    session: Session, family: Family, sent: Letters
) -> None:
    family.mother.email = ""
    sibling = make_child(session, family.march, family.home, party=family.child.party, given_name="Liv")
    sibling.guardians.append(Guardian(position=1, name="Siri Hansen", language="nb"))
    session.flush()
    services.ask(session, [sibling], now=NOW)
    session.commit()
    sent.clear()
    see_to(session, family.march, 7)
    assert sent == [("consent_reminder", family.father, 1), ("paper_missing", family.child.party)]


def test_reminders_are_written_into_the_outbox(session: Session, family: Family) -> None:
    family.father.email = ""
    session.commit()
    session.execute(delete(Message))
    session.commit()
    see_to(session, family.march, 7)
    see_to(session, family.march, 14.1)
    written = session.scalars(select(Message).order_by(Message.id)).all()
    assert [(one.kind, one.recipient) for one in written] == [
        ("consent_reminder", family.mother.email),
        ("paper_missing", family.child.party.contact_email),
        ("place_lost", family.child.party.contact_email),
    ]
    assert family.child.name in written[1].text


def test_nobody_is_reminded_once_all_consent(session: Session, family: Family, sent: Letters) -> None:
    for guardian in family.child.guardians:
        let_answer(session, guardian)
    see_to(session, family.march, 12)
    see_to(session, family.march, 15)
    assert sent == []
    assert family.child.standing == Standing.PLACED


def test_a_place_held_in_vain_goes_to_the_next_in_line(
    session: Session, family: Family, sent: Letters
) -> None:
    march = family.march
    quota_of(march, QuotaKind.MARCH).capacity = 1
    waiting = make_participant(
        session, march, family.home, standing=Standing.WAITING, waiting_since=NOW, may_take_part=True
    )
    session.commit()
    see_to(session, march, 14.1)
    session.expire_all()

    assert (family.child.standing, family.child.waiting_since) == (Standing.WAITING, after(14.1))
    assert waiting.standing == Standing.PLACED
    assert sent == [("place_lost", family.child), ("promoted", [waiting])]
    assert quota_of(march, QuotaKind.MARCH).taken == 1
    lost = select(AuditEvent).where(AuditEvent.action == "participant.lost_place")
    assert session.scalars(lost).one().subject_id == family.child.id


def test_who_lost_a_place_gets_it_back_with_the_consents_and_not_before(
    session: Session, family: Family, sent: Letters
) -> None:
    see_to(session, family.march, 14.1)
    session.expire_all()
    assert family.child.standing == Standing.WAITING  # though places are free
    let_answer(session, family.mother, now=after(15))
    assert family.child.standing == Standing.WAITING
    let_answer(session, family.father, now=after(15))
    session.expire_all()
    assert (family.child.standing, family.child.may_take_part) == (Standing.PLACED, True)
    assert sent[-1] == ("promoted", [family.child])


def test_who_lost_a_place_stays_behind_those_who_wait_where_none_is_free(
    session: Session, family: Family, sent: Letters
) -> None:
    march = family.march
    quota_of(march, QuotaKind.MARCH).capacity = 1
    make_participant(
        session, march, family.home, standing=Standing.WAITING, waiting_since=NOW, may_take_part=True
    )
    session.commit()
    see_to(session, march, 14.1)
    for guardian in family.child.guardians:
        let_answer(session, guardian, now=after(15))
    session.expire_all()
    assert (family.child.standing, family.child.may_take_part) == (Standing.WAITING, True)
    assert quota_of(march, QuotaKind.MARCH).taken == 1


def test_a_new_text_is_sent_to_every_guardian_once(
    session: Session, monkeypatch: pytest.MonkeyPatch, sent: Letters
) -> None:
    monkeypatch.setattr(worker, "A_BATCH", 2)
    family = make_family(session)
    for number in range(4):
        child = make_child(session, family.march, family.home, family_name=f"Berg{number}")
        services.ask(session, [child], now=NOW)
    services.ask(session, [family.child], now=NOW)
    write_text(
        session,
        family.march,
        Purpose.PHOTOGRAPHS,
        {"en": "Other."},
        instead_of=1,
        by=family.coordinator,
        now=after(1),
    )
    session.commit()
    sent.clear()
    for _ in range(2):
        worker.check_anew(session, family.march, now=after(1))
    assert sent == [("consent_asked", family.mother), ("consent_asked", family.father)]
    assert family.march.consents_checked_to is None
    state = consents(session, family.child).of(family.mother, Purpose.PHOTOGRAPHS).state
    assert state == State.ASKED


def test_a_batch_that_another_worker_claimed_is_left_to_it(
    session: Session, monkeypatch: pytest.MonkeyPatch, sent: Letters
) -> None:
    family = make_family(session)
    family.march.consents_checked_to = 0
    session.commit()

    def other_is_faster(session: Session, claim: Update) -> int:
        session.execute(update(March).values(consents_checked_to=None))
        return rows_changed(session, claim)

    monkeypatch.setattr(worker, "rows_changed", other_is_faster)
    worker.check_anew(session, family.march, now=NOW)
    assert sent == []
    assert family.march.consents_checked_to is None


def test_a_stage_that_begins_to_cross_the_border_is_asked_about(
    session: Session, family: Family, sent: Letters
) -> None:
    for guardian in family.child.guardians:
        let_answer(session, guardian)
    family.home.crosses_border = True
    family.march.consents_checked_to = 0
    session.commit()
    assert not family.child.may_cross_border  # at once
    worker.check_anew(session, family.march, now=after(1))
    assert sent == [("consent_asked", family.mother), ("consent_asked", family.father)]


def test_other_ages_make_minors_of_adults_and_back(session: Session, family: Family, sent: Letters) -> None:
    family.march.adult_age, family.march.consents_checked_to = 12, 0
    session.commit()
    worker.check_anew(session, family.march, now=NOW)
    session.expire_all()
    assert family.child.may_take_part
    family.march.adult_age, family.march.consents_checked_to = 18, 0
    session.commit()
    worker.check_anew(session, family.march, now=NOW)
    session.expire_all()
    assert not family.child.may_take_part


def passport(session: Session, family: Family, *, valid_days: int) -> Participant:
    crossing = family.abroad.day
    family.child.entries.append(StageEntry(stage_id=family.abroad.id))
    family.child.documents = [
        TravelDocument(
            kind=DocumentKind.PASSPORT,
            number="N123",
            issued_by="NO",
            expires_on=crossing + timedelta(days=valid_days),
        )
    ]
    session.commit()
    return family.child


@pytest.mark.parametrize(("valid_days", "days", "warned"), [(-1, 1, 1), (0, 1, 0), (-1, -2, 0), (-1, 62, 0)])
def test_a_document_that_expires_before_the_crossing_is_told_once(
    session: Session, family: Family, sent: Letters, valid_days: int, days: int, warned: int
) -> None:
    child = passport(session, family, valid_days=valid_days)
    child.may_take_part, child.place_held_until = True, None
    session.commit()
    see_to(session, family.march, days)
    assert sent == [("document_expires", child)] * warned


def test_a_march_that_is_over_is_left_alone(session: Session, family: Family, sent: Letters) -> None:
    family.march.starts_on -= timedelta(days=400)
    family.march.ends_on -= timedelta(days=400)
    family.child.place_held_until = NOW - timedelta(days=300)
    session.commit()
    worker.see_to_consents()
    session.expire_all()
    assert family.child.standing == Standing.PLACED
    assert sent == []


def test_the_workers_minute_finds_those_without_consent_in_their_index(session: Session) -> None:
    from sqlalchemy import text
    from sqlalchemy.dialects import sqlite

    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("asks SQLite how it searches")
    family = make_family(session)
    due = (*worker._held_in_vain(family.march), Participant.place_held_until <= NOW)
    query = select(Participant.id).where(*due)
    words = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    plan = " ".join(str(row) for row in session.execute(text(f"EXPLAIN QUERY PLAN {words}")))
    assert "ix_participant_without_consent" in plan
