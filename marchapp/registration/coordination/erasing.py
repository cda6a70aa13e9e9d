"""Erase somebody's data: what names or describes the person goes, what is counted and was consented stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from marchapp.models import (
    Account,
    AuditEvent,
    ConsentAnswer,
    ConsentRequest,
    ConsentScan,
    Erasing,
    Guardian,
    ManifestVersion,
    Membership,
    Message,
    Participant,
    Party,
    PrivateLink,
    RollMark,
    Stage,
)
from marchapp.models.audit import take_personal_out
from marchapp.models.names import name_key, without_names
from marchapp.models.participant import person_erased
from marchapp.registration import letters, services
from marchapp.registration.coordination.history import lives_of
from marchapp.registration.coordination.mentions import (
    forget_in_letters_to_many,
    forget_in_log,
    is_named_in,
    names_of,
)
from marchapp.registration.noting import note

ERASED = "–"  # in the database, where a name stood: the same in every language
EMPTIED = (
    "native_name",
    "municipality",
    "email",
    "phone",
    "emergency_name",
    "emergency_phone",
    "diet",
    "health_notes",
    "school",
    "school_class",
    "body",
    "position",
    "service",
    "unit",
    "rank",
)


@dataclass(frozen=True)
class Crossing:
    """A stage with a frozen manifest, and whether nobody crosses on it any more."""

    number: int
    is_over: bool


def erase(session: Session, person: Participant, *, now: datetime, by: Account) -> bool:
    """Erase somebody for good, after a last letter; return whether there was anything to erase.

    Category, country, year of birth and stages stay for the statistics, and of each consent its text, time
    and answer. The others of the party stay as they are; its contact goes with the last of them.
    """
    services.take_off(session, person, now=now)  # holds the places, so that of two who erase one comes first
    if person.erased_at is not None:
        return False
    is_last, events = not others_left(session, person), _events_of(session, person)
    names = names_of(person, events)
    _erase_letters(session, person, names, is_last=is_last, now=now)
    letters.erased(session, person, is_last=is_last, now=now)
    _leave_groups(session, person)
    _erase_handing_over(session, person, names)
    _close_links(session, person, is_last=is_last, now=now)
    _erase_history(session, person, events, is_last=is_last)
    forget_in_log(session, person.march_id, names)
    forget_in_letters_to_many(session, person.march_id, names, person.reference)
    person_erased.send(session, person=person, names=names, now=now)
    _erase_consents(session, person)
    _erase_person(person)
    person.erased_at, person.erasure_asked_at = now, None
    if is_last:
        _erase_contact(session, person.party)
    session.flush()
    note(session, person, "participant.erased", now=now, by=by)
    services.hand_on_places(session, person.march, now=now)
    return True


def others_left(session: Session, person: Participant) -> list[Participant]:
    """Return the others of somebody's party whose data are there, those who cancelled, too."""
    others = (Participant.party_id == person.party_id, Participant.id != person.id)
    return list(session.scalars(select(Participant).where(*others, Participant.erased_at.is_(None))))


def manifests_of(session: Session, person: Participant, now: datetime) -> list[Crossing]:
    """Return the stages of the march of which a manifest is frozen: the person may be on it."""
    frozen = select(ManifestVersion.stage_id)
    stages = select(Stage).where(Stage.march_id == person.march_id, Stage.id.in_(frozen))
    found = session.scalars(stages.order_by(Stage.number))
    return [Crossing(stage.number, stage.is_over(now)) for stage in found]


def _erase_letters(
    session: Session, person: Participant, names: Sequence[str], *, is_last: bool, now: datetime
) -> None:
    """Erase the letters to the person and its guardians, and the words of those that name it to others.

    One to others that waits is sent before its words go, as it may be about others, too.
    """
    is_own = Message.participant_id == person.id
    if is_last:
        is_own = or_(is_own, Message.party_id == person.party_id)
    is_about = or_(is_own, (Message.march_id == person.march_id) & is_named_in(Message, names))
    for message, theirs in session.execute(
        select(Message, is_own).where(is_about, Message.erased_at.is_(None))
    ):
        if theirs:
            message.erase(Erasing.ALL, now)
        elif message.sent_at is None and message.failed_at is None:
            message.erasing = Erasing.WORDS
        else:
            message.erase(Erasing.WORDS, now)


