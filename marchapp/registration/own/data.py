"""All that is kept about somebody, to take away: what was written, answered and sent."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import AuditEvent, ConsentAnswer, Group, Membership, Message, Participant
from marchapp.registration.people import COLUMNS

KEPT = (
    *COLUMNS,
    "spoken_languages",
    "reference",
    "standing",
    "registered_at",
    "waiting_since",
    "cancelled_at",
    "erasure_asked_at",
    "may_take_part",
    "place_held_until",
)


def own_data(session: Session, participant: Participant) -> dict[str, Any]:
    """Return everything that is kept about somebody, ready for JSON: moments in UTC, names in English.

    The others of the party are left out, and so are links, the texts of letters, and which coordinator did
    what: they are not this person's data.
    """
    notarised = participant.notarised_consent
    return {
        "march": participant.march.name,
        "person": _plain(participant, KEPT),
        "signed_up_with": _plain(participant.party, ("kind", "name", "contact_name")),
        "stages": _stages(session, participant),
        "guardians": [_plain(one, ("name", "email", "phone", "language")) for one in participant.guardians],
        "documents": [
            _plain(one, ("kind", "number", "issued_by", "expires_on")) for one in participant.documents
        ],
        "notarised_consent": _plain(notarised, ("valid_from", "valid_to", "states")) if notarised else None,
        "consents": [_consent(answer) for answer in participant.consent_answers],
        "letters": _letters(session, participant),
        "history": _history(session, participant),
    }


def _plain(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _value(getattr(row, name)) for name in names}


def _value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def _stages(session: Session, participant: Participant) -> list[dict[str, Any]]:
    query = (
        select(Membership.stage_id, Group.number)
        .join(Group, Group.id == Membership.group_id)
        .where(Membership.participant_id == participant.id)
    )
    groups = dict(session.execute(query).all())
    return [
        _plain(stage, ("number", "day", "name")) | {"group": groups.get(stage.id)}
        for stage in participant.march.stages
        if stage.id in participant.stage_ids
    ]


def _consent(answer: ConsentAnswer) -> dict[str, Any]:
    text = answer.text
    return {
        "purpose": answer.purpose,
        "answer": answer.answer,
        "by": answer.typed_name,
        "at": _value(answer.at),
        "language": answer.language,
        "text_version": text.version,
        "text_sha256": text.sha256,
        "text": text.text.get(answer.language),
    }


def _letters(session: Session, participant: Participant) -> list[dict[str, Any]]:
    """Return which letters went to the person, or about the person alone."""
    is_own = Message.participant_id == participant.id
    if participant.party.is_one_person:
        is_own |= Message.party_id == participant.party_id
    letters = session.scalars(select(Message).where(is_own).order_by(Message.id))
    return [_plain(one, ("kind", "subject", "recipient", "created_at", "sent_at")) for one in letters]


def _history(session: Session, participant: Participant) -> list[dict[str, Any]]:
    about = (
        AuditEvent.march_id == participant.march_id,
        AuditEvent.subject == "participant",
        AuditEvent.subject_id == participant.id,
        # SQLite gives the number of a row that was merged away to the next one.
        AuditEvent.at >= participant.registered_at,
    )
    events = session.scalars(select(AuditEvent).where(*about).order_by(AuditEvent.id))
    return [_plain(event, ("at", "action")) for event in events]
