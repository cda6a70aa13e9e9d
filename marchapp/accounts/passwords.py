"""Which new passwords are taken, and checking passwords one at a time.

Each check takes a processor and 64 MiB for a moment, on purpose. A storm of wrong ones must not keep
everybody else waiting. Who cannot be served soon is told to try again.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any

from flask_babel import gettext as _
from flask_security import PasswordUtil
from werkzeug.exceptions import ServiceUnavailable
from zxcvbn import zxcvbn

from marchapp.extensions import now_write, only_read

PATIENCE_S = 2.0
LEAST_SCORE = 2  # of zxcvbn: a million guesses, and none of them among the passwords that leaked most often
MOST_SIGNS_SCORED = 72  # more need long to be scored, and no guesser comes so far
WORDS_OF_ANY_MARCH = ["march", "marsj", "marsjen", "walk", "hike", "tur"]
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


class Passwords(PasswordUtil):
    """Takes a new password unless it is short, common, or made of what others know of the account."""

    def validate(self, password: str, is_register: bool, **given: Any) -> tuple[list[str] | None, str]:
        problems, normal = super().validate(password, is_register, **given)
        if problems or not _is_guessed_soon(normal, given.get("user")):
            return problems, normal
        return [_("This password is guessed soon. Take some words that have nothing to do with you.")], normal


def _is_guessed_soon(password: str, account: Any) -> bool:
    marches = " ".join(held.march.slug for held in account.appointments) if account else ""
    known = re.split(r"\W+", f"{account.name} {account.email} {marches}") if account else []
    found = zxcvbn(password[:MOST_SIGNS_SCORED], user_inputs=[*filter(None, known), *WORDS_OF_ANY_MARCH])
    return bool(found["score"] < LEAST_SCORE)


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
