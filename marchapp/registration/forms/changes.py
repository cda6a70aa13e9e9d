"""What is stored, as the forms show it when it is changed."""

from typing import Any

from marchapp.models import Guardian, Participant, Party, TravelDocument
from marchapp.registration.people import COLUMNS

# What the next person of a party most often shares with the one before.
SHARED = (
    "category", "country", "municipality", "spoken", "language", "stages", "emergency_name",
    "emergency_phone", "school", "school_class", "body", "service", "unit",
)  # fmt: skip


def answers_of(participant: Participant) -> dict[str, Any]:
    """Return everything that is kept about somebody by the names of the form's fields."""
    answers = {name: getattr(participant, name) for name in COLUMNS}
    answers |= {
        "stages": [str(stage_id) for stage_id in participant.stage_ids],
        "spoken": participant.spoken_languages,
    }
    for number, guardian in zip(("", "2"), participant.guardians, strict=False):
        answers |= _guardian(f"guardian{number}", guardian)
    for number, document in zip(("", "2"), participant.documents, strict=False):
        answers |= _document(f"document{number}", document)
    if notarised := participant.notarised_consent:
        answers |= {
            "notarised_from": notarised.valid_from,
            "notarised_to": notarised.valid_to,
            "notarised_states": notarised.states,
        }
    return answers | {
        "document_later": not participant.documents,
        "notarised_later": participant.notarised_consent is None,
    }


def shared_with(participant: Participant) -> dict[str, Any]:
    """Return what somebody added to a party is likely to share with this one."""
    return {name: answer for name, answer in answers_of(participant).items() if name in SHARED}


def contact_of(party: Party) -> dict[str, str]:
    return {
        "name": party.name,
        "contact_name": party.contact_name,
        "contact_email": party.contact_email,
        "contact_phone": party.contact_phone,
        "contact_language": party.language,
    }


def guardian_of(party: Party) -> dict[str, str]:
    """Return the contact of a family as the guardian of a child that joins it."""
    return {
        "guardian_name": party.contact_name,
        "guardian_phone": party.contact_phone,
        "guardian_email": party.contact_email,
        "guardian_language": party.language,
    }


def _guardian(name: str, guardian: Guardian) -> dict[str, str]:
    return {
        f"{name}_name": guardian.name,
        f"{name}_phone": guardian.phone,
        f"{name}_email": guardian.email,
        f"{name}_language": guardian.language,
    }


def _document(name: str, document: TravelDocument) -> dict[str, Any]:
    return {
        f"{name}_kind": document.kind,
        f"{name}_number": document.number,
        f"{name}_country": document.issued_by,
        f"{name}_expires_on": document.expires_on,
    }
