"""What the worker does about consents and papers each minute; steps are claimed, so that two do each once."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.orm import Session

from marchapp.extensions import db, queue
from marchapp.models import (
    Guardian,
    March,
    Participant,
    Party,
    Purpose,
    Stage,
    StageEntry,
    Standing,
    TravelDocument,
)
from marchapp.models.conditional import rows_changed
from marchapp.models.march import years_before
from marchapp.registration import letters, places
from marchapp.registration.consent.links import link_for_letter
from marchapp.registration.consent.services import refresh
from marchapp.registration.consent.state import consents_of
from marchapp.registration.noting import note

A_BATCH = 50
REMINDERS = ((2, 1 / 6), (1, 1 / 2))  # which reminder, and what is left of the time when it is due
DOCUMENTS_ARE_LOOKED_AT = timedelta(days=60)  # before the crossing: long enough to get a new one


@queue.every_minute
def see_to_consents() -> None:
    """Ask whom a change concerns, remind and give places on that were held in vain."""
    now = datetime.now(UTC)
    for march in _marches_to_come(db.session, now):
        check_anew(db.session, march, now=now)
        remind(db.session, march, now=now)
        take_places_back(db.session, march, now=now)
        warn_of_documents(db.session, march, now=now)
    db.session.commit()


def check_anew(session: Session, march: March, *, now: datetime) -> None:
    """Look at everybody whom new texts, ages, days or stages may concern, a batch in a transaction."""
    while (reached := march.consents_checked_to) is not None:
        ids = session.scalars(_concerned(march).where(Participant.id > reached)).all()
        claim = update(March).where(March.id == march.id, March.consents_checked_to == reached)
        claim = claim.values(consents_checked_to=ids[-1] if ids else None)
        if rows_changed(session, claim) == 1:
            for participant in session.scalars(select(Participant).where(Participant.id.in_(ids))):
                refresh(session, participant, now=now)
        session.commit()


def remind(session: Session, march: March, *, now: datetime) -> None:
    """Remind guardians who have not answered, at half and at five sixths of the time, each time once."""
    days = timedelta(days=march.days_for_consent)
    for number, left in REMINDERS:
        due = (
            *_held_in_vain(march),
            Participant.consent_reminders < number,
            Participant.place_held_until <= now + left * days,
            Participant.place_held_until > now,
        )
        while people := list(_claimed(session, due, consent_reminders=number)):
            _remind_guardians(session, people, number=number, now=now)
            _remind_contacts(session, people, now=now)
            session.commit()


def take_places_back(session: Session, march: March, *, now: datetime) -> None:
    """Put those whose time is over at the end of the line, and hand their places on.

    They come out of the line again once the consents are there and a place is free.
    """
    due = (*_held_in_vain(march), Participant.place_held_until <= now)
    while session.scalar(select(Participant.id).where(*due).limit(1)) is not None:
        places.hold(session, march)  # before people, as everywhere
        lost = list(_claimed(session, due, standing=Standing.WAITING, waiting_since=now))
        places.give_back(session, march, lost)
        for participant in lost:
            note(session, participant, "participant.lost_place", now=now)
            letters.place_lost(session, participant, now=now)
        letters.promoted(session, places.hand_on(session, march, now=now), now=now)
        session.commit()


def warn_of_documents(session: Session, march: March, *, now: datetime) -> None:
    """Tell once whose document expires before the crossing."""
    today = now.date()
    expiring = (
        select(TravelDocument)
        .join(TravelDocument.participant)
        .join(StageEntry, StageEntry.participant_id == Participant.id)
        .join(Stage, Stage.id == StageEntry.stage_id)
        .where(
            Participant.march_id == march.id,
            Participant.standing == Standing.PLACED,
            Stage.crosses_border,
            Stage.day >= today,
            Stage.day <= today + DOCUMENTS_ARE_LOOKED_AT,
            TravelDocument.expires_on < Stage.day,
            TravelDocument.reminded_at.is_(None),
        )
    )
    for document in session.scalars(expiring).unique().all():
        claim = update(TravelDocument).where(
            TravelDocument.participant_id == document.participant_id, TravelDocument.reminded_at.is_(None)
        )
        if rows_changed(session, claim.values(reminded_at=now)):
            letters.document_expires(session, document.participant, now=now)
        session.commit()


def _marches_to_come(session: Session, now: datetime) -> Iterable[March]:
    return session.scalars(select(March).where(March.ends_on >= now.date())).all()


def _concerned(march: March) -> Select[int]:
    """Return the query for the next minors, and others who are held to be so."""
    return (
        select(Participant.id)
        .where(
            Participant.march_id == march.id,
            Participant.standing != Standing.CANCELLED,
            or_(
                Participant.birth_date > _born_after(march),
                Participant.may_take_part.is_(False),
                Participant.may_cross_border.is_(False),
            ),
        )
        .order_by(Participant.id)
        .limit(A_BATCH)
    )


def _born_after(march: March) -> date:
    return years_before(march.starts_on, march.adult_age)


def _held_in_vain(march: March) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of a place that is held for consents; an index holds just these people."""
    return (
        Participant.march_id == march.id,
        ~Participant.may_take_part,
        Participant.standing == Standing.PLACED,
    )


def _claimed(
    session: Session, due: tuple[ColumnElement[bool], ...], **values: object
) -> Iterator[Participant]:
    """Change those of a batch who are due still, and yield each: of two workers one changes the row."""
    for participant_id in session.scalars(select(Participant.id).where(*due).limit(A_BATCH)).all():
        claim = update(Participant).where(Participant.id == participant_id, *due).values(**values)
        if rows_changed(session, claim) == 1:
            found = session.get(Participant, participant_id, populate_existing=True)
            if found is not None:
                yield found


def _remind_guardians(session: Session, people: list[Participant], *, number: int, now: datetime) -> None:
    for guardian in _silent_guardians(session, people):
        if guardian.email:
            link = link_for_letter(session, guardian, now=now)
            letters.consent_reminder(session, guardian, number=number, link=link, now=now)


def _remind_contacts(session: Session, people: list[Participant], *, now: datetime) -> None:
    """Remind the contact of each party of guardians who sign on paper, for all children in one letter."""
    on_paper = [one.participant for one in _silent_guardians(session, people) if not one.email]
    by_party: dict[Party, list[Participant]] = {}
    for child in dict.fromkeys(on_paper):
        by_party.setdefault(child.party, []).append(child)
    for party, children in by_party.items():
        letters.paper_missing(session, party, children, now=now)


def _silent_guardians(session: Session, people: list[Participant]) -> list[Guardian]:
    """Return the guardians from whom the consent to taking part is still waited for."""
    consents = consents_of(session, people)
    return [
        guardian
        for person in people
        for guardian in person.guardians
        if (consent := consents[person.id].of(guardian, Purpose.TAKING_PART)).is_open and not consent.holds
    ]
