"""A coordinator erases somebody's data: what goes, what stays, and who may not do it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marchapp.mail.worker import erase_what_waits_in_vain, send_outbox
from marchapp.models import (
    AuditEvent,
    ConsentAnswer,
    ConsentRequest,
    ConsentScan,
    DocumentKind,
    Guardian,
    Membership,
    Message,
    NameWord,
    NotarisedConsent,
    Participant,
    PartyKind,
    PrivateLink,
    RollState,
    Standing,
    TravelDocument,
)
from marchapp.models.link import give_link
from marchapp.registration import letters
from marchapp.registration.consent import services as consent
from marchapp.registration.coordination.erasing import erase
from marchapp.registration.noting import note
from tests.factories import Cast, make_group, make_mark, make_participant, make_party, quota_of
from tests.mail.conftest import Postbox, free_port, postbox  # noqa: F401 (fixtures)
from tests.registration.consent.conftest import NOW, Family, let_answer, make_family

SignIn = Callable[..., FlaskClient]
SECRETS = ("Mari", "Hansen", "Siri", "Ivan", "Мари", "Skolegata", "siri@", "mari@", "+47", "nuts", "Kirkenes")


@pytest.fixture
def family(session: Session) -> Family:
    """A schoolchild with everything that can be written about one, and a party of its own."""
    family = make_family(
        session,
        family_name="Hansen",
        native_name="Мари",
        email="mari@example.org",
        phone="+47 406 00 000",
        emergency_name="Siri Hansen",
        municipality="Kirkenes",
        health_notes="nuts",
        has_health_notes=True,
        school="Skolegata skole",
    )
    child = family.child
    child.party.contact_name, child.party.contact_email = "Siri Hansen", "siri@example.org"
    child.documents = [
        TravelDocument(kind=DocumentKind.PASSPORT, number="X1", issued_by="NO", expires_on=date(2030, 1, 1))
    ]
    child.notarised_consent = NotarisedConsent(valid_from=NOW.date(), valid_to=NOW.date(), states="Russia")
    scan = ConsentScan(participant_id=child.id, media_type="image/png", content=b"scan", uploaded_at=NOW)
    session.add(scan)
    consent.ask(session, [child], now=NOW)
    let_answer(session, family.mother)
    session.scalars(select(ConsentAnswer).limit(1)).one().scan_id = scan.id
    letters.changed(session, child.party, [child], now=NOW)
    note(session, child, "participant.changed", now=NOW, changed=["school"], before={"school": "Skolegata"})
    give_link(session, child.party, now=NOW, expires_at=NOW + timedelta(days=9))
    make_group_for(session, family)
    session.commit()
    return family


def make_group_for(session: Session, family: Family) -> None:
    group = make_group(session, family.home)
    session.add(Membership(participant_id=family.child.id, stage_id=family.home.id, group_id=group.id))


def erase_child(session: Session, family: Family) -> None:
    assert erase(session, family.child, now=datetime.now(UTC), by=family.coordinator)
    session.commit()
    session.expire_all()


def everything_written(session: Session, *, but: str = "erased") -> str:
    """Return all that the database holds about people, the last letters left out."""
    tables = (Participant, Guardian, AuditEvent, ConsentAnswer, ConsentRequest, NameWord)
    rows = [row for table in tables for row in session.scalars(select(table))]
    rows += session.scalars(select(Message).where(Message.kind != but))
    parties = {person.party for person in session.scalars(select(Participant))}
    return "\n".join(
        str({column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs})
        for row in [*rows, *parties]
    )


def test_nothing_that_names_or_describes_the_person_is_left(session: Session, family: Family) -> None:
    assert all(word in everything_written(session) for word in SECRETS)
    erase_child(session, family)
    left = everything_written(session)
    assert [word for word in SECRETS if word in left] == []
    for table in (TravelDocument, NotarisedConsent, ConsentScan, Membership):
        assert session.scalar(select(func.count()).select_from(table)) == 0


def test_to_whom_a_child_was_handed_over_goes_and_the_mark_stays(session: Session, family: Family) -> None:
    mark = make_mark(
        session, family.child, family.home, state=RollState.HANDED_OVER, handed_to="Siri, 40000001"
    )
    erase_child(session, family)
    session.expire_all()
    assert (mark.state, mark.handed_to) == (RollState.HANDED_OVER, "")


def test_what_is_counted_and_what_was_consented_stays(session: Session, family: Family) -> None:
    child, born = family.child, family.child.birth_date
    kept = (child.category, child.country, child.reference)
    query = select(ConsentAnswer.text_id, ConsentAnswer.at, ConsentAnswer.answer, ConsentAnswer.guardian_id)
    answers = session.execute(query.order_by(ConsentAnswer.id)).all()
    erase_child(session, family)
    assert answers
    assert session.execute(query.order_by(ConsentAnswer.id)).all() == answers
    assert (child.category, child.country, child.reference) == kept
    assert child.birth_date == date(born.year, 1, 1)
    assert child.stage_ids == {family.home.id}


def test_the_history_says_what_was_done_and_by_whom_without_answers(session: Session, family: Family) -> None:
    erase_child(session, family)
    events = {event.action: event for event in session.scalars(select(AuditEvent))}
    assert events["participant.changed"].details == {"changed": ["school"]}
    assert events["participant.erased"].account_id == family.coordinator.id


def test_every_link_to_the_person_and_the_guardians_is_closed(session: Session, family: Family) -> None:
    assert session.scalars(select(PrivateLink).where(PrivateLink.revoked_at.is_(None))).all()
    erase_child(session, family)
    assert session.scalars(select(PrivateLink).where(PrivateLink.revoked_at.is_(None))).all() == []


def test_the_place_is_freed_and_goes_to_the_line(session: Session, family: Family) -> None:
    march = family.march
    quota_of(march, family.child.category).capacity = 1
    waits = make_participant(session, march, family.home, standing=Standing.WAITING, waiting_since=NOW)
    session.commit()
    erase_child(session, family)
    assert waits.standing == Standing.PLACED
    assert quota_of(march, waits.category).taken == 1
    assert session.scalars(select(Message.recipient).where(Message.kind == "promoted")).all() == [waits.email]


def test_a_last_letter_goes_out_and_is_erased_once_it_is_sent(
    session: Session,
    family: Family,
    postbox: Postbox,  # noqa: F811
) -> None:
    erase_child(session, family)
    send_outbox()
    (letter,) = postbox.letters  # all that waited from before is never sent
    assert letter["To"] == "siri@example.org"
    assert "Mari Hansen" in letter["Subject"]
    session.expire_all()
    last = session.scalars(select(Message).where(Message.kind == "erased")).one()
    assert last.sent_at is not None
    assert (last.recipient, last.subject, last.text, last.html) == ("", "", "", "")
    assert send_outbox() == 0


def test_a_last_letter_that_cannot_be_sent_is_erased_after_some_days(
    session: Session, family: Family
) -> None:
    erase_child(session, family)
    last = session.scalars(select(Message).where(Message.kind == "erased")).one()
    erase_what_waits_in_vain(session, now=last.created_at + timedelta(days=6))
    assert last.recipient == "siri@example.org"
    erase_what_waits_in_vain(session, now=last.created_at + timedelta(days=8))
    assert (last.recipient, last.text) == ("", "")


def test_siblings_and_their_contact_stay_untouched_until_the_last_is_erased(
    session: Session, family: Family
) -> None:
    child, party = family.child, family.child.party
    party.kind = PartyKind.FAMILY
    brother = make_participant(session, family.march, family.home, given_name="Nils", party=party)
    letters.changed(session, party, [child, brother], now=NOW)
    letters.changed(session, party, [brother], now=NOW)
    session.commit()
    before = (brother.name, brother.birth_date, brother.email, brother.standing)
    erase_child(session, family)
    assert (brother.name, brother.birth_date, brother.email, brother.standing) == before
    assert (party.contact_name, party.contact_email) == ("Siri Hansen", "siri@example.org")
    of_party = (PrivateLink.party_id == party.id, PrivateLink.revoked_at.is_(None))
    assert session.scalars(select(PrivateLink).where(*of_party)).all()
    assert erase(session, brother, now=NOW + timedelta(hours=2), by=family.coordinator)
    assert (party.contact_name, party.contact_email) == ("–", "")
    assert session.scalars(select(PrivateLink).where(*of_party)).all() == []


def test_who_is_erased_stays_so(session: Session, family: Family) -> None:
    erase_child(session, family)
    assert not erase(session, family.child, now=NOW, by=family.coordinator)
    assert family.child.standing == Standing.CANCELLED


def test_somebody_of_the_same_name_can_sign_up_again(session: Session, family: Family) -> None:
    name = {"given_name": "Mari", "family_name": "Hansen", "birth_date": family.child.birth_date}
    erase_child(session, family)
    assert make_participant(session, family.march, family.home, **name).id != family.child.id


def test_the_page_says_what_goes_and_stays_and_asks_for_the_reference(
    sign_in: SignIn, session: Session, family: Family
) -> None:
    client, address = sign_in(family.coordinator), f"/participants/{family.child.id}/erase"
    page = client.get(address).text
    assert "What is erased" in page
    assert "What stays, and why" in page
    refused = client.post(address, data={"reference": "K7F-2M9-Q4T"})
    assert "This is not the reference of this person" in refused.text
    session.expire_all()
    assert family.child.erased_at is None
    done = client.post(address, data={"reference": family.child.reference.lower()}, follow_redirects=True)
    assert "The data were erased on" in done.text
    assert "Hansen" not in done.text
    erase_what_waits_in_vain(session, now=NOW + timedelta(days=8))
    session.commit()
    for page in ("history", "consents"):
        answer = client.get(f"/participants/{family.child.id}/{page}")
        assert answer.status_code == 200
        assert "Hansen" not in answer.text
    for page in ("change", "restore", "erase", "cancel", "move"):
        assert client.get(f"/participants/{family.child.id}/{page}").status_code == 404
    letter = session.scalars(select(Message).where(Message.kind != "erased")).first()
    assert letter is not None
    assert "was erased" in client.get(f"/marches/victory/letters/{letter.id}").text
    assert client.get("/marches/victory/letters").status_code == 200


def test_guides_strangers_and_coordinators_of_other_marches_cannot_erase(
    sign_in: SignIn, client: FlaskClient, session: Session, cast: Cast
) -> None:
    address = f"/participants/{cast.walker.id}/erase"
    sent = {"reference": cast.walker.reference}
    assert client.post(address, data=sent).status_code in (302, 401)
    for stranger in (cast.guide, cast.other_coordinator):
        assert sign_in(stranger).post(address, data=sent).status_code == 403
    session.expire_all()
    assert cast.walker.erased_at is None
    assert cast.walker.given_name == "Kari"


def test_an_erased_one_is_not_on_the_page_of_the_contact_and_gets_no_letters_to_many(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    party = make_party(session, cast.march, kind=PartyKind.FAMILY)
    one = make_participant(session, cast.march, cast.stage, party=party, given_name="Nils", email="")
    two = make_participant(session, cast.march, cast.stage, party=party, given_name="Eva", email="")
    link = give_link(session, party, now=NOW, expires_at=NOW + timedelta(days=9))
    session.commit()
    erase(session, one, now=NOW, by=cast.coordinator)
    session.commit()
    page = client.get(f"/registrations/{link.secret}").text
    assert "Eva" in page
    assert one.reference not in page
    assert client.get(f"/registrations/{link.secret}/people/{one.id}").status_code == 404
    assert client.get(f"/registrations/{link.secret}/people/{two.id}").status_code == 200
