"""Ask for all data of a person to be erased: coordinators see it, and do it."""

from datetime import datetime

from sqlalchemy.orm import Session

from marchapp.models import Participant
from marchapp.models.audit import record


def ask_for_erasure(session: Session, participant: Participant, *, now: datetime) -> None:
    """Note that somebody wants to be erased; asking again changes nothing."""
    if participant.erasure_asked_at is not None:
        return
    participant.erasure_asked_at = now
    record(
        session,
        at=now,
        action="participant.erasure_asked",
        march_id=participant.march_id,
        account_id=None,
        subject="participant",
        subject_id=participant.id,
    )
