"""Columns that the database holds only encrypted: health notes, numbers of documents, scans of consents."""

from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from marchapp.extensions import vault


class EncryptedText(TypeDecorator[str]):
    """A text, encrypted with the key of the setting DATA_KEYS; an empty one stays empty.

    Reading raises UnreadableSecret where the key that wrote it is not among the keys.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return vault.encrypt(value.encode()) if value else None

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str:
        return vault.decrypt(value).decode() if value else ""


class EncryptedBytes(TypeDecorator[bytes]):
    """The bytes of a file, encrypted in the same way."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else vault.encrypt(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else vault.decrypt(value)
