"""Make one sign-up of two that are of the same person: the older row stays, with what was chosen of each."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from marchapp.models import (
    Account,
    ConsentAnswer,
    ConsentRequest,
    ConsentScan,
    Guardian,
    Membership,
    Message,
    NotarisedConsent,
    Participant,
    PrivateLink,
    PublishedPlace,
    RollMark,
    RollStanding,
    StageEntry,
    Standing,
    TravelDocument,
)
from marchapp.models.audit import record
from marchapp.models.names import name_key
from marchapp.registration import letters, places
from marchapp.registration.consent import services as consent
from marchapp.registration.coordination.duplicates import in_order
from marchapp.registration.coordination.moving import close_if_empty
from marchapp.registration.people import COLUMNS
from marchapp.registration.services import AlreadySignedUp, hand_on_places, recordable

# What is chosen as a whole: all plain answers by themselves, and these.
PLAIN = (*COLUMNS, "spoken_languages")
CHOICES = (*PLAIN, "documents", "notarised", "party")
BEST_FIRST = (Standing.PLACED, Standing.WAITING, Standing.CANCELLED)


class NotOnePerson(Exception):
    """The two are of different marches, or one and the same row."""


class TooManyGuardians(Exception):
    """Together the two name more than two guardians, whose answers must not be lost."""


def merge(
    session: Session,
    one: Participant,
    other: Participant,
    *,
    take_newer: Collection[str],
    now: datetime,
    by: Account,
    reason: str,
) -> Participant:
    """Keep the older sign-up with the answers of the newer that `take_newer` names, and return it.

    It walks every stage that either walks, in the groups of both, and keeps links, letters and consents. The
    better standing of the two stays, in one place instead of two.
    Raises NotOnePerson, TooManyGuardians, AlreadySignedUp, NotEnoughPlaces.
    """
    if one.march_id != other.march_id or one.id == other.id:
        raise NotOnePerson
    kept, gone = in_order(one, other)
    march = kept.march
    room = places.hold(session, march)
    session.refresh(kept)
    session.refresh(gone)
    room.give_back([person for person in (kept, gone) if person.standing == Standing.PLACED])
    standing, waiting_since = _better_standing(kept, gone)
    answers = {name: getattr(gone, name) for name in PLAIN if name in take_newer}
    changed = {name: value for name, value in answers.items() if getattr(kept, name) != value}
    details = _details(kept, gone, changed)
    parties = {kept.party, gone.party}
    if "party" in take_newer:
        kept.party = gone.party
    _move_papers(session, kept, gone, take_newer)
    _move_guardians(session, kept, gone)
    _move_walks(session, kept, gone)
    _move_what_happened(session, kept, gone)
    _delete(session, gone)
    _write(session, kept, changed, standing=standing, waiting_since=waiting_since)
    for party in parties - {kept.party}:
        close_if_empty(session, party, kept)
    if standing == Standing.PLACED:
        room.take_in_turn([kept])
    room.write(session)
    consent.refresh(session, kept, now=now)
    record(
        session,
        at=now,
        action="participant.merged",
        march_id=kept.march_id,
        account_id=by.id,
        subject="participant",
        subject_id=kept.id,
        reason=reason,
        **details,
    )
    letters.changed(session, kept.party, [kept], now=now)
    hand_on_places(session, march, now=now)
    return kept


def _better_standing(kept: Participant, gone: Participant) -> tuple[Standing, datetime | None]:
    standing = min(kept.standing, gone.standing, key=BEST_FIRST.index)
    waiting = [person.waiting_since for person in (kept, gone) if person.waiting_since]
    return standing, min(waiting) if standing == Standing.WAITING else None


def _details(kept: Participant, gone: Participant, changed: dict[str, Any]) -> dict[str, Any]:
    return {
        "merged": gone.id,
        "merged_reference": gone.reference,
        "changed": sorted(changed),
        "before": {name: recordable(name, getattr(kept, name)) for name in changed},
        "after": {name: recordable(name, value) for name, value in changed.items()},
    }


def _move_papers(session: Session, kept: Participant, gone: Participant, take_newer: Collection[str]) -> None:
    """Give the kept one the papers that it lacks, and those that were chosen instead of its own."""
    own = {document.kind for document in kept.documents}
    for document in gone.documents:
        if document.kind not in own or "documents" in take_newer:
            theirs = (TravelDocument.kind == document.kind, TravelDocument.participant_id)
            session.execute(delete(TravelDocument).where(theirs[0], theirs[1] == kept.id))
            move = update(TravelDocument).where(theirs[0], theirs[1] == gone.id)
            session.execute(move.values(participant_id=kept.id))
    if gone.notarised_consent and ("notarised" in take_newer or not kept.notarised_consent):
        session.execute(delete(NotarisedConsent).where(NotarisedConsent.participant_id == kept.id))
        moved = update(NotarisedConsent).where(NotarisedConsent.participant_id == gone.id)
        session.execute(moved.values(participant_id=kept.id))


def _move_guardians(session: Session, kept: Participant, gone: Participant) -> None:
    """Let guardians of the same name be one, with all answers; others take a free place."""
    by_name = {name_key(guardian.name, ""): guardian for guardian in kept.guardians}
    free = sorted({1, 2} - {guardian.position for guardian in kept.guardians})
    for guardian in gone.guardians:
        if same := by_name.get(name_key(guardian.name, "")):
            _move_answers(session, guardian, same)
        elif free:
            values = {"participant_id": kept.id, "position": free.pop(0)}
            session.execute(update(Guardian).where(Guardian.id == guardian.id).values(**values))
        else:
            raise TooManyGuardians


def _move_answers(session: Session, guardian: Guardian, same: Guardian) -> None:
    asked = select(ConsentRequest.text_id).where(ConsentRequest.guardian_id == same.id)
    new = ConsentRequest.text_id.not_in(session.scalars(asked).all())
    to_same = {"guardian_id": same.id}
    session.execute(
        update(ConsentRequest).where(ConsentRequest.guardian_id == guardian.id, new).values(**to_same)
    )
    for table in (ConsentAnswer, PrivateLink):
        session.execute(update(table).where(table.guardian_id == guardian.id).values(**to_same))


def _move_walks(session: Session, kept: Participant, gone: Participant) -> None:
    """Let the kept one walk the stages of both, in the groups of the other where it has none."""
    for stage_id in sorted(gone.stage_ids - kept.stage_ids):
        session.add(StageEntry(participant_id=kept.id, stage_id=stage_id))
    session.flush()
    for table in (Membership, PublishedPlace):
        own = session.scalars(select(table.stage_id).where(table.participant_id == kept.id)).all()
        theirs = update(table).where(table.participant_id == gone.id, table.stage_id.not_in(own))
        session.execute(theirs.values(participant_id=kept.id))


def _move_what_happened(session: Session, kept: Participant, gone: Participant) -> None:
    for table in (ConsentAnswer, ConsentScan, PrivateLink, Message, RollMark):
        session.execute(update(table).where(table.participant_id == gone.id).values(participant_id=kept.id))
    own = aliased(RollStanding)
    is_known = exists().where(
        own.participant_id == kept.id,
        own.stage_id == RollStanding.stage_id,
        own.point == RollStanding.point,
    )
    theirs = update(RollStanding).where(RollStanding.participant_id == gone.id, ~is_known)
    session.execute(theirs.values(participant_id=kept.id).execution_options(synchronize_session=False))


def _delete(session: Session, gone: Participant) -> None:
    """Delete the row that is left; its events stay in the record, under its number."""
    session.flush()
    session.expire(gone.party, ["participants"])
    session.expunge(gone)
    session.execute(delete(Participant).where(Participant.id == gone.id))


def _write(
    session: Session,
    kept: Participant,
    changed: dict[str, Any],
    *,
    standing: Standing,
    waiting_since: datetime | None,
) -> None:
    session.expire(kept, ["entries", "guardians", "documents", "notarised_consent", "consent_answers"])
    for name, value in changed.items():
        setattr(kept, name, value)
    kept.has_health_notes = bool(kept.health_notes)
    kept.refresh_keys()
    kept.standing, kept.waiting_since = standing, waiting_since
    if standing != Standing.CANCELLED:
        kept.cancelled_at = None
    try:
        session.flush()
    except IntegrityError as error:  # a third person of the chosen name and birth date
        raise AlreadySignedUp from error
