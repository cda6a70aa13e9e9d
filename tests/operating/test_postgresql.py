"""What spares PostgreSQL work costs nothing else: nothing is kept unasked, no dead connection is used."""

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import OperationalError

from marchapp import extensions
from marchapp.extensions import db
from marchapp.models import Account, March

pytestmark = pytest.mark.postgresql

OFTEN = 10  # the driver prepares what has come five times
CLOSE_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
PREPARED = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%FROM march%'")


@pytest.fixture
def one_connection(app: Flask) -> Flask:
    """The application with no connection in its pool, so that one is used by all."""
    with app.app_context():
        db.engine.dispose()
    return app


def read_often() -> None:
    for _time in range(OFTEN):
        db.session.scalars(select(March)).all()
        db.session.remove()


def test_statements_of_those_who_only_read_stay_prepared(one_connection: Flask) -> None:
    with one_connection.app_context():
        read_often()
        assert db.session.scalar(PREPARED) == 1


def test_a_rollback_makes_the_driver_forget_them(one_connection: Flask) -> None:
    """Why those who only read are ended by a commit."""
    with one_connection.app_context():
        read_often()
        db.session.scalars(select(March)).all()
        db.session.rollback()
        assert db.session.scalar(PREPARED) == 0


@pytest.mark.parametrize("writes", ["by the session", "by a statement", "by text"])
def test_what_was_written_and_not_committed_is_not_kept(app: Flask, writes: str) -> None:
    with app.app_context():
        match writes:
            case "by the session":
                db.session.add(Account(email="a@example.org", name="A"))
                db.session.flush()
            case "by a statement":
                db.session.add(Account(email="a@example.org", name="A"))
                db.session.commit()
                db.session.execute(Account.__table__.delete())
            case "by text":
                db.session.execute(text("CREATE TABLE left_over (id integer)"))
        db.session.remove()
        assert db.session.scalar(select(func.count()).select_from(Account)) == (writes == "by a statement")
        assert db.session.scalar(text("SELECT to_regclass('left_over')")) is None


def marches() -> int:
    return db.session.scalar(select(func.count()).select_from(March)) or 0


def close_at_the_server() -> None:
    """Take the connections of the pool away behind its back, as a server does that starts anew."""
    server = create_engine(db.engine.url)
    with server.connect() as connection:
        connection.execute(CLOSE_OTHERS)
    server.dispose()


def test_a_connection_that_rested_and_is_dead_is_replaced(
    one_connection: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extensions, "LONG_REST_S", 0)
    with one_connection.app_context():
        marches()
        db.session.remove()
        close_at_the_server()
        assert marches() == 0


def test_one_that_did_not_rest_fails_once_and_is_replaced(
    one_connection: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extensions, "LONG_REST_S", 3600)
    with one_connection.app_context():
        marches()
        db.session.remove()
        close_at_the_server()
        with pytest.raises(OperationalError):
            marches()
        db.session.remove()
        assert marches() == 0


def test_a_database_that_goes_while_a_page_is_read_makes_no_second_failure(one_connection: Flask) -> None:
    with one_connection.app_context():
        marches()
        close_at_the_server()
        db.session.remove()
        assert marches() == 0
