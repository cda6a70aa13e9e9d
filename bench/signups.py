"""How many complete sign-ups the program takes in a second: `python -m bench.signups`.

Eight clients on the same machine ask for the form, send it, look at the review and send that, over HTTP, to
gunicorn with two workers; each sign-up comes from an address of its own, as the limits count addresses. Then
it is counted that what was acknowledged is stored, once, and written to. PostgreSQL is measured where
TEST_DATABASE_URL names a server; SIGNUPS=200 makes it shorter. THREADS=4 measures workers as `make run`
starts them, for slow phones to talk to: threads of one process hinder each other, and fewer get through.

Machines that others share are half as fast from one minute to the next. OTHER=../before measures another
checkout of the program in turn with this one, a block of sign-ups each, and how many times as many this
takes.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from cProfile import Profile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from pathlib import Path
from pstats import Stats

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

from bench.browsers import Browser, Lines, hidden_fields
from bench.meters import cpu_seconds, milliseconds
from marchapp.app import create_app
from marchapp.extensions import db
from marchapp.models import Category, March, Message, Participant, Party, Standing
from tests.conftest import SERVER, new_postgresql_database
from tests.factories import make_march, make_stage

SIGNUPS = int(os.environ.get("SIGNUPS", "800"))
THREADS = int(os.environ.get("THREADS", "1"))
OTHER = os.environ.get("OTHER", "")
HERE = Path(__file__).resolve().parent.parent
CLIENTS, WORKERS = 8, 2
BLOCK = 80  # sign-ups of one checkout, before it is the other's turn
WARM_UP = 40  # each worker compiles its templates first
PROFILED = 60
SLUG = "crowd"
ANYBODY = {
    "country": "NO",
    "municipality": "Sør-Varanger",
    "spoken": ["nb", "en"],
    "phone": "+47 406 00 000",
    "language": "nb",
    "emergency_name": "Ola Hansen",
    "emergency_phone": "+47 406 00 001",
    "diet": "Vegetarian",
    "health_notes": "Asthma",
    "document_kind": "passport",
    "document_number": "ET 1234567",
    "document_country": "NO",
}
OF_CATEGORY = {
    Category.WALKER: {},
    Category.SCHOOLCHILD: {
        "school": "Fjordbotn skole",
        "school_class": "7B",
        "guardian_name": "Siri Hansen",
        "guardian_phone": "+47 406 00 002",
        "guardian_email": "siri@example.org",
        "guardian_language": "nb",
    },
    Category.OFFICIAL: {"body": "Fjordbotn kommune", "position": "Rektor"},
    Category.BORDER_GUARD: {"service": "Grensevakten", "unit": "Stasjon Tyttebær", "rank": "Menig"},
}
# Where the time of a sign-up goes: function, by the end of its file's name, and what it does. Letters are
# written within storing, and each request's own work is what no other line holds.
PARTS = {
    "forms": [("forms/party.py", "__init__"), ("forms/party.py", "validate"), ("forms/party.py", "answers")],
    "pages": [("registration/signing.py", "_form"), ("registration/signing.py", "_review")],
    "storing": [("registration/services.py", "sign_up")],
    "letters": [("registration/letters.py", "received")],
    "commit": [("sqlalchemy/orm/session.py", "commit")],
    "all": [("flask/app.py", "wsgi_app")],
}


@dataclass(frozen=True)
class SignedUp:
    """One sign-up as its client saw it: how long each request took, in seconds, and where it ended."""

    number: int
    steps: tuple[float, ...]
    led_to: str

    @property
    def is_acknowledged(self) -> bool:
        return "/registrations/" in self.led_to


def measure() -> Iterator[dict[str, object]]:
    """Yield the speed of signing up on SQLite, on PostgreSQL if there is one, and where the time goes."""
    if OTHER:
        yield in_turns(HERE, Path(OTHER).resolve())
        return
    with tempfile.TemporaryDirectory() as folder:
        yield signups("SQLite", f"sqlite:///{folder}/march.sqlite", Path(folder))
    if SERVER:
        with tempfile.TemporaryDirectory() as folder, new_postgresql_database() as url:
            yield signups("PostgreSQL", url, Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        yield where_time_goes(f"sqlite:///{folder}/march.sqlite", Path(folder))


def signups(name: str, url: str, folder: Path) -> dict[str, object]:
    """Return how fast complete sign-ups are on a database, and that none is lost and none double."""
    app = prepared(url, folder)
    with served(url, folder) as (server, port), app.app_context():
        stage_ids = stage_ids_of_march()
        sign_up_all([port], stage_ids, range(WARM_UP))
        load = os.getloadavg()[0]
        began, used = time.perf_counter(), used_by(server)
        done = sign_up_all([port], stage_ids, range(WARM_UP, WARM_UP + SIGNUPS))
        took = time.perf_counter() - began
        used = [after - before for after, before in zip(used_by(server), used, strict=True)]
        counts = stored()
    acknowledged = {one.led_to for one in done if one.is_acknowledged}
    whole = [sum(one.steps) for one in done]
    return {
        "what": f"sign-ups on {name}, {CLIENTS} clients, {WORKERS} workers of {THREADS} threads",
        "signups_per_s": round(SIGNUPS / took, 1),
        "p50_ms": milliseconds(whole, 50),
        "p95_ms": milliseconds(whole, 95),
        "form_review_send_p50_ms": [milliseconds([one.steps[step] for one in done], 50) for step in range(3)],
        "acknowledged": len(acknowledged),
        "lost": len(acknowledged) + WARM_UP - counts["people"],
        "double": counts["people"] - counts["different_people"],
        "letters": counts["received"] - WARM_UP,
        "cpu_ms_of_server_and_clients": [round(one * 1000 / SIGNUPS, 1) for one in used],
        "load_average_before": round(load, 2),
    }


def in_turns(here: Path, other: Path) -> dict[str, object]:
    """Return the speed of two checkouts, measured in turn in the same minutes, and the one by the other."""
    with ExitStack() as stack:
        blocks = [_blocks_of(place, stack) for place in (here, other)]
        seconds = [[next(block) for block in blocks] for _turn in range(SIGNUPS // BLOCK)]
    rates = [len(seconds) * BLOCK / sum(times) for times in zip(*seconds, strict=True)]
    return {
        "what": f"sign-ups on {'PostgreSQL' if SERVER else 'SQLite'} in turn with another checkout",
        "signups_per_s_here_and_there": [round(rate, 1) for rate in rates],
        "times_as_many": round(rates[0] / rates[1], 2),
        "of_each_turn": [round(there / here, 2) for here, there in seconds],
    }


def _blocks_of(place: Path, stack: ExitStack) -> Iterator[float]:
    """Serve a checkout, and yield the seconds that a block of sign-ups takes, block after block."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    url = stack.enter_context(new_postgresql_database()) if SERVER else f"sqlite:///{folder}/march.sqlite"
    app = prepared(url, folder)
    _server, port = stack.enter_context(served(url, folder, place=place))
    with app.app_context():
        stage_ids = stage_ids_of_march()
    sign_up_all([port], stage_ids, range(WARM_UP))
    for first in count(WARM_UP, BLOCK):
        began = time.perf_counter()
        done = sign_up_all([port], stage_ids, range(first, first + BLOCK))
        yield time.perf_counter() - began
        if not all(one.is_acknowledged for one in done):
            raise AssertionError(f"{place} did not take all sign-ups")


