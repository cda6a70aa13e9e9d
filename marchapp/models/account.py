"""People who sign in: accounts and what they are appointed to in each march."""

from enum import StrEnum
from secrets import token_hex
from typing import TYPE_CHECKING

from flask_security import UserMixin
from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.columns import one_of

if TYPE_CHECKING:
    from marchapp.models.march import March


class Role(StrEnum):
    """What somebody does in a march; access.py says what each may see."""

    COORDINATOR = "coordinator"
    GUIDE = "guide"
    MEDIC = "medic"
    OBSERVER = "observer"


class Account(db.Model, UserMixin):
    """Somebody who can sign in. Of guides it is known what they bring to a group: languages and first aid."""

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str] = mapped_column(String(30), default="")
    language: Mapped[str] = mapped_column(String(2), default="en")
    spoken_languages: Mapped[list[str]] = mapped_column(JSON, default=list)
    knows_first_aid: Mapped[bool] = mapped_column(default=False)
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True, default=token_hex)

    appointments: Mapped[list["Appointment"]] = relationship(back_populates="account", lazy="selectin")

    def verify_and_update_password(self, password: str) -> bool:
        """Tell whether a password is theirs: who has not set one yet has none that could be."""
        return bool(self.password) and super().verify_and_update_password(password)

    def has_role_in(self, march: "March", role: Role) -> bool:
        return any(held.march_id == march.id and held.role == role for held in self.appointments)


class Appointment(db.Model):
    """A role that an account holds in one march."""

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    march_id: Mapped[int] = mapped_column(
        ForeignKey("march.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[Role] = mapped_column(one_of(Role), primary_key=True)

    account: Mapped[Account] = relationship(back_populates="appointments")
    march: Mapped["March"] = relationship()
