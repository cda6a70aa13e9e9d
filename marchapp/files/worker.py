"""Make the files that wait: claim one, make it while noting how far it is, keep it for a day."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic

from flask_babel import force_locale
from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from marchapp.extensions import db, from_replica, queue, reading, writing
from marchapp.files.kinds import KINDS, CannotBeMade, Made
from marchapp.files.services import forget_old_files
from marchapp.models import FileState, March, PreparedFile
from marchapp.models.conditional import rows_changed

log = logging.getLogger(__name__)

CLAIM_EXPIRES = timedelta(minutes=10)  # since the last note of progress
MOST_ATTEMPTS = 3
LEAST_BETWEEN_NOTES_S = 0.5


class ClaimLost(Exception):
    """Somebody else makes the file, or nobody wants it any more."""


@dataclass
class Claim:
    """A file that is ours to make as long as its `claimed_at` is this one."""

    file_id: int
    claimed_at: datetime

    def is_held(self) -> tuple[ColumnElement[bool], ...]:
        return (
            PreparedFile.id == self.file_id,
            PreparedFile.state == FileState.WAITING,
            PreparedFile.claimed_at == self.claimed_at,
        )


@queue.task
def make_waiting_files() -> int:
    """Make every file that waits, return how many were."""
    queue.begins(make_waiting_files)
    made = 0
    while claim := claim_next(db.session, datetime.now(UTC)):
        made += make_claimed(db.session, claim)
    return made


@queue.every_minute
def look_after_files() -> None:
    """Make what a crash left behind, and forget files of yesterday."""
    forget_old_files(db.session, datetime.now(UTC))
    db.session.commit()
    make_waiting_files()


def claim_next(session: Session, now: datetime) -> Claim | None:
    """Claim the file that waits longest, if there is one that nobody else has."""
    is_free = or_(PreparedFile.claimed_at.is_(None), PreparedFile.claimed_at < now - CLAIM_EXPIRES)
    due = (PreparedFile.state == FileState.WAITING, is_free)
    found = session.scalars(select(PreparedFile.id).where(*due).order_by(PreparedFile.id).limit(20)).all()
    for file_id in found:
        change = update(PreparedFile).where(PreparedFile.id == file_id, *due)
        is_ours = rows_changed(
            session, change.values(claimed_at=now, attempts=PreparedFile.attempts + 1, done=0, total=0)
        )
        session.commit()
        if is_ours:
            return Claim(file_id, now)
    session.rollback()
    return None


def make_claimed(session: Session, claim: Claim) -> bool:
    """Make a claimed file and keep it, or note that it failed; return whether it is there."""
    try:
        made = _make(session, claim)
    except ClaimLost:
        return False
    except CannotBeMade:
        return _let_go(session, claim, state=FileState.FAILED)
    except Exception:
        log.exception("File %s could not be made", claim.file_id)
        return _let_go(session, claim, state=FileState.FAILED)
    return _let_go(
        session,
        claim,
        state=FileState.READY,
        made_at=datetime.now(UTC),
        name=made.name,
        media_type=made.media_type,
        size_bytes=len(made.content),
        content=made.content,
    )


def _make(session: Session, claim: Claim) -> Made:
    """Raises ClaimLost, CannotBeMade."""
    try:
        with reading():
            file = session.get(PreparedFile, claim.file_id, populate_existing=True)
            if file is None:
                raise ClaimLost
            if file.attempts > MOST_ATTEMPTS or file.kind not in KINDS:
                raise CannotBeMade
            march = session.get_one(March, file.march_id)
            with force_locale(file.language), from_replica():
                return KINDS[file.kind].make(session, march, file.params, Notes(claim))
    finally:
        session.rollback()


class Notes:
    """Writes down how far a file is, now and then, on a connection of its own beside the one that reads."""

    def __init__(self, claim: Claim) -> None:
        self.claim, self.noted_at = claim, -LEAST_BETWEEN_NOTES_S

    def __call__(self, done: int, total: int) -> None:
        """Raises ClaimLost."""
        if monotonic() - self.noted_at < LEAST_BETWEEN_NOTES_S and done != total:
            return
        self.noted_at = monotonic()
        now = datetime.now(UTC)
        note = update(PreparedFile).where(*self.claim.is_held())
        with writing(), Session(db.engine) as session:
            is_held = rows_changed(session, note.values(done=done, total=total, claimed_at=now))
            session.commit()
        if not is_held:
            raise ClaimLost
        self.claim.claimed_at = now


def _let_go(session: Session, claim: Claim, **values: object) -> bool:
    held = rows_changed(session, update(PreparedFile).where(*claim.is_held()).values(values)) == 1
    session.commit()
    return held and values["state"] == FileState.READY
