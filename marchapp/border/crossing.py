"""Who crosses on a stage, with which papers, and what each of them still lacks on the day."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, false, func, or_, select
from sqlalchemy.orm import Session, selectinload, undefer

from marchapp.models import (
    Group,
    Membership,
    NotarisedConsent,
    Participant,
    Stage,
    StageEntry,
    Standing,
    TravelDocument,
)
from marchapp.models.barrier import needs_notary

# Where documents hold names in Cyrillic letters.
CYRILLIC_COUNTRIES = ("BG", "BY", "KG", "KZ", "MD", "ME", "MK", "MN", "RS", "RU", "TJ", "UA")
PEOPLE_A_PAGE = 100


class Lack(StrEnum):
    """What a border guard would stop somebody for, or a coordinator must still see to."""

    NO_DOCUMENT = "no_document"
    EXPIRED = "expired"
    NO_CONSENT = "no_consent"
    NO_NOTARY = "no_notary"
    NOTARY_DAYS = "notary_days"
    NO_NATIVE_NAME = "no_native_name"
    NO_GROUP = "no_group"


@dataclass(frozen=True)
class Paper:
    """A travel document as the border sees it."""

    kind: str
    number: str
    issued_by: str
    expires_on: str

    def is_valid_on(self, day: date) -> bool:
        return date.fromisoformat(self.expires_on) >= day


@dataclass(frozen=True, kw_only=True)
class Line:
    """Somebody on the manifest; dates are written as 2014-09-18, so that a line is JSON as it is.

    `consent` is "adult", "given" or "missing", `notary` the states and days of the notarised consent, empty
    where none is needed or there is none.
    """

    person_id: int
    reference: str
    given_name: str
    family_name: str
    native_name: str
    birth_date: str
    country: str
    group: int | None
    papers: tuple[Paper, ...]
    consent: str
    notary: str
    lacks: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def other_name(self) -> str:
        """The name in the own script, empty where that is Latin, too."""
        return "" if self.native_name == self.name else self.native_name

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Line":
        papers = tuple(Paper(**paper) for paper in stored["papers"])
        return cls(**stored | {"papers": papers, "lacks": tuple(stored["lacks"])})


@dataclass(frozen=True)
class Overview:
    """How many cross, how many of them lack something, and how many lack what."""

    people: int
    with_lacks: int
    by_lack: dict[Lack, int]


@dataclass(frozen=True)
class _Judged:
    """Who crosses on a stage, each in one row: the person, the group's number, and what is lacking."""

    rows: Subquery

    @property
    def lacks(self) -> dict[Lack, ColumnElement[bool]]:
        return {lack: self.rows.c[lack] for lack in Lack}

    @property
    def lacks_something(self) -> ColumnElement[bool]:
        return or_(*self.lacks.values())


def _judged(stage: Stage) -> _Judged:
    """Ask what everybody lacks: the one place that says so. Papers are joined, not looked up one by one."""
    papers = (
        select(TravelDocument.participant_id, func.min(TravelDocument.expires_on).label("first_expires"))
        .group_by(TravelDocument.participant_id)
        .subquery()
    )
    covers = and_(NotarisedConsent.valid_from <= stage.day, NotarisedConsent.valid_to >= stage.day)
    has_notary = NotarisedConsent.participant_id.is_not(None)
    asks_notary = needs_notary(stage.march)
    lacks = {
        Lack.NO_DOCUMENT: papers.c.participant_id.is_(None),
        Lack.EXPIRED: func.coalesce(papers.c.first_expires < stage.day, false()),
        Lack.NO_CONSENT: ~and_(Participant.may_take_part, Participant.may_cross_border),
        Lack.NO_NOTARY: and_(asks_notary, ~has_notary),
        Lack.NOTARY_DAYS: and_(asks_notary, has_notary, ~covers),
        Lack.NO_NATIVE_NAME: and_(Participant.country.in_(CYRILLIC_COUNTRIES), Participant.native_name == ""),
        Lack.NO_GROUP: Membership.participant_id.is_(None),
    }
    columns = (condition.label(lack) for lack, condition in lacks.items())
    rows = (
        _crossing(stage, select(Participant.id, Membership.group_id, *columns))
        .outerjoin(papers, papers.c.participant_id == Participant.id)
        .outerjoin(NotarisedConsent, NotarisedConsent.participant_id == Participant.id)
        .outerjoin(
            Membership, and_(Membership.participant_id == Participant.id, Membership.stage_id == stage.id)
        )
    )
    return _Judged(rows.subquery())


