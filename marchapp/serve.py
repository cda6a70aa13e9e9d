"""Run the whole program on one machine: database up to date, then web server and worker together."""

import os
import socket
import sys
from pathlib import Path
from shutil import rmtree
from signal import SIGINT, SIGTERM
from tempfile import mkdtemp

import click
from flask_migrate import upgrade
from honcho.manager import Manager
from redis.exceptions import RedisError
from sqlalchemy import func, select

from marchapp.cli import refuse_wrong_keys
from marchapp.demo.load import DEMO_PASSWORD, load
from marchapp.extensions import db, queue
from marchapp.models import March
from marchapp.operating import metrics

HOST = "127.0.0.1"
BIN = Path(sys.executable).parent
ENDED_ON_PURPOSE = {None, 0, 128 + SIGINT, 128 + SIGTERM}


def serve(port: int) -> int:
    """Prepare the database, start gunicorn and the worker, and return the exit code when they have ended."""
    refuse_used_port(port)
    refuse_silent_redis()
    prepare_database()
    address = f"http://{HOST}:{port}"
    announce(address)
    db.session.close()  # else this process would keep SQLite's write lock from the others
    environment = os.environ | {"BASE_URL": os.environ.get("BASE_URL") or address, "PYTHONUNBUFFERED": "1"}
    environment |= {metrics.SHARED_FOLDER: mkdtemp(prefix="march-figures-")}
    manager = Manager()
    manager.add_process("web", f"exec {BIN}/gunicorn --bind {HOST}:{port} wsgi:app", env=environment)
    manager.add_process("worker", f"exec {BIN}/flask --app wsgi worker", env=environment)
    manager.loop()
    rmtree(environment[metrics.SHARED_FOLDER], ignore_errors=True)
    return 0 if manager.returncode in ENDED_ON_PURPOSE else 1


def refuse_used_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise click.ClickException(
                f"Port {port} is in use. Stop what uses it, or choose another: make run PORT={port + 1}"
            ) from error


def refuse_silent_redis() -> None:
    """Say at once, in one line, that the server of the queue does not answer."""
    try:
        queue.count()
    except RedisError as error:
        raise click.ClickException(f"Redis does not answer at REDIS_URL: {error}") from error


def prepare_database() -> None:
    """Bring the tables up to date and fill an empty database with the demo march."""
    upgrade()
    refuse_wrong_keys()
    if db.session.scalar(select(func.count()).select_from(March)) == 0:
        click.echo("The database is empty: loading the demo march …")
        load(db.session)
        db.session.commit()


def announce(address: str) -> None:
    lines = [f"The march is at {address}", "Ctrl-C ends it. The data stay."]
    if db.session.scalar(select(March.id).where(March.is_demo)):
        lines.insert(1, f"Demo sign-ins at {address}/sign-in, all with the password {DEMO_PASSWORD}:")
        lines[2:2] = [f"    {email}" for email in ("coordinator@example.org", "guide1@example.org")]
    click.echo("\n" + "\n".join(f"  {line}" for line in lines) + "\n")
