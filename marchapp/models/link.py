"""Private links: who holds one sees and changes what is behind it, without an account."""

from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from marchapp.extensions import db, vault
from marchapp.models.columns import Moment, UtcDateTime, one_of

if TYPE_CHECKING:
    from marchapp.models.consent import Guardian
    from marchapp.models.march import March
    from marchapp.models.participant import Participant
    from marchapp.models.party import Party

OPEN_AFTER_MARCH = timedelta(days=90)  # certificates and pictures are looked at for a while


class LinkKind(StrEnum):
    """Whom a link is for: a party's contact, a participant, or a guardian who is asked for consent."""

    PARTY = "party"
    PARTICIPANT = "participant"
    GUARDIAN = "guardian"


class PrivateLink(db.Model):
    """A link that was given to somebody. The database keeps the SHA-256 of its secret, not the secret.

    The secret is derived from `nonce` and the program's secret key: a letter that waits can name it, and the
    same form sent twice leads to the same page, and yet who reads the database cannot form it.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[LinkKind] = mapped_column(one_of(LinkKind))
    party_id: Mapped[int | None] = mapped_column(ForeignKey("party.id", ondelete="CASCADE"), index=True)
    participant_id: Mapped[int | None] = mapped_column(
        ForeignKey("participant.id", ondelete="CASCADE"), index=True
    )
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("guardian.id", ondelete="CASCADE"), index=True)
    nonce: Mapped[str] = mapped_column(String(80))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    party: Mapped["Party | None"] = relationship()
    participant: Mapped["Participant | None"] = relationship()
    guardian: Mapped["Guardian | None"] = relationship()

    __table_args__ = (
        CheckConstraint(
            "(kind = 'party') = (party_id IS NOT NULL)"
            " AND (kind = 'participant') = (participant_id IS NOT NULL)"
            " AND (kind = 'guardian') = (guardian_id IS NOT NULL)",
            name="one_owner",
        ),
    )

    @property
    def secret(self) -> str:
        """The secret in the address. It is formed anew each time, and never stored."""
        return secret_of(self.nonce)

    @property
    def mark(self) -> str:
        """What a letter holds in place of the secret until it is sent."""
        return f"private-link-{self.id}"

    def is_open(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at


def secret_of(nonce: str) -> str:
    return vault.sign(f"private link {nonce}")


def hash_of_secret(secret: str) -> str:
    """Return what the database keeps of the secret in a private link."""
    return sha256(secret.encode()).hexdigest()


def new_link(
    owner: "Party | Participant | Guardian", *, now: datetime, expires_at: datetime, nonce: str = ""
) -> PrivateLink:
    """Return a private link for somebody who may be new, too; its mark is known once it is stored."""
    nonce = nonce or token_urlsafe(32)
    kind = LinkKind(owner.__tablename__)
    return PrivateLink(
        kind=kind,
        **{kind: owner},
        nonce=nonce,
        secret_hash=hash_of_secret(secret_of(nonce)),
        created_at=now,
        expires_at=expires_at,
    )


def give_link(
    session: Session, owner: "Party | Participant | Guardian", *, now: datetime, expires_at: datetime
) -> PrivateLink:
    """Add a new private link for somebody to the session; those given before stay open until they expire."""
    link = new_link(owner, now=now, expires_at=expires_at)
    session.add(link)
    session.flush()
    return link


def last_day_of_links(march: "March", now: datetime) -> datetime:
    """Return when links that are given now expire: some time after the march."""
    return max(march.last_moment, now) + OPEN_AFTER_MARCH


def link_of(session: Session, owner: "Party | Participant", *, now: datetime) -> PrivateLink:
    """Return an open link of a party's contact or a participant, a new one where there is none."""
    is_open = (PrivateLink.revoked_at.is_(None), PrivateLink.expires_at > now)
    query = select(PrivateLink).where(_is_of(owner), *is_open).order_by(PrivateLink.id.desc()).limit(1)
    return session.scalar(query) or lasting_link(session, owner, now=now)


def close_links(session: Session, owner: "Party | Participant", *, now: datetime) -> None:
    """Close the links of a party's contact or a participant: they went to an address of others."""
    theirs = update(PrivateLink).where(_is_of(owner), PrivateLink.revoked_at.is_(None))
    session.execute(theirs.values(revoked_at=now))


def link_after_change(session: Session, secret: str, *, now: datetime) -> PrivateLink:
    """Return the link with which somebody goes on who has just changed something behind the link of a secret.

    That is another one if the change closed it. To whoever shows a closed link this must not be told.
    """
    link = session.scalars(select(PrivateLink).where(PrivateLink.secret_hash == hash_of_secret(secret))).one()
    owner = link.party or link.participant
    return link if owner is None or link.is_open(now) else link_of(session, owner, now=now)


def _is_of(owner: "Party | Participant") -> ColumnElement[bool]:
    theirs = PrivateLink.party_id if owner.__tablename__ == "party" else PrivateLink.participant_id
    return theirs == owner.id


def lasting_link(session: Session, owner: "Party | Participant", *, now: datetime) -> PrivateLink:
    """Give somebody a new link that stays open until some time after the march."""
    return give_link(session, owner, now=now, expires_at=last_day_of_links(owner.march, now))
