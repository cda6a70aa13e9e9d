"""What publishing a roster costs, and telling people of it: `python -m bench.publishing`.

PostgreSQL is measured where TEST_DATABASE_URL names a server; PEOPLE="1000 47000" chooses other sizes. All
people walk the first stage and are in a group; 92 of 100 have a place and are published.
"""

import json
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from unittest.mock import patch

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import exists, func, insert, literal, select, update
from sqlalchemy.orm import Session

from bench.participants import asked, crowded
from marchapp.extensions import db
from marchapp.models import (
    Account,
    Appointment,
    Group,
    GroupGuide,
    Membership,
    Participant,
    Stage,
    StageEntry,
)
from marchapp.rosters import telling
from marchapp.rosters.publishing import publish
from tests.conftest import SERVER, new_postgresql_database

SIZES = (47_000,)
PAGE = "/marches/crowd/stages/1/publish"
ONE_OF = 100  # moves before the second version
LETTERS_MEASURED = 2_000
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def measure() -> Iterator[dict[str, object]]:
    """Yield what publishing costs on both databases."""
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            yield _measured(f"sqlite:///{folder}/m.sqlite", folder, size)
    if not SERVER:
        print("bench.publishing: no TEST_DATABASE_URL, so PostgreSQL is left out", file=sys.stderr)
        return
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder, new_postgresql_database() as url:
            yield _measured(url, folder, size)


def _measured(url: str, folder: str, size: int) -> dict[str, object]:
    of_what: dict[str, object] = {"database": url.partition(":")[0].partition("+")[0], "signed_up": size}
    with crowded(url, folder, size) as (app, client), app.app_context():
        session = db.session
        stage = session.scalars(select(Stage).where(Stage.number == 1)).one()
        put_everybody_into_a_group(session, stage)
        give_guides(session, stage)
        session.commit()
        of_what |= _page(app, client, "page_before_first")
        of_what |= _version(session, stage, 1)
        of_what |= _letters(session)
        _move_some(session, stage)
        of_what |= _page(app, client, "page_before_second") | _board(app, client)
        return of_what | _version(session, stage, 2)


def put_everybody_into_a_group(session: Session, stage: Stage) -> None:
    walks = exists().where(StageEntry.participant_id == Participant.id, StageEntry.stage_id == stage.id)
    others = select(Participant.id, literal(stage.id)).where(~walks)
    session.execute(insert(StageEntry).from_select(["participant_id", "stage_id"], others))
    groups = session.scalars(select(Group.id).where(Group.stage_id == stage.id).order_by(Group.id)).all()
    placed = exists().where(
        Membership.participant_id == StageEntry.participant_id, Membership.stage_id == stage.id
    )
    without = session.scalars(
        select(StageEntry.participant_id).where(StageEntry.stage_id == stage.id, ~placed)
    ).all()
    rows = [
        {"participant_id": person, "stage_id": stage.id, "group_id": groups[person % len(groups)]}
        for person in without
    ]
    if rows:
        session.execute(insert(Membership), rows)


def give_guides(session: Session, stage: Stage) -> None:
    groups = session.scalars(select(Group.id).where(Group.stage_id == stage.id)).all()
    first = (session.scalar(select(func.max(Account.id))) or 0) + 1
    accounts = range(first, first + len(groups))
    session.execute(
        insert(Account),
        [
            {"id": number, "email": f"guide{number}@example.org", "name": f"Guide {number}"}
            for number in accounts
        ],
    )
    appointed = {"march_id": stage.march_id, "role": "guide"}
    session.execute(insert(Appointment), [appointed | {"account_id": number} for number in accounts])
    pairs = zip(groups, accounts, strict=True)
    session.execute(
        insert(GroupGuide), [{"group_id": group, "account_id": number} for group, number in pairs]
    )


def _move_some(session: Session, stage: Stage) -> None:
    group = select(func.min(Group.id)).where(Group.stage_id == stage.id).scalar_subquery()
    some = (Membership.stage_id == stage.id, Membership.participant_id % ONE_OF == 0)
    session.execute(update(Membership).where(*some).values(group_id=group))
    session.commit()


def _version(session: Session, stage: Stage, number: int) -> dict[str, object]:
    def make() -> Any:
        version = publish(session, stage=stage, number=number, by=None, now=datetime.now(UTC))
        session.commit()
        return version

    session.commit()
    with _memory() as memory:
        cpu, start = process_time(), perf_counter()
        version = make()
        seconds, cpu = perf_counter() - start, process_time() - cpu
    return {
        f"version_{number}_s": round(seconds, 2),
        f"version_{number}_cpu_s": round(cpu, 2),
        f"version_{number}_more_mib": memory[0],
        f"version_{number}_people": version.people,
        f"version_{number}_told": version.told,
    }


@contextmanager
def _memory() -> Iterator[list[int]]:
    """Watch how much more memory the process takes at most, in MiB."""
    before, peak, done = _resident(), [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            peak[0] = max(peak[0], (_resident() - before) // 2**20)

    thread = threading.Thread(target=watch)
    thread.start()
    yield peak
    done.set()
    thread.join()


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def _page(app: Flask, client: FlaskClient, name: str) -> dict[str, object]:
    found = asked(app, client, PAGE)
    return {f"{name}_ms": found["p50_ms"], f"{name}_queries": found["queries"]}


def _board(app: Flask, client: FlaskClient) -> dict[str, object]:
    return {"board_ms": asked(app, client, "/marches/crowd/stages/1/groups")["p50_ms"]}


def _letters(session: Session) -> dict[str, object]:
    """Let the worker write some letters; return how many a second, and how long a step keeps others."""
    steps: list[float] = []
    store = telling._write_some

    def timed(*given: Any) -> int | None:
        start = perf_counter()
        written = store(*given)
        steps.append(perf_counter() - start)
        return written

    written, start = 0, perf_counter()
    with patch.object(telling, "_write_some", timed), patch.object(telling, "A_TURN_S", 2):
        while written < LETTERS_MEASURED and (some := _turn()):
            written += some
    session.commit()
    return {
        "letters_per_s": round(written / (perf_counter() - start)),
        "longest_step_ms": round(max(steps) * 1000),
    }


_turn: Callable[[], int] = telling.tell_of_rosters


if __name__ == "__main__":
    SIZES = tuple(map(int, os.environ.get("PEOPLE", "").split())) or SIZES
    for line in measure():
        print(json.dumps(line), flush=True)
