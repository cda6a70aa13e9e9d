"""People who sign in: accounts and what they are appointed to in each march."""

from enum import StrEnum
from secrets import token_hex
from typing import TYPE_CHECKING

from flask import current_app
from flask_security import UserMixin
from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.columns import one_of
from marchapp.models.encrypted import EncryptedText

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
    # The second step of signing in, by the names that Flask-Security gives it.
    tf_primary_method: Mapped[str | None] = mapped_column(String(20))
    tf_totp_secret: Mapped[str | None] = mapped_column(EncryptedText, deferred=True)
    totp_counter: Mapped[int | None]
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(JSON, deferred=True)  # only their hashes

    appointments: Mapped[list["Appointment"]] = relationship(back_populates="account", lazy="selectin")

    def verify_and_update_password(self, password: str) -> bool:
        """Tell whether a password is theirs: who has not set one yet has none that could be."""
        return bool(self.password) and super().verify_and_update_password(password)

    @property
    def has_second_step(self) -> bool:
        return self.tf_primary_method is not None

    def check_tf_required_setup(self) -> bool:
        """Tell whether somebody may not do without: a coordinator, where the setting says so.

        Flask-Security asks this before it offers to turn the second step off.
        """
        demanded = current_app.config["SETTINGS"].second_step_for_coordinators
        return demanded and any(held.role == Role.COORDINATOR for held in self.appointments)

    @property
    def lacks_second_step(self) -> bool:
        return not self.has_second_step and self.check_tf_required_setup()

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
