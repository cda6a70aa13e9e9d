"""Start the process that computes rosters, beside the worker, whose letters must not wait for it."""

import logging
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import exists, select

from marchapp.config import Settings
from marchapp.extensions import db, queue
from marchapp.rosters.automatic.claims import is_waiting

log = logging.getLogger(__name__)

PROJECT = Path(__file__).resolve().parents[3]
COMMAND = (sys.executable, "-m", "flask", "--app", "wsgi", "compute-rosters")


@queue.task
def start_computing() -> bool:
    """Start the process if a roster waits and none of ours is at work; tell whether it was started."""
    queue.begins(start_computing)
    if _processes.has_one_at_work() or not _is_any_waiting():
        return False
    _processes.start(current_app.config["SETTINGS"])
    return True


@queue.every_minute
def start_computing_what_is_left() -> None:
    """Compute what a crash left behind."""
    start_computing()


def _is_any_waiting() -> bool:
    is_any = db.session.scalar(select(exists().where(*is_waiting(datetime.now(UTC)))))
    db.session.rollback()
    return bool(is_any)


class Processes:
    """The process that this worker has started last: it takes one run after the other and then ends."""

    def __init__(self) -> None:
        self.last: subprocess.Popen[Any] | None = None

    def has_one_at_work(self) -> bool:
        return self.last is not None and self.last.poll() is None

    def start(self, settings: Settings) -> None:
        where = {"DATABASE_URL": settings.database_url, "DATA_FOLDER": str(settings.data_folder)}
        self.last = subprocess.Popen(  # noqa: S603 (our own command)
            COMMAND, cwd=PROJECT, env=os.environ | where, stdin=subprocess.DEVNULL
        )
        log.info("Process %s computes rosters", self.last.pid)


_processes = Processes()
