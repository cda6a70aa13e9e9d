"""Columns that the database holds only encrypted: health notes, numbers of documents, scans of consents."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from marchapp.extensions import vault
from marchapp.vault import UnreadableSecret

_keeps_sealed: ContextVar[bool] = ContextVar("keeps_sealed", default=False)


class Sealed(str):
    """Stands for a text that no key opens; stored again, it is as it was."""

    def __new__(cls, content: bytes) -> "Sealed":
        sealed = super().__new__(cls, "•")
        sealed.content = content
        return sealed

    content: bytes


@contextmanager
def keeping_sealed() -> Iterator[None]:
    """Read what no key opens as Sealed within, to change all around it; else reading fails."""
    before = _keeps_sealed.set(True)
    try:
        yield
    finally:
        _keeps_sealed.reset(before)


class EncryptedText(TypeDecorator[str]):
    """A text, encrypted with the key of the setting DATA_KEYS; an empty one stays empty.

    Reading raises UnreadableSecret where the key that wrote it is not among the keys.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        if isinstance(value, Sealed):
            return value.content
        return vault.encrypt(value.encode()) if value else None

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str:
        if not value:
            return ""
        try:
            return vault.decrypt(value).decode()
        except UnreadableSecret:
            if _keeps_sealed.get():
                return Sealed(value)
            raise


class EncryptedBytes(TypeDecorator[bytes]):
    """The bytes of a file, encrypted in the same way."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else vault.encrypt(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else vault.decrypt(value)
