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
    [("1", 200), ("2", 200), ("x", 200), ("3", 404), ("0", 200), ("-3", 200), ("9" * 20, 404)],
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


def test_a_letter_is_shown_as_it_looks_in_a_frame_where_nothing_runs(
    sign_in: SignIn, session: Session, cast: Cast
) -> None:
    message = write(session, cast.march, html="<html><head></head><p>Hei</p><script>alert(1)</script></html>")
    client = sign_in(cast.coordinator)
    page = f"/marches/victory/letters/{message.id}"
    assert f'src="{page}/html"' in client.get(page).text
    frame = client.get(f"{page}/html")
    assert "<p>Hei</p>" in frame.text
    policy = frame.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy


def test_the_calendar_of_a_letter_is_downloaded(sign_in: SignIn, session: Session, cast: Cast) -> None:
    calendar = {"method": "PUBLISH", "stages": [cast.stage.id]}
    with_one, without = write(session, cast.march, calendar=calendar), write(session, cast.march)
    client = sign_in(cast.coordinator)
    page = f"/marches/victory/letters/{with_one.id}"
    assert f"{page}/stages.ics" in client.get(page).text
    answer = client.get(f"{page}/stages.ics")
    assert answer.mimetype == "text/calendar"
    assert "BEGIN:VEVENT" in answer.text
    assert client.get(f"/marches/victory/letters/{without.id}/stages.ics").status_code == 404


def test_letters_are_found_by_state_and_address(sign_in: SignIn, session: Session, cast: Cast) -> None:
    write(session, cast.march, subject="One waits", recipient="waits@example.org")
    write(session, cast.march, subject="One is sent", sent_at=NOW)
    write(session, cast.march, subject="One failed", failed_at=NOW, last_error="550 no such mailbox")
    client = sign_in(cast.coordinator)
    subjects = {"waiting": "One waits", "sent": "One is sent", "failed": "One failed"}
    for state, subject in subjects.items():
        page = client.get(f"/marches/victory/letters?state={state}").text
        assert [words for words in subjects.values() if words in page] == [subject]
    assert "One waits" in client.get("/marches/victory/letters?q=WAITS%40").text
    assert "No letter fits this" in client.get("/marches/victory/letters?q=%25").text


def test_a_letter_that_was_given_up_is_tried_again(sign_in: SignIn, session: Session, cast: Cast) -> None:
    failed = write(session, cast.march, failed_at=NOW, last_error="550 no such mailbox")
    sent = write(session, cast.march, sent_at=NOW)
    elsewhere = write(session, cast.other_march, failed_at=NOW)
    client = sign_in(cast.coordinator)
    assert "550 no such mailbox" in client.get(f"/marches/victory/letters/{failed.id}").text
    for message in (failed, sent):
        client.post(f"/marches/victory/letters/{message.id}/again")
    client.post("/marches/victory/letters/failed")
    session.expire_all()
    assert failed.failed_at is None
    assert failed.next_attempt_at > NOW
    assert sent.next_attempt_at == NOW
    assert elsewhere.failed_at == NOW
    assert client.post(f"/marches/victory/letters/{elsewhere.id}/again").status_code == 404


def test_only_coordinators_try_again(sign_in: SignIn, session: Session, cast: Cast) -> None:
    failed = write(session, cast.march, failed_at=NOW)
    client = sign_in(cast.guide)
    for act in (f"{failed.id}/again", "failed"):
        assert client.post(f"/marches/victory/letters/{act}").status_code == 403
    for part in ("html", "stages.ics"):
        assert client.get(f"/marches/victory/letters/{failed.id}/{part}").status_code == 403
