"""Long lists come from the replica where the settings name one; everything else does not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import create_engine, func, select

from marchapp.app import create_app
from marchapp.extensions import db, from_replica
from marchapp.models import Account


@pytest.fixture
def replicated(tmp_path: Path) -> Iterator[Flask]:
    """An application with a replica that lags behind: it has tables, but no rows."""
    replica = f"sqlite:///{tmp_path / 'replica.sqlite'}"
    app = create_app(
        {
            "DATABASE_URL": f"sqlite:///{tmp_path / 'march.sqlite'}",
            "DATABASE_REPLICA_URL": replica,
            "DATA_FOLDER": str(tmp_path),
        }
    )
    with app.app_context():
        upgrade()
        engine = create_engine(replica)
        db.metadata.create_all(engine)
        engine.dispose()
        db.session.add(Account(email="a@example.org", name="A"))
        db.session.commit()
        yield app
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def accounts() -> int:
    return db.session.scalar(select(func.count()).select_from(Account)) or 0


def test_only_what_asks_for_it_reads_from_the_replica(replicated: Flask) -> None:
    assert accounts() == 1
    with from_replica():
        assert accounts() == 0
    assert accounts() == 1


def test_without_a_replica_the_one_database_is_read(app: Flask) -> None:
    with app.app_context(), from_replica():
        assert accounts() == 0
