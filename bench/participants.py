"""How soon the coordinator's lists answer: `python -m bench.participants`.

PostgreSQL is measured where TEST_DATABASE_URL names a server; PEOPLE="1000 47000" chooses other sizes.
"""

import gc
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from time import perf_counter, process_time

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import event

from bench.crowd import fill
from marchapp.app import create_app
from marchapp.extensions import db
from marchapp.models import Account, Role
from tests.conftest import SERVER, new_postgresql_database
from tests.factories import make_account, make_march, make_stage
from tests.signing_in import cookie_of

SIZES = (1_000, 10_000, 47_000)
ASKED = 20
MOST_ALLOWED_MS = 100
A_LIST = "/marches/crowd/participants"
PAGES = {
    "list": A_LIST,
    "list, last page": f"{A_LIST}?page=99999",
    "list, all columns": f"{A_LIST}?columns=reference,category,birth_date,age,country,place,party,groups,"
    "state,guardians,mailbox,phone,registered_at",
    "sorted by birth date": f"{A_LIST}?sort=born&descending=True",
    "sorted by country": f"{A_LIST}?sort=country",
    "category": f"{A_LIST}?category=official",
    "country": f"{A_LIST}?country=RU",
    "stage": f"{A_LIST}?stage=2",
    "no group": f"{A_LIST}?no_group=2",
    "placed": f"{A_LIST}?standing=placed",
    "waiting": f"{A_LIST}?standing=waiting",
    "cancelled": f"{A_LIST}?standing=cancelled",
    "missing consent": f"{A_LIST}?missing=consent",
    "missing document": f"{A_LIST}?missing=document",
    "kind of party": f"{A_LIST}?kind=school_class",
    "party called": f"{A_LIST}?of=bergbakken",
    "party": f"{A_LIST}?party=26",
    "minors": f"{A_LIST}?age=minor",
    "adults": f"{A_LIST}?age=adult",
    "language": f"{A_LIST}?language=ru",
    "first aid": f"{A_LIST}?first_aid=True",
    "health": f"{A_LIST}?health=True",
    "erasure": f"{A_LIST}?erasure=True",
    "six filters": f"{A_LIST}?q=ka&category=schoolchild&country=NO&stage=1&no_group=2&missing=consent",
    "search exact, many": f"{A_LIST}?q=berg",
    "search exact, two words": f"{A_LIST}?q=kari nilsen",
    "search Cyrillic": f"{A_LIST}?q=иванов",
    "search reference": f"{A_LIST}?q=K7F-2M9",
    "search forgiving": f"{A_LIST}?q=Nilsn",
    "search forgiving, many alike": f"{A_LIST}?q=anaa",
    "search forgiving, Cyrillic": f"{A_LIST}?q=Щербкова",
    "search forgiving, two words": f"{A_LIST}?q=Ingird Mikelsn",
    "search forgiving, two mistakes": f"{A_LIST}?q=Rasmusnes",
    "search nobody": f"{A_LIST}?q=xqzw",
    "statistics": f"{A_LIST}/statistics",
    "a person": "/participants/17",
    "history of a person": "/participants/17/history",
    "likely duplicates, no list": f"{A_LIST}/duplicates",
}
FILES = {
    "export CSV, all columns": f"{A_LIST}.csv?standing=any",
    "export XLSX, all columns": f"{A_LIST}.xlsx?standing=any",
}


def measure() -> Iterator[dict[str, object]]:
    """Yield the server's time and the number of queries of each page, at three sizes on both databases."""
    for size, folder, url in databases(SIZES):
        yield from _measured(url, folder, size)


def databases(sizes: Iterable[int]) -> Iterator[tuple[int, str, str]]:
    """Yield for each size a folder and a new database, first SQLite and then PostgreSQL."""
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            yield size, folder, f"sqlite:///{Path(folder) / 'm.sqlite'}"
    if not SERVER:
        print("bench: no TEST_DATABASE_URL, so PostgreSQL is left out", file=sys.stderr)
        return
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder, new_postgresql_database() as url:
            yield size, folder, url


def name_of(url: str) -> str:
    """Return what kind of database an address names.

    >>> name_of("postgresql+psycopg://somebody@somewhere/march")
    'postgresql'
    """
    return url.partition(":")[0].partition("+")[0]


def _measured(url: str, folder: str, size: int) -> Iterator[dict[str, object]]:
    with crowded(url, folder, size) as (app, client):
        for what, address in PAGES.items():
            yield {"database": name_of(url), "people": size, "page": what} | asked(app, client, address)
        for what, address in FILES.items():
            seconds = _seconds(client, address)
            yield {
                "database": name_of(url),
                "people": size,
                "page": what,
                "seconds": round(seconds, 2),
                "people_per_second": round(size / seconds),
            }


@contextmanager
def crowded(url: str, folder: str, size: int) -> Iterator[tuple[Flask, FlaskClient]]:
    """Give an application with a march of so many people, and a client who coordinates it."""
    app = create_app({"DATABASE_URL": url, "DATA_FOLDER": folder}, RATELIMIT_ENABLED=False)
    with app.app_context():
        upgrade()
        march = make_march(db.session, slug="crowd")
        stages = [make_stage(db.session, march, number=number) for number in (1, 2, 3)]
        stages[2].crosses_border = True
        coordinator = make_account(db.session, "Clara Coordinator", march, Role.COORDINATOR)
        db.session.refresh(march)
        fill(db.session, march, stages, size)
        db.session.commit()
        client = client_of(app, coordinator)
    gc.collect()
    gc.freeze()  # as web workers do
    yield app, client
    with app.app_context():
        db.engine.dispose()


def client_of(app: Flask, account: Account) -> FlaskClient:
    """Give a client in which an account is signed in."""
    client = app.test_client()
    cookie = cookie_of(db.session, account)
    db.session.commit()
    with client.session_transaction() as web_session:
        web_session.update(cookie)
    return client


def asked(app: Flask, client: FlaskClient, address: str) -> dict[str, object]:
    """Return the time of one page, asked for some times after a first one, and its queries."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    _seconds(client, address)
    event.remove(engine, "before_cursor_execute", note)
    cpu = process_time()
    ms = sorted(_seconds(client, address) * 1000 for _time in range(ASKED))
    cpu = process_time() - cpu  # of this process, so without that of PostgreSQL
    return {
        "p50_ms": round(ms[ASKED // 2], 1),
        "p95_ms": round(quantiles(ms, n=20)[-1], 1),
        "cpu_ms": round(cpu / ASKED * 1000, 1),
        "queries": len(statements),
        "most_allowed_ms": MOST_ALLOWED_MS,
    }


def _seconds(client: FlaskClient, address: str) -> float:
    start = perf_counter()
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status}")
    answer.get_data()
    return perf_counter() - start


if __name__ == "__main__":
    SIZES = tuple(map(int, os.environ.get("PEOPLE", "").split())) or SIZES
    for line in measure():
        print(json.dumps(line), flush=True)
