"""Write the letters of a mailing into the outbox, some parties at a time."""

import logging
from datetime import UTC, datetime, timedelta
from time import monotonic

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from marchapp.extensions import db, queue
from marchapp.models import Mailing, March
from marchapp.models.conditional import rows_changed
from marchapp.registration.mailings.addressees import addressees_in, next_parties
from marchapp.registration.mailings.services import letter_to, selection_of

log = logging.getLogger(__name__)

CLAIM_EXPIRES = timedelta(minutes=10)
A_TURN_S = 20  # then whatever else waits in the queue has its turn
PARTIES_AT_ONCE = 25  # what is written in one transaction: sign-ups wait no longer than that


@queue.task
def write_mailings() -> int:
    """Write letters of the mailings that were started for the length of a turn, return how many."""
    queue.begins(write_mailings)
    written, began_s = 0, monotonic()
    while mailing_id := _claim_next(db.session, datetime.now(UTC)):
        while some := _write_some(db.session, mailing_id, datetime.now(UTC)):
            written += some
            if monotonic() - began_s > A_TURN_S:
                _let_go(db.session, mailing_id)
                queue.send_once(write_mailings)
                return written
    return written


@queue.every_minute
def write_mailings_left() -> None:
    """Go on with what a crash left half written."""
    write_mailings()


def _claim_next(session: Session, now: datetime) -> int | None:
    is_free = or_(Mailing.claimed_at.is_(None), Mailing.claimed_at < now - CLAIM_EXPIRES)
    due = (Mailing.started_at.is_not(None), Mailing.finished_at.is_(None), is_free)
    for mailing_id in session.scalars(select(Mailing.id).where(*due).order_by(Mailing.id)).all():
        claim = update(Mailing).where(Mailing.id == mailing_id, *due).values(claimed_at=now)
        is_ours = rows_changed(session, claim) == 1
        session.commit()
        if is_ours:
            return mailing_id
    session.commit()
    return None


def _let_go(session: Session, mailing_id: int) -> None:
    session.execute(update(Mailing).where(Mailing.id == mailing_id).values(claimed_at=None))
    session.commit()


def _write_some(session: Session, mailing_id: int, now: datetime) -> int:
    """Write the letters to the next parties, return how many; none when all are written.

    How far it is and the letters are stored together, and only where nobody else has gone further: after a
    crash, or beside another worker, no party gets a second letter.
    """
    mailing = session.get_one(Mailing, mailing_id)
    march = session.get_one(March, mailing.march_id)
    selection, before = selection_of(mailing), mailing.last_written_id
    parties = next_parties(session, march, selection, after_id=before, most=PARTIES_AT_ONCE)
    is_where_it_was = (Mailing.id == mailing_id, Mailing.last_written_id == before)
    step = update(Mailing).where(*is_where_it_was, Mailing.finished_at.is_(None))
    if not parties:
        rows_changed(session, step.values(finished_at=now, recipients=Mailing.written))
        session.commit()
        return 0
    letters = [
        letter_to(session, mailing, march, addressee, now=now, is_real=True)
        for addressee in addressees_in(session, march, selection, parties)
    ]
    further = step.values(last_written_id=parties[-1], written=Mailing.written + len(letters), claimed_at=now)
    if rows_changed(session, further) == 0:
        session.rollback()
        return 0
    session.add_all(letters)
    session.commit()
    return len(letters)