def where_time_goes(url: str, folder: Path) -> dict[str, object]:
    """Return the milliseconds of a sign-up by part: one process under the profiler, without the network."""
    app = prepared(url, folder)
    with app.app_context():
        stage_ids = stage_ids_of_march()
    for number in range(4):
        sign_up_in_process(app, stage_ids, number)
    profile = Profile()
    profile.enable()
    for number in range(4, 4 + PROFILED):
        sign_up_in_process(app, stage_ids, number)
    profile.disable()
    stats = Stats(profile).stats  # type: ignore[attr-defined]
    return {
        "what": "where the time of a sign-up goes, profiled, ms",
        **{
            part: round(cumulative(stats, functions) * 1000 / PROFILED, 1)
            for part, functions in PARTS.items()
        },
    }


def cumulative(stats: dict, functions: list[tuple[str, str]]) -> float:
    """Return the seconds within some functions and all that they call."""
    return sum(
        row[3]
        for (file, _line, name), row in stats.items()
        if any(file.endswith(ending) and name == function for ending, function in functions)
    )


def prepared(url: str, folder: Path) -> Flask:
    """Return an application whose database holds an open march."""
    app = create_app(environment(url, folder), RATELIMIT_ENABLED=False)
    with app.app_context():
        upgrade()
        fill_march()
        db.session.commit()
    return app


def fill_march() -> March:
    """Add an open march of three stages, one across a border."""
    first_day = datetime.now(UTC).date() + timedelta(days=90)
    march = make_march(
        db.session,
        slug=SLUG,
        capacity=100_000,
        starts_on=first_day,
        ends_on=first_day + timedelta(days=2),
    )
    for number in (1, 2, 3):
        make_stage(db.session, march, number=number, crosses_border=number == 2)
    return march


