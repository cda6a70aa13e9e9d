"""All that is kept about somebody, to take away: what was written, answered, sent, walked and looked at.

`tests/registration/test_all_is_taken.py` says of every column of the database whether it is here, or why not.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from marchapp.models import (
    ConsentAnswer,
    ConsentRequest,
    ConsentScan,
    Guardian,
    Participant,
    PrivateLink,
    TravelDocument,
)
from marchapp.models.retention import Kept, kept_until
from marchapp.registration.consent.scans import ENDINGS
from marchapp.registration.own.data_of_acts import acts_about, letters_to
from marchapp.registration.own.data_of_walks import groups_of, manifests_with, recordings_of, roll_calls_of
from marchapp.registration.own.plain import plain, value_of
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
    "may_cross_border",
    "place_held_until",
    "consent_reminders",
    "left_groups_at",
)
OF_PARTY = ("kind", "name", "contact_name", "language", "when_full", "signed_up_at")
OF_CONTACT = ("contact_email", "contact_phone")
OF_GUARDIAN = ("position", "name", "email", "phone", "language")
OF_LINK = ("kind", "created_at", "expires_at", "revoked_at", "used_at")


def own_data(session: Session, participant: Participant, *, to_be_read: bool = False) -> dict[str, Any]:
    """Return everything that is kept about somebody, ready for JSON: moments in UTC, names in English.

    The others of the party are left out, and so are links and which coordinator did what: they are not this
    person's data. Only where a coordinator reads it before it is handed out (`to_be_read`) it holds what may
    concern others, too: reasons that coordinators wrote, to whom somebody was handed over, addresses of
    computers.
    """
    notarised, march = participant.notarised_consent, participant.march
    papers = ("valid_from", "valid_to", "states", "seen_at")
    return {
        "march": march.name,
        "ask": march.contact_email,
        "kept_until": {kind.value: kept_until(march, kind).isoformat() for kind in Kept},
        "person": plain(participant, KEPT),
        "signed_up_with": _party(participant),
        "stages": groups_of(session, participant),
        "guardians": [plain(one, OF_GUARDIAN) for one in participant.guardians],
        "documents": _documents(session, participant),
        "notarised_consent": plain(notarised, papers) if notarised else None,
        "consents": [_consent(answer) for answer in participant.consent_answers],
        "consents_asked_for": _asked(session, participant),
        "scans": [_scan(scan) for scan in scans_of(session, participant)],
        "private_links": _links(session, participant),
        "letters": letters_to(session, participant),
        "roll_calls": roll_calls_of(session, participant, to_be_read=to_be_read),
        "recordings_of_the_groups": recordings_of(session, participant),
        "border_manifests": manifests_with(session, participant),
        "history": acts_about(session, participant, to_be_read=to_be_read),
    }


def scans_of(session: Session, participant: Participant) -> list[ConsentScan]:
    """Return the papers about somebody's consents that were scanned."""
    scans = select(ConsentScan).where(ConsentScan.participant_id == participant.id).order_by(ConsentScan.id)
    return list(session.scalars(scans))


def name_of_scan(scan: ConsentScan) -> str:
    """Return how a scan is called beside the data."""
    return f"scans/consent-{scan.id}.{ENDINGS[scan.media_type]}"


def _party(participant: Participant) -> dict[str, Any]:
    """Return who speaks for somebody; how to reach them is theirs where several signed up together."""
    party = participant.party
    return plain(party, (*OF_PARTY, *OF_CONTACT) if party.is_one_person else OF_PARTY)


def _documents(session: Session, participant: Participant) -> list[dict[str, Any]]:
    query = select(TravelDocument).where(TravelDocument.participant_id == participant.id)
    query = query.options(undefer(TravelDocument.number)).order_by(TravelDocument.kind)
    shown = ("kind", "number", "issued_by", "expires_on", "reminded_at")
    return [plain(one, shown) for one in session.scalars(query)]


def _consent(answer: ConsentAnswer) -> dict[str, Any]:
    text = answer.text
    return {
        "purpose": answer.purpose,
        "answer": answer.answer,
        "by": answer.typed_name,
        "by_the_child": answer.is_by_child,
        "guardian": answer.guardian.position if answer.guardian else None,
        "at": value_of(answer.at),
        "language": answer.language,
        "on_paper": answer.recorded_by_id is not None,
        "scan": answer.scan_id,
        "text_version": text.version,
        "text_sha256": text.sha256,
        "text_written_at": value_of(text.written_at),
        "text": text.text.get(answer.language),
    }


def _asked(session: Session, participant: Participant) -> list[dict[str, Any]]:
    """Return which guardian was asked for what and where, each with the version of the text."""
    query = select(ConsentRequest).join(Guardian).where(Guardian.participant_id == participant.id)
    return [
        plain(one, ("asked_at", "address"))
        | {"guardian": one.guardian.position, "purpose": one.text.purpose, "text_version": one.text.version}
        for one in session.scalars(query.order_by(ConsentRequest.asked_at, ConsentRequest.text_id))
    ]


def _scan(scan: ConsentScan) -> dict[str, Any]:
    return plain(scan, ("id", "media_type", "uploaded_at")) | {"file": name_of_scan(scan)}


def _links(session: Session, participant: Participant) -> list[dict[str, Any]]:
    """Return which private links were given, without what opens them."""
    guardians = select(Guardian.id).where(Guardian.participant_id == participant.id)
    theirs = (PrivateLink.participant_id == participant.id) | PrivateLink.guardian_id.in_(guardians)
    if participant.party.is_one_person:
        theirs |= PrivateLink.party_id == participant.party_id
    return [plain(link, OF_LINK) for link in session.scalars(select(PrivateLink).where(theirs))]
