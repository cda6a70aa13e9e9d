"""Checking passwords one at a time: each takes a processor and 64 MiB for a moment, on purpose.

A storm of wrong ones must not keep everybody else waiting. Who cannot be served soon is told to try again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any

from werkzeug.exceptions import ServiceUnavailable

from marchapp.extensions import now_write, only_read

PATIENCE_S = 2.0
_turn = BoundedSemaphore(1)


class TooManyPasswords(ServiceUnavailable):
    """More passwords wait to be checked than this process gets through."""


@contextmanager
def turn_to_check() -> Iterator[None]:
    """Check passwords within. Raises TooManyPasswords when others are before us for too long."""
    if not _turn.acquire(timeout=PATIENCE_S):
        raise TooManyPasswords
    try:
        yield
    finally:
        _turn.release()


class ChecksInTurn:
    """A form that checks a password when its turn comes, and keeps no writer waiting meanwhile."""

    def validate(self, **given: Any) -> bool:
        with turn_to_check():
            return super().validate(**given)  # type: ignore[misc]


class ChecksStranger(ChecksInTurn):
    """The same of somebody who is not signed in: nothing is written unless the password is right."""

    def validate(self, **given: Any) -> bool:
        only_read()
        is_valid = super().validate(**given)
        if is_valid:
            now_write()
        return is_valid
