"""What all tests share: an application on a database of its own, a client, and a fixed cast."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask, g, has_app_context
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import Connection, create_engine, make_url, select, text
from sqlalchemy.orm import Session

from marchapp.app import create_app
from marchapp.extensions import db, queue
from marchapp.models import Account, AuditEvent
from tests.factories import Cast, make_cast
from tests.signing_in import cookie_of

SERVER = os.environ.get("TEST_DATABASE_URL", "")
NO_POSTGRESQL = "needs PostgreSQL: set TEST_DATABASE_URL=postgresql://user@127.0.0.1/postgres"
CHEAP_HASHES = {"argon2__rounds": 1, "argon2__memory_cost": 8, "argon2__parallelism": 1}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what needs PostgreSQL where there is none; where there is, leave out what needs no database."""
    if not SERVER:
        for item in items:
            if item.get_closest_marker("postgresql"):
                item.add_marker(pytest.mark.skip(reason=NO_POSTGRESQL))
        return
    others = [item for item in items if not _needs_a_server(item)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in set(others)]


def _needs_a_server(item: pytest.Item) -> bool:
    named = getattr(item, "fixturenames", ())
    return "database_url" in named or item.get_closest_marker("postgresql") is not None


@contextmanager
def new_postgresql_database() -> Iterator[str]:
    """Make a database on the server that TEST_DATABASE_URL names, and drop it afterwards."""
    server = make_url(SERVER).set(drivername="postgresql+psycopg")
    name = f"march_test_{uuid4().hex[:12]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A new database: on PostgreSQL where TEST_DATABASE_URL names a server, else an SQLite file."""
    if SERVER:
        with new_postgresql_database() as url:
            yield url
    else:
        yield f"sqlite:///{tmp_path_factory.mktemp('database') / 'march.sqlite'}"


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def migrated_app(database_url: str, data_folder: Path) -> Iterator[Flask]:
    environment = {"DATABASE_URL": database_url, "DATA_FOLDER": str(data_folder)}
    app = create_app(
        environment,
        TESTING=True,
        WTF_CSRF_ENABLED=False,
        RATELIMIT_ENABLED=False,
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS=CHEAP_HASHES,
    )
    with app.app_context():
        upgrade()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(migrated_app: Flask) -> Iterator[Flask]:
    """The application with empty tables, which are emptied again afterwards, and an empty queue."""
    queue.huey.storage.flush_all()  # what was sent before would keep others from being sent
    yield migrated_app
    with migrated_app.app_context(), db.engine.begin() as connection, forgetting(connection):
        for table in reversed(db.metadata.sorted_tables):
            connection.execute(table.delete())


@contextmanager
def forgetting(connection: Connection) -> Iterator[None]:
    """Let a test database delete what a real one never does: events of the log."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
        yield
        connection.execute(text("ALTER TABLE audit_event ENABLE TRIGGER USER"))
        return
    held = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    triggers = connection.execute(held).all() if connection.scalar(select(AuditEvent.id).limit(1)) else []
    for trigger in triggers:
        connection.execute(text(f"DROP TRIGGER {trigger.name}"))
    yield
    for trigger in triggers:
        connection.exec_driver_sql(trigger.sql)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """The database session of an application context around the test."""
    with app.app_context():
        yield db.session
        db.session.rollback()


@pytest.fixture
def now() -> datetime:
    return datetime(2014, 9, 18, 10, 0, tzinfo=UTC)


@pytest.fixture
def cast(session: Session) -> Cast:
    """A small march with two of everything that must be kept apart."""
    cast = make_cast(session)
    session.commit()
    return cast


@pytest.fixture(autouse=True)
def long_days_of_guides() -> Iterator[None]:
    """Let guides see their groups on any day: they walk in 2014. test_access.py tests the days."""
    with pytest.MonkeyPatch.context() as patch:  # the tests' own is undone before tables are emptied
        patch.setattr("marchapp.models.march.GUIDES_SEE", timedelta(days=36_500))
        yield


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask, client: FlaskClient):
    """Sign an account in without its password: `sign_in(cast.guide)` returns the client."""

    def enter(account: Account) -> FlaskClient:
        with nullcontext() if has_app_context() else app.app_context():
            cookie = cookie_of(db.session, account)
            db.session.commit()
        with client.session_transaction() as web_session:
            web_session.update(cookie)
        if has_app_context():
            g.pop("_login_user", None)  # the context around the test would keep who was signed in before
        return client

    return enter
