"""How long it takes to take out what a march of 47,000 keeps no longer: `python -m bench.retention`.

One line for each kind of data: what `flask retention --dry-run` needs to find it, what the night needs, the
longest portion (so long others who write have to wait), and the memory of the process at its largest.
PostgreSQL is measured where TEST_DATABASE_URL names a server; PEOPLE="1000 47000" chooses other sizes.
"""

import json
import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest.mock import patch

from flask import Flask
from sqlalchemy import event, insert, select
from sqlalchemy.orm import Session

from bench.participants import crowded
from marchapp.extensions import db
from marchapp.models import AuditEvent, ConsentScan, March, Message, Participant, Party
from marchapp.models.retention import Kept, kept_until
from marchapp.retention import services
from marchapp.retention.worker import REMOVERS
from tests.conftest import SERVER, new_postgresql_database

SIZES = (1_000, 47_000)
ROWS_AT_ONCE = 2_000
LETTERS_OF_A_PARTY, EVENTS_OF_A_PERSON, ONE_SCAN_OF = 3, 3, 20
SIGNED_UP = datetime(2014, 1, 15, 8, tzinfo=UTC)
WORDS = "Kari Nilsen has a place on all stages of the march. " * 20


def measure() -> Iterator[dict[str, object]]:
    """Yield the times of each kind of data, at two sizes on both databases."""
    if not SERVER:
        print("bench.retention: no TEST_DATABASE_URL, so PostgreSQL is left out", file=sys.stderr)
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            yield from _measured("sqlite", f"sqlite:///{Path(folder) / 'm.sqlite'}", folder, size)
        with tempfile.TemporaryDirectory() as folder:
            server: Any = new_postgresql_database() if SERVER else nullcontext()
            with server as url:
                if url:
                    yield from _measured("postgresql", url, folder, size)


def _measured(database: str, url: str, folder: str, size: int) -> Iterator[dict[str, object]]:
    with crowded(url, folder, size) as (app, _client), app.app_context():
        march = db.session.scalars(select(March)).one()
        _fill(db.session, march)
        for kind in Kept:
            yield {"database": database, "people": size, "kind": kind.value} | _kind(app, march.id, kind)


def _kind(app: Flask, march_id: int, kind: Kept) -> dict[str, object]:
    """Measure the night after the last day of one kind of data: those before it are gone already."""
    march = db.session.get_one(March, march_id)
    now = datetime.combine(kept_until(march, kind) + timedelta(days=1), datetime.min.time(), UTC) + timedelta(
        hours=1
    )
    removers = {kind: app.extensions[REMOVERS][kind]}
    start = perf_counter()
    with patch.object(services, "Kept", [kind]):  # names and consents are due on the same day
        found = sum(holding.count for _march, holding in services.due(db.session, removers, now))
        db.session.rollback()
        dry_s = perf_counter() - start
        portions = _Portions(db.session)
        start = perf_counter()
        taken = sum(removal.count for _march, removal in services.carry_out(db.session, removers, now))
        seconds = perf_counter() - start
    portions.stop()
    return {
        "found": found,
        "taken": taken,
        "dry_run_s": round(dry_s, 2),
        "seconds": round(seconds, 2),
        "portions": len(portions.lasted),
        "longest_portion_ms": round(max(portions.lasted, default=0) * 1000),
        "memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


class _Portions:
    """How long each transaction lasted, from its first statement to its commit."""

    def __init__(self, session: Any) -> None:
        self.lasted: list[float] = []
        self._began = 0.0
        self._session = session
        event.listen(session, "after_begin", self._begin)
        event.listen(session, "after_commit", self._commit)

    def _begin(self, *_given: object) -> None:
        self._began = perf_counter()

    def _commit(self, _session: object) -> None:
        self.lasted.append(perf_counter() - self._began)

    def stop(self) -> None:
        event.remove(self._session, "after_begin", self._begin)
        event.remove(self._session, "after_commit", self._commit)


def _fill(session: Session, march: March) -> None:
    """Add letters of each party, acts about each person, and some scans, to the crowd."""
    people = session.execute(select(Participant.id, Participant.party_id)).all()
    parties = session.execute(select(Party.id, Party.contact_email)).all()
    _insert(session, Message, (row for party in parties for row in _letters(march, *party)))
    _insert(session, AuditEvent, (row for person in people for row in _events(march, person.id)))
    scan = {"media_type": "image/png", "content": b"\0" * 20_000, "uploaded_at": SIGNED_UP}
    _insert(session, ConsentScan, (scan | {"participant_id": one.id} for one in people[::ONE_SCAN_OF]))
    session.commit()


def _letters(march: March, party_id: int, recipient: str) -> Iterator[dict[str, Any]]:
    words = {"subject": "Your place", "text": WORDS, "html": WORDS, "kind": "confirmed", "language": "nb"}
    times = dict.fromkeys(("created_at", "next_attempt_at", "sent_at"), SIGNED_UP)
    for _letter in range(LETTERS_OF_A_PARTY):
        yield {"march_id": march.id, "party_id": party_id, "recipient": recipient} | words | times


def _events(march: March, person_id: int) -> Iterator[dict[str, Any]]:
    for action in ("signed_up", "changed", "changed")[:EVENTS_OF_A_PERSON]:
        yield {
            "at": SIGNED_UP,
            "march_id": march.id,
            "action": f"participant.{action}",
            "subject": "participant",
            "subject_id": person_id,
            "personal": {"before": {"phone": "+47 400 00 000"}},
            "address": "192.0.2.1",
        }


def _insert(session: Session, table: type[Any], rows: Iterator[dict[str, Any]]) -> None:
    listed = list(rows)
    for start in range(0, len(listed), ROWS_AT_ONCE):
        session.execute(insert(table), listed[start : start + ROWS_AT_ONCE])


if __name__ == "__main__":
    SIZES = tuple(map(int, os.environ.get("PEOPLE", "").split())) or SIZES
    for line in measure():
        print(json.dumps(line), flush=True)
