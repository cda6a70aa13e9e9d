"""A copy of the database each night, where the settings name a folder for it."""

import logging
from datetime import UTC, datetime

from flask import current_app

from marchapp.config import Settings
from marchapp.extensions import db, queue
from marchapp.operating.backup import BackupProblem, make_and_keep

log = logging.getLogger(__name__)


@queue.nightly
def back_up() -> None:
    """Copy the database and keep as many copies as the settings say."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.backup_folder is None:
        return
    try:
        file = make_and_keep(
            db.engine, settings.backup_folder, keep=settings.backups_kept, now=datetime.now(UTC)
        )
    except BackupProblem as problem:
        log.error("The nightly copy was not made: %s", problem)
    else:
        log.info("The nightly copy is %s", file)
