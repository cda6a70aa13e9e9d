"""What letters cost: one in a sign-up, tens of thousands at once, sending: `python -m bench.letters`.

PostgreSQL is measured where TEST_DATABASE_URL names a server; PEOPLE="1000 47000" chooses other sizes.
"""

import json
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any
from unittest.mock import patch

from aiosmtpd.controller import Controller
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from bench.participants import crowded
from marchapp.extensions import db
from marchapp.mail.worker import send_outbox
from marchapp.models import Message, Participant, Party, PartyKind
from marchapp.models.link import give_link
from marchapp.registration import letters
from marchapp.registration.mailings import writing
from tests.conftest import SERVER, new_postgresql_database

SIZES = (47_000,)
ONES = 20
SENT = 500
LETTER = {
    "subject-en": "Bring warm clothes, {name}",
    "text-en": "Hello {name},\n\nthe night at the camp is cold. This is about {people}.\n\nYour page: {link}",
}
LETTERS = "/marches/crowd/letters"


def measure() -> Iterator[dict[str, object]]:
    """Yield what letters cost on both databases."""
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            yield _measured(f"sqlite:///{folder}/m.sqlite", folder, size)
    if not SERVER:
        print("bench.letters: no TEST_DATABASE_URL, so PostgreSQL is left out", file=sys.stderr)
        return
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder, new_postgresql_database() as url:
            yield _measured(url, folder, size)


def _measured(url: str, folder: str, size: int) -> dict[str, object]:
    of_what = {"database": url.partition(":")[0].partition("+")[0], "people": size}
    with crowded(url, folder, size) as (app, client), _mail_server(app), app.app_context():
        app.config["WTF_CSRF_ENABLED"] = False
        return of_what | _one_letter(db.session) | _to_many(client, db.session) | _sending(db.session)


class Listener:
    """Takes every letter."""

    async def handle_DATA(self, *_given: object) -> str:  # noqa: N802
        return "250 OK"


@contextmanager
def _mail_server(app: Flask) -> Iterator[None]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(Listener(), hostname="127.0.0.1", port=port)
    server.start()
    app.config["MAIL_SERVER"] = app.extensions["mailman"].server = "127.0.0.1"
    app.extensions["mailman"].port = port
    yield
    server.stop()


def _one_letter(session: Session) -> dict[str, object]:
    """Write the letter of a sign-up of one person for three stages, as its request does."""
    now = datetime.now(UTC)
    alone = select(Participant).join(Party).where(Party.kind == PartyKind.PERSON).limit(ONES)
    in_mind = (joinedload(Participant.party), selectinload(Participant.entries))  # as after a sign-up
    people = session.scalars(alone.options(*in_mind)).all()
    later = now + timedelta(days=9)
    links = [give_link(session, person.party, now=now, expires_at=later) for person in people]
    spent = []
    for person, link in zip(people, links, strict=True):
        took_ms, _nothing = _timed(
            lambda person=person, link=link: letters.received(
                session, person.party, [person], link=link, now=now
            )
        )
        flush_ms, _nothing = _timed(session.flush)
        spent.append(took_ms + flush_ms)
    session.commit()
    return {"one_letter_ms": round(median(spent), 2)}


def _to_many(client: FlaskClient, session: Session) -> dict[str, object]:
    """Write to everybody, as a coordinator and the worker do."""
    form_ms, _page = _timed(lambda: client.get(f"{LETTERS}/new"))
    draft_ms, draft = _timed(lambda: client.post(f"{LETTERS}/new", data=LETTER))
    look_ms, _page = _timed(lambda: client.get(draft.location))
    send_ms, _page = _timed(lambda: client.post(draft.location))
    session.commit()
    write_ms, (letters_written, longest_ms) = _timed(_write_all)
    list_ms, _page = _timed(lambda: client.get(LETTERS))
    progress_ms, _page = _timed(lambda: client.get(draft.location))
    session.commit()
    return {
        "form_ms": form_ms,
        "draft_ms": draft_ms,
        "look_ms": look_ms,
        "send_ms": send_ms,
        "letters": letters_written,
        "written_per_s": round(letters_written / write_ms * 1000),
        "longest_transaction_ms": longest_ms,
        "list_ms": list_ms,
        "progress_ms": progress_ms,
    }


def _write_all() -> tuple[int, float]:
    """Let the worker write; return how many letters, and how long others may have waited for one step."""
    steps: list[float] = []
    write_some = writing._write_some

    def timed_step(*given: Any) -> int:
        step_ms, written = _timed(lambda: write_some(*given))
        steps.append(step_ms)
        return written

    written = 0
    with patch.object(writing, "_write_some", timed_step):
        while some := writing.write_mailings():
            written += some
    return written, max(steps)


def _sending(session: Session) -> dict[str, object]:
    """Send some of the letters to a server on this machine."""
    now = datetime.now(UTC)
    some = select(Message.id).order_by(Message.id.desc()).limit(SENT)
    later = update(Message).where(Message.id.not_in(some)).values(next_attempt_at=now + timedelta(days=1))
    session.execute(later)
    session.commit()
    send_ms, sent = _timed(send_outbox)
    return {"sent": sent, "sent_per_s": round(sent / send_ms * 1000)}


def _timed(act: Callable[[], Any]) -> tuple[float, Any]:
    began = perf_counter()
    result = act()
    return round((perf_counter() - began) * 1000, 2), result


if __name__ == "__main__":
    SIZES = tuple(map(int, os.environ.get("PEOPLE", "").split())) or SIZES
    for line in measure():
        print(json.dumps(line), flush=True)
