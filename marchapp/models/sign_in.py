"""Where somebody is signed in: one row for each browser, which signing out deletes."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marchapp.extensions import address_of_request, db
from marchapp.models.account import Account
from marchapp.models.columns import Moment, UtcDateTime


class SignIn(db.Model):
    """A sign-in that lasts until it is ended, here or from another device.

    The cookie of the browser holds a secret, this row only its hash: who reads the database cannot sign in.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    began_at: Mapped[Moment]
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    device: Mapped[str] = mapped_column(String(120), default="")
    address: Mapped[str] = mapped_column(String(45), default=address_of_request)

    account: Mapped[Account] = relationship()
