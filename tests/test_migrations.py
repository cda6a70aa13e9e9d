"""The migrations make exactly the tables of the models, and can be taken back."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

from marchapp.app import create_app
from marchapp.extensions import db
from tests.conftest import SERVER


def test_migrations_make_the_tables_of_the_models(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


@pytest.mark.skipif(bool(SERVER), reason="the one database of this run is in use: SQLite's run shows it")
def test_migrations_can_be_taken_back_and_applied_again(tmp_path: Path) -> None:
    app = create_app({"DATABASE_URL": f"sqlite:///{tmp_path / 'm.sqlite'}", "DATA_FOLDER": str(tmp_path)})
    with app.app_context():
        upgrade()
        downgrade(revision="base")
        assert set(inspect(db.engine).get_table_names()) == {"alembic_version"}
        upgrade()
        assert "participant" in inspect(db.engine).get_table_names()
