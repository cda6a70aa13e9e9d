"""Keep a copy of the whole database in one file while the program runs, and bring it back, checked.

A copy is a ZIP archive of two: `contents.json` says what must be in it, `database` is the copy itself, an
SQLite file or an archive of pg_dump. Both come of one moment: what is written meanwhile is in neither.
"""

import json
import os
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import URL, Connection, Engine, func, inspect, select, table, text

CONTENTS, DATABASE = "contents.json", "database"
PAGES_A_STEP = 256
KEPT_NAME = "march-%Y-%m-%dT%H%M%SZ.backup"
KEPT_NAMES = "march-*Z.backup"

# Told how much is done, of how much.
Progress = Callable[[int, int], None]


class BackupProblem(Exception):
    """Why there is no copy, or why it was not brought back: one sentence."""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a copy holds: of which kind of database, which version of the tables, how many rows of each."""

    kind: str
    schema: str
    made_at: str
    rows: dict[str, int]


def make(engine: Engine, file: Path, *, now: datetime, progress: Progress) -> Contents:
    """Copy the database to a new file. Raises BackupProblem, and then leaves no file behind."""
    if file.exists():
        raise BackupProblem(f"{file} is there already. Name another file.")
    with _space_beside(file) as folder:
        copy = folder / DATABASE
        copying = _copy_sqlite if engine.dialect.name == "sqlite" else _copy_postgresql
        contents = copying(engine, copy, now, progress)
        archive = folder / "archive"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as opened:
            opened.writestr(CONTENTS, json.dumps(asdict(contents), indent=1))
            opened.write(copy, DATABASE)
        _flush(archive)
        archive.rename(file)
    return contents


def read(file: Path) -> Contents:
    """Return what a copy says that it holds. Raises BackupProblem."""
    try:
        with zipfile.ZipFile(file) as archive:
            return Contents(**json.loads(archive.read(CONTENTS)))
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise BackupProblem(f"{file} is no copy made by flask backup: {error}.") from error


def restore(engine: Engine, file: Path, *, progress: Progress) -> Contents:
    """Bring a copy back in place of all that the database holds, and count that it is whole.

    Raises BackupProblem; what the database held before is then still there, unless the problem is the count.
    """
    contents = read(file)
    if contents.kind != engine.dialect.name:
        raise BackupProblem(
            f"The copy is of {contents.kind}, DATABASE_URL names {engine.dialect.name}. "
            "Bring it back into a database of its own kind."
        )
    with _space_beside(file) as folder:
        try:
            with zipfile.ZipFile(file) as archive:
                copy = Path(archive.extract(DATABASE, folder))  # its checksum is compared on the way
        except (zipfile.BadZipFile, KeyError, OSError) as error:
            raise BackupProblem(f"{file} is damaged: {error}.") from error
        bringing = _bring_back_sqlite if contents.kind == "sqlite" else _bring_back_postgresql
        bringing(engine, copy, contents, progress)
    with engine.connect() as connection:
        found = _rows_by_table(connection)
    if found != contents.rows:
        differing = sorted(
            name for name in found | contents.rows if found.get(name) != contents.rows.get(name)
        )
        raise BackupProblem(f"After bringing it back other numbers of rows are in {', '.join(differing)}.")
    return contents


def make_and_keep(engine: Engine, folder: Path, *, keep: int, now: datetime) -> Path:
    """Add a copy to a folder of them, and take away the oldest beyond `keep`. Raises BackupProblem."""
    file = folder / now.strftime(KEPT_NAME)
    make(engine, file, now=now, progress=lambda _done, _total: None)
    for old in sorted(folder.glob(KEPT_NAMES))[:-keep]:
        old.unlink()
    return file


@contextmanager
def _space_beside(file: Path) -> Iterator[Path]:
    """Lend a folder that only we can read, on the disk of the file."""
    try:
        with TemporaryDirectory(prefix=".copy-", dir=file.parent) as folder:
            yield Path(folder)
    except OSError as error:
        raise BackupProblem(f"{error.filename or file.parent}: {error.strerror}.") from error


def _flush(file: Path) -> None:
    file.chmod(0o600)
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def _rows_by_table(connection: Connection) -> dict[str, int]:
    names = inspect(connection).get_table_names()
    return {
        name: connection.scalar(select(func.count()).select_from(table(name))) or 0 for name in sorted(names)
    }


def _contents(connection: Connection, now: datetime) -> Contents:
    rows = _rows_by_table(connection)
    if "alembic_version" not in rows:
        raise BackupProblem("The database has no tables yet: there is nothing to copy.")
    return Contents(
        kind=connection.dialect.name,
        schema=connection.scalar(text("SELECT version_num FROM alembic_version")) or "",
        made_at=now.isoformat(timespec="seconds"),
        rows=rows,
    )


def _copy_sqlite(engine: Engine, copy: Path, now: datetime, progress: Progress) -> Contents:
    with engine.connect() as connection:  # its open transaction sees one moment, and the copy is of it
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("BEGIN")
        contents = _contents(connection, now)
        source: Any = connection.connection.driver_connection
        with _sqlite(copy) as target:
            source.backup(target, pages=PAGES_A_STEP, progress=_steps(progress))
            _refuse_damage(target)
    return contents


def _bring_back_sqlite(engine: Engine, copy: Path, _contents: Contents, progress: Progress) -> None:
    with _sqlite(copy) as source:
        _refuse_damage(source)
        with engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            target: Any = connection.connection.driver_connection
            try:
                source.backup(target, pages=PAGES_A_STEP, progress=_steps(progress))
            except sqlite3.OperationalError as error:
                raise BackupProblem(
                    f"The database is in use: {error}. Stop web server and worker."
                ) from error
    engine.dispose()


def _steps(progress: Progress) -> Callable[[int, int, int], None]:
    return lambda _status, remaining, total: progress(total - remaining, total)


@contextmanager
def _sqlite(file: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(file)
    try:
        yield connection
    finally:
        connection.close()


def _refuse_damage(connection: sqlite3.Connection) -> None:
    (answer,) = connection.execute("PRAGMA integrity_check").fetchone()
    if answer != "ok":
        raise BackupProblem(f"The copy is damaged: {answer}.")


def _copy_postgresql(engine: Engine, copy: Path, now: datetime, progress: Progress) -> Contents:
    isolated = engine.execution_options(isolation_level="REPEATABLE READ")
    with isolated.connect() as connection:
        contents = _contents(connection, now)
        snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
        arguments = ("--format=custom", f"--snapshot={snapshot}", "--no-owner", f"--file={copy}")
        _run(engine.url, "pg_dump", arguments, len(contents.rows), progress)
    return contents


def _bring_back_postgresql(engine: Engine, copy: Path, contents: Contents, progress: Progress) -> None:
    engine.dispose()
    database = engine.url.database or ""
    arguments = ("--clean", "--if-exists", "--no-owner", "--single-transaction", f"--dbname={database}")
    _run(engine.url, "pg_restore", (*arguments, str(copy)), len(contents.rows), progress)


def _run(url: URL, program: str, arguments: tuple[str, ...], tables: int, progress: Progress) -> None:
    """Run a program of PostgreSQL, which names each table as it comes to its rows."""
    about_rows = "dumping contents of table" if program == "pg_dump" else "processing data for table"
    environment = os.environ | _where(url) | {"LC_MESSAGES": "C"}
    command = [program, "--verbose", *arguments]
    done, last = 0, ""
    try:
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
            for line in process.stderr or ():
                if about_rows in line:
                    done += 1
                    progress(min(done, tables), tables)
                last = line.strip() if "error:" in line else last
    except FileNotFoundError as error:
        raise BackupProblem(f"{program} is missing. On Debian: apt install postgresql-client") from error
    if process.returncode:
        raise BackupProblem(last or f"{program} ended with {process.returncode}.")


def _where(url: URL) -> Mapping[str, str]:
    """Return how PostgreSQL's programs are told a database: its password stands in no list of processes."""
    given = {
        "PGHOST": url.host,
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    return {name: str(value) for name, value in given.items() if value}
