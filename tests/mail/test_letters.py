"""The coordinator reads what was written to whom, and what became of it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marchapp.mail import messages
from marchapp.models import March, Message
from tests.factories import Cast

NOW = datetime(2014, 5, 1, 10, tzinfo=UTC)
SignIn = Callable[..., FlaskClient]


def write(session: Session, march: March, **given: object) -> Message:
    message = Message(
        **{
            "march_id": march.id,
            "kind": "received",
            "recipient": "kari@example.org",
            "language": "nb",
            "subject": "Kari er påmeldt",
            "text": "Hei <Kari>,\nhttp://127.0.0.1:8000/registrations/abc",
            "html": "<p>Hei</p>",
            "created_at": NOW,
            "next_attempt_at": NOW,
        }
        | given
    )
    session.add(message)
    session.commit()
    return message


def test_letters_are_listed_and_read_where_no_mail_server_is_set(
    sign_in: SignIn, session: Session, cast: Cast
) -> None:
    message = write(session, cast.march)
    write(session, cast.other_march, subject="Of another march")
    client = sign_in(cast.coordinator)

    page = client.get("/marches/victory/letters").text
    assert "Kari er påmeldt" in page
    assert "No letter leaves this machine" in page
    assert "Of another march" not in page
    letter = client.get(f"/marches/victory/letters/{message.id}").text
    assert "Hei &lt;Kari&gt;" in letter
    assert 'href="http://127.0.0.1:8000/registrations/abc"' in letter


def test_the_list_says_what_became_of_each_letter(
    app: Flask, sign_in: SignIn, session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAIL_SERVER", "127.0.0.1")
    write(session, cast.march, subject="Waiting")
    write(session, cast.march, subject="Sent", sent_at=NOW, attempts=1)
    write(session, cast.march, subject="Failing", attempts=2, last_error="ConnectionRefusedError: [111]")
    client = sign_in(cast.coordinator)

    page = client.get("/marches/victory/letters").text
    assert "Waits to be sent" in page
    assert "Sent on 1 May 2014, 12:00" in page
    assert "Not sent after 2 tries" in page
    assert "ConnectionRefusedError" in page
    assert "Could not be sent" in client.get("/marches/victory/letters").text


def test_only_coordinators_read_letters(sign_in: SignIn, session: Session, cast: Cast) -> None:
    message = write(session, cast.march)
    for account in (cast.guide, cast.other_coordinator):
        client = sign_in(account)
        assert client.get("/marches/victory/letters").status_code == 403
        assert client.get(f"/marches/victory/letters/{message.id}").status_code == 403
    elsewhere = sign_in(cast.other_coordinator)
    assert elsewhere.get(f"/marches/elsewhere/letters/{message.id}").status_code == 404


@pytest.mark.parametrize(
    ("page", "status"),
    [("1", 200), ("2", 200), ("x", 200), ("3", 404), ("0", 404), ("-3", 404), ("9" * 20, 404)],
)
def test_any_page_number_is_answered(
    sign_in: SignIn, session: Session, cast: Cast, page: str, status: int
) -> None:
    for _ in range(51):
        write(session, cast.march)
    answer = sign_in(cast.coordinator).get(f"/marches/victory/letters?page={page}")
    assert answer.status_code == status
    assert ("51 letters" in answer.text) == (status == 200)


def test_addresses_in_letters_are_whole_with_and_without_a_request(app: Flask) -> None:
    with app.app_context():
        assert messages.absolute("/sign-in") == "http://127.0.0.1:8000/sign-in"
        link = messages.link_to("registration.confirmation", token="abc")
    assert link == "http://127.0.0.1:8000/registrations/abc"
