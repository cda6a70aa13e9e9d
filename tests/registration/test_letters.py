"""Every step is told by letter: to whom, in whose language, with which link and which stages."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.mail.calendar import calendar_of
from marchapp.models import (
    DocumentKind,
    Guardian,
    LinkKind,
    March,
    Message,
    Participant,
    Party,
    PartyKind,
    PrivateLink,
    Standing,
    TravelDocument,
)
from marchapp.models.link import give_link
from marchapp.registration import letters
from tests.factories import make_participant, make_party

NOW = datetime(2014, 5, 1, 10, tzinfo=UTC)
CONTACT, SOFIE, SIRI = "kari@example.org", "sofie@example.org", "siri@example.org"


@pytest.fixture
def family(session: Session, march: March) -> Party:
    return make_party(
        session,
        march,
        kind=PartyKind.FAMILY,
        contact_name="Kari Hansen",
        contact_email=CONTACT,
        language="en",
    )


def join(
    session: Session, party: Party, name: str, *, stages: Iterable[int] = (1, 2, 3), **given: Any
) -> Participant:
    walked = [stage for stage in party.march.stages if stage.number in stages]
    values = {"party": party, "given_name": name, "family_name": "Hansen", "email": "", "language": "en"}
    return make_participant(session, party.march, *walked, **values | given)


def wait(person: Participant) -> Participant:
    person.standing, person.waiting_since = Standing.WAITING, NOW
    return person


def link_for(session: Session, owner: Party | Participant | Guardian) -> PrivateLink:
    return give_link(session, owner, now=NOW, expires_at=NOW + timedelta(days=300))


def written(session: Session) -> list[Message]:
    session.flush()
    return list(session.scalars(select(Message).order_by(Message.id)))


def events_of(message: Message) -> list[Any]:
    return list(Calendar.from_ical(calendar_of(message)).walk("VEVENT"))


def test_a_party_of_one_gets_one_letter_that_reads_like_a_plain_one(session: Session, march: March) -> None:
    party = make_party(session, march, contact_name="Kari Hansen", contact_email=CONTACT, language="en")
    kari = join(session, party, "Kari", email=CONTACT)
    link = link_for(session, party)
    letters.received(session, party, [kari], link=link, now=NOW)
    (letter,) = written(session)
    assert (letter.kind, letter.recipient, letter.link_id) == ("received", CONTACT, link.id)
    assert letter.subject == "Kari Hansen is signed up for March victory"
    assert "has a place" in letter.text
    assert kari.reference in letter.text
    for body in (letter.text, letter.html):
        assert f"/registrations/{link.mark}" in body
        assert body.count("17 September 2014, 08:00") == 1
        assert "coordinator@example.org" in body
    assert "\n\n\n" not in letter.text


def test_a_party_of_several_reads_who_has_a_place_who_waits_and_whose_consent_is_missing(
    session: Session, family: Party
) -> None:
    kari = join(session, family, "Kari")
    ola = join(
        session, family, "Ola", stages=[1], may_take_part=False, place_held_until=NOW + timedelta(days=14)
    )
    sofie = wait(join(session, family, "Sofie"))
    letters.received(session, family, [kari, ola, sofie], link=link_for(session, family), now=NOW)
    (letter,) = written(session)
    placed, waiting = letter.text.split("These wait in line.")
    assert letter.subject == "3 people are signed up for March victory"
    assert "- Kari Hansen" in placed
    assert f"- Ola Hansen, {ola.reference} (only stage 1)" in placed
    assert "- Sofie Hansen" in waiting
    assert "The consent of the guardians of Ola Hansen is still missing." in letter.text
    assert "kept until 15 May 2014" in letter.text


def test_who_all_wait_are_told_that_they_wait_and_get_no_calendar(session: Session, family: Party) -> None:
    people = [wait(join(session, family, name)) for name in ("Kari", "Ola")]
    letters.received(session, family, people, link=link_for(session, family), now=NOW)
    (letter,) = written(session)
    assert (letter.kind, letter.subject) == ("waiting", "2 people are in line for March victory")
    assert calendar_of(letter) == ""


def test_a_person_with_an_own_address_gets_the_own_link_once(session: Session, family: Party) -> None:
    kari = join(session, family, "Kari", email=CONTACT)
    sofie = join(session, family, "Sofie", email=SOFIE, language="ru")
    letters.received(session, family, [kari, sofie], link=link_for(session, family), now=NOW)
    to_contact, to_sofie = written(session)
    assert (to_contact.recipient, to_contact.language) == (CONTACT, "en")
    assert (to_sofie.kind, to_sofie.recipient, to_sofie.language) == ("own_link", SOFIE, "ru")
    assert to_sofie.link is not None
    assert (to_sofie.link.kind, to_sofie.link.participant_id) == (LinkKind.PARTICIPANT, sofie.id)
    letters.changed(session, family, [sofie], now=NOW)
    assert [(letter.kind, letter.recipient) for letter in written(session)[2:]] == [
        ("changed", CONTACT),
        ("changed", SOFIE),
    ]


def test_a_change_is_told_with_how_all_stand_now_and_with_the_link_of_before(
    session: Session, family: Party
) -> None:
    join(session, family, "Kari")
    join(session, family, "Gone", standing=Standing.CANCELLED, cancelled_at=NOW)
    link = link_for(session, family)
    letters.changed(session, family, [join(session, family, "Ola")], now=NOW)
    (letter,) = written(session)
    assert "This was added or changed: Ola Hansen." in letter.text
    assert "- Kari Hansen" in letter.text
    assert "Gone" not in letter.text
    assert letter.link_id == link.id


def test_a_closed_link_is_not_sent_but_a_new_one(session: Session, family: Party) -> None:
    closed = link_for(session, family)
    closed.revoked_at = NOW
    letters.changed(session, family, [join(session, family, "Ola")], now=NOW)
    (letter,) = written(session)
    assert letter.link is not None
    assert letter.link.id != closed.id
    assert letter.link.is_open(NOW)


def test_a_cancellation_strikes_out_only_what_nobody_else_walks(session: Session, family: Party) -> None:
    join(session, family, "Kari", stages=[1])
    sofie = join(session, family, "Sofie", stages=[1, 2], email=SOFIE)
    sofie.standing, sofie.cancelled_at = Standing.CANCELLED, NOW
    letters.cancelled(session, sofie, now=NOW)
    to_contact, to_sofie = written(session)
    assert "Sofie Hansen is not signed up" in to_contact.subject
    assert "- Kari Hansen" in to_contact.text
    stages = [stage.id for stage in family.march.stages]
    assert to_contact.calendar == {"method": "CANCEL", "stages": stages[1:2]}
    assert to_sofie.calendar == {"method": "CANCEL", "stages": stages[:2]}
    assert "Kari" not in to_sofie.text  # who else is signed up is the contact's business


def test_who_gets_a_place_from_the_line_is_told_party_by_party(
    session: Session, march: March, family: Party
) -> None:
    sofie = join(session, family, "Sofie", email=SOFIE)
    other = make_party(session, march, contact_email="other@example.org", language="ru")
    people = [join(session, family, "Ola"), sofie, join(session, other, "Пётр")]
    letters.promoted(session, people, now=NOW)
    told = {letter.recipient: letter for letter in written(session)}
    assert set(told) == {CONTACT, SOFIE, "other@example.org"}
    assert "- Ola Hansen" in told[CONTACT].text
    assert "Пётр" not in told[CONTACT].text
    assert "Ola" not in told[SOFIE].text
    assert told["other@example.org"].language == "ru"


@pytest.fixture
def child(session: Session, family: Party) -> Participant:
    return join(
        session, family, "Ola", may_take_part=False, place_held_until=NOW + timedelta(days=14), email=""
    )


def guardian_of(session: Session, child: Participant, **given: Any) -> Guardian:
    values = {"participant": child, "position": 1, "name": "Siri Hansen", "email": SIRI, "language": "en"}
    guardian = Guardian(**values | given)
    session.add(guardian)
    session.flush()
    return guardian


def test_a_guardian_is_asked_with_a_link_of_the_own(session: Session, child: Participant) -> None:
    guardian = guardian_of(session, child)
    link = link_for(session, guardian)
    letters.consent_asked(session, guardian, link=link, now=NOW)
    (letter,) = written(session)
    assert (letter.recipient, letter.subject) == (SIRI, "Ola Hansen needs your consent for March victory")
    assert f"/consents/{link.mark}" in letter.text
    assert "kept until 15 May 2014" in letter.text


def test_a_guardian_without_an_address_is_asked_on_paper(session: Session, child: Participant) -> None:
    guardian = guardian_of(session, child, email="")
    letters.consent_asked(session, guardian, link=link_for(session, guardian), now=NOW)
    letters.consent_reminder(session, guardian, number=1, link=link_for(session, guardian), now=NOW)
    assert written(session) == []


def test_each_reminder_is_written_once_until_the_place_is_held_anew(
    session: Session, child: Participant
) -> None:
    guardian = guardian_of(session, child)
    link = link_for(session, guardian)
    for number in (1, 1, 2, 2):
        letters.consent_reminder(session, guardian, number=number, link=link, now=NOW)
    first, last = written(session)
    assert (first.subject[:9], last.subject[:14]) == ("Reminder:", "Last reminder:")
    child.place_held_until = NOW + timedelta(days=40)
    letters.consent_reminder(session, guardian, number=1, link=link, now=NOW)
    assert len(written(session)) == 3


def test_all_consents_are_told_and_which_stages_lack_the_one_for_the_border(
    session: Session, child: Participant
) -> None:
    child.march.stages[1].crosses_border = True
    child.may_take_part, child.may_cross_border = True, True
    passport = TravelDocument(
        kind=DocumentKind.PASSPORT, number="X1", issued_by="NO", expires_on=date(2030, 1, 1)
    )
    child.documents = [passport]
    letters.confirmed(session, child, now=NOW)
    child.may_cross_border = False
    letters.confirmed(session, child, now=NOW)
    free, bound = written(session)
    assert free.subject == "All consents for Ola Hansen are there"
    assert "border" not in free.text
    assert "these stages are not for Ola Hansen: Stage 2." in bound.text


def test_letters_say_which_papers_the_border_still_asks_for(session: Session, child: Participant) -> None:
    child.march.stages[1].crosses_border = True
    child.may_take_part, child.may_cross_border = True, True
    letters.confirmed(session, child, now=NOW)
    letters.changed(session, child.party, [child], now=NOW)
    for letter in written(session):
        sentence = "Ola Hansen. A travel document: stage 2 crosses the border"
        assert f"For the border these are still missing:\n- {sentence}" in letter.text
        assert f"<li>{sentence}" in letter.html


def test_a_lost_place_is_told_with_what_comes_next(session: Session, child: Participant) -> None:
    letters.place_lost(session, wait(child), now=NOW)
    (letter,) = written(session)
    assert "was given on" in letter.subject
    assert "stands in line again" in letter.text
    assert letter.calendar["method"] == "CANCEL"


def test_documents_that_expire_before_the_border_are_told_once_without_their_numbers(
    session: Session, family: Party
) -> None:
    second = family.march.stages[1]
    second.crosses_border = True
    sofie = join(session, family, "Sofie", email=SOFIE)
    for kind, day in (
        (DocumentKind.PASSPORT, second.day),
        (DocumentKind.VISA, second.day - timedelta(days=1)),
    ):
        sofie.documents.append(TravelDocument(kind=kind, number="N1234567", issued_by="NO", expires_on=day))
    for _ in range(2):
        letters.document_expires(session, sofie, now=NOW)
    to_contact, to_sofie = written(session)
    assert (to_contact.recipient, to_sofie.recipient) == (CONTACT, SOFIE)
    for letter in (to_contact, to_sofie):
        assert "Visa, until 17 September 2014" in letter.text
        assert "Passport" not in letter.text
        assert "N1234567" not in letter.text + letter.html


def test_who_crosses_no_border_hears_nothing_of_documents(session: Session, family: Party) -> None:
    kari = join(session, family, "Kari")
    kari.documents = [
        TravelDocument(kind=DocumentKind.VISA, number="X", issued_by="NO", expires_on=date(2014, 1, 1))
    ]
    letters.document_expires(session, kari, now=NOW)
    assert written(session) == []


def test_the_calendar_holds_each_walked_stage_in_the_marchs_time_zone(
    session: Session, family: Party
) -> None:
    family.march.time_zone = "Europe/Moscow"
    kari = join(session, family, "Kari", stages=[1, 3])
    letters.received(session, family, [kari], link=link_for(session, family), now=NOW)
    (letter,) = written(session)
    calendar = Calendar.from_ical(calendar_of(letter))
    first, third = events_of(letter)
    stage = family.march.stages[0]
    assert calendar["METHOD"] == "PUBLISH"
    assert first["DTSTART"].dt == stage.starts_at
    assert first["DTSTART"].params["TZID"] == "Europe/Moscow"
    assert (
        first["DTSTART"].dt.utcoffset() == stage.starts_at.astimezone(ZoneInfo("Europe/Moscow")).utcoffset()
    )
    assert first["DTEND"].dt == stage.finishes_at
    assert (first["SUMMARY"], third["SUMMARY"]) == ("March victory: Stage 1", "March victory: Stage 3")
    assert first["LOCATION"] == "Start"
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["Europe/Moscow"]


def test_a_later_letter_renews_the_events_of_an_earlier_one_and_a_cancellation_strikes_them_out(
    session: Session, family: Party
) -> None:
    kari = join(session, family, "Kari")
    letters.received(session, family, [kari], link=link_for(session, family), now=NOW)
    letters.changed(session, family, [kari], now=NOW)
    kari.standing, kari.cancelled_at = Standing.CANCELLED, NOW
    letters.cancelled(session, kari, now=NOW)
    received, changed, cancelled = (events_of(letter) for letter in written(session))
    assert [event["UID"] for event in received] == [event["UID"] for event in changed]
    assert [event["UID"] for event in received] == [event["UID"] for event in cancelled]
    assert received[0]["SEQUENCE"] < changed[0]["SEQUENCE"] < cancelled[0]["SEQUENCE"]
    assert {event["STATUS"] for event in cancelled} == {"CANCELLED"}
    assert "STATUS" not in received[0]


def test_a_stage_that_is_walked_no_more_is_struck_out_of_the_calendar(
    session: Session, family: Party
) -> None:
    kari = join(session, family, "Kari")
    letters.received(session, family, [kari], link=link_for(session, family), now=NOW)
    kari.entries = [entry for entry in kari.entries if entry.stage.number != 2]
    letters.changed(session, family, [kari], now=NOW)
    letters.changed(session, family, [kari], now=NOW)
    _received, changed, changed_again = (events_of(letter) for letter in written(session))
    assert [event.get("STATUS") for event in changed] == [None, "CANCELLED", None]
    assert len(changed_again) == 2  # it is gone already


def test_a_stage_that_moves_before_the_letter_is_sent_stands_where_it_is_now(
    session: Session, family: Party
) -> None:
    kari = join(session, family, "Kari", stages=[1])
    letters.received(session, family, [kari], link=link_for(session, family), now=NOW)
    (letter,) = written(session)
    family.march.stages[0].starts_at += timedelta(hours=1)
    assert events_of(letter)[0]["DTSTART"].dt == family.march.stages[0].starts_at


def test_names_cannot_break_out_of_a_letter(session: Session, family: Party) -> None:
    kari = join(session, family, "<b>Kari</b>")
    letters.received(session, family, [kari], link=link_for(session, family), now=NOW)
    (letter,) = written(session)
    assert "<b>" not in letter.html
    assert "&lt;b&gt;Kari&lt;/b&gt;" in letter.html
    assert "<b>Kari</b>" in letter.text


@pytest.mark.parametrize("language", ["en", "nb", "ru"])
def test_every_letter_is_written_in_every_language(
    session: Session, family: Party, child: Participant, language: str
) -> None:
    family.language = language
    guardian = guardian_of(session, child, language=language)
    link, own = link_for(session, family), link_for(session, guardian)
    child.march.stages[0].crosses_border = True
    child.documents = [
        TravelDocument(kind=DocumentKind.VISA, number="X", issued_by="NO", expires_on=date(2014, 1, 1))
    ]
    letters.received(session, family, [child], link=link, now=NOW)
    letters.consent_asked(session, guardian, link=own, now=NOW)
    letters.consent_reminder(session, guardian, number=1, link=own, now=NOW)
    letters.confirmed(session, child, now=NOW)
    letters.changed(session, family, [child], now=NOW)
    letters.promoted(session, [child], now=NOW)
    letters.document_expires(session, child, now=NOW)
    letters.link_again(session, family, link=link, now=NOW)
    letters.place_lost(session, child, now=NOW)
    letters.cancelled(session, child, now=NOW)
    all_written = written(session)
    assert len(all_written) == 10
    for letter in all_written:
        assert letter.language == language
        assert letter.subject
        assert f'lang="{language}"' in letter.html
