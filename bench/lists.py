"""How long a list of 500 takes until its rows are checked, and until all are in: `python -m bench.lists`."""

import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade

from marchapp.app import create_app
from marchapp.extensions import db
from tests.factories import make_march, make_stage
from tests.registration.lists.files import children, csv_file, workbook

ROWS = 500
TIMES = 5
ADDRESS = "/marches/victory/sign-up/list/school_class"
TEACHER = {
    "school": "Fjordbotn skole",
    "school_class": "7B",
    "contact_name": "Lars Lund",
    "contact_email": "lars@example.org",
    "contact_phone": "+47 406 00 009",
    "contact_language": "nb",
}


def measure() -> Iterator[dict[str, object]]:
    """Yield the seconds of server time for a list of 500 children, each with a guardian."""
    with tempfile.TemporaryDirectory() as folder:
        app = _app(Path(folder))
        client = app.test_client()
        people = children(ROWS)
        xlsx, csv = workbook(people), csv_file(people)
        _read(client, xlsx)  # names of countries are prepared once
        from_xlsx = [_timed(lambda: _read(client, xlsx)) for _time in range(TIMES)]
        from_csv = [_timed(lambda: _read(client, csv)) for _time in range(TIMES)]
        page = _read(client, xlsx)
        again = _timed(lambda: _press(client, page, "check"))
        sent = _timed(lambda: _press(client, page, "send"))
    yield {
        "what": "read and check a list of children, then sign all of them up",
        "rows": ROWS,
        "read_xlsx_s": _median(from_xlsx).wall_s,
        "read_csv_s": _median(from_csv).wall_s,
        "slowest_s": max(from_xlsx + from_csv).wall_s,
        "most_allowed_s": 3.0,
        "check_again_s": again.wall_s,
        "sign_up_s": sent.wall_s,
        "read_xlsx_cpu_s": _median(from_xlsx).cpu_s,
        "sign_up_cpu_s": sent.cpu_s,
    }


class Taken(NamedTuple):
    """Seconds by the clock, and of the processor: on a busy machine the first are longer."""

    wall_s: float
    cpu_s: float


def _app(folder: Path) -> Flask:
    environment = {"DATA_FOLDER": str(folder), "DATABASE_URL": f"sqlite:///{folder / 'march.sqlite'}"}
    app = create_app(environment, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
    with app.app_context():
        upgrade()
        march = make_march(db.session, slug="victory", capacity=ROWS)
        for number in (1, 2, 3):
            make_stage(db.session, march, number=number)
        db.session.commit()
    return app


def _read(client: FlaskClient, content: bytes) -> str:
    sent = TEACHER | {"step": "read", "file": (BytesIO(content), "list")}
    page = client.post(ADDRESS, data=sent).text
    assert f"All {ROWS} rows are good." in page  # noqa: S101 - else something else is measured
    return page


def _press(client: FlaskClient, page: str, step: str) -> None:
    held = {name: re.search(f'name="{name}" value="([^"]*)"', page) for name in ("rows", "form_key")}
    sent = {name: found[1] for name, found in held.items() if found}
    answer = client.post(ADDRESS, data=TEACHER | sent | {"step": step})
    assert answer.status_code == (302 if step == "send" else 200)  # noqa: S101


def _timed(act: Callable[[], object]) -> Taken:
    wall, cpu = time.perf_counter(), time.process_time()
    act()
    return Taken(round(time.perf_counter() - wall, 2), round(time.process_time() - cpu, 2))


def _median(taken: list[Taken]) -> Taken:
    return sorted(taken)[len(taken) // 2]


if __name__ == "__main__":
    for line in measure():
        print(json.dumps(line))
