"""Every kind of letter once and more, as it is kept and as it leaves the house."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_security import hash_password
from flask_security.recoverable import send_reset_password_instructions
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marchapp.accounts.services import Profile, invite
from marchapp.accounts.tidings import tell
from marchapp.mail.envelope import envelope
from marchapp.models import (
    Account,
    Mailing,
    Message,
    Participant,
    PrivateLink,
    PublishedGuide,
    PublishedPlace,
    Role,
    RosterVersion,
    Standing,
)
from marchapp.models.link import give_link
from marchapp.registration import letters
from marchapp.registration.coordination.listing import Selection
from marchapp.registration.mailings.addressees import one_of_each_language
from marchapp.registration.mailings.services import letter_to
from marchapp.rosters.letters import to_guide, to_reader, to_readers
from tests.doors.world import NOW, Place


@dataclass(frozen=True)
class Letter:
    kind: str
    subject: str
    text: str
    html: str
    content: bytes


def write_all(session: Session, place: Place) -> list[Letter]:
    """Write every kind of letter to everybody of a march."""
    before = session.scalar(select(func.max(Message.id))) or 0
    of_march = Participant.march_id == place.march.id
    for person in session.scalars(select(Participant).where(of_march, Participant.cancelled_at.is_(None))):
        _write_of(session, person)
    _write_to_accounts(session, place)
    session.add_all([*_of_mailings(session, place), *_of_rosters(session)])
    session.flush()
    written = session.scalars(select(Message).where(Message.id > before).order_by(Message.id))
    return [_letter(message) for message in written]


def _write_of(session: Session, person: Participant) -> None:
    def link(owner: Any) -> PrivateLink:
        return give_link(session, owner, now=NOW, expires_at=NOW + timedelta(days=9))

    letters.received(session, person.party, [person], link=link(person.party), now=NOW)
    with session.no_autoflush:
        person.standing, person.waiting_since = Standing.WAITING, NOW
        letters.received(session, person.party, [person], link=link(person.party), now=NOW)
    letters.changed(session, person.party, [person], now=NOW)
    letters.promoted(session, [person], now=NOW)
    for guardian in person.guardians:
        letters.consent_asked(session, guardian, link=link(guardian), now=NOW)
        for number in (1, 2):
            letters.consent_reminder(session, guardian, number=number, link=link(guardian), now=NOW)
    letters.paper_missing(session, person.party, [person], now=NOW)
    letters.confirmed(session, person, now=NOW)
    letters.place_lost(session, person, now=NOW)
    for document in person.documents:
        document.expires_on = person.march.starts_on - timedelta(days=1)
    letters.document_expires(session, person, now=NOW)
    letters.link_again(session, person.party, link=link(person.party), now=NOW)
    letters.link_moved(session, person.party, link=link(person.party), now=NOW)
    letters.own_link(session, person, link=link(person), now=NOW)
    letters.cancelled(session, person, now=NOW)
    for is_last in (False, True):
        letters.erased(session, person, is_last=is_last, now=NOW)


def _write_to_accounts(session: Session, place: Place) -> None:
    named = {"name": place.guide.name, "phone": "", "language": "nb"}
    invite(
        session,
        march=place.march,
        email="new@example.org",
        profile=Profile(**named),
        roles=list(Role),
        by=place.coordinator,
        now=NOW,
    )
    tell(place.guide, "account.password_changed", by=place.guide)
    place.guide.password = hash_password("a long password")
    send_reset_password_instructions(session.get_one(Account, place.guide.id))


def _of_mailings(session: Session, place: Place) -> Iterator[Message]:
    for mailing in session.scalars(select(Mailing).where(Mailing.march_id == place.march.id)):
        for addressee in one_of_each_language(session, place.march, Selection(standing="any")):
            yield letter_to(session, mailing, place.march, addressee, now=NOW, is_real=False)


def _of_rosters(session: Session) -> Iterator[Message]:
    for version in session.scalars(select(RosterVersion)):
        of_it = select(PublishedPlace).where(PublishedPlace.version_id == version.id)
        for reader in to_readers(version.stage.march, session.scalars(of_it)):
            yield to_reader(session, version, reader, now=NOW)
        for guided in session.scalars(select(PublishedGuide).where(PublishedGuide.version_id == version.id)):
            guide = session.get_one(Account, guided.account_id)
            yield to_guide(version, guide, [guided], now=NOW)


def _letter(message: Message) -> Letter:
    content = envelope(message, datetime.now(UTC)).message().as_bytes()
    return Letter(message.kind, message.subject, message.text, message.html, content)
