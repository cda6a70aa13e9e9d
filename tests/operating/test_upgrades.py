"""A database of each earlier version, with rows in every table, is brought up to date without losing any."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Connection, select
from sqlalchemy.orm import undefer

from marchapp.app import create_app
from marchapp.extensions import db
from tests.conftest import new_postgresql_database
from tests.operating.old_rows import Rows, fill

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
# What an upgrade writes anew on purpose, and why.
REWRITTEN = {
    "name_word.heard": "0010 computes it from the word",
    "name_word.backwards": "0010 computes it from the word",
}
REVISIONS = [one.revision for one in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][::-1]


@contextmanager
def application(url: str, folder: Path) -> Iterator[Flask]:
    app = create_app({"DATABASE_URL": url, "DATA_FOLDER": str(folder)}, TESTING=True)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'march.sqlite'}"
    else:
        with new_postgresql_database() as url:
            yield url


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_database_of_before_is_brought_up_to_date(
    empty_database: str, tmp_path: Path, revision: str
) -> None:
    with application(empty_database, tmp_path):
        upgrade(revision=revision)
        with db.engine.begin() as connection:
            old = fill(connection)
        assert {len(rows) for rows in old.values()} == {2}
        upgrade()
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, db.metadata) == []
            assert lost(connection, old) == []
        assert_models_read_every_row()


def lost(connection: Connection, old: Rows) -> list[str]:
    """Return which of the old rows are gone, or say something else than they did."""
    found = []
    for name, rows in old.items():
        today = db.metadata.tables.get(name)
        if today is None:
            found.append(f"table {name}")
            continue
        now = [dict(row) for row in connection.execute(select(today)).mappings()]
        for row in rows:
            kept = {
                column: value
                for column, value in row.items()
                if column in today.columns and f"{name}.{column}" not in REWRITTEN and value is not None
            }
            if not any(all(one[column] == value for column, value in kept.items()) for one in now):
                found.append(f"{name}: {kept} among {now}")
    return found


def assert_models_read_every_row() -> None:
    """Load every row of every table with all its columns, what is encrypted, too."""
    for mapper in db.Model.registry.mappers:
        everything = select(mapper.class_).options(undefer("*"))
        for one in db.session.scalars(everything).unique():
            for attribute in mapper.column_attrs:
                getattr(one, attribute.key)
