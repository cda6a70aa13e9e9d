"""Log lines, as text or as JSON, each with the id of its request; none tells what people wrote or a secret.

What was raised is told by its kind and place. Its words are left out unless they are known to hold no value:
those of a database quote the row that it refused, those of a conversion the text that it could not read.
"""

import logging
import re
import traceback
from collections.abc import Iterator
from sqlite3 import Error as SqliteError
from typing import Any

from flask import Flask, g, has_request_context
from psycopg import Error as PostgresqlError
from pythonjsonlogger.json import JsonFormatter
from sqlalchemy.exc import DBAPIError

FIELDS = ("asctime", "levelname", "name", "message", "request_id")
NAMES = {"asctime": "time", "levelname": "level"}
PLAIN = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# The words of these name what the program is made of.
TOLD = (AttributeError, ImportError, NameError, NotImplementedError, SqliteError, TypeError)

# How every address begins that holds a secret, which is its next part.
PRIVATE = (
    "registrations",
    "consents",
    "new-password",
    "account/second-step",
    "account/passkeys",
    "sign-in/passkey",
    "sign-in/again/passkey",
)
SECRET_OF_ADDRESS = re.compile(rf"(?<=/)({'|'.join(PRIVATE)})/[^\s/?'\"]+")
QUOTED_REQUEST = re.compile(r"(?<=^Invalid request from ip=).*", re.DOTALL)
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class OfRequest(logging.Filter):
    """Adds to each line the id of its request, and takes the secrets of addresses out of it."""

    def filter(self, line: logging.LogRecord) -> bool:
        line.request_id = g.get("request_id") if has_request_context() else None
        line.msg, line.args = without_secrets(line.getMessage()), ()
        return True


def without_secrets(words: str) -> str:
    """Return a line without secrets of addresses, and without what gunicorn quotes of a request."""
    words = QUOTED_REQUEST.sub(lambda told: re.split("['\"]", told[0])[0] + "…", words)
    return SECRET_OF_ADDRESS.sub(r"\1/…", words)


class WithoutValues(logging.Formatter):
    """Tells of what was raised the kinds and the places in the code."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - as logging calls it
        return "\n".join(_traces(ei[1]))

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # another handler may have told it with all words
        return super().format(record)


class AsText(WithoutValues):
    """Words, of which nothing that they quote begins a line of its own, or colours a terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - as logging calls it
        return _on_one_line(super().formatMessage(record))


class AsJson(WithoutValues, JsonFormatter):
    """The same in JSON."""


def _traces(error: BaseException) -> Iterator[str]:
    """Yield the trace of an error and before it of what led to it, each error once."""
    chain: list[BaseException] = []
    led: BaseException | None = error
    while led is not None and led not in chain:
        chain.insert(0, led)
        led = led.__cause__ or (None if led.__suppress_context__ else led.__context__)
    for one in chain:
        yield "Traceback (most recent call last):"
        yield from (line.rstrip("\n") for line in traceback.format_tb(one.__traceback__))
        words = _on_one_line(_words(one))
        yield f"{type(one).__module__}.{type(one).__qualname__}: {words}".removesuffix(": ")


def _on_one_line(words: str) -> str:
    return CONTROLS.sub(lambda sign: ascii(sign[0])[1:-1], words)


def _words(error: BaseException) -> str:
    """Return what an error says, as far as it holds no value."""
    if isinstance(error, DBAPIError):
        return error.statement or ""
    if isinstance(error, PostgresqlError):
        return " ".join(filter(None, (error.sqlstate, error.diag.constraint_name)))
    if isinstance(error, OSError):
        return error.strerror or ""
    return str(error) if isinstance(error, TOLD) else ""


def handler(*, as_json: bool) -> logging.Handler:
    """Return what writes to standard error."""
    written = logging.StreamHandler()
    written.addFilter(OfRequest())
    written.setFormatter(AsJson(FIELDS, rename_fields=NAMES) if as_json else AsText(PLAIN))
    return written


def init_app(app: Flask) -> None:
    """Write the lines of this process to standard error, as JSON where the settings ask for it."""
    as_json = app.config["SETTINGS"].json_logs
    level = logging.INFO if as_json else logging.WARNING
    logging.basicConfig(level=level, handlers=[handler(as_json=as_json)], force=as_json)
    for talkative in ("alembic", "fontTools"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
