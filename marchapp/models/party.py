"""Parties: the people who sign up together, and who speaks for them."""

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.columns import Moment, one_of

if TYPE_CHECKING:
    from marchapp.models.march import March
    from marchapp.models.participant import Participant


class PartyKind(StrEnum):
    PERSON = "person"
    FAMILY = "family"
    SCHOOL_CLASS = "school_class"
    UNIT = "unit"
    DELEGATION = "delegation"


class WhenFull(StrEnum):
    """What a party wants when there are too few places: all of it or nobody, or as many as fit."""

    ALL = "all"
    FIT = "fit"


class Party(db.Model):
    """People who signed up together; its contact gets the letters and the private link.

    `submission_key` comes from the form, so that sending it twice makes one party.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    march_id: Mapped[int] = mapped_column(ForeignKey("march.id", ondelete="CASCADE"))
    kind: Mapped[PartyKind] = mapped_column(one_of(PartyKind))
    name: Mapped[str] = mapped_column(String(160), default="")
    contact_name: Mapped[str] = mapped_column(String(160))
    contact_email: Mapped[str] = mapped_column(String(254))
    contact_phone: Mapped[str] = mapped_column(String(30), default="")
    language: Mapped[str] = mapped_column(String(2))
    when_full: Mapped[WhenFull] = mapped_column(one_of(WhenFull), default=WhenFull.ALL)
    submission_key: Mapped[str] = mapped_column(String(36))
    signed_up_at: Mapped[Moment]

    march: Mapped["March"] = relationship()
    participants: Mapped[list["Participant"]] = relationship(
        back_populates="party", order_by="Participant.id"
    )

    __table_args__ = (
        UniqueConstraint("march_id", "submission_key"),
        Index(None, "march_id", "contact_email"),
    )

    @property
    def is_one_person(self) -> bool:
        return self.kind == PartyKind.PERSON
