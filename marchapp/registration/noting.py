"""Note in the history of a participant what was done."""

from datetime import datetime

from sqlalchemy.orm import Session

from marchapp.models import Account, Participant
from marchapp.models.audit import record


def note(
    session: Session,
    participant: Participant,
    action: str,
    *,
    now: datetime,
    by: Account | None = None,
    **details: object,
) -> None:
    record(
        session,
        at=now,
        action=action,
        march_id=participant.march_id,
        account_id=by.id if by else None,
        subject="participant",
        subject_id=participant.id,
        **details,
    )
