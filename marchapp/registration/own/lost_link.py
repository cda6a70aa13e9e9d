"""Send private links again to whoever lost them."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from marchapp.extensions import db, queue
from marchapp.models import March, Message, Participant, Party, PrivateLink
from marchapp.models.link import give_link, last_day_of_links
from marchapp.registration import letters

# Anybody can write anybody's address into the form, and nobody is to be flooded with letters by that.
ONE_IN = timedelta(hours=1)


@queue.task
def send_links_to(email: str) -> None:
    """Send the links of an address. In the worker, so that the page answers alike and as fast for any."""
    send_links(db.session, email, now=datetime.now(UTC))
    db.session.commit()


def send_links(session: Session, email: str, *, now: datetime) -> None:
    """Write a letter with a new link for each party that an address speaks for, and each own address."""
    address = email.lower()
    for party in session.scalars(select(Party).where(func.lower(Party.contact_email) == address)):
        send_link(session, party, now=now)
    theirs = select(Participant).join(Participant.party)
    theirs = theirs.where(
        func.lower(Participant.email) == address, func.lower(Party.contact_email) != address
    )
    for person in session.scalars(theirs):
        if not _was_sent(session, "own_link", Message.participant_id == person.id, now):
            letters.own_link(session, person, link=_new_link(session, person, now), now=now)


def send_link(session: Session, party: Party, *, now: datetime) -> None:
    """Write the contact of a party a letter with a new link, once an hour however often it is asked for."""
    if not _was_sent(session, "link_again", Message.party_id == party.id, now):
        letters.link_again(session, party, link=_new_link(session, party, now), now=now)


def _was_sent(session: Session, kind: str, to: ColumnElement[bool], now: datetime) -> bool:
    lately = select(Message.id).where(to, Message.kind == kind, Message.created_at > now - ONE_IN)
    return session.scalar(lately.limit(1)) is not None


def _new_link(session: Session, owner: Party | Participant, now: datetime) -> PrivateLink:
    march: March = owner.march
    return give_link(session, owner, now=now, expires_at=last_day_of_links(march, now))
