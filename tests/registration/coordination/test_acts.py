"""What coordinators do about one person, for a reason that is recorded."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import (
    AuditEvent,
    Category,
    LinkKind,
    Message,
    Participant,
    Party,
    PartyKind,
    PrivateLink,
    Quota,
    QuotaKind,
    Standing,
    TravelDocument,
)
from marchapp.models.link import give_link
from marchapp.registration.coordination.changing import KEPT
from marchapp.rosters.moves import move_people
from tests.factories import START, Cast, make_group, make_participant, make_party, make_stage

SignIn = Callable[..., FlaskClient]
WHY = {"reason": "Asked on the phone"}


def events(session: Session, action: str) -> list[AuditEvent]:
    session.expire_all()
    return list(session.scalars(select(AuditEvent).where(AuditEvent.action == action)))


def taken(session: Session, cast: Cast) -> int:
    session.expire_all()
    of_march = (Quota.march_id == cast.march.id, Quota.kind == QuotaKind.MARCH)
    return session.scalars(select(Quota.taken).where(*of_march)).one()


def adult(session: Session, cast: Cast, **given: Any) -> Participant:
    values = {"category": Category.WALKER, "birth_date": date(1980, 5, 17), "municipality": "Vardø"}
    person = make_participant(session, cast.march, cast.stage, **values | given)
    session.commit()
    return person


def answers(person: Participant, **changed: Any) -> dict[str, Any]:
    """Return what a browser sends for the form with the answers of a walker."""
    sent = {
        "category": person.category.value,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "birth_date": person.birth_date.isoformat(),
        "country": person.country,
        "municipality": person.municipality,
        "stages": [str(stage_id) for stage_id in person.stage_ids],
        "email": person.email,
        "phone": "+47 406 00 000",
        "language": person.language,
        "emergency_name": person.emergency_name,
        "emergency_phone": "+47 406 00 001",
    }
    return sent | changed


def test_a_change_needs_a_reason_and_records_before_and_after(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    person = adult(session, cast)
    address = f"/participants/{person.id}/change"
    refused = coordinator.post(address, data=answers(person, family_name="Olsen"))
    assert refused.status_code == 200
    assert not events(session, "participant.changed")
    before = person.family_name
    assert coordinator.post(address, data=answers(person, family_name="Olsen") | WHY).status_code == 302
    [event] = events(session, "participant.changed")
    assert event.account_id == cast.coordinator.id
    assert event.details["reason"] == WHY["reason"]
    assert (event.details["before"]["family_name"], event.details["after"]["family_name"]) == (
        before,
        "Olsen",
    )
    assert "Olsen, Kari" in coordinator.get("/marches/victory/participants?q=olsen").text
    history = coordinator.get(f"/participants/{person.id}/history").text
    for words in (
        "Answers were changed.",
        WHY["reason"],
        "Clara Coordinator",
        f"Family name: {before} became Olsen.",
    ):
        assert words in history


def test_what_is_encrypted_is_neither_shown_nor_lost_nor_recorded_by_a_change(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    crossing = make_stage(session, cast.march, number=2, crosses_border=True)
    person = make_participant(
        session,
        cast.march,
        crossing,
        category=Category.WALKER,
        birth_date=date(1980, 5, 17),
        family_name="Nilsen",
        municipality="Vardø",
        health_notes="Secret asthma",
        has_health_notes=True,
    )
    person.documents = [
        TravelDocument(kind="passport", number="SECRET123", issued_by="NO", expires_on=date(2030, 1, 1))
    ]
    session.commit()
    address = f"/participants/{person.id}/change"
    page = coordinator.get(address).text
    assert KEPT in page
    assert "Secret asthma" not in page
    assert "SECRET123" not in page
    papers = {
        "document_kind": "passport",
        "document_number": KEPT,
        "document_country": "NO",
        "document_expires_on": "2031-01-01",
        "health_notes": KEPT,
    }
    assert coordinator.post(address, data=answers(person, **papers) | WHY).status_code == 302
    session.expire_all()
    assert (person.health_notes, person.documents[0].number) == ("Secret asthma", "SECRET123")
    assert person.documents[0].expires_on == date(2031, 1, 1)
    assert (
        coordinator.post(address, data=answers(person, **papers | {"health_notes": "None"}) | WHY).status_code
        == 302
    )
    details = str([event.details for event in events(session, "participant.changed")])
    assert "SECRET" not in details
    assert "Secret" not in details
    assert "health_notes" in details
    assert (
        "Notes on health: changed; it is kept encrypted."
        in coordinator.get(f"/participants/{person.id}/history").text
    )


def test_a_sign_up_is_cancelled_and_restored_with_a_reason(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    person = cast.walker
    assert taken(session, cast) == 1
    assert coordinator.post(f"/participants/{person.id}/cancel", data={}).status_code == 200
    assert person.standing == Standing.PLACED
    assert coordinator.post(f"/participants/{person.id}/cancel", data=WHY).status_code == 302
    assert taken(session, cast) == 0
    assert person.standing == Standing.CANCELLED
    assert coordinator.post(f"/participants/{person.id}/restore", data=WHY).status_code == 302
    assert taken(session, cast) == 1
    assert person.standing == Standing.PLACED
    for action in ("participant.cancelled", "participant.restored"):
        [event] = events(session, action)
        assert (event.account_id, event.details["reason"]) == (cast.coordinator.id, WHY["reason"])


def test_leaving_the_question_about_cancelling_is_not_called_cancelling(
    coordinator: FlaskClient, cast: Cast
) -> None:
    page = coordinator.get(f"/participants/{cast.walker.id}/cancel").text
    assert "Keep it</a>" in page
    assert ">Cancel</a>" not in page


def test_the_history_says_of_letters_that_no_server_sends_that_they_are_kept(
    app: Flask, coordinator: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator.post(f"/participants/{cast.walker.id}/cancel", data=WHY)
    page = f"/participants/{cast.walker.id}/history"
    assert "Kept here" in coordinator.get(page).text
    monkeypatch.setitem(app.config, "MAIL_SERVER", "mail.example.org")
    assert "Waits to be sent" in coordinator.get(page).text


def test_nobody_is_restored_who_is_signed_up_again(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    person = adult(session, cast, family_name="Again", cancelled_at=START)
    adult(session, cast, family_name="Again")
    answer = coordinator.post(f"/participants/{person.id}/restore", data=WHY, follow_redirects=True)
    assert "Nothing was changed" in answer.text
    session.expire_all()
    assert person.standing == Standing.CANCELLED


def test_numbers_of_documents_open_by_a_click_that_is_recorded(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    number = TravelDocument(kind="visa", number="V777", issued_by="RU", expires_on=date(2020, 1, 1))
    cast.walker.documents = [number]
    session.commit()
    page = coordinator.get(f"/participants/{cast.walker.id}").text
    assert "Visa" in page
    assert "V777" not in page
    address = f"/participants/{cast.walker.id}/documents"
    assert coordinator.get(address).status_code == 405
    assert "V777" in coordinator.post(address).text
    [event] = events(session, "participant.documents_opened")
    assert event.account_id == cast.coordinator.id


def test_a_new_link_is_sent_and_the_links_are_closed(
    coordinator: FlaskClient, client: FlaskClient, session: Session, cast: Cast
) -> None:
    person = cast.walker
    link = give_link(session, person.party, now=START, expires_at=START + timedelta(days=9999))
    session.commit()
    secret = link.secret
    assert coordinator.post(f"/participants/{person.id}/link").status_code == 302
    assert session.scalars(select(Message.kind).where(Message.party_id == person.party_id)).all() == [
        "link_again"
    ]
    assert coordinator.get(f"/registrations/{secret}").status_code == 200
    assert coordinator.post(f"/participants/{person.id}/close-links", data=WHY).status_code == 302
    assert coordinator.get(f"/registrations/{secret}").status_code == 410
    assert events(session, "participant.links_closed")[0].details == WHY
    assert "None is open." in coordinator.get(f"/participants/{person.id}").text


def test_somebody_moves_to_another_party_and_an_empty_one_is_gone(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    person, before = cast.walker, cast.walker.party
    link = give_link(session, before, now=START, expires_at=START + timedelta(days=9999))
    school = make_party(session, cast.march, kind=PartyKind.SCHOOL_CLASS, name="Fjordbotn 7B")
    make_participant(session, cast.march, party=school)
    session.commit()
    old_id, secret = before.id, link.secret
    page = coordinator.get(f"/participants/{person.id}/move?q=fjordbotn").text
    assert "Fjordbotn 7B" in page
    address = f"/participants/{person.id}/move?q=fjordbotn"
    assert coordinator.post(address, data={"party": str(school.id)}).status_code == 200  # without a reason
    assert "Choose a party from the list." in coordinator.post(address, data=WHY).text
    assert coordinator.post(address, data=WHY | {"party": str(school.id)}).status_code == 302
    session.expire_all()
    assert person.party_id == school.id
    assert session.get(Party, old_id) is None
    moved = session.scalars(select(PrivateLink).where(PrivateLink.participant_id == person.id)).one()
    assert moved.kind == LinkKind.PARTICIPANT
    assert moved.secret == secret  # the old link leads to the person, not to the class
    assert (
        coordinator.post(f"/participants/{person.id}/move", data=WHY | {"party": "alone"}).status_code == 302
    )
    session.expire_all()
    assert person.party.is_one_person
    assert taken(session, cast) == 2


def test_nobody_moves_to_a_party_of_another_march(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    other = make_party(session, cast.other_march, name="Elsewhere")
    session.commit()
    address = f"/participants/{cast.walker.id}/move?q=else"
    assert "Elsewhere" not in coordinator.get(address).text.replace('value="else"', "")
    for choice in (str(other.id), "999999", "drop", "alone", str(cast.walker.party_id)):
        assert coordinator.post(address, data=WHY | {"party": choice}).status_code == 400


@pytest.mark.parametrize("who", ["nobody", "guide", "other_coordinator"])
def test_only_coordinators_of_the_march_act_on_its_people(
    client: FlaskClient, sign_in: SignIn, session: Session, cast: Cast, who: str
) -> None:
    other = make_participant(session, cast.march)
    make_group(session, cast.stage)
    session.commit()
    if who != "nobody":
        sign_in(getattr(cast, who))
    refusal = 302 if who == "nobody" else 403
    acts = (
        "change",
        "cancel",
        "restore",
        "move",
        f"merge/{other.id}",
        "history",
        "close-links",
    )
    for act in acts:
        assert client.get(f"/participants/{cast.walker.id}/{act}").status_code == refusal, act
    if who != "guide":  # who opens those of the own group, for a reason
        assert client.get(f"/participants/{cast.walker.id}/health-notes").status_code == refusal
        assert client.post(f"/participants/{cast.walker.id}/health-notes", data=WHY).status_code == refusal
    for act in ("cancel", "documents", "link", "close-links", f"merge/{other.id}", "move"):
        assert client.post(f"/participants/{cast.walker.id}/{act}", data=WHY).status_code == refusal, act
    for page in ("statistics", "duplicates", "export", "export/1"):
        assert client.get(f"/marches/victory/participants/{page}").status_code == refusal, page
    session.expire_all()
    assert cast.walker.standing == Standing.PLACED
    assert not session.scalars(select(AuditEvent)).all()


def test_the_history_of_a_number_that_was_used_before_belongs_to_somebody_else(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    for at, reason in ((cast.walker.registered_at - timedelta(days=1), "Another"), (START, "The same")):
        session.add(
            AuditEvent(
                at=at,
                march_id=cast.march.id,
                action="participant.cancelled",
                subject="participant",
                subject_id=cast.walker.id,
                personal={"reason": reason},
            )
        )
    session.commit()
    history = coordinator.get(f"/participants/{cast.walker.id}/history").text
    assert "The same" in history
    assert "Another" not in history


def test_the_page_of_a_person_says_what_is_missing_and_who_belongs_to_the_party(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    crossing = make_stage(session, cast.march, number=2, crosses_border=True)
    family = make_party(session, cast.march, kind=PartyKind.FAMILY, name="The Nilsens", contact_name="Siri")
    person = make_participant(session, cast.march, crossing, party=family, erasure_asked_at=START)
    other = make_participant(session, cast.march, party=family, given_name="Per", family_name="Sibling")
    session.commit()
    page = coordinator.get(f"/participants/{person.id}").text
    assert "A travel document: stage 2 crosses the border" in page
    assert "Asked to be erased on" in page
    assert "The Nilsens" in page
    assert f'href="/participants/{other.id}">Per Sibling</a>' in page


def test_the_history_tells_of_moves_between_groups(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    other = make_participant(session, cast.march, cast.stage, group=cast.group)
    person, by = cast.walker, cast.coordinator
    for seen_in, goal in ((cast.group.id, cast.other_group.id), (cast.other_group.id, None)):
        move_people(
            session, stage=cast.stage, to_group_id=goal, people={person.id: seen_in}, by=by, now=START
        )
    session.commit()
    history = coordinator.get(f"/participants/{person.id}/history").text
    assert "Moved to group 2 on stage 1." in history
    assert "Taken out of the group on stage 1." in history
    assert "stage 1." not in coordinator.get(f"/participants/{other.id}/history").text


def test_a_coordinator_who_cancels_reads_who_moved_up_and_the_contact_does_not(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    one, two = adult(session, cast), adult(session, cast)
    quota = next(one for one in cast.march.category_quotas if one.category == Category.WALKER)
    quota.capacity = 2
    line = {"standing": Standing.WAITING, "category": Category.WALKER, "birth_date": date(1980, 5, 17)}
    first, second = (
        make_participant(session, cast.march, cast.stage, waiting_since=START + timedelta(hours=hour), **line)
        for hour in (1, 2)
    )
    link = give_link(session, two.party, now=START, expires_at=START + timedelta(days=99_999))
    cast.march.ends_on = date(2098, 1, 1)
    session.commit()
    page = coordinator.post(f"/participants/{one.id}/cancel", data=WHY, follow_redirects=True).text
    assert f"{first.name} got a place from the line." in page
    page = coordinator.post(
        f"/registrations/{link.secret}/people/{two.id}/cancel", follow_redirects=True
    ).text
    assert "The place was handed on to who waited in line." in page
    assert second.name not in page
