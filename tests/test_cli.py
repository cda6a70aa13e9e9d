"""Commands for whoever runs the program: a march of one's own, and who coordinates it."""

import pytest
from click.testing import Result
from flask import Flask
from flask_security import verify_password
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from marchapp.models import Account, March, Role
from tests.factories import Cast

DATES = ["--name", "Midnight march", "--starts-on", "2027-06-19", "--ends-on", "2027-06-20"]


def run(app: Flask, *arguments: str, typed: str = "") -> Result:
    return app.test_cli_runner().invoke(args=arguments, input=typed)


def test_a_march_of_ones_own_is_made_and_hidden(app: Flask, session: Session) -> None:
    ended = run(app, "march", "midnight-2027", *DATES, "--time-zone", "Europe/Oslo")
    assert ended.exit_code == 0, ended.output
    assert "flask coordinator YOUR-EMAIL --march midnight-2027" in ended.output
    march = session.scalars(select(March)).one()
    assert (march.slug, march.name, march.is_public) == ("midnight-2027", {"en": "Midnight march"}, False)


@pytest.mark.parametrize("slug", ["Midnight 2027", "midnight/2027", "-midnight", "мартш", "a--b"])
def test_a_short_name_that_is_no_address_is_explained(app: Flask, session: Session, slug: str) -> None:
    ended = run(app, "march", *DATES, "--", slug)
    assert ended.exit_code == 2
    assert "small letters" in ended.output
    assert session.scalars(select(March)).all() == []


def test_a_short_name_that_is_taken_is_said_before_anything_is_asked(app: Flask, cast: Cast) -> None:
    ended = run(app, "march", cast.march.slug)
    assert ended.exit_code == 2
    assert "already" in ended.output
    assert "Name of the march" not in ended.output


def test_a_last_day_before_the_first_is_explained(app: Flask, session: Session) -> None:
    ended = run(
        app, "march", "midnight", "--name", "M", "--starts-on", "2027-06-20", "--ends-on", "2027-06-19"
    )
    assert ended.exit_code == 2
    assert "The last day is before the first." in ended.output


def test_a_coordinator_gets_a_password_and_the_role(app: Flask, cast: Cast, session: Session) -> None:
    session.commit()
    words = "words of my own\n"
    ended = run(app, "coordinator", "New@Example.org", "--march", "victory", "--name", "N", typed=words * 2)
    assert ended.exit_code == 0, ended.output
    account = session.scalars(select(Account).where(Account.email == "new@example.org")).one()
    assert account.has_role_in(cast.march, Role.COORDINATOR)
    assert verify_password("words of my own", account.password)


def test_a_coordinator_of_no_march_is_said_before_anything_is_asked(app: Flask, session: Session) -> None:
    ended = run(app, "coordinator", "new@example.org", "--march", "nowhere")
    assert ended.exit_code == 2
    assert "There is no march nowhere." in ended.output
    assert "Password" not in ended.output


def test_a_short_password_is_refused(app: Flask, cast: Cast) -> None:
    ended = run(
        app, "coordinator", "n@example.org", "--march", "victory", "--name", "N", "--password", "short"
    )
    assert ended.exit_code == 2
    assert "8 characters or more" in ended.output


def test_a_worker_waits_for_a_database_that_does_not_answer_yet(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answers = iter((OperationalError("", {}, Exception("database is locked")),) * 2)
    begun = []

    def check_keys(_session: Session) -> None:
        if error := next(answers, None):
            raise error

    monkeypatch.setattr("marchapp.cli.keys.check_keys", check_keys)
    monkeypatch.setattr("marchapp.cli.BETWEEN_TRIES_S", 0)
    monkeypatch.setattr("marchapp.cli.queue.work", lambda *, threads: begun.append(threads))
    ended = run(app, "worker")
    assert (ended.exit_code, begun) == (0, [1])
    assert caplog.text.count("does not answer: database is locked") == 2