def overview_of(session: Session, stage: Stage) -> Overview:
    """Count who crosses, in one question."""
    judged = _judged(stage)
    counted = [func.count().filter(condition) for condition in judged.lacks.values()]
    query = select(func.count(), func.count().filter(judged.lacks_something), *counted)
    people, with_lacks, *of_each = session.execute(query.select_from(judged.rows)).one()
    by_lack = {lack: count for lack, count in zip(judged.lacks, of_each, strict=True) if count}
    return Overview(people, with_lacks, by_lack)


def page_of_lines(
    session: Session, stage: Stage, overview: Overview, *, lack: Lack | None, text: str, page: int
) -> tuple[list[Line], int]:
    """Return a page of who crosses, who lacks something first, and how many fit on all pages."""
    judged = _judged(stage)
    query = _lines_query(judged)
    if lack:
        query = query.where(judged.lacks[lack])
    total = overview.by_lack.get(lack, 0) if lack else overview.people
    if text:
        query = query.where(Participant.is_called(text))
        total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    query = query.limit(PEOPLE_A_PAGE).offset((page - 1) * PEOPLE_A_PAGE)
    return list(_lines(session, stage, query)), total


def all_lines(session: Session, stage: Stage) -> list[Line]:
    """Return everybody who crosses, who lacks something first, then by group and name."""
    return list(_lines(session, stage, _lines_query(_judged(stage))))


def count_crossing(session: Session, stage: Stage) -> int:
    return session.scalar(_crossing(stage, select(func.count()))) or 0


def _crossing(stage: Stage, query: Any) -> Select[Any]:
    return (
        query.select_from(Participant)
        .join(StageEntry, StageEntry.participant_id == Participant.id)
        .where(StageEntry.stage_id == stage.id, Participant.standing == Standing.PLACED)
    )


def _lines_query(judged: _Judged) -> Select[*tuple[Any, ...]]:
    return (
        select(Participant, Group.number, *judged.lacks.values())
        .select_from(judged.rows)
        .join(Participant, Participant.id == judged.rows.c.id)
        .outerjoin(Group, Group.id == judged.rows.c.group_id)
        .options(
            selectinload(Participant.documents).options(undefer(TravelDocument.number)),
            selectinload(Participant.notarised_consent),
        )
        .order_by(
            judged.lacks_something.desc(),
            Group.number,
            Participant.family_name,
            Participant.given_name,
            Participant.id,
        )
    )


def _lines(session: Session, stage: Stage, query: Select[*tuple[Any, ...]]) -> Iterator[Line]:
    march, names = stage.march, list(Lack)
    for person, group, *found in session.execute(query):
        lacks = tuple(str(lack) for lack, is_lacking in zip(names, found, strict=True) if is_lacking)
        is_minor = march.is_minor(person.birth_date)
        yield Line(
            person_id=person.id,
            reference=person.reference,
            given_name=person.given_name,
            family_name=person.family_name,
            native_name=person.native_name,
            birth_date=person.birth_date.isoformat(),
            country=person.country,
            group=group,
            papers=tuple(_paper(document) for document in person.documents),
            consent="missing" if Lack.NO_CONSENT in lacks else "given" if is_minor else "adult",
            notary=_notary(person.notarised_consent) if is_minor else "",
            lacks=lacks,
        )


def _paper(document: TravelDocument) -> Paper:
    expires = document.expires_on.isoformat()
    return Paper(str(document.kind), document.number, document.issued_by, expires)


def _notary(consent: NotarisedConsent | None) -> str:
    if consent is None:
        return ""
    return f"{consent.states}, {consent.valid_from:%d.%m.%Y} – {consent.valid_to:%d.%m.%Y}"
