"""Letters reach a real mail server once each, and wait while it cannot be reached."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import sleep

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.extensions import queue
from marchapp.mail.worker import send_outbox
from marchapp.models import Mailing, Message
from tests.factories import Cast
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


def test_a_refused_address_is_given_up_and_the_others_get_their_letters(
    session: Session, postbox: Postbox
) -> None:
    postbox.unknown = {"gone@example.org": "550 no such mailbox", "full@example.org": "452 mailbox full"}
    gone, full = write(session, recipient="gone@example.org"), write(session, recipient="full@example.org")
    write(session)
    assert send_outbox() == 1
    assert gone.failed_at is not None
    assert "no such mailbox" in gone.last_error
    assert (full.failed_at, minutes_until_next(full)) == (None, 1)
    make_due(session, gone)
    make_due(session, full)
    assert send_outbox() == 0
    assert (gone.attempts, full.attempts) == (1, 2)


def test_one_connection_serves_many_letters(session: Session, postbox: Postbox) -> None:
    for _ in range(5):
        write(session)
    assert send_outbox() == 5
    assert len(postbox.peers) == 1


def test_a_server_that_ends_connections_gets_the_rest_on_new_ones(session: Session, postbox: Postbox) -> None:
    postbox.most = 2
    postbox.pause_s = 0.03  # the connection is closed before the next letter
    for number in range(5):
        write(session, recipient=f"kari{number}@example.org")
    assert send_outbox() == 5
    assert len(postbox.envelopes) == 5
    assert len(postbox.peers) >= 3


def test_while_the_server_is_down_it_is_asked_once_for_all_that_waits(
    session: Session, no_mail_server: None
) -> None:
    letters = [write(session) for _ in range(3)]
    assert send_outbox() == 0
    assert [letter.attempts for letter in letters] == [1, 0, 0]
    assert all(letter.failed_at is None and letter.claimed_at is None for letter in letters)


def test_after_its_turn_the_worker_lets_others_work_and_goes_on_later(
    session: Session, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marchapp.mail.worker.A_TURN_S", 0)
    for _ in range(3):
        write(session)
    woken = note_wakes(monkeypatch)
    assert send_outbox() == 1
    assert woken == ["send_outbox"]
    assert (send_outbox(), send_outbox(), send_outbox()) == (1, 1, 0)
    assert len(postbox.envelopes) == 3


def test_a_slow_server_keeps_nobody_from_writing(app: Flask, session: Session, postbox: Postbox) -> None:
    postbox.pause_s = 0.8
    message_id = write(session).id
    session.commit()

    def work() -> int:
        with app.app_context():
            return send_outbox()

    with ThreadPoolExecutor(1) as worker:
        sending = worker.submit(work)
        while not postbox.peers:
            sleep(0.01)
        write(session, recipient="another@example.org")
        assert not sending.done()
        assert sending.result() == 2
    assert session.get_one(Message, message_id).sent_at is not None


def test_a_letter_that_is_sent_once_more_is_known_as_the_same(session: Session, postbox: Postbox) -> None:
    """A worker may die between the server's yes and its own note: only the reader's program can tell."""
    message = write(session)
    send_outbox()
    message.sent_at, message.claimed_at = None, None
    make_due(session, message)
    assert send_outbox() == 1
    first, second = postbox.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert "@127.0.0.1>" in first["Message-ID"]


@pytest.mark.parametrize(
    "given",
    [
        {"subject": "Kari\r\nBcc: everybody@example.org"},
        {"recipient": "kari@example.org\nBcc: everybody@example.org"},
        {"recipient": "kari@example.org, everybody@example.org"},
    ],
)
def test_nobody_smuggles_a_header_or_a_reader_into_a_letter(
    session: Session, postbox: Postbox, given: dict[str, str]
) -> None:
    message = write(session, **given)
    assert send_outbox() == 0
    assert postbox.envelopes == []
    assert message.failed_at is not None


def test_a_letter_of_a_march_comes_from_it_and_is_answered_to_its_coordinators(
    session: Session, postbox: Postbox, cast: Cast
) -> None:
    cast.march.name, cast.march.contact_email = {"ru": "Марш Победы, 2014"}, "clara@example.org"
    write(session, march_id=cast.march.id)
    send_outbox()
    (letter,) = postbox.letters
    assert letter["From"] == '"Марш Победы, 2014" <march@example.org>'
    assert letter["Reply-To"] == "clara@example.org"
    assert letter["Content-Language"] == "nb"
    assert letter["Auto-Submitted"] == "auto-generated"


def test_letters_to_single_people_go_before_those_to_many(
    session: Session, postbox: Postbox, cast: Cast
) -> None:
    mailing = Mailing(
        march_id=cast.march.id, subject={}, text={}, selection={}, recipients=1, created_at=datetime.now(UTC)
    )
    session.add(mailing)
    session.flush()
    write(session, mailing_id=mailing.id, recipient="many@example.org")
    write(session, recipient="one@example.org")
    assert send_outbox() == 2
    assert [letter["To"] for letter in postbox.letters] == ["one@example.org", "many@example.org"]


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
