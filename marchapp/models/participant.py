"""People who walk, and the stages that they walk."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from blinker import Signal
from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    and_,
    select,
    text,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.category import Category
from marchapp.models.columns import Moment, UtcDateTime, one_of
from marchapp.models.encrypted import EncryptedText
from marchapp.models.names import (
    WORD_LENGTH,
    columns_of_word,
    folded_words,
    name_key,
    search_words,
    sound,
    words_of_belonging,
)

if TYPE_CHECKING:
    from marchapp.models.consent import ConsentAnswer, Guardian
    from marchapp.models.document import NotarisedConsent, TravelDocument
    from marchapp.models.march import March, Stage
    from marchapp.models.party import Party


# Sent by a session in the transaction that erases somebody, before the names go, with `person`, `names` (what
# tells that a text is about the person) and `now`: every feature forgets what it keeps besides.
person_erased = Signal()
# Sent in the same way with `march` and `now` when all that names people in a march goes, as it is due.
march_forgotten = Signal()
papers_forgotten = Signal()  # with `march`: frozen manifests hold papers, too


class Standing(StrEnum):
    """Whether somebody has a place, waits in line for one, or has left."""

    PLACED = "placed"
    WAITING = "waiting"
    CANCELLED = "cancelled"


NAME_KEY_LENGTH = 170
WHERE_SOMEBODY_BELONGS = ("school", "school_class", "body", "service", "unit")
NOTHING_ALIKE: Mapping[str, Collection[str]] = {}
# Ranges of words are those of their letters, whatever language the database sorts by.
Word = String(WORD_LENGTH).with_variant(String(WORD_LENGTH, collation="C"), "postgresql")


class Participant(db.Model):
    """Somebody who signed up, alone or in a party. Columns of another category stay empty.

    `name_key` is the folded name: with the birth date it tells whether two sign-ups are the same person.
    `words` is what a search looks into. Both are formed by `refresh_keys`, which new rows need, too, and who
    gets into another party or whose party is called otherwise.
    `may_take_part` holds for adults, and for minors once all guardians consent; only then can they be put
    into a group; `may_cross_border` says the same of stages across a border. `place_held_until` is when a
    place is given on for want of consents, and stays with somebody who lost it so. `left_groups_at` is when a
    consent that was withdrawn took somebody out of a group. Of somebody erased (`erased_at`) only what is
    counted is left, under the reference instead of a name: who asked for it has cancelled, the others, whose
    names were not to be kept any longer, stand as they stood.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    march_id: Mapped[int] = mapped_column(ForeignKey("march.id", ondelete="CASCADE"))
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id", ondelete="CASCADE"), index=True)
    category: Mapped[Category] = mapped_column(one_of(Category))
    given_name: Mapped[str] = mapped_column(String(80))
    family_name: Mapped[str] = mapped_column(String(80))
    native_name: Mapped[str] = mapped_column(String(160), default="")
    name_key: Mapped[str] = mapped_column(String(NAME_KEY_LENGTH))
    birth_date: Mapped[date]
    country: Mapped[str] = mapped_column(String(2))
    language: Mapped[str] = mapped_column(String(2))
    spoken_languages: Mapped[list[str]] = mapped_column(JSON, default=list)
    municipality: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(30), default="")
    emergency_name: Mapped[str] = mapped_column(String(120))
    emergency_phone: Mapped[str] = mapped_column(String(30))
    diet: Mapped[str] = mapped_column(String(200), default="")
    health_notes: Mapped[str] = mapped_column(EncryptedText, nullable=True, default="", deferred=True)
    has_health_notes: Mapped[bool] = mapped_column(default=False)
    knows_first_aid: Mapped[bool] = mapped_column(default=False)

    school: Mapped[str] = mapped_column(String(120), default="")
    school_class: Mapped[str] = mapped_column(String(20), default="")
    body: Mapped[str] = mapped_column(String(120), default="")
    position: Mapped[str] = mapped_column(String(120), default="")
    service: Mapped[str] = mapped_column(String(120), default="")
    unit: Mapped[str] = mapped_column(String(120), default="")
    rank: Mapped[str] = mapped_column(String(60), default="")

    reference: Mapped[str] = mapped_column(String(12))
    registered_at: Mapped[Moment]
    standing: Mapped[Standing] = mapped_column(one_of(Standing), default=Standing.PLACED)
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erasure_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    may_take_part: Mapped[bool] = mapped_column(default=True)
    may_cross_border: Mapped[bool] = mapped_column(default=True)
    place_held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    consent_reminders: Mapped[int] = mapped_column(default=0)
    left_groups_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    march: Mapped["March"] = relationship()
    party: Mapped["Party"] = relationship(back_populates="participants")
    words: Mapped[list["NameWord"]] = relationship(cascade="all, delete-orphan")
    entries: Mapped[list["StageEntry"]] = relationship(
        back_populates="participant", cascade="all, delete-orphan"
    )
    guardians: Mapped[list["Guardian"]] = relationship(
        back_populates="participant", order_by="Guardian.position", cascade="all, delete-orphan"
    )
    documents: Mapped[list["TravelDocument"]] = relationship(
        back_populates="participant", order_by="TravelDocument.kind", cascade="all, delete-orphan"
    )
    notarised_consent: Mapped["NotarisedConsent | None"] = relationship(
        back_populates="participant", cascade="all, delete-orphan"
    )
    consent_answers: Mapped[list["ConsentAnswer"]] = relationship(
        back_populates="participant", order_by="ConsentAnswer.id", viewonly=True
    )

    __table_args__ = (
        # Somebody who has cancelled can sign up again.
        Index(
            "uq_participant_person",
            "march_id",
            "name_key",
            "birth_date",
            unique=True,
            sqlite_where=text("standing != 'cancelled'"),
            postgresql_where=text("standing != 'cancelled'"),
        ),
        UniqueConstraint("march_id", "reference"),
        CheckConstraint("(standing = 'waiting') = (waiting_since IS NOT NULL)", name="waits_since"),
        CheckConstraint("(standing = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_when"),
        Index(
            "ix_participant_line",
            "march_id",
            "waiting_since",
            sqlite_where=text("standing = 'waiting'"),
            postgresql_where=text("standing = 'waiting'"),
        ),
        # Those without consent are few, and the worker looks for them every minute.
        Index(
            "ix_participant_without_consent",
            "march_id",
            "place_held_until",
            sqlite_where=text("may_take_part = 0"),
            postgresql_where=text("NOT may_take_part"),
        ),
        Index(
            "ix_participant_no_consent",  # how many they are
            "march_id",
            "standing",
            sqlite_where=text("may_take_part = 0"),
            postgresql_where=text("NOT may_take_part"),
        ),
        Index(
            "ix_participant_erasure",
            "march_id",
            sqlite_where=text("erasure_asked_at IS NOT NULL"),
            postgresql_where=text("erasure_asked_at IS NOT NULL"),
        ),
        Index(
            "ix_participant_may_not_cross",
            "march_id",
            sqlite_where=text("may_take_part = 1 AND may_cross_border = 0"),
            postgresql_where=text("may_take_part AND NOT may_cross_border"),
        ),
        Index(
            "ix_participant_left_groups",
            "march_id",
            "standing",
            sqlite_where=text("left_groups_at IS NOT NULL"),
            postgresql_where=text("left_groups_at IS NOT NULL"),
        ),
        # What is counted for statistics, in an order in which the database need not sort.
        Index("ix_participant_counts", "march_id", "standing", "category", "country", "birth_date"),
        Index(None, "march_id", "country"),
        # Who has a place and who has not, in the order in which other lists name people.
        Index("ix_participant_standing", "march_id", "standing", "id", "category"),
        Index("ix_participant_signed_up", "march_id", "registered_at", "category", "standing"),
        # What the coordinator's list searches, filters and sorts by, so that it reads this index alone.
        Index(
            "ix_participant_list",
            "march_id",
            "family_name",
            "given_name",
            "standing",
            "category",
            "country",
            "birth_date",
            "registered_at",
            "language",
            "municipality",
            "party_id",
            "may_take_part",
            "knows_first_aid",
            "has_health_notes",
            "erasure_asked_at",
        ),
    )

    def refresh_keys(self) -> None:
        """Form the keys of a new row, or anew after a name has changed."""
        self.name_key = name_key(self.given_name, self.family_name)[:NAME_KEY_LENGTH]
        own = search_words(self.given_name, self.family_name, self.native_name or "", self.reference)
        belonging = (getattr(self, name) or "" for name in WHERE_SOMEBODY_BELONGS)
        words = [(word, True) for word in own]
        words += [(word, False) for word in words_of_belonging(*belonging, self.party.name)]
        kept = {(row.word, row.of_person): row for row in self.words}
        self.words = [kept.get(key) or NameWord.of(*key) for key in words]

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @classmethod
    def is_called(
        cls, text: str, alike: Mapping[str, Collection[str]] = NOTHING_ALIKE
    ) -> ColumnElement[bool]:
        """Return the condition that every word of `text` begins one of the name, the reference or where
        somebody belongs: school and class, body, service, unit and party.

        `alike` holds the sounds of words that count, too, by the words that are searched.
        """
        return and_(True, *(cls._begins_word(part, alike) for part in text.split()))

    @classmethod
    def belongs_to(cls, text: str) -> ColumnElement[bool]:
        """Return the condition that every word of `text` begins one of where somebody belongs."""
        words = folded_words(text)
        return and_(True, *(cls._has(NameWord.begins(word) & ~NameWord.of_person) for word in words))

    @classmethod
    def _begins_word(cls, text: str, alike: Mapping[str, Collection[str]]) -> ColumnElement[bool]:
        parts = folded_words(text)
        apart = and_(True, *(cls._has_word(part, alike.get(part, ())) for part in parts))
        # A reference is one word to us, however it is written: K7F-2M9-Q4T.
        return apart | cls._has_word("".join(parts)) if len(parts) > 1 else apart

    @classmethod
    def _has_word(cls, word: str, alike: Collection[str] = ()) -> ColumnElement[bool]:
        condition = NameWord.begins(word)
        return cls._has(condition | NameWord.heard.in_(alike) if alike else condition)

    @classmethod
    def _has(cls, condition: ColumnElement[bool]) -> ColumnElement[bool]:
        return cls.id.in_(select(NameWord.participant_id).where(condition))

    @property
    def mailbox(self) -> str:
        """Where letters about this person go: the own address, else that of the party's contact."""
        return self.email or self.party.contact_email

    @property
    def stage_ids(self) -> frozenset[int]:
        return frozenset(entry.stage_id for entry in self.entries)

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


