"""The demo march served by gunicorn from a temporary folder, for tools that look at it from outside."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from urllib.error import URLError
from urllib.request import urlopen

from flask import Flask, current_app
from flask_migrate import upgrade
from sqlalchemy import select

from marchapp.app import create_app
from marchapp.demo.load import load
from marchapp.extensions import db
from marchapp.models import Participant, Standing
from marchapp.models.link import lasting_link

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
LOG = "gunicorn.log"

Prepared = TypeVar("Prepared")


def app() -> Flask:
    """Return the program as gunicorn serves it: without limits of requests, which would answer for pages."""
    return create_app(RATELIMIT_ENABLED=False)


@contextmanager
def served_demo(folder: str, prepare: Callable[[Flask], Prepared]) -> Iterator[tuple[str, Prepared]]:
    """Give the address of a fresh demo, and what `prepare` returned, which may add to the database first."""
    settings = {"DATA_FOLDER": folder, "DATABASE_URL": "", "REDIS_URL": ""}
    with create_app(settings, RATELIMIT_ENABLED=False).app_context():
        upgrade()
        load(db.session)
        prepared = prepare(current_app._get_current_object())  # type: ignore[attr-defined]
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    port = _free_port()
    address = f"http://{HOST}:{port}"
    gunicorn = str(Path(sys.executable).parent / "gunicorn")
    command = [gunicorn, "--bind", f"{HOST}:{port}", "tools.served:app()"]
    environment = os.environ | settings | {"WEB_WORKERS": "2", "BASE_URL": address}
    with (Path(folder) / LOG).open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            _wait_for(f"{address}/healthz")
            yield address, prepared
        finally:
            process.terminate()
            process.wait(20)


def private_link(_app: Flask) -> str:
    """Give the path of a private link to the contact of somebody with a place."""
    placed = select(Participant).where(Participant.standing == Standing.PLACED).order_by(Participant.id)
    person = db.session.scalars(placed.limit(1)).one()
    return f"/registrations/{lasting_link(db.session, person.party, now=datetime.now(UTC)).secret}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str) -> None:
    for _try in range(100):
        try:
            urlopen(address, timeout=2).close()  # noqa: S310 (of this machine)
        except (URLError, OSError):
            time.sleep(0.3)
        else:
            return
    raise SystemExit(f"Nothing answers at {address}")
