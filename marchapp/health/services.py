"""Open somebody's notes on health for a while: the log of what was done is what keeps them open."""

from datetime import datetime, timedelta

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from marchapp.models import Account, AuditEvent, Group, Membership, Participant, StageEntry, Standing
from marchapp.models.audit import record

OPENED = "participant.health_notes_opened"


def open_notes(
    session: Session, person: Participant, *, why: str, text: str, by: Account, now: datetime
) -> None:
    """Record that somebody opens the notes, and why: from now on they are open to them for a while."""
    record(
        session,
        at=now,
        action=OPENED,
        march_id=person.march_id,
        account_id=by.id,
        subject="participant",
        subject_id=person.id,
        why=why,
        reason=text,
    )


def open_until(
    session: Session, person: Participant, *, to: Account, now: datetime, lasts: timedelta
) -> datetime | None:
    """Return until when somebody may read the notes whom they were opened to, nothing if they are closed."""
    opened_at = session.scalar(
        select(AuditEvent.at)
        .where(
            AuditEvent.subject == "participant",
            AuditEvent.subject_id == person.id,
            AuditEvent.action == OPENED,
            AuditEvent.account_id == to.id,
            # SQLite gives the number of a row that was merged away to the next one.
            AuditEvent.at >= person.registered_at,
            AuditEvent.at > now - lasts,
        )
        .order_by(AuditEvent.at.desc())
        .limit(1)
    )
    return opened_at + lasts if opened_at else None


def people_with_notes(session: Session, stage_id: int) -> list[tuple[Participant, int | None]]:
    """Return who walks a stage and has notes on health, by name, each with the number of the group."""
    return [
        (person, number)
        for person, number in session.execute(
            select(Participant, Group.number)
            .join(StageEntry, StageEntry.participant_id == Participant.id)
            .outerjoin(
                Membership,
                and_(Membership.participant_id == Participant.id, Membership.stage_id == StageEntry.stage_id),
            )
            .outerjoin(Group, Group.id == Membership.group_id)
            .where(
                StageEntry.stage_id == stage_id,
                Participant.standing == Standing.PLACED,
                Participant.has_health_notes,
            )
            .order_by(Participant.family_name, Participant.given_name, Participant.id)
        )
    ]
