"""Private links of guardians: sent, used once, and closed."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from marchapp.models import Account, Guardian, PrivateLink
from marchapp.models.conditional import rows_changed
from marchapp.models.link import give_link, new_link
from marchapp.registration import letters
from marchapp.registration.noting import note

LINK_IS_OPEN = timedelta(days=30)
NOT_SO_SOON = timedelta(minutes=10)  # a link that was just sent is not sent again


class LinkUsed(Exception):
    """The answers of this link have come already."""


def send_link(session: Session, guardian: Guardian, *, now: datetime, by: Account | None = None) -> bool:
    """Send a guardian a link by e-mail, unless one was sent a moment ago; return whether it was sent."""
    if not guardian.email or _link_sent_since(session, guardian, now - NOT_SO_SOON):
        return False
    letters.consent_asked(session, guardian, link=_give_link(session, guardian, now=now), now=now)
    note(session, guardian.participant, "consent.link_sent", now=now, by=by, guardian=guardian.position)
    return True


def link_for_letter(session: Session, guardian: Guardian, *, now: datetime) -> PrivateLink:
    """Return the guardian's open link, or a new one."""
    open_links = select(PrivateLink).where(PrivateLink.guardian_id == guardian.id, *_is_open(now))
    found = session.scalars(open_links.order_by(PrivateLink.id.desc()).limit(1)).first()
    return found or _give_link(session, guardian, now=now)


def first_link(guardian: Guardian, *, now: datetime) -> PrivateLink:
    """Return the link of a guardian who is just being stored."""
    return new_link(guardian, now=now, expires_at=_expiry(guardian, now))


def use_links(session: Session, link: PrivateLink, *, now: datetime) -> None:
    """Use a link, and with it all others of the guardian. Of a form sent twice one gets through."""
    use = update(PrivateLink).values(used_at=now)
    if rows_changed(session, use.where(PrivateLink.id == link.id, *_is_open(now))) == 0:
        raise LinkUsed
    session.execute(use.where(PrivateLink.guardian_id == link.guardian_id, PrivateLink.used_at.is_(None)))


def revoke_links(session: Session, guardian: Guardian, *, now: datetime) -> None:
    """Close the links that went to an address that is not the guardian's any more."""
    theirs = update(PrivateLink).where(
        PrivateLink.guardian_id == guardian.id, PrivateLink.revoked_at.is_(None)
    )
    session.execute(theirs.values(revoked_at=now))


def _is_open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        PrivateLink.used_at.is_(None),
        PrivateLink.revoked_at.is_(None),
        PrivateLink.expires_at > now,
    )


def _give_link(session: Session, guardian: Guardian, *, now: datetime) -> PrivateLink:
    return give_link(session, guardian, now=now, expires_at=_expiry(guardian, now))


def _expiry(guardian: Guardian, now: datetime) -> datetime:
    days = timedelta(days=guardian.participant.march.days_for_consent)
    return now + max(days, LINK_IS_OPEN)


def _link_sent_since(session: Session, guardian: Guardian, moment: datetime) -> bool:
    newer = select(PrivateLink.id).where(
        PrivateLink.guardian_id == guardian.id,
        PrivateLink.created_at > moment,
        PrivateLink.used_at.is_(None),
        PrivateLink.revoked_at.is_(None),
    )
    return session.scalar(newer.limit(1)) is not None
