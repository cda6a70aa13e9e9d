"""How many marks of roll calls the program takes in a second: `python -m bench.rollcall`.

Eight guides, each signed in once, send the marks of a group of 100 at two points over HTTP to gunicorn
with two workers; every tenth mark is sent twice, as phones do after a lost answer. Then it is counted that
what was acknowledged is stored, once. PostgreSQL is measured where TEST_DATABASE_URL names a server;
PEOPLE=20 makes it shorter.
"""

import json
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from flask_security.utils import hash_password
from sqlalchemy import func, select

from bench.browsers import Browser, Lines, hidden_fields
from bench.meters import milliseconds
from bench.signups import environment, served, used_by
from marchapp.app import create_app
from marchapp.extensions import db
from marchapp.models import Category, RollMark, RollStanding
from tests.conftest import SERVER, new_postgresql_database
from tests.factories import make_account, make_group, make_march, make_participant, make_stage

PEOPLE = int(os.environ.get("PEOPLE", "100"))
CLIENTS = 8
POINTS = ("start", "finish")
WARM_UP = 5
PASSWORD = "a password for this measurement"  # noqa: S105 (its accounts live as long as the measurement)


@dataclass(frozen=True)
class Guide:
    """A guide with the own group: what a phone needs to send its marks."""

    email: str
    group_id: int
    people: list[int]


@dataclass(frozen=True)
class Sent:
    """A mark as its phone saw it: whether it was acknowledged, and after how long."""

    key: str
    seconds: float
    is_counted: bool


def measure() -> Iterator[dict[str, object]]:
    """Yield the speed of marks on SQLite, and on PostgreSQL if there is one."""
    with tempfile.TemporaryDirectory() as folder:
        yield marks("SQLite", f"sqlite:///{folder}/march.sqlite", Path(folder))
    if SERVER:
        with tempfile.TemporaryDirectory() as folder, new_postgresql_database() as url:
            yield marks("PostgreSQL", url, Path(folder))


def marks(name: str, url: str, folder: Path) -> dict[str, object]:
    """Return how fast marks are taken on a database, and that none is lost and none double."""
    app, guides = prepared(url, folder)
    with served(url, folder) as (server, port), ThreadPoolExecutor(CLIENTS) as phones:
        signed_in = list(phones.map(lambda guide: Phone([port], guide), guides))
        list(phones.map(lambda phone: phone.call_roll("start", phone.guide.people[:WARM_UP]), signed_in))
        load = os.getloadavg()[0]
        began, used = time.perf_counter(), used_by(server)
        sent = [one for done in phones.map(Phone.call_both, signed_in) for one in done]
        took = time.perf_counter() - began
        used = [after - before for after, before in zip(used_by(server), used, strict=True)]
    acknowledged = {one.key for one in sent if one.is_counted}
    return {
        "what": f"marks of roll calls on {name}, {CLIENTS} guides, 2 workers of 1 thread",
        "marks_per_s": round(len(sent) / took, 1),
        "p50_ms": milliseconds([one.seconds for one in sent], 50),
        "p95_ms": milliseconds([one.seconds for one in sent], 95),
        "sent": len(sent),
        "acknowledged_keys": len(acknowledged),
        **stored(app, acknowledged),
        "cpu_ms_of_server_and_clients": [round(one * 1000 / len(sent), 1) for one in used],
        "load_average_before": round(load, 2),
    }


def stored(app: Flask, acknowledged: set[str]) -> dict[str, int]:
    with app.app_context():
        standing = db.session.scalar(select(func.count()).select_from(RollStanding)) or 0
        return stored_marks(acknowledged) | {"people_not_counted": CLIENTS * PEOPLE * len(POINTS) - standing}


def stored_marks(acknowledged: set[str]) -> dict[str, int]:
    """Count the acknowledged marks, by key, that the database does not hold, and those it holds twice."""
    db.session.rollback()
    keys = db.session.scalars(select(RollMark.client_key)).all()
    return {"lost": len(acknowledged - set(keys)), "double": len(keys) - len(set(keys))}


def prepared(url: str, folder: Path) -> tuple[Flask, list[Guide]]:
    """Return an application whose database holds eight groups with a guide each."""
    app = create_app(environment(url, folder), RATELIMIT_ENABLED=False)
    today = datetime.now(UTC)
    with app.app_context():
        upgrade()
        march = make_march(
            db.session, slug="walk", capacity=10_000, starts_on=today.date(), ends_on=today.date()
        )
        stage = make_stage(db.session, march)
        guides = [prepare_guide(march, stage) for _number in range(CLIENTS)]
        db.session.commit()
    return app, guides


def prepare_guide(march, stage) -> Guide:  # type: ignore[no-untyped-def]
    account = make_account(db.session, "Gunn Guide", march)
    account.password = hash_password(PASSWORD)
    group = make_group(db.session, stage, account, max_size=PEOPLE)
    people = [
        make_participant(db.session, march, stage, group=group, category=Category.WALKER).id
        for _number in range(PEOPLE)
    ]
    return Guide(account.email, group.id, people)


class Phone:
    """A guide's phone, signed in by its form, or with the cookie of before."""

    def __init__(self, ports: list[int], guide: Guide, *, cookie: str = "") -> None:
        self.guide = guide
        self.browser = Browser(Lines(ports), guide.group_id, cookie=cookie)
        if not cookie:
            self.sign_in()
        page = self.browser.open_page(f"/groups/{guide.group_id}/roll-call/start").page
        if 'id="roll"' not in page:
            raise AssertionError("the guide could not sign in")

    def sign_in(self) -> None:
        token = hidden_fields(self.browser.ask("GET", "/sign-in").page)["csrf_token"][0]
        form = {"csrf_token": token, "email": self.guide.email, "password": PASSWORD}
        self.browser.send("/sign-in", form)

    def call_both(self) -> list[Sent]:
        return [one for point in POINTS for one in self.call_roll(point, self.guide.people)]

    def call_roll(self, point: str, people: list[int]) -> list[Sent]:
        sent = []
        for number, person in enumerate(people):
            key = f"{point}-{person}-{time.time_ns()}"[:36]
            for _time in range(2 if number % 10 == 0 else 1):
                sent.append(self.mark(point, person, key))
        return sent

    def mark(self, point: str, person: int, key: str) -> Sent:
        began = time.perf_counter()
        is_counted = self.sends_mark(point, person, key)
        return Sent(key, time.perf_counter() - began, is_counted)

    def sends_mark(self, point: str, person: int, key: str) -> bool:
        """Send a mark and tell whether it was acknowledged."""
        body = json.dumps({"marks": [{"key": key, "participant": person, "state": "present", "ago_ms": 900}]})
        address = f"/groups/{self.guide.group_id}/roll-call/{point}/marks"
        answer = self.browser.ask("POST", address, body, Content_Type="application/json")
        return answer.status == 200 and json.loads(answer.page)["answers"][0]["counts"]


if __name__ == "__main__":
    for line in measure():
        print(json.dumps(line), flush=True)
