"""How it stands with somebody: place, consents, papers; and the stages with groups as they were published."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from marchapp.models import (
    Guardian,
    Participant,
    PublishedGroup,
    PublishedPlace,
    Purpose,
    Stage,
    StageEntry,
    Standing,
    TravelDocument,
)
from marchapp.models.barrier import asks_notary
from marchapp.registration import places
from marchapp.registration.consent.state import Consents, consents_of


class Lack(StrEnum):
    """What keeps somebody from walking, or may keep."""

    PLACE = "place"
    GUARDIAN = "guardian"
    CONSENT = "consent"
    CONSENT_REFUSED = "consent_refused"
    ASSENT = "assent"
    DOCUMENT = "document"
    DOCUMENT_EXPIRES = "document_expires"
    NOTARISED_CONSENT = "notarised_consent"
    NOTARISED_DAYS = "notarised_days"


@dataclass(frozen=True, kw_only=True)
class Missing:
    """One thing that is missing, with what it is about."""

    lack: Lack
    guardian: Guardian | None = None
    purposes: tuple[Purpose, ...] = ()
    stage: Stage | None = None
    document: TravelDocument | None = None


@dataclass(frozen=True)
class Walk:
    """A stage that somebody walks, and the group there once it is published."""

    stage: Stage
    group: PublishedGroup | None


@dataclass(frozen=True, kw_only=True)
class OwnStanding:
    """Everything that the own page says: `ahead` counts the people who stand before somebody in line."""

    participant: Participant
    ahead: int
    missing: tuple[Missing, ...]
    walks: tuple[Walk, ...]


def standing_of(session: Session, participant: Participant) -> OwnStanding:
    is_waiting = participant.standing == Standing.WAITING
    walks = tuple(_walks(session, participant))
    return OwnStanding(
        participant=participant,
        ahead=places.people_ahead(session, participant) if is_waiting else 0,
        missing=missing_of(session, [participant])[participant.id],
        walks=walks,
    )


def missing_of(session: Session, people: Collection[Participant]) -> dict[int, tuple[Missing, ...]]:
    """Return what is missing for each of several people, by their ids; nothing for who has cancelled."""
    consents = consents_of(session, people)
    return {
        person.id: ()
        if person.standing == Standing.CANCELLED
        else tuple(_missing(person, consents[person.id]))
        for person in people
    }


def _walks(session: Session, participant: Participant) -> Iterator[Walk]:
    """Yield the stages that somebody walks, in their order."""
    groups = {
        group.stage_id: group
        for group in session.scalars(
            select(PublishedGroup)
            .join(PublishedPlace, PublishedPlace.group_id == PublishedGroup.group_id)
            .where(PublishedPlace.participant_id == participant.id)
            .options(selectinload(PublishedGroup.guides))
        )
    }
    stages = (
        select(Stage)
        .join(StageEntry, StageEntry.stage_id == Stage.id)
        .where(StageEntry.participant_id == participant.id)
        .options(joinedload(Stage.march))
        .order_by(Stage.number)
    )
    may_walk = participant.standing == Standing.PLACED and participant.may_take_part
    for stage in session.scalars(stages):
        yield Walk(stage, groups.get(stage.id) if may_walk else None)


def _missing(participant: Participant, consents: Consents) -> Iterator[Missing]:
    march = participant.march
    if participant.standing == Standing.WAITING:
        yield Missing(lack=Lack.PLACE)
    if march.is_minor(participant.birth_date):
        yield from _missing_consents(consents)
    yield from missing_papers(participant)


def _missing_consents(consents: Consents) -> Iterator[Missing]:
    guardians = consents.participant.guardians
    if not guardians:
        yield Missing(lack=Lack.GUARDIAN)
    for guardian in guardians:
        if consents.of(guardian, Purpose.TAKING_PART).is_denied:
            yield Missing(lack=Lack.CONSENT_REFUSED, guardian=guardian)
        elif purposes := consents.open_for(guardian):
            yield Missing(lack=Lack.CONSENT, guardian=guardian, purposes=tuple(purposes))
    if consents.assent.is_denied:
        yield Missing(lack=Lack.ASSENT)


def missing_papers(participant: Participant) -> Iterator[Missing]:
    """Yield what the border asks for and is not there, or does not last until the last crossing."""
    walked = [stage for stage in participant.march.stages if stage.id in participant.stage_ids]
    crossings = [stage for stage in walked if stage.crosses_border]
    if not crossings:
        return
    last = crossings[-1]
    if not participant.documents:
        yield Missing(lack=Lack.DOCUMENT, stage=crossings[0])
    for document in participant.documents:
        if not document.is_valid_on(last.day):
            yield Missing(lack=Lack.DOCUMENT_EXPIRES, stage=last, document=document)
    if asks_notary(participant):
        paper = participant.notarised_consent
        if paper is None:
            yield Missing(lack=Lack.NOTARISED_CONSENT, stage=crossings[0])
        elif not all(paper.covers(stage.day) for stage in crossings):
            yield Missing(lack=Lack.NOTARISED_DAYS, stage=last)
