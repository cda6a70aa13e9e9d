"""Signing in and out, a new password by letter, and no way out to other sites."""

import re
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marchapp.mail.reading import with_link
from marchapp.models import Account, Message
from tests.factories import Cast

PASSWORD = "four quiet northern words"
REFUSED = "The e-mail address or the password is not right."


@pytest.fixture
def guide(session: Session, cast: Cast) -> Account:
    cast.guide.password = hash_password(PASSWORD)
    session.commit()
    return cast.guide


def enter(client: FlaskClient, email: str, password: str, address: str = "/sign-in") -> TestResponse:
    return client.post(address, data={"email": email, "password": password})


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/my-groups").status_code == 200


def test_a_guide_signs_in_and_lands_at_the_own_groups(guide: Account, client: FlaskClient) -> None:
    answer = enter(client, guide.email.upper(), PASSWORD)
    assert answer.location == "/start"
    assert client.get("/start").location == "/my-groups"


def test_a_coordinator_lands_at_the_overview(cast: Cast, sign_in) -> None:
    assert sign_in(cast.coordinator).get("/start").location == "/marches/victory/overview"


@pytest.mark.parametrize(
    ("email", "password"), [("", PASSWORD), ("nobody@example.org", PASSWORD), ("", "wrong"), ("guide", "")]
)
def test_a_wrong_answer_is_refused_without_telling_which(
    guide: Account, client: FlaskClient, email: str, password: str
) -> None:
    answer = enter(client, email, password)
    assert answer.status_code == 200
    assert not is_signed_in(client)


def test_a_wrong_password_and_an_unknown_address_get_the_same_words(
    guide: Account, client: FlaskClient
) -> None:
    for email in (guide.email, "nobody@example.org"):
        answer = enter(client, email, "wrong")
        assert REFUSED in answer.text
        assert f'value="{email}"' in answer.text
        assert not is_signed_in(client)


def test_an_account_that_is_switched_off_stays_out(
    session: Session, guide: Account, client: FlaskClient
) -> None:
    guide.active = False
    session.commit()
    enter(client, guide.email, PASSWORD)
    assert not is_signed_in(client)


def test_signing_out_is_a_post(guide: Account, sign_in) -> None:
    client = sign_in(guide)
    assert client.get("/sign-out").status_code == 405
    assert is_signed_in(client)
    assert client.post("/sign-out").location == "/"
    assert not is_signed_in(client)


def test_who_was_asked_to_sign_in_comes_back_to_the_page(
    cast: Cast, guide: Account, client: FlaskClient
) -> None:
    asked = client.get(f"/groups/{cast.group.id}").location
    assert enter(client, guide.email, PASSWORD, asked).location == f"/groups/{cast.group.id}"


def letter_with_link(session: Session) -> tuple[Message, str]:
    letter = session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert letter is not None
    found = re.search(
        r"http://127\.0\.0\.1:8000(/new-password/\S+)", with_link(letter, letter.text, datetime.now(UTC))
    )
    assert found is not None
    return letter, found[1]


def test_a_forgotten_password_is_replaced_by_letter(
    session: Session, guide: Account, client: FlaskClient
) -> None:
    guide.language = "nb"
    session.commit()
    client.post("/new-password", data={"email": guide.email})
    letter, link = letter_with_link(session)
    assert (letter.kind, letter.recipient, letter.language) == ("new_password", guide.email, "nb")
    assert letter.subject
    assert link not in letter.text + letter.html  # the outbox never holds it
    assert link in with_link(letter, letter.html, datetime.now(UTC))
    assert client.get(link).status_code == 200
    new = {"password": "another few words", "password_confirm": "another few words"}
    assert client.post(link, data=new).location == "/sign-in"
    assert enter(client, guide.email, "another few words").location == "/start"


def test_a_link_to_a_new_password_works_once(session: Session, guide: Account, client: FlaskClient) -> None:
    client.post("/new-password", data={"email": guide.email})
    _letter, link = letter_with_link(session)
    for password in ("first few words", "second few words"):
        client.post(link, data={"password": password, "password_confirm": password})
    enter(client, guide.email, "second few words")
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("password", "again", "words"),
    [
        ("short", "short", "Use 8 to 128 characters."),
        ("long enough", "not the same", "The two passwords differ."),
        ("Passw0rd!", "Passw0rd!", "This password is guessed soon."),
        ("gunnguide", "gunnguide", "This password is guessed soon."),
        ("Victory7", "Victory7", "This password is guessed soon."),
    ],
)
def test_a_new_password_that_will_not_do_is_explained(
    session: Session, guide: Account, client: FlaskClient, password: str, again: str, words: str
) -> None:
    client.post("/new-password", data={"email": guide.email})
    _letter, link = letter_with_link(session)
    assert words in client.post(link, data={"password": password, "password_confirm": again}).text


def test_a_password_may_be_long(session: Session, guide: Account, client: FlaskClient) -> None:
    client.post("/new-password", data={"email": guide.email})
    _letter, link = letter_with_link(session)
    password = " ".join(["åtte rolige ord fra nord"] * 3)
    client.post(link, data={"password": password, "password_confirm": password})
    enter(client, guide.email, password)
    assert is_signed_in(client)


def test_an_unknown_address_gets_no_letter_and_the_same_answer(
    session: Session, guide: Account, client: FlaskClient
) -> None:
    answers = []
    for email in (guide.email, "nobody@example.org"):
        answer = client.post("/new-password", data={"email": email}, follow_redirects=True)
        answers.append(answer.text.replace(email, ""))
    assert answers[0] == answers[1]
    assert len(session.scalars(select(Message)).all()) == 1


def test_a_link_that_does_not_work_says_so(guide: Account, client: FlaskClient) -> None:
    answer = client.get("/new-password/nonsense", follow_redirects=True)
    assert "This link to a new password does not work any more. Ask for another." in answer.text