def _leave_groups(session: Session, person: Participant) -> None:
    session.execute(delete(Membership).where(Membership.participant_id == person.id))


def _erase_handing_over(session: Session, person: Participant, names: Sequence[str]) -> None:
    """Forget to whom the person was handed over, and that a child of the party was handed over to it."""
    of_party = select(Participant.id).where(Participant.party_id == person.party_id)
    handed_over = (RollMark.participant_id.in_(of_party), RollMark.handed_to.is_not(None))
    for mark in session.scalars(select(RollMark).where(*handed_over)):
        own = mark.participant_id == person.id
        mark.handed_to = "" if own else without_names(mark.handed_to, names)


def _close_links(session: Session, person: Participant, *, is_last: bool, now: datetime) -> None:
    guardians = [guardian.id for guardian in person.guardians]
    leads: list[ColumnElement[bool]] = [
        PrivateLink.participant_id == person.id,
        PrivateLink.guardian_id.in_(guardians),
    ]
    if is_last:
        leads.append(PrivateLink.party_id == person.party_id)
    is_open = PrivateLink.revoked_at.is_(None)
    session.execute(update(PrivateLink).where(or_(*leads), is_open).values(revoked_at=now))


def _events_of(session: Session, person: Participant) -> Sequence[AuditEvent]:
    """Return the events about a person and sign-ups that were merged into the one left, the latest first."""
    about = AuditEvent.subject == "participant"
    of_lives = or_(
        *(
            and_(AuditEvent.subject_id == id_, AuditEvent.at.between(*times))
            for id_, times in lives_of(session, person).items()
        )
    )
    query = select(AuditEvent).where(AuditEvent.march_id == person.march_id, about, of_lives)
    return session.scalars(query.order_by(AuditEvent.at.desc(), AuditEvent.id.desc())).all()


def _erase_history(
    session: Session, person: Participant, events: Sequence[AuditEvent], *, is_last: bool
) -> None:
    """Leave of each event what was done and when; not answers, reasons or the person's network address."""
    if is_last:
        of_party = (AuditEvent.subject == "party", AuditEvent.subject_id == person.party_id)
        take_personal_out(session, AuditEvent.march_id == person.march_id, *of_party)
    for event in events:
        event.personal = None
        if event.account_id is None:
            event.address = ""


def _erase_consents(session: Session, person: Participant) -> None:
    """Keep the answers with their texts, and that guardians were asked; not who they were."""
    answers = update(ConsentAnswer).where(ConsentAnswer.participant_id == person.id)
    session.execute(answers.values(typed_name="", scan_id=None))
    session.execute(delete(ConsentScan).where(ConsentScan.participant_id == person.id))
    ids = select(Guardian.id).where(Guardian.participant_id == person.id)
    asked = update(ConsentRequest).where(ConsentRequest.guardian_id.in_(ids))
    session.execute(asked.values(address="").execution_options(synchronize_session=False))
    for guardian in person.guardians:
        guardian.name, guardian.email, guardian.phone = f"{ERASED} {guardian.position}", "", ""


def _erase_person(person: Participant) -> None:
    """Empty what was written about somebody; the reference takes the place of the name."""
    for name, value in erased_values(person.reference, person.birth_date).items():
        setattr(person, name, value)
    person.documents, person.notarised_consent = [], None
    person.refresh_keys()


def erased_values(reference: str, birth_date: date) -> dict[str, Any]:
    """Return the columns of somebody erased, but those that say when."""
    return dict.fromkeys(EMPTIED, "") | {
        "given_name": ERASED,
        "family_name": reference,
        "name_key": name_key(ERASED, reference),
        "birth_date": birth_date.replace(month=1, day=1),
        "spoken_languages": [],
        "knows_first_aid": False,
        "has_health_notes": False,
        "place_held_until": None,
        "left_groups_at": None,
    }


def _erase_contact(session: Session, party: Party) -> None:
    party.name, party.contact_name, party.contact_email, party.contact_phone = "", ERASED, "", ""
    services.find_by_new_name(session, party)
