"""A word that the database holds encrypted, by which the program knows whether it has the right key."""

from sqlalchemy.orm import Mapped, mapped_column

from marchapp.extensions import db
from marchapp.models.encrypted import EncryptedText


class KeyCheck(db.Model):
    """The only row of its table; it is encrypted like all else, and with it encrypted anew."""

    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(EncryptedText, deferred=True)
