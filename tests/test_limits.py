"""Who floods is slowed, and told until when; a class behind one address gets through."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marchapp.app import create_app
from marchapp.extensions import db, limiter, queue
from tests.accounts.codes import set_up
from tests.factories import Cast

SIGN_UP = "/marches/victory/sign-up/official"
A_CLASS = 30


@pytest.fixture(params=["memory", "a Redis that does not answer"])
def in_earnest(
    request: pytest.FixtureRequest,
    cast: Cast,
    database_url: str,
    data_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Flask]:
    """The application with its limits counted, whatever becomes of Redis."""
    for name in ("_storage", "_limiter"):  # set by create_app, and so taken back afterwards
        monkeypatch.setattr(limiter, name, getattr(limiter, name, None))
    for name, value in {"enabled": True, "_storage_dead": False, "_storage_options": {}}.items():
        monkeypatch.setattr(limiter, name, value)
    for name, value in {"_storage": queue._storage, "_tasks": dict(queue._tasks)}.items():
        monkeypatch.setattr(queue, name, value)
    redis = {} if request.param == "memory" else {"REDIS_URL": "redis://127.0.0.1:1/0"}
    environment = {"DATABASE_URL": database_url, "DATA_FOLDER": str(data_folder)} | redis
    app = create_app(environment, TESTING=True, WTF_CSRF_ENABLED=False)
    yield app
    with app.app_context():
        db.engine.dispose()


def by(app: Flask, account: int) -> FlaskClient:
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = f"account-{account}"
    return client


def statuses(answers: list[TestResponse]) -> set[int]:
    return {answer.status_code for answer in answers}


def test_a_class_of_thirty_signs_up_from_one_address(in_earnest: Flask) -> None:
    client = in_earnest.test_client()
    answers = [client.post(SIGN_UP, data={}) for _try in range(3) for _child in range(A_CLASS)]
    assert statuses(answers) == {200}
    assert client.post(SIGN_UP, data={}).status_code == 429


def test_a_parents_evening_answers_from_one_address(in_earnest: Flask) -> None:
    client = in_earnest.test_client()
    answers = [client.post(f"/consents/{number}/new-link") for number in range(A_CLASS)]
    assert statuses(answers) == {404}


def test_a_hundred_guides_mark_people_at_once(in_earnest: Flask) -> None:
    guides = [by(in_earnest, number) for number in range(100)]
    answers = [guide.post("/groups/1/roll-call/start/marks") for guide in guides for _mark in range(10)]
    assert 429 not in statuses(answers)


@pytest.mark.parametrize(
    ("path", "times"),
    [("/lost-link", 40), ("/groups/1/recording", 30), ("/marches/victory/participants/export", 30)],
)
def test_what_costs_more_is_had_less_often(in_earnest: Flask, path: str, times: int) -> None:
    client = by(in_earnest, 7)
    assert 429 not in statuses([client.post(path) for _ in range(times)])
    assert client.post(path).status_code == 429


def test_lists_of_people_are_not_fetched_without_end(in_earnest: Flask) -> None:
    client = by(in_earnest, 7)
    assert 429 not in statuses([client.get("/marches/victory/participants.csv") for _ in range(30)])
    assert client.get("/marches/victory/participants.csv").status_code == 429
    assert client.get("/marches/victory").status_code == 200


def test_nobody_tries_private_links_without_end(in_earnest: Flask) -> None:
    client = in_earnest.test_client()
    guesses = [client.get(f"/registrations/guess-{number}") for number in range(30)]
    guesses += [client.get(f"/consents/guess-{number}") for number in range(30)]
    assert statuses(guesses) == {404}
    assert client.get("/registrations/guess").status_code == 429
    assert client.get("/marches/victory").status_code == 200


@pytest.mark.parametrize("language", ["en", "nb", "ru"])
def test_who_is_slowed_is_told_until_when_and_loses_nothing(in_earnest: Flask, language: str) -> None:
    client = in_earnest.test_client()
    page = f"{SIGN_UP}?lang={language}"
    typed = {"given_name": 'Kari "<b>" Anne', "stages": ["1", "2"], "password": "hush"}
    answer = [client.post(page, data=typed) for _ in range(91)][-1]
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert f'lang="{language}"' in answer.text
    assert re.search(rf"\b{answer.headers['Retry-After']}\b", answer.text)
    assert '<input type="hidden" name="given_name" value="Kari &#34;&lt;b&gt;&#34; Anne">' in answer.text
    assert answer.text.count('name="stages"') == 2
    assert f'action="{page}"' in answer.text
    assert "hush" not in answer.text


def guess(app: Flask, email: str, *, address: str, times: int) -> set[int]:
    client = app.test_client()
    sent = {"email": email, "password": "wrong"}
    return statuses(
        [client.post("/sign-in", data=sent, environ_base={"REMOTE_ADDR": address}) for _ in range(times)]
    )


def test_guessing_a_password_ends_and_locks_nobody_else_out(
    in_earnest: Flask, session: Session, cast: Cast
) -> None:
    cast.guide.password = hash_password("four quiet northern words")
    email, other = cast.guide.email, cast.other_guide.email
    session.commit()
    assert guess(in_earnest, email, address="192.0.2.1", times=10) == {200}
    assert guess(in_earnest, email.upper(), address="192.0.2.1", times=1) == {429}
    assert guess(in_earnest, other, address="192.0.2.1", times=1) == {200}
    own = in_earnest.test_client().post(
        "/sign-in",
        data={"email": email, "password": "four quiet northern words"},
        environ_base={"REMOTE_ADDR": "192.0.2.2"},
    )
    assert own.location == "/start"


def test_right_passwords_are_not_counted(in_earnest: Flask, session: Session, cast: Cast) -> None:
    cast.guide.password = hash_password("four quiet northern words")
    sent = {"email": cast.guide.email, "password": "four quiet northern words"}
    session.commit()
    assert statuses([in_earnest.test_client().post("/sign-in", data=sent) for _ in range(15)]) == {302}


def test_guessing_codes_ends_wherever_it_comes_from(in_earnest: Flask, session: Session, cast: Cast) -> None:
    cast.guide.password = hash_password("four quiet northern words")
    set_up(cast.guide)
    sent = {"email": cast.guide.email, "password": "four quiet northern words"}
    session.commit()
    answers = []
    for number in range(7):
        client = in_earnest.test_client()
        client.post("/sign-in", data=sent, environ_base={"REMOTE_ADDR": f"192.0.2.{number}"})
        answers.append(client.post("/sign-in/code", data={"code": "000000"}))
    assert [answer.status_code for answer in answers] == [200] * 6 + [429]
