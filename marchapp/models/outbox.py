"""Letters that wait to be sent, or were."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from marchapp.extensions import db
from marchapp.models.columns import Moment, UtcDateTime


class Message(db.Model):
    """One e-mail, written in the transaction that caused it and sent later by the worker.

    The worker claims a message before it sends it, so that two workers never send the same one.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    march_id: Mapped[int | None] = mapped_column(ForeignKey("march.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Moment]
    next_attempt_at: Mapped[Moment]
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(String(500), default="")

    __table_args__ = (Index(None, "sent_at", "next_attempt_at"),)
