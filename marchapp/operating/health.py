"""Look at each thing that the program lives on, and say in plain words what is wrong with it."""

import os
import shutil
import smtplib
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import exists, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from marchapp import keys
from marchapp.background import QUEUE_ERRORS
from marchapp.config import MEBIBYTE, Settings
from marchapp.extensions import migrate, queue
from marchapp.models import Appointment, March, Message, Role

LETTERS_ARE_LATE_AFTER = timedelta(minutes=15)
WORKER_IS_GONE_AFTER = timedelta(minutes=3)  # it says every minute that it is there
LEAST_FREE_MIB = 500
MAIL_ANSWERS_WITHIN_S = 5


@dataclass(frozen=True)
class Finding:
    """What was found about one thing; `to_do` says what helps where it is not well, else it is empty."""

    thing: str
    words: str
    to_do: str = ""

    @property
    def is_well(self) -> bool:
        return not self.to_do


def database(session: Session) -> Finding:
    """Tell whether the database answers and has the tables of this version."""
    try:
        connection = session.connection()
        found = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        session.rollback()
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        return Finding("database", f"it does not answer: {reason}", "Start it, or correct DATABASE_URL.")
    wanted = _migrations().get_current_head()
    kind = connection.dialect.name
    if found is None:
        return Finding("database", f"{kind}, without tables", "Make them: flask db upgrade")
    if found not in known_versions():  # the next release has come, and has yet to take over from this process
        return Finding("database", f"{kind}, tables of version {found}, newer than the program’s {wanted}")
    if found != wanted:
        words = f"{kind}, tables of version {found}, the program wants {wanted}"
        return Finding("database", words, "Bring them up to date: flask db upgrade")
    return Finding("database", f"{kind}, tables of version {found}")


def known_versions() -> set[str]:
    """Return the versions of the tables that this program can bring up to date."""
    return {script.revision for script in _migrations().walk_revisions()}


def _migrations() -> ScriptDirectory:
    return ScriptDirectory(migrate.directory)


def tasks() -> Finding:
    """Tell whether the storage of background work answers."""
    try:
        waiting = queue.count()
    except QUEUE_ERRORS as error:
        return Finding("queue", f"it does not answer: {error}", "Start Redis, or correct REDIS_URL.")
    return Finding("queue", f"{waiting} tasks wait")


def worker(now: datetime) -> Finding:
    """Tell whether a worker has said in the last minutes that it is there."""
    try:
        seen_at = queue.worker_seen_at()
    except QUEUE_ERRORS:
        return Finding("worker", "unknown, as the queue does not answer", "See queue.")
    if seen_at is None or now - seen_at > WORKER_IS_GONE_AFTER:
        words = f"last seen at {seen_at:%Y-%m-%d %H:%M} UTC" if seen_at else "never seen"
        return Finding("worker", words, "Start it: flask worker. It writes down each minute that it runs.")
    return Finding("worker", f"seen {round((now - seen_at).total_seconds())} seconds ago")


def oldest_letter_due(session: Session) -> datetime | None:
    """Return since when the letter that waits longest could have been sent."""
    left = (Message.sent_at.is_(None), Message.failed_at.is_(None), Message.erased_at.is_(None))
    return session.scalar(select(func.min(Message.created_at)).where(*left))


def letters(session: Session, settings: Settings, now: datetime) -> Finding:
    """Tell whether letters are late."""
    if not settings.mail_server:
        words = "no mail server is set: letters stay in the outbox"
        to_do = "Set MAIL_SERVER and MAIL_SENDER." if settings.production else ""
        return Finding("letters", words, to_do)
    oldest = oldest_letter_due(session)
    if oldest is not None and now - oldest > LETTERS_ARE_LATE_AFTER:
        minutes = round((now - oldest).total_seconds() / 60)
        words = f"the oldest has waited for {minutes} minutes"
        return Finding("letters", words, "See worker and mail server, and each letter's page for its error.")
    return Finding("letters", "none is late")