def environment(url: str, folder: Path) -> dict[str, str]:
    return {"DATABASE_URL": url, "DATA_FOLDER": str(folder), "TRUSTED_PROXIES": "1"}


def stage_ids_of_march() -> list[str]:
    ids = [str(stage.id) for stage in db.session.scalars(select(March)).one().stages]
    db.session.rollback()  # this process must not hold the database
    return ids


@contextmanager
def served(url: str, folder: Path, *, place: Path = HERE) -> Iterator[tuple[int, int]]:
    """Run gunicorn as `make run` does, of a checkout; return its process and port once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS), "--threads", str(THREADS)]
    command = [sys.executable, "-m", "gunicorn", *options, "--log-level", "error", "wsgi:app"]
    server = subprocess.Popen(command, env=os.environ | environment(url, folder), cwd=place)
    try:
        wait_for(port)
        yield server.pid, port
    finally:
        server.terminate()
        server.wait(timeout=30)


def used_by(server: int) -> list[float]:
    """Return the processor time of gunicorn, and of the clients here; a database server comes on top."""
    return [cpu_seconds(server), time.process_time()]


def wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("gunicorn does not answer")


def sign_up_all(
    ports: list[int], stage_ids: list[str], numbers: range, *, clients: int = CLIENTS
) -> list[SignedUp]:
    """Let the clients share the work; each takes the next number when it is done with one."""
    left = iter(numbers)

    def work(_client: int) -> list[SignedUp]:
        lines = Lines(ports)
        return [sign_up(lines, stage_ids, number) for number in left]

    with ThreadPoolExecutor(clients) as pool:
        return [one for done in pool.map(work, range(clients)) for one in done]


def sign_up(lines: Lines, stage_ids: list[str], number: int) -> SignedUp:
    """Sign somebody up as a browser does, by what the pages themselves hold."""
    category, answers = answers_of(number, stage_ids)
    address = f"/marches/{SLUG}/sign-up/{category}"
    browser = Browser(lines, number)
    moments = [time.perf_counter()]
    answer = browser.ask("GET", address)
    for step, written in (("review", answers), ("send", {})):
        moments.append(time.perf_counter())
        answer = browser.send(address, {**hidden_fields(answer.page), **written, "step": step})
    moments.append(time.perf_counter())
    return SignedUp(number, tuple(end - begin for begin, end in pairwise(moments)), answer.led_to)


def sign_up_in_process(app: Flask, stage_ids: list[str], number: int) -> None:
    category, answers = answers_of(number, stage_ids)
    client = app.test_client()
    address = f"/marches/{SLUG}/sign-up/{category}"
    hidden = hidden_fields(client.get(address).get_data(as_text=True))
    review = client.post(address, data={**hidden, **answers, "step": "review"}).get_data(as_text=True)
    sent = client.post(address, data={**hidden_fields(review), "step": "send"})
    if "/registrations/" not in sent.headers.get("Location", ""):
        raise AssertionError(f"sign-up {number} was not taken")


def answers_of(number: int, stage_ids: list[str]) -> tuple[Category, dict[str, object]]:
    """Return what somebody writes: everybody another name, a quarter of them of each category."""
    category = list(Category)[number % len(Category)]
    signs = "".join(chr(ord("a") + int(figure)) for figure in str(number))
    born = "2012-05-17" if category == Category.SCHOOLCHILD else "1980-05-17"
    own = {
        "given_name": f"Kari{signs}",
        "family_name": "Hansen",
        "native_name": "Кари Хансен",
        "birth_date": born.replace("2012", str(datetime.now(UTC).year - 12)),
        "email": "" if category == Category.SCHOOLCHILD else f"kari{number}@example.org",
        "stages": stage_ids,
        "document_expires_on": "2090-12-31",
    }
    return category, {**ANYBODY, **OF_CATEGORY[category], **own}


def stored() -> dict[str, int]:
    """Count what the database holds now."""
    session = db.session
    session.rollback()
    people = select(func.count()).select_from(Participant).where(Participant.standing == Standing.PLACED)
    different = select(Participant.name_key, Participant.birth_date).distinct().subquery()
    letters = select(func.count(func.distinct(Message.party_id))).where(Message.kind == "received")
    return {
        "people": session.scalar(people) or 0,
        "different_people": session.scalar(select(func.count()).select_from(different)) or 0,
        "parties": session.scalar(select(func.count()).select_from(Party)) or 0,
        "received": session.scalar(letters) or 0,
    }


if __name__ == "__main__":
    for line in measure():
        print(json.dumps(line), flush=True)
