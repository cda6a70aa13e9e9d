"""Letters that wait to be sent, or were."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.columns import LocalText, Moment, UtcDateTime, one_of
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


class Erasing(StrEnum):
    """What of a letter goes once it is sent: its words, or its address with them."""

    WORDS = "words"
    ALL = "all"


class Message(db.Model):
    """One e-mail, written in the transaction that caused it and sent later by the worker.

    The worker claims a message before it sends it, so that two workers never send the same one. Where the
    text names a private link it holds the mark of `link`, which becomes the secret when the letter is sent:
    of this one link only, whatever else stands in the text. Another secret, such as the one to choose a
    password with, stands in `secret` until then. `only_once` names what must not be written
    twice, such as a reminder. `calendar` says which stages the iCalendar file that goes with it holds: it
    is made when the letter is sent. `failed_at` is when the worker gave up, until a coordinator asks for
    another try. A letter about somebody whose data are erased says in `erasing` what of it goes once it is
    sent; `erased_at` is when that went, and it is never sent afterwards.
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
    erasing: Mapped[Erasing | None] = mapped_column(one_of(Erasing))
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    march: Mapped[March | None] = relationship()
    link: Mapped[PrivateLink | None] = relationship()

    __table_args__ = (
        Index(None, "sent_at", "next_attempt_at"),
        # How far a mailing is, read without its letters.
        Index(None, "mailing_id", "sent_at", "failed_at"),
        Index(
            "ix_message_to_be_erased",
            "created_at",
            sqlite_where=sql("erasing IS NOT NULL AND erased_at IS NULL"),
            postgresql_where=sql("erasing IS NOT NULL AND erased_at IS NULL"),
        ),
        Index(None, "roster_version_id", "sent_at", "failed_at"),
    )

    def erase(self, what: Erasing, now: datetime) -> None:
        """Empty what a letter says, and to whom it went; that it was written stays."""
        self.subject = self.text = self.html = self.last_error = self.secret = ""
        if what == Erasing.ALL:
            self.recipient, self.calendar = "", {}
        self.erasing, self.erased_at = what, now
