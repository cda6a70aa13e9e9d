"""Passwords are checked one at a time: a storm of wrong ones does not keep others waiting."""

from threading import Thread

import pytest
from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy.orm import Session

from marchapp.accounts import passwords
from marchapp.accounts.passwords import TooManyPasswords, turn_to_check
from tests.factories import Cast

PASSWORD = "four quiet northern words"


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "PATIENCE_S", 0.05)


def test_one_password_is_checked_at_a_time() -> None:
    refused = []

    def check() -> None:
        try:
            with turn_to_check():
                pass
        except TooManyPasswords:
            refused.append(True)

    with turn_to_check():
        thread = Thread(target=check)
        thread.start()
        thread.join()
    assert refused == [True]
    check()
    assert refused == [True]


def test_who_waits_too_long_is_told_to_try_again(session: Session, cast: Cast, client: FlaskClient) -> None:
    cast.guide.password = hash_password(PASSWORD)
    session.commit()
    sent = {"email": cast.guide.email, "password": PASSWORD}
    with turn_to_check():
        answer = client.post("/sign-in", data=sent)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "Your password was not checked." in answer.text
    assert client.post("/sign-in", data=sent).location == "/start"


def test_a_page_needs_no_turn(cast: Cast, client: FlaskClient) -> None:
    with turn_to_check():
        assert client.get("/marches/victory").status_code == 200
        assert client.get("/sign-in").status_code == 200
