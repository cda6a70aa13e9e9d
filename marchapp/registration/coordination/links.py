"""The private links through which somebody's sign-up can be seen: send a new one, close those given out."""

from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from marchapp.models import Account, Participant, PrivateLink
from marchapp.models.audit import record
from marchapp.models.link import give_link, last_day_of_links
from marchapp.registration import letters


def open_links(session: Session, person: Participant, *, now: datetime) -> list[PrivateLink]:
    """Return the links that lead to somebody now, those of the party's contact among them."""
    query = select(PrivateLink).where(_lead_to(person), PrivateLink.expires_at > now)
    return list(session.scalars(query.order_by(PrivateLink.created_at)))


def send_links(session: Session, person: Participant, *, now: datetime, by: Account) -> list[str]:
    """Send the contact a new link, and the person with another own address one of the own page.

    Returns the addresses.
    """
    party = person.party
    expires_at = last_day_of_links(person.march, now)
    letters.link_again(
        session, party, link=give_link(session, party, now=now, expires_at=expires_at), now=now
    )
    addresses = [party.contact_email]
    if not party.is_one_person and person.email.casefold() not in ("", party.contact_email.casefold()):
        own = give_link(session, person, now=now, expires_at=expires_at)
        letters.own_link(session, person, link=own, now=now)
        addresses.append(person.email)
    _note(session, person, "participant.link_sent", now=now, by=by, to=addresses)
    return addresses


def close_links(session: Session, person: Participant, *, now: datetime, by: Account, reason: str) -> None:
    """Close all links that lead to somebody."""
    session.execute(update(PrivateLink).where(_lead_to(person)).values(revoked_at=now))
    _note(session, person, "participant.links_closed", now=now, by=by, reason=reason)


def _lead_to(person: Participant) -> ColumnElement[bool]:
    theirs = or_(PrivateLink.participant_id == person.id, PrivateLink.party_id == person.party_id)
    return theirs & PrivateLink.revoked_at.is_(None)


def _note(
    session: Session, person: Participant, action: str, *, now: datetime, by: Account, **details: object
) -> None:
    record(
        session,
        at=now,
        action=action,
        march_id=person.march_id,
        account_id=by.id,
        subject="participant",
        subject_id=person.id,
        **details,
    )