def mail_server(settings: Settings) -> Finding:
    """Tell whether the mail server greets us and takes our name; nothing is sent."""
    if not settings.mail_server:
        return Finding("mail server", "none is set")
    where = f"{settings.mail_server}:{settings.mail_port}"
    to_do = "Correct MAIL_SERVER, MAIL_PORT, MAIL_USE_TLS, MAIL_USERNAME and MAIL_PASSWORD."
    try:
        with smtplib.SMTP(settings.mail_server, settings.mail_port, timeout=MAIL_ANSWERS_WITHIN_S) as server:
            server.ehlo()
            if settings.mail_use_tls:
                server.starttls(context=ssl.create_default_context())
            if settings.mail_username:
                server.login(settings.mail_username, settings.mail_password)
    except (OSError, smtplib.SMTPException) as error:
        return Finding("mail server", f"{where} does not take letters: {error}", to_do)
    return Finding("mail server", f"{where} answers")


def folder(path: Path, setting: str) -> Finding:
    """Tell whether a folder can be written to and has room."""
    if not os.access(path, os.W_OK):
        return Finding(setting, f"{path} cannot be written to", "Give it to the user that runs the program.")
    free_mib = shutil.disk_usage(path).free // MEBIBYTE
    if free_mib < LEAST_FREE_MIB:
        return Finding(setting, f"{path} has {free_mib} MiB left", "Make room, or choose another folder.")
    return Finding(setting, f"{path} has {free_mib} MiB left")


def address(settings: Settings) -> Finding:
    """Tell whether the links in letters lead here."""
    if settings.production:
        return Finding("address", settings.base_url)
    words = f"{settings.base_url}, and PRODUCTION is no"
    return Finding("address", f"{words}: for this machine and its visitors only")


def data_keys(session: Session) -> Finding:
    """Tell whether DATA_KEYS reads what the database holds encrypted; nothing is written."""
    if keys.keys_fit(session):
        return Finding("keys", "DATA_KEYS reads what is encrypted")
    return Finding("keys", "health notes, documents and scans cannot be read", keys.ADVICE)


def coordinators(session: Session) -> Finding:
    """Tell whether every march has somebody who can look after it."""
    coordinated = exists().where(Appointment.march_id == March.id, Appointment.role == Role.COORDINATOR)
    without = list(session.scalars(select(March.slug).where(~coordinated).order_by(March.slug)))
    if without:
        to_do = f"Make one: flask coordinator EMAIL --march {without[0]}"
        return Finding("coordinators", f"nobody coordinates {', '.join(without)}", to_do)
    return Finding("coordinators", "every march has one")


def demo_march(session: Session, settings: Settings) -> Finding:
    """Tell whether the demo's well-known passwords open a program that stands in the open."""
    slug = session.scalar(select(March.slug).where(March.is_demo).limit(1))
    if slug and settings.production:
        to_do = "Begin with an empty database: with PRODUCTION=yes no demo is loaded."
        return Finding("demo march", "it is here, and its passwords are known to all", to_do)
    return Finding("demo march", "it is here" if slug else "none")


def findings(session: Session) -> Iterator[Finding]:
    """Look at everything, one thing after the other, and go on after what is not well."""
    settings: Settings = current_app.config["SETTINGS"]
    now = datetime.now(UTC)
    of_database = database(session)
    yield of_database
    yield tasks()
    yield worker(now)
    yield mail_server(settings)
    yield folder(settings.data_folder, "DATA_FOLDER")
    if settings.backup_folder:
        yield folder(settings.backup_folder, "BACKUP_FOLDER")
    yield address(settings)
    if of_database.is_well:
        inside: tuple[Callable[[], Finding], ...] = (
            lambda: data_keys(session),
            lambda: letters(session, settings, now),
            lambda: coordinators(session),
            lambda: demo_march(session, settings),
        )
        yield from (look() for look in inside)
