"""How long the manifest and papers of a large march take: `python -m bench.border`; PEOPLE="1000 47000"."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter, process_time

from flask.testing import FlaskClient
from sqlalchemy import select

from bench.participants import crowded
from marchapp.border.worker import freeze_later
from marchapp.extensions import db
from marchapp.files.worker import make_waiting_files
from marchapp.models import Account, Stage

SIZES = (1_000, 47_000)
BORDER = "/marches/crowd/stages/3/border"
PRINT = "/marches/crowd/stages/3/print"


def measure() -> Iterator[dict[str, object]]:
    """Yield seconds of the server for pages, a frozen version, and files that the worker makes."""
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            yield from _measured(f"sqlite:///{Path(folder) / 'm.sqlite'}", folder, size)


def _measured(url: str, folder: str, size: int) -> Iterator[dict[str, object]]:
    with crowded(url, folder, size) as (app, client):
        app.config["WTF_CSRF_ENABLED"] = False
        for what, act in _acts(client):
            wall, cpu = perf_counter(), process_time()
            answered = act()
            yield {
                "people": size,
                "what": what,
                "answer": answered,
                "wall_s": round(perf_counter() - wall, 2),
                "cpu_s": round(process_time() - cpu, 2),
            }


def _acts(client: FlaskClient) -> Iterator[tuple[str, Callable[[], object]]]:
    yield "manifest", lambda: client.get(BORDER).status_code
    yield "manifest, page 9", lambda: client.get(f"{BORDER}?page=9").status_code
    yield "manifest, one warning", lambda: client.get(f"{BORDER}?lack=no_document").status_code
    yield "freeze a version", lambda: _frozen(client)
    yield "the version", lambda: client.get(f"{BORDER}/versions/1").status_code
    yield "print and files", lambda: client.get(PRINT).status_code
    for what in ("badges", "rosters", "xlsx"):
        form = {"what": what, "groups": "all", "together": "one", "language": "en"}
        yield f"ask for {what}", lambda form=form: client.post(PRINT, data=form).status_code
        yield f"make {what}", lambda: _made(client)
    yield "ask for the manifest", lambda: client.post(f"{BORDER}/versions/1", data=TAKEN).status_code
    yield "make the manifest", lambda: _made(client)


TAKEN = {"format": "pdf", "language": "ru"}


def _frozen(client: FlaskClient) -> str:
    """Freeze as the worker does, whatever the size."""
    with client.application.app_context():
        stage = db.session.scalars(select(Stage).where(Stage.crosses_border)).one()
        [coordinator] = db.session.scalars(select(Account))
        freeze_later(stage_id=stage.id, account_id=coordinator.id)
    return "frozen"


def _made(client: FlaskClient) -> int:
    with client.application.app_context():
        return make_waiting_files()


if __name__ == "__main__":
    SIZES = tuple(map(int, os.environ.get("PEOPLE", "1000 47000").split()))
    for line in measure():
        print(json.dumps(line), flush=True)
