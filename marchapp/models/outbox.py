"""Letters that wait to be sent, or were."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.columns import LocalText, Moment, UtcDateTime
from marchapp.models.encrypted import EncryptedText
from marchapp.models.link import PrivateLink
from marchapp.models.march import March


class Mailing(db.Model):
    """A letter of the coordinators to many people, and how far the worker is with writing it to each.

    `selection` holds the arguments of the address whose list of participants it goes to. It is a draft until
    `started_at`. The worker goes through the parties in the order of their ids, up to `last_written_id`.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    march_id: Mapped[int] = mapped_column(ForeignKey("march.id", ondelete="CASCADE"), index=True)
    subject: Mapped[LocalText]
    text: Mapped[LocalText]
    selection: Mapped[dict[str, Any]] = mapped_column(JSON)
    recipients: Mapped[int]
    written: Mapped[int] = mapped_column(default=0)
    last_written_id: Mapped[int] = mapped_column(default=0)
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    created_at: Mapped[Moment]
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Message(db.Model):
    """One e-mail, written in the transaction that caused it and sent later by the worker.

    The worker claims a message before it sends it, so that two workers never send the same one. Where the
    text names a private link it holds the mark of `link`, which becomes the secret when the letter is sent:
    of this one link only, whatever else stands in the text. Another secret, such as the one to choose a
    password with, stands in `secret` until then. `only_once` names what must not be written
    twice, such as a reminder. `calendar` says which stages the iCalendar file that goes with it holds: it
    is made when the letter is sent. `failed_at` is when the worker gave up, until a coordinator asks for
    another try.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    march_id: Mapped[int | None] = mapped_column(ForeignKey("march.id", ondelete="CASCADE"), index=True)
    party_id: Mapped[int | None] = mapped_column(ForeignKey("party.id", ondelete="SET NULL"), index=True)
    participant_id: Mapped[int | None] = mapped_column(
        ForeignKey("participant.id", ondelete="SET NULL"), index=True
    )
    link_id: Mapped[int | None] = mapped_column(
        ForeignKey("private_link.id", ondelete="SET NULL"), index=True
    )
    mailing_id: Mapped[int | None] = mapped_column(ForeignKey("mailing.id", ondelete="SET NULL"), index=True)
    roster_version_id: Mapped[int | None] = mapped_column(
        ForeignKey("roster_version.id", ondelete="SET NULL")
    )
    only_once: Mapped[str | None] = mapped_column(String(100), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    calendar: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    secret: Mapped[str] = mapped_column(EncryptedText, nullable=True, default="", deferred=True)
    created_at: Mapped[Moment]
    next_attempt_at: Mapped[Moment]
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(String(500), default="")

    march: Mapped[March | None] = relationship()
    link: Mapped[PrivateLink | None] = relationship()

    __table_args__ = (
        Index(None, "sent_at", "next_attempt_at"),
        # How far a mailing is, read without its letters.
        Index(None, "mailing_id", "sent_at", "failed_at"),
        Index(None, "roster_version_id", "sent_at", "failed_at"),
    )
