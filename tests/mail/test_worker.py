"""Letters reach a real mail server once each, and wait while it cannot be reached."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.extensions import queue
from marchapp.mail.worker import send_outbox
from marchapp.models import Message
from tests.mail.conftest import Postbox


def write(session: Session, **given: object) -> Message:
    now = datetime.now(UTC) - timedelta(seconds=1)
    message = Message(
        **{
            "kind": "received",
            "recipient": "kari@example.org",
            "language": "nb",
            "subject": "Kari er påmeldt: Марш Победы",
            "text": "Hei Ødegård, привет\n",
            "html": "<p>Hei Ødegård</p>",
            "created_at": now,
            "next_attempt_at": now,
        }
        | given
    )
    session.add(message)
    session.commit()
    return message


def minutes_until_next(message: Message) -> int:
    return round((message.next_attempt_at - datetime.now(UTC)).total_seconds() / 60)


def make_due(session: Session, message: Message) -> None:
    message.next_attempt_at = datetime.now(UTC) - timedelta(seconds=1)
    session.commit()


def test_a_letter_is_sent_once_as_text_and_html(session: Session, postbox: Postbox) -> None:
    message = write(session)

    assert (send_outbox(), send_outbox()) == (1, 0)

    (letter,) = postbox.letters
    assert (letter["To"], letter["From"]) == ("kari@example.org", "march@example.org")
    assert letter["Subject"] == "Kari er påmeldt: Марш Победы"
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().strip() == "Hei Ødegård, привет"
    assert "<p>Hei Ødegård</p>" in html.get_content()
    assert message.sent_at is not None
    assert (message.attempts, message.last_error) == (1, "")


def test_a_server_that_is_down_loses_nothing_and_is_asked_ever_more_seldom(
    session: Session, no_mail_server: None
) -> None:
    message = write(session)
    waits = []
    for _ in range(10):
        assert send_outbox() == 0
        waits.append(minutes_until_next(message))
        make_due(session, message)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240]
    assert "ConnectionRefusedError" in message.last_error
    assert message.sent_at is None


def test_a_letter_goes_out_when_the_server_is_back(session: Session, postbox: Postbox) -> None:
    message = write(session)
    postbox.refusal = "451 busy, come again"
    assert send_outbox() == 0
    assert "451" in message.last_error
    postbox.refusal = ""
    assert send_outbox() == 0  # not yet
    make_due(session, message)
    assert send_outbox() == 1
    assert len(postbox.envelopes) == 1


def test_a_server_that_stays_away_for_weeks_is_still_asked(session: Session, no_mail_server: None) -> None:
    message = write(session, attempts=5000)
    assert send_outbox() == 0
    assert minutes_until_next(message) == 240


def test_a_letter_that_cannot_be_sent_does_not_hold_up_the_others(session: Session, postbox: Postbox) -> None:
    stuck = [write(session, subject="two\nlines"), write(session, recipient="nobody at all\n@example.org")]
    write(session)
    assert send_outbox() == 1
    assert all(message.sent_at is None and message.failed_at and message.last_error for message in stuck)


def test_a_letter_goes_to_addresses_in_other_alphabets(session: Session, postbox: Postbox) -> None:
    write(session, recipient="kari@пример.рф")
    assert send_outbox() == 1
    assert postbox.envelopes[0].rcpt_tos == ["kari@xn--e1afmkfd.xn--p1ai"]


def test_a_claim_of_a_worker_that_died_expires(session: Session, postbox: Postbox) -> None:
    now = datetime.now(UTC)
    write(session, recipient="fresh@example.org", claimed_at=now - timedelta(minutes=9))
    write(session, recipient="stale@example.org", claimed_at=now - timedelta(minutes=11))
    assert send_outbox() == 1
    assert [letter["To"] for letter in postbox.letters] == ["stale@example.org"]


def test_several_workers_send_each_letter_once(app: Flask, session: Session, postbox: Postbox) -> None:
    for number in range(12):
        write(session, recipient=f"kari{number}@example.org")

    def work(_number: int) -> int:
        with app.app_context():
            return send_outbox()

    with ThreadPoolExecutor(4) as workers:
        sent = list(workers.map(work, range(4)))
    assert sum(sent) == 12
    assert len({letter["To"] for letter in postbox.letters}) == len(postbox.envelopes) == 12


def test_without_a_mail_server_letters_stay(session: Session, app: Flask) -> None:
    write(session)
    assert send_outbox() == 0
    (message,) = session.scalars(select(Message))
    assert (message.attempts, message.claimed_at) == (0, None)


@pytest.mark.parametrize("is_kept", [True, False])
def test_the_worker_is_woken_once_the_letter_is_certain(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch, is_kept: bool
) -> None:
    woken = note_wakes(monkeypatch)
    session.add(Message(**_any_message()))
    session.flush()
    assert woken == []
    if is_kept:
        session.commit()
    else:
        session.rollback()
    session.commit()
    assert woken == (["send_outbox"] if is_kept else [])


def test_a_worker_that_is_woken_already_is_not_woken_again(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken = note_wakes(monkeypatch)
    for _ in range(3):
        session.add(Message(**_any_message()))
        session.commit()
    assert woken == ["send_outbox"]
    send_outbox()
    session.add(Message(**_any_message()))
    session.commit()
    assert woken == ["send_outbox", "send_outbox"]


def note_wakes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    queue.begins(send_outbox)  # as if the worker had heard of all that was written before
    woken: list[str] = []
    monkeypatch.setattr(queue, "send", lambda function: woken.append(function.__name__))
    return woken


def _any_message() -> dict[str, object]:
    now = datetime.now(UTC)
    texts = dict.fromkeys(("kind", "recipient", "subject", "text", "html"), "x")
    return {**texts, "language": "en", "created_at": now, "next_attempt_at": now}
