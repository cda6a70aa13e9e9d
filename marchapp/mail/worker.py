"""Send what waits in the outbox: claim, send, note, and try again later when the mail server is down."""

import logging
from datetime import UTC, datetime, timedelta
from smtplib import SMTPException

from flask import current_app
from flask_mailman import EmailMultiAlternatives
from sqlalchemy import event, or_, select, update
from sqlalchemy.orm import Session

from marchapp.extensions import db, queue
from marchapp.models import Message
from marchapp.models.conditional import rows_changed

log = logging.getLogger(__name__)

CLAIM_EXPIRES = timedelta(minutes=10)
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=4)
MOST_DOUBLINGS = 20  # long past the longest retry, and far from what a timedelta cannot hold
A_BATCH = 50


@queue.task
def send_outbox() -> int:
    """Send every message that is due, return how many; without a mail server they stay."""
    if not current_app.config["MAIL_SERVER"]:
        return 0
    sent = 0
    while message := _claim_next(db.session, datetime.now(UTC)):
        sent += _send(message)
        db.session.commit()
    return sent


@queue.every_minute
def send_what_is_left() -> None:
    """Send what a crash or a mail server that was down left behind."""
    send_outbox()


def _claim_next(session: Session, now: datetime) -> Message | None:
    """Claim one due message: of several workers that see it, the update changes a row for one."""
    is_free = or_(Message.claimed_at.is_(None), Message.claimed_at < now - CLAIM_EXPIRES)
    due = (Message.sent_at.is_(None), Message.next_attempt_at <= now, is_free)
    for message_id in session.scalars(
        select(Message.id).where(*due).order_by(Message.next_attempt_at, Message.id).limit(A_BATCH)
    ).all():
        claim = update(Message).where(Message.id == message_id, *due).values(claimed_at=now)
        is_ours = rows_changed(session, claim) == 1
        session.commit()
        if is_ours:
            return session.get(Message, message_id)
    return None


def _send(message: Message) -> int:
    letter = EmailMultiAlternatives(message.subject, message.text, to=[message.recipient])
    letter.attach_alternative(message.html, "text/html")
    message.attempts += 1
    try:
        letter.send()
    except (OSError, SMTPException, ValueError) as error:  # ValueError: an address that no mail can have
        _try_again_later(message, error, datetime.now(UTC))
        return 0
    message.sent_at = datetime.now(UTC)
    return 1


def _try_again_later(message: Message, error: Exception, now: datetime) -> None:
    doublings = min(message.attempts - 1, MOST_DOUBLINGS)
    wait = min(FIRST_RETRY * 2**doublings, LONGEST_RETRY)
    message.next_attempt_at = now + wait
    message.claimed_at = None
    message.last_error = f"{type(error).__name__}: {error}"[:500]
    log.warning("Message %s was not sent and is tried again in %s", message.id, wait)


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
        queue.send(send_outbox)