class NameWord(db.Model):
    """One word under which somebody is searched, as it is written and as it is heard.

    It is `of_person` if it is of the own name or the reference, else of where somebody belongs. `backwards`
    is what is heard from its end on: a word with a mistake at its beginning ends as the right one does, and
    the index finds it there.
    """

    participant_id: Mapped[int] = mapped_column(
        ForeignKey("participant.id", ondelete="CASCADE"), primary_key=True
    )
    of_person: Mapped[bool] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(Word, primary_key=True)
    heard: Mapped[str] = mapped_column(Word)
    backwards: Mapped[str] = mapped_column(Word)

    __table_args__ = (
        Index(None, "word", "participant_id", "of_person"),
        Index(None, "heard", "participant_id", "of_person"),
        Index(None, "backwards", "heard"),
    )

    @classmethod
    def of(cls, word: str, of_person: bool) -> "NameWord":
        return cls(of_person=of_person, **columns_of_word(word))

    @classmethod
    def begins(cls, word: str) -> ColumnElement[bool]:
        """Return the condition that a word begins so; a Cyrillic one begins Latin ones that sound alike."""
        written = in_range(cls.word, word)
        return written if word.isascii() else written | in_range(cls.heard, sound(word))


def in_range(column: InstrumentedAttribute[str], beginning: str) -> ColumnElement[bool]:
    """Return the condition that a word begins so, as a range of its index."""
    beginning = beginning[:WORD_LENGTH]
    return and_(column >= beginning, column < beginning[:-1] + chr(ord(beginning[-1]) + 1))
