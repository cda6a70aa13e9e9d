"""Whatever is sent or raised, a log line is one line: nobody writes lines of their own, or colours."""

import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marchapp.operating import logs

FORGED = "2026-01-01 00:00:00,000 WARNING march: somebody signed in"
EVIL = [
    f"x\r\n{FORGED}",
    f"x\n{FORGED}",
    f"x\r{FORGED}",
    f"x\u2028{FORGED}",
    f"x\x85{FORGED}",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "\x9b31mred",
    '","level":"CRITICAL","x":"',
    "\ud800 half a pair",
    "\0",
]
CONTROLS = {*map(chr, range(32)), *map(chr, range(127, 160)), "\u2028", "\u2029"}


@pytest.fixture(params=[True, False], ids=["json", "plain"])
def written(app: Flask, request: pytest.FixtureRequest) -> Iterator[Callable[[], list[str]]]:
    """Return the lines that were written since the last call, of which each is one as JSON, too."""
    root, stream = logging.getLogger(), StringIO(newline="")
    handler = logs.handler(as_json=request.param)
    handler.setStream(stream)
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)

    def take() -> list[str]:
        words = stream.getvalue()
        stream.seek(0)
        stream.truncate()
        assert words == "" or words.endswith("\n")
        lines = words.split("\n")[:-1]
        for line in lines:
            assert not CONTROLS & set(line), repr(line)
            if request.param:
                assert json.loads(line)["level"] in ("INFO", "WARNING", "ERROR")
        return lines

    yield take
    root.setLevel(before)
    root.removeHandler(handler)


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
def test_what_a_line_quotes_ends_no_line(written: Callable[[], list[str]], evil: str) -> None:
    logging.getLogger("march.test").warning("Letter to %s failed: %s", evil, evil)
    logging.getLogger(f"march.{evil}").warning("a logger with that name")
    quoted, _named = written()

    assert "Letter to " in quoted


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
def test_what_is_raised_ends_no_line_of_its_message(written: Callable[[], list[str]], evil: str) -> None:
    try:
        raise AttributeError(evil)  # one of those whose words are told
    except AttributeError:
        logging.getLogger("march.test").exception("It failed for %s", evil)

    lines = [line for line in written() if FORGED in line]
    assert not [line for line in lines if line.startswith(FORGED)]


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
def test_a_request_writes_one_line_whatever_it_sends(
    written: Callable[[], list[str]], client: FlaskClient, evil: str
) -> None:
    on_the_wire = evil.encode("utf-8", "ignore").decode("latin-1")
    names = (
        "USER_AGENT",
        "X_FORWARDED_FOR",
        "REFERER",
        "X_REQUEST_ID",
        "ACCEPT",
        "ACCEPT_LANGUAGE",
        "COOKIE",
    )
    environ = {f"HTTP_{name}": on_the_wire for name in names} | {"QUERY_STRING": on_the_wire}
    for method in ("GET", "POST"):
        client.open(f"/{on_the_wire}", method=method, environ_overrides=environ)
    lines = written()

    assert len([line for line in lines if "march.requests" in line]) == 2
    assert not [line for line in lines if FORGED in line or "CRITICAL" in line]
