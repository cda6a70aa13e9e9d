"""People who walk, and the stages that they walk."""

from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint, and_
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.columns import Moment, UtcDateTime, one_of
from marchapp.models.names import folded_words, name_key, search_key

if TYPE_CHECKING:
    from marchapp.models.march import March, Stage


class Category(StrEnum):
    SCHOOLCHILD = "schoolchild"
    OFFICIAL = "official"
    BORDER_GUARD = "border_guard"


NAME_KEY_LENGTH = 170
SEARCH_KEY_LENGTH = 400


def _name_key_of_row(context: DefaultExecutionContext) -> str:
    row = context.get_current_parameters()
    return name_key(row["given_name"], row["family_name"])[:NAME_KEY_LENGTH]


def _search_key_of_row(context: DefaultExecutionContext) -> str:
    row = context.get_current_parameters()
    texts = (row["given_name"], row["family_name"], row["native_name"], row["reference"])
    return search_key(*texts)[:SEARCH_KEY_LENGTH]


def hash_of_link(secret: str) -> str:
    """Return what the database keeps of the secret in a private link."""
    return sha256(secret.encode()).hexdigest()


class Participant(db.Model):
    """Somebody who signed up. Columns of another category stay empty.

    `name_key` is the folded name: with the birth date it tells whether two sign-ups are the same person.
    `search_key` is what a search looks into: the name in both scripts and the reference, folded.
    `submission_key` comes from the form, so that sending it twice makes one participant. `link_hash` is the
    SHA-256 of the secret in the private link, which itself is not kept.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    march_id: Mapped[int] = mapped_column(ForeignKey("march.id", ondelete="CASCADE"))
    category: Mapped[Category] = mapped_column(one_of(Category))
    given_name: Mapped[str] = mapped_column(String(80))
    family_name: Mapped[str] = mapped_column(String(80))
    native_name: Mapped[str] = mapped_column(String(160), default="")
    name_key: Mapped[str] = mapped_column(String(NAME_KEY_LENGTH), default=_name_key_of_row)
    search_key: Mapped[str] = mapped_column(String(SEARCH_KEY_LENGTH), default=_search_key_of_row)
    birth_date: Mapped[date]
    country: Mapped[str] = mapped_column(String(2))
    language: Mapped[str] = mapped_column(String(2))
    municipality: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254))
    phone: Mapped[str] = mapped_column(String(30), default="")
    emergency_name: Mapped[str] = mapped_column(String(120))
    emergency_phone: Mapped[str] = mapped_column(String(30))

    school: Mapped[str] = mapped_column(String(120), default="")
    school_class: Mapped[str] = mapped_column(String(20), default="")
    guardian_name: Mapped[str] = mapped_column(String(120), default="")
    guardian_phone: Mapped[str] = mapped_column(String(30), default="")
    body: Mapped[str] = mapped_column(String(120), default="")
    position: Mapped[str] = mapped_column(String(120), default="")
    service: Mapped[str] = mapped_column(String(120), default="")
    unit: Mapped[str] = mapped_column(String(120), default="")
    rank: Mapped[str] = mapped_column(String(60), default="")

    reference: Mapped[str] = mapped_column(String(12))
    submission_key: Mapped[str] = mapped_column(String(36))
    link_hash: Mapped[str] = mapped_column(String(64), unique=True)
    registered_at: Mapped[Moment]
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    march: Mapped["March"] = relationship()
    entries: Mapped[list["StageEntry"]] = relationship(
        back_populates="participant", cascade="all, delete-orphan"
    )

    __table_args__ = (
        UniqueConstraint("march_id", "name_key", "birth_date"),
        UniqueConstraint("march_id", "submission_key"),
        UniqueConstraint("march_id", "reference"),
        Index(None, "march_id", "category"),
        Index(None, "march_id", "country"),
        # What the coordinator's list searches, filters and sorts by, so that it reads this index alone.
        Index(
            "ix_participant_list",
            "march_id",
            "cancelled_at",
            "family_name",
            "given_name",
            "category",
            "country",
            "birth_date",
            "registered_at",
            "search_key",
        ),
    )

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @classmethod
    def is_called(cls, text: str) -> ColumnElement[bool]:
        """Return the condition that every word of `text` begins a word of the name or the reference."""
        return and_(True, *(cls.search_key.contains(f" {word}") for word in folded_words(text)))

    def age_on(self, day: date) -> int:
        had_birthday = (day.month, day.day) >= (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - (0 if had_birthday else 1)


class StageEntry(db.Model):
    """That a participant walks a stage."""

    participant_id: Mapped[int] = mapped_column(
        ForeignKey("participant.id", ondelete="CASCADE"), primary_key=True
    )
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id", ondelete="CASCADE"), primary_key=True)

    participant: Mapped[Participant] = relationship(back_populates="entries")
    stage: Mapped["Stage"] = relationship()

    __table_args__ = (Index(None, "stage_id", "participant_id"),)
