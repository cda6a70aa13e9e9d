"""The doctor says what is wrong and what helps, and goes on to the next thing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import text, update

from marchapp import keys
from marchapp.extensions import db, queue, vault
from marchapp.models import Appointment, KeyCheck, Message
from marchapp.operating import health
from tests.factories import Cast


@pytest.fixture
def a_worker_is_here() -> None:
    queue._note_that_a_worker_is_here()


def doctor(app: Flask) -> tuple[int, str]:
    answer = app.test_cli_runner().invoke(args=["doctor"])
    return answer.exit_code, answer.output


@pytest.mark.usefixtures("cast", "a_worker_is_here")
def test_a_well_installation_has_no_problem(app: Flask) -> None:
    code, said = doctor(app)
    assert code == 0, said
    assert "!!" not in said


@pytest.mark.usefixtures("a_worker_is_here")
def test_a_march_without_coordinator_is_named_with_the_command_that_helps(app: Flask, cast: Cast) -> None:
    db.session.query(Appointment).delete()
    db.session.commit()
    code, said = doctor(app)
    assert code == 1
    assert cast.march.slug in said
    assert "flask coordinator EMAIL --march" in said


def test_a_worker_that_is_gone_is_missed(app: Flask) -> None:
    queue._note_that_a_worker_is_here()
    now = datetime.now(UTC)
    assert health.worker(now).is_well
    assert not health.worker(now + timedelta(minutes=10)).is_well


def test_late_letters_are_told_where_a_mail_server_is_set(app: Flask, cast: Cast) -> None:
    settings = replace(app.config["SETTINGS"], mail_server="mail.example.org")
    now = datetime.now(UTC)
    db.session.add(
        Message(
            kind="test",
            recipient="a@example.org",
            language="en",
            subject="",
            text="",
            html="",
            created_at=now - timedelta(hours=1),
            next_attempt_at=now,
        )
    )
    db.session.flush()
    found = health.letters(db.session, settings, now)
    assert "60 minutes" in found.words
    db.session.execute(update(Message).values(sent_at=now))
    assert health.letters(db.session, settings, now).is_well


def test_a_mail_server_that_does_not_answer_is_named(app: Flask) -> None:
    settings = replace(app.config["SETTINGS"], mail_server="127.0.0.1", mail_port=1)
    found = health.mail_server(settings)
    assert "127.0.0.1:1" in found.words
    assert "MAIL_PORT" in found.to_do


def test_a_folder_that_nobody_may_write_to_is_named(tmp_path: Path) -> None:
    assert health.folder(tmp_path, "DATA_FOLDER").is_well
    assert not health.folder(Path("/proc"), "DATA_FOLDER").is_well


def test_the_demo_is_a_problem_in_production(app: Flask, cast: Cast) -> None:
    cast.march.is_demo = True
    db.session.flush()
    settings = app.config["SETTINGS"]
    assert health.demo_march(db.session, settings).is_well
    assert not health.demo_march(db.session, replace(settings, production=True)).is_well


@pytest.fixture
def another_key(app: Flask) -> Iterator[str]:
    """A key that has not written anything yet; afterwards the keys are as they were."""
    yield Fernet.generate_key().decode()
    settings = app.config["SETTINGS"]
    vault.open(data_keys=settings.data_keys, signing_key=settings.secret_key)


@pytest.mark.usefixtures("a_worker_is_here")
def test_a_wrong_key_is_told_with_what_helps(app: Flask, cast: Cast, another_key: str) -> None:
    cast.walker.health_notes = "Asthma"
    keys.check_keys(db.session)
    db.session.commit()
    assert "DATA_KEYS reads what is encrypted" in doctor(app)[1]
    vault.open(data_keys=(another_key,), signing_key="secret")
    code, said = doctor(app)
    assert code == 1
    assert "!!  keys: health notes, documents and scans cannot be read" in said
    assert "Put that key back" in said
    assert "flask check-keys --start-over" in said


@pytest.mark.usefixtures("a_worker_is_here")
def test_a_wrong_key_is_told_where_nobody_checked_it_before(app: Flask, cast: Cast, another_key: str) -> None:
    cast.walker.health_notes = "Asthma"
    db.session.commit()
    vault.open(data_keys=(another_key,), signing_key="secret")
    assert doctor(app)[0] == 1
    assert db.session.query(KeyCheck).count() == 0


@pytest.mark.usefixtures("cast")
def test_tables_of_a_later_release_keep_this_one_serving() -> None:
    """In an upgrade the tables change first, and no balancer may take away those that serve meanwhile."""
    db.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    found = health.database(db.session)
    db.session.rollback()
    assert found.is_well
    assert "tables of version 9999, newer" in found.words


@pytest.mark.usefixtures("cast")
def test_tables_of_an_earlier_release_are_not_well() -> None:
    db.session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    found = health.database(db.session)
    db.session.rollback()
    assert found.to_do == "Bring them up to date: flask db upgrade"
