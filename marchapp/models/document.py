"""Papers that a stage across a border asks for."""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.columns import UtcDateTime, one_of
from marchapp.models.encrypted import EncryptedText

if TYPE_CHECKING:
    from marchapp.models.account import Account
    from marchapp.models.participant import Participant


class DocumentKind(StrEnum):
    PASSPORT = "passport"
    VISA = "visa"
    BORDER_PERMIT = "border_permit"


class TravelDocument(db.Model):
    """A passport, visa or local border traffic permit. It must be valid on the crossing date.

    `reminded_at` is when its holder was told that it is not.
    """

    participant_id: Mapped[int] = mapped_column(
        ForeignKey("participant.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[DocumentKind] = mapped_column(one_of(DocumentKind), primary_key=True)
    number: Mapped[str] = mapped_column(EncryptedText, deferred=True)
    issued_by: Mapped[str] = mapped_column(String(2))
    expires_on: Mapped[date]
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    participant: Mapped["Participant"] = relationship(back_populates="documents")

    def is_valid_on(self, day: date) -> bool:
        return self.expires_on >= day


class NotarisedConsent(db.Model):
    """That a notary confirmed a minor's journey abroad: for which days and states, and who has seen it."""

    participant_id: Mapped[int] = mapped_column(
        ForeignKey("participant.id", ondelete="CASCADE"), primary_key=True
    )
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    states: Mapped[str] = mapped_column(String(120))
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))

    participant: Mapped["Participant"] = relationship(back_populates="notarised_consent")
    seen_by: Mapped["Account | None"] = relationship()

    __table_args__ = (CheckConstraint("valid_to >= valid_from", name="dates_in_order"),)

    def covers(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_to
