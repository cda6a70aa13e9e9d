"""Keep secrets: encrypt what the database must not show, and form the secrets of private links."""

import hmac
from collections.abc import Sequence
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class UnreadableSecret(Exception):
    """Something was encrypted with a key that is not among the keys now set."""


class Vault:
    """Encrypts with the first of its keys and reads with any, so that keys can be changed in turn."""

    def __init__(self) -> None:
        self._cipher: MultiFernet | None = None
        self._first: Fernet | None = None
        self._signing_key = b""

    def open(self, *, data_keys: Sequence[str], signing_key: str) -> None:
        """Take the keys into use; each of `data_keys` is 32 bytes in URL-safe base 64. Raises ValueError."""
        ciphers = [Fernet(key) for key in data_keys]
        self._cipher, self._first = MultiFernet(ciphers), ciphers[0]
        self._signing_key = signing_key.encode()

    def encrypt(self, content: bytes) -> bytes:
        return self._opened.encrypt(content)

    def decrypt(self, content: bytes) -> bytes:
        """Return what was encrypted. Raises UnreadableSecret."""
        try:
            return self._opened.decrypt(content)
        except InvalidToken as error:
            raise UnreadableSecret from error

    def is_current(self, content: bytes) -> bool:
        """Tell whether something was encrypted with the key that writes."""
        assert self._first is not None, "the vault is opened in app.py"  # noqa: S101
        try:
            self._first.decrypt(content)
        except InvalidToken:
            return False
        return True

    def renew(self, content: bytes) -> bytes:
        """Return the same, encrypted with the key that writes. Raises UnreadableSecret."""
        try:
            return self._opened.rotate(content)
        except InvalidToken as error:
            raise UnreadableSecret from error

    def sign(self, message: str) -> str:
        """Return the HMAC-SHA-256 of a message as text that fits an address; nobody else can form it."""
        return hmac.new(self._signing_key, message.encode(), sha256).hexdigest()

    @property
    def _opened(self) -> MultiFernet:
        assert self._cipher is not None, "the vault is opened in app.py"  # noqa: S101
        return self._cipher
