"""Move somebody to another party, or to one of the own."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from marchapp.models import Account, LinkKind, March, Participant, Party, PartyKind, PrivateLink, WhenFull
from marchapp.models.audit import record

MOST_FOUND = 20


def find_parties(session: Session, march: March, text: str, *, but: Party) -> list[Party]:
    """Return parties whose name or contact holds `text`."""
    ways = {text, text.lower(), text.upper(), text.capitalize(), text.title()}  # see listing: SQLite's LIKE
    columns = (Party.name, Party.contact_name, Party.contact_email)
    is_called = or_(*(column.icontains(way, autoescape=True) for way in sorted(ways) for column in columns))
    query = select(Party).where(Party.march_id == march.id, Party.id != but.id, is_called)
    return list(session.scalars(query.order_by(Party.name, Party.contact_name, Party.id).limit(MOST_FOUND)))


def move_to_party(
    session: Session, person: Participant, party: Party | None, *, now: datetime, by: Account, reason: str
) -> Party:
    """Let somebody belong to another party of the march, without one to a new one alone; return it.

    Links of a party that has nobody left lead to the person then.
    """
    before = person.party
    party = party or _party_of_one(session, person, now=now)
    person.party = party
    person.refresh_keys()
    session.flush()
    close_if_empty(session, before, person)
    record(
        session,
        at=now,
        action="participant.moved_to_party",
        march_id=person.march_id,
        account_id=by.id,
        subject="participant",
        subject_id=person.id,
        before=before.name or before.contact_name,
        after=party.name or party.contact_name,
        reason=reason,
    )
    return party


def close_if_empty(session: Session, party: Party, person: Participant) -> None:
    """Delete a party that nobody is in any more; its contact's links lead to `person` from now on."""
    if session.scalar(select(Participant.id).where(Participant.party_id == party.id).limit(1)) is not None:
        return
    own = {"kind": LinkKind.PARTICIPANT, "party_id": None, "participant_id": person.id}
    session.execute(update(PrivateLink).where(PrivateLink.party_id == party.id).values(**own))
    session.expire(party)
    session.execute(delete(Party).where(Party.id == party.id))


def _party_of_one(session: Session, person: Participant, *, now: datetime) -> Party:
    guardian = person.guardians[0] if person.guardians else None
    party = Party(
        march=person.march,
        kind=PartyKind.PERSON,
        name="",
        contact_name=guardian.name if guardian else person.name,
        contact_email=(guardian.email if guardian else "") or person.mailbox,
        contact_phone=guardian.phone if guardian else person.phone,
        language=guardian.language if guardian else person.language,
        when_full=WhenFull.ALL,
        submission_key=str(uuid4()),
        signed_up_at=now,
    )
    session.add(party)
    session.flush()
    return party
