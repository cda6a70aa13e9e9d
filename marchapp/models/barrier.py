"""What keeps somebody out of the groups of a stage: consents, and the papers that a border asks for.

Said twice, once for a set of people in SQL and once for one person: `tests/models/test_barrier.py` holds both
to the same answers.
"""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, String, and_, case, exists, literal, null, or_

from marchapp.models.document import NotarisedConsent, TravelDocument
from marchapp.models.march import March, Stage, years_before
from marchapp.models.participant import Participant


class Barrier(StrEnum):
    """The first thing that somebody lacks for a stage."""

    CONSENT = "consent"
    CROSSING_CONSENT = "crossing_consent"
    DOCUMENT = "document"
    DOCUMENT_EXPIRES = "document_expires"
    NOTARISED_CONSENT = "notarised_consent"
    NOTARISED_DAYS = "notarised_days"


def barrier_on(stage: Stage) -> ColumnElement[str | None]:
    """Return the column that says for each Participant what keeps them out of a stage's groups, or NULL."""
    conditions = list(_conditions(stage))
    return case(*((lacks, literal(barrier, String)) for lacks, barrier in conditions), else_=null())


def may_walk(stage: Stage) -> ColumnElement[bool]:
    """Return the condition that nothing keeps a Participant out of a stage's groups."""
    if not stage.crosses_border:
        return Participant.may_take_part.is_(True)
    return and_(
        Participant.may_take_part,
        Participant.may_cross_border,
        has_document_until(stage.day),
        or_(~needs_notary(stage.march), _is_covered_on(stage.day)),
    )


def _conditions(stage: Stage) -> Iterator[tuple[ColumnElement[bool], Barrier]]:
    yield Participant.may_take_part.is_(False), Barrier.CONSENT
    if stage.crosses_border:
        yield Participant.may_cross_border.is_(False), Barrier.CROSSING_CONSENT
        yield ~_has(TravelDocument), Barrier.DOCUMENT
        yield ~has_document_until(stage.day), Barrier.DOCUMENT_EXPIRES
        yield needs_notary(stage.march) & ~_has(NotarisedConsent), Barrier.NOTARISED_CONSENT
        yield needs_notary(stage.march) & ~_is_covered_on(stage.day), Barrier.NOTARISED_DAYS


def has_document_until(day: date) -> ColumnElement[bool]:
    """Return the condition that a Participant has a document that is valid on a day."""
    return _has(TravelDocument, TravelDocument.expires_on >= day)


def needs_notary(march: March) -> ColumnElement[bool]:
    """Return the condition that a Participant may cross a border only with a notarised consent."""
    is_minor = Participant.birth_date > years_before(march.starts_on, march.adult_age)
    return is_minor & Participant.country.in_(march.notarised_countries)


def _is_covered_on(day: date) -> ColumnElement[bool]:
    return _has(NotarisedConsent, NotarisedConsent.valid_from <= day, NotarisedConsent.valid_to >= day)


def _has(
    paper: type[TravelDocument] | type[NotarisedConsent], *conditions: ColumnElement[bool]
) -> ColumnElement[bool]:
    return exists().where(paper.participant_id == Participant.id, *conditions)


def barrier_of(participant: Participant, stage: Stage) -> Barrier | None:
    """Return what keeps one person out of a stage's groups, None if nothing does."""
    if not participant.may_take_part:
        return Barrier.CONSENT
    if not stage.crosses_border:
        return None
    if not participant.may_cross_border:
        return Barrier.CROSSING_CONSENT
    return _missing_document(participant, stage.day) or _missing_notary(participant, stage.day)


def _missing_document(participant: Participant, day: date) -> Barrier | None:
    if not participant.documents:
        return Barrier.DOCUMENT
    return None if any(one.is_valid_on(day) for one in participant.documents) else Barrier.DOCUMENT_EXPIRES


def _missing_notary(participant: Participant, day: date) -> Barrier | None:
    if not asks_notary(participant):
        return None
    if participant.notarised_consent is None:
        return Barrier.NOTARISED_CONSENT
    return None if participant.notarised_consent.covers(day) else Barrier.NOTARISED_DAYS


def asks_notary(participant: Participant) -> bool:
    """Tell whether somebody may cross a border only with a notarised consent."""
    march = participant.march
    return march.is_minor(participant.birth_date) and participant.country in march.notarised_countries
