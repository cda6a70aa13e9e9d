"""Send what waits in the outbox: claim, send, note, and try again later when the mail server is down."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from smtplib import (
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
)
from time import monotonic

from flask import current_app
from flask_mailman import EmailMultiAlternatives
from flask_mailman.backends.base import BaseEmailBackend
from sqlalchemy import ColumnElement, event, or_, select, update
from sqlalchemy.orm import Session

from marchapp.extensions import db, mail, queue
from marchapp.mail.envelope import envelope
from marchapp.mail.marks import LinkClosed
from marchapp.models import Message
from marchapp.models.conditional import rows_changed
from marchapp.vault import UnreadableSecret

log = logging.getLogger(__name__)

CLAIM_EXPIRES = timedelta(minutes=10)
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=4)
MOST_DOUBLINGS = 20  # long past the longest retry, and far from what a timedelta cannot hold
A_BATCH = 50
LAST_LETTER_WAITS = timedelta(days=7)  # then the address of somebody erased goes, sent or not
A_TURN_S = 20  # then whatever else waits in the queue has its turn
SERVICE_CLOSES = 421  # what a server says before it ends a connection: RFC 5321


@queue.task
def send_outbox() -> int:
    """Send what is due for the length of a turn, return how many; without a mail server they stay."""
    queue.begins(send_outbox)
    if not current_app.config["MAIL_SERVER"]:
        return 0
    sent, began_s = 0, monotonic()
    with _connection() as server:
        for message_id in _claim_due(db.session):
            error = _send(db.session, server, message_id)
            sent += error is None
            if error is not None and _is_of_the_server(error):
                log.warning("The mail server cannot be reached, so the other letters wait: %s", error)
                break
            if monotonic() - began_s > A_TURN_S:
                queue.send_once(send_outbox)
                break
    return sent


@queue.every_minute
def send_what_is_left() -> None:
    """Send what a crash or a mail server that was down left behind."""
    send_outbox()
    erase_what_waits_in_vain(db.session, now=datetime.now(UTC))
    db.session.commit()


def erase_what_waits_in_vain(session: Session, *, now: datetime) -> None:
    """Erase letters about erased people that could not be sent for days: their data may not stay for ever."""
    overdue = select(Message).where(
        Message.erasing.is_not(None),
        Message.erased_at.is_(None),
        Message.created_at < now - LAST_LETTER_WAITS,
    )
    for message in session.scalars(overdue):
        _erase_if_due(message, now)


@contextmanager
def _connection() -> Iterator[BaseEmailBackend]:
    """Lend a connection that is opened for the first letter and serves all that follow."""
    server = mail.get_connection()
    try:
        yield server
    finally:
        with suppress(OSError):
            server.close()


def _claim_due(session: Session) -> Iterator[int]:
    """Claim what is due, one by one: of several workers that see a message, the update changes it for one.

    Letters to single people go before those of a mailing or a roster to thousands.
    """
    while candidates := _due_now(session):
        for message_id in candidates:
            claim = update(Message).where(Message.id == message_id, *_is_due(now := datetime.now(UTC)))
            is_ours = rows_changed(session, claim.values(claimed_at=now)) == 1
            session.commit()
            if is_ours:
                yield message_id


def _due_now(session: Session) -> list[int]:
    is_of_many = or_(Message.mailing_id.is_not(None), Message.roster_version_id.is_not(None))
    in_order = (is_of_many, Message.next_attempt_at, Message.id)
    query = select(Message.id).where(*_is_due(datetime.now(UTC))).order_by(*in_order).limit(A_BATCH)
    found = list(session.scalars(query))
    session.commit()
    return found


def _is_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    is_free = or_(Message.claimed_at.is_(None), Message.claimed_at < now - CLAIM_EXPIRES)
    is_left = (Message.sent_at.is_(None), Message.failed_at.is_(None), Message.erased_at.is_(None))
    return (*is_left, Message.next_attempt_at <= now, is_free)


def _send(session: Session, server: BaseEmailBackend, message_id: int) -> Exception | None:
    """Send one message and note what became of it; return why it was not sent."""
    message = session.get_one(Message, message_id)
    try:
        letter = envelope(message, datetime.now(UTC))
        session.commit()  # while the server takes its time, no transaction may keep others from writing
        _deliver(server, letter)
    except (OSError, ValueError, LinkClosed, UnreadableSecret) as error:
        # ValueError: what no header or address can hold
        _note_failure(message, error, datetime.now(UTC))
        session.commit()
        return error
    message.attempts += 1
    message.sent_at, message.secret = datetime.now(UTC), ""
    _erase_if_due(message, message.sent_at)
    session.commit()
    return None


def _erase_if_due(message: Message, now: datetime) -> None:
    if message.erasing and message.erased_at is None:
        message.erase(message.erasing, now)


def _deliver(server: BaseEmailBackend, letter: EmailMultiAlternatives) -> None:
    """Hand a letter over, once more on a new connection if the server has ended the one in use."""
    is_new = server.open()
    try:
        server.send_messages([letter])
    except SMTPException as error:
        if is_new or not _ends_connection(error):
            raise
        server.close()
        server.open()
        server.send_messages([letter])


def _ends_connection(error: SMTPException) -> bool:
    return isinstance(error, SMTPServerDisconnected) or SERVICE_CLOSES in _codes(error)


def _is_of_the_server(error: Exception) -> bool:
    """Tell whether the next letter would fare the same."""
    refused = (SMTPRecipientsRefused, SMTPDataError)
    return isinstance(error, OSError) and (not isinstance(error, refused) or SERVICE_CLOSES in _codes(error))


def _is_for_good(error: Exception) -> bool:
    """Tell whether the server, or the letter itself, says that no later attempt will do."""
    if isinstance(error, (SMTPRecipientsRefused, SMTPDataError)):
        return min(_codes(error)) >= 500
    return not isinstance(error, OSError)


def _words_of(error: Exception) -> str:
    """Return what a server answered, as 550 no such mailbox, or what else went wrong."""
    if isinstance(error, SMTPRecipientsRefused):
        return ", ".join(_answer(*answer) for answer in error.recipients.values())
    if isinstance(error, SMTPResponseException):
        return _answer(error.smtp_code, error.smtp_error)
    return f"{type(error).__name__}: {error}"


def _answer(code: int, words: bytes | str) -> str:
    return f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"


def _codes(error: Exception) -> list[int]:
    if isinstance(error, SMTPRecipientsRefused):
        return [code for code, _words in error.recipients.values()]
    return [getattr(error, "smtp_code", 0)]


def _note_failure(message: Message, error: Exception, now: datetime) -> None:
    message.attempts += 1
    message.claimed_at = None
    message.last_error = _words_of(error)[:500]
    if _is_for_good(error):
        message.failed_at = now
        _erase_if_due(message, now)
        log.warning("Message %s cannot be sent", message.id)
        return
    doublings = min(message.attempts - 1, MOST_DOUBLINGS)
    message.next_attempt_at = now + min(FIRST_RETRY * 2**doublings, LONGEST_RETRY)
    log.warning("Message %s was not sent and is tried again at %s", message.id, message.next_attempt_at)


@event.listens_for(Session, "after_flush")
def _note_new_messages(session: Session, _context: object) -> None:
    if any(isinstance(row, Message) for row in session.new):
        session.info["has_new_messages"] = True


@event.listens_for(Session, "after_rollback")
def _forget_new_messages(session: Session) -> None:
    session.info.pop("has_new_messages", None)


@event.listens_for(Session, "after_commit")
def _wake_worker(session: Session) -> None:
    if session.info.pop("has_new_messages", False):
        queue.send_once(send_outbox)
