"""Consent to what a minor does: who is asked, the exact text, and every answer, kept for ever."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.columns import LocalText, Moment, UtcDateTime, one_of
from marchapp.models.encrypted import EncryptedBytes

if TYPE_CHECKING:
    from marchapp.models.account import Account
    from marchapp.models.participant import Participant


class Purpose(StrEnum):
    """What consent is asked for, each by itself."""

    TAKING_PART = "taking_part"
    BORDER_CROSSING = "border_crossing"
    HEALTH_DATA = "health_data"
    EMERGENCY_TREATMENT = "emergency_treatment"
    PHOTOGRAPHS = "photographs"
    GPS_RECORDING = "gps_recording"


class Answer(StrEnum):
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Guardian(db.Model):
    """Somebody who answers for a minor, the first or the second named."""

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(160))
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(30), default="")
    language: Mapped[str] = mapped_column(String(2))

    participant: Mapped["Participant"] = relationship(back_populates="guardians")

    __table_args__ = (
        UniqueConstraint("participant_id", "position"),
        CheckConstraint("position IN (1, 2)", name="one_or_two"),
        Index(None, "email"),
    )


class ConsentText(db.Model):
    """The wording that is consented to, by language. A change is a new version; none is ever rewritten.

    `sha256` is that of the text as JSON with its keys in order.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    march_id: Mapped[int] = mapped_column(ForeignKey("march.id", ondelete="CASCADE"))
    purpose: Mapped[Purpose] = mapped_column(one_of(Purpose))
    version: Mapped[int]
    text: Mapped[LocalText]
    sha256: Mapped[str] = mapped_column(String(64))
    written_at: Mapped[Moment]
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))

    written_by: Mapped["Account | None"] = relationship()

    __table_args__ = (UniqueConstraint("march_id", "purpose", "version"),)


class ConsentRequest(db.Model):
    """That a guardian was asked with a certain text; without an address it is asked on paper."""

    guardian_id: Mapped[int] = mapped_column(ForeignKey("guardian.id", ondelete="CASCADE"), primary_key=True)
    text_id: Mapped[int] = mapped_column(ForeignKey("consent_text.id", ondelete="CASCADE"), primary_key=True)
    asked_at: Mapped[Moment]
    address: Mapped[str] = mapped_column(String(254), default="")

    guardian: Mapped[Guardian] = relationship()
    text: Mapped[ConsentText] = relationship()


class ConsentAnswer(db.Model):
    """One answer to one text. Rows are only added: the latest of a giver and purpose is what holds.

    Of a guardian who is not named any more only the typed name is left. `recorded_by_id` is the coordinator
    who entered a paper form, with its scan.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"))
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("guardian.id", ondelete="SET NULL"))
    is_by_child: Mapped[bool] = mapped_column(default=False)
    text_id: Mapped[int] = mapped_column(ForeignKey("consent_text.id", ondelete="CASCADE"))
    purpose: Mapped[Purpose] = mapped_column(one_of(Purpose))
    answer: Mapped[Answer] = mapped_column(one_of(Answer))
    typed_name: Mapped[str] = mapped_column(String(160))
    language: Mapped[str] = mapped_column(String(2))
    at: Mapped[Moment]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    scan_id: Mapped[int | None] = mapped_column(ForeignKey("consent_scan.id", ondelete="SET NULL"))

    participant: Mapped["Participant"] = relationship(back_populates="consent_answers")
    guardian: Mapped[Guardian | None] = relationship()
    text: Mapped[ConsentText] = relationship()
    recorded_by: Mapped["Account | None"] = relationship()

    __table_args__ = (
        Index(None, "participant_id", "purpose"),
        CheckConstraint("NOT is_by_child OR guardian_id IS NULL", name="one_giver"),
    )


class ConsentScan(db.Model):
    """A paper form as it was scanned, encrypted."""

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"), index=True)
    media_type: Mapped[str] = mapped_column(String(40))
    content: Mapped[bytes] = mapped_column(EncryptedBytes, deferred=True)
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
