"""Which participants the coordinator sees: search, filters, order and pages, as the address says."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from marchapp.models import (
    Category,
    Group,
    March,
    Membership,
    Participant,
    StageEntry,
    Standing,
)

ROWS_A_PAGE = 50
MOST_COUNTRIES = 8
LONGEST_SEARCH = 100

BY_NAME = (Participant.family_name, Participant.given_name)
ORDERS: dict[str, tuple[InstrumentedAttribute[Any], ...]] = {
    "name": BY_NAME,
    "category": (Participant.category, *BY_NAME),
    "born": (Participant.birth_date,),
    "country": (Participant.country, *BY_NAME),
    "signed-up": (Participant.registered_at,),
}

_IN_A_GROUP = and_(
    Membership.participant_id == StageEntry.participant_id, Membership.stage_id == StageEntry.stage_id
)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What the coordinator asked for; the fields are the arguments of the address.

    `stage` is the number of a stage that is walked, `no_group` of one that is walked in no group yet.
    """

    q: str = ""
    category: str = ""
    country: str = ""
    stage: int = 0
    no_group: int = 0
    cancelled: bool = False
    sort: str = "name"
    descending: bool = False
    page: int = 1

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, str]) -> Self:
        """Read an address; what it cannot mean is left out."""
        category, country = arguments.get("category", ""), arguments.get("country", "").upper()
        sort = arguments.get("sort", "")
        return cls(
            q=arguments.get("q", "")[:LONGEST_SEARCH],
            category=category if category in set(Category) else "",
            country=country if len(country) == 2 and country.isascii() and country.isalpha() else "",
            stage=_small_number(arguments.get("stage", "")),
            no_group=_small_number(arguments.get("no_group", "")),
            cancelled="cancelled" in arguments,
            sort=sort if sort in ORDERS else "name",
            descending="descending" in arguments,
            page=_small_number(arguments.get("page", "")) or 1,
        )

    def arguments(self, **changes: Any) -> dict[str, Any]:
        """Return the arguments of the address of this selection with some changes, from its first page on."""
        wanted = asdict(replace(self, **{"page": 1} | changes))
        return {name: value for name, value in wanted.items() if value != getattr(Selection, name)}

    def toggled(self, name: str, value: Any) -> dict[str, Any]:
        """Return the arguments of this selection with a filter set, or without it where it is set."""
        is_set = getattr(self, name) == value
        return self.arguments(**{name: getattr(Selection, name) if is_set else value})

    def sorted_by(self, sort: str) -> dict[str, Any]:
        """Return the arguments of this selection in another order, or in its order the other way round."""
        return self.arguments(sort=sort, descending=self.direction(sort) == "ascending")

    def direction(self, sort: str) -> str:
        """Return which way the list runs if it has this order, else nothing."""
        if sort != self.sort:
            return ""
        return "descending" if self.descending else "ascending"

    @property
    def is_filtered(self) -> bool:
        return bool(self.q or self.category or self.country or self.stage or self.no_group or self.cancelled)


@dataclass(frozen=True)
class Walk:
    """That somebody walks a stage, with the group once there is one."""

    stage_id: int
    group_id: int | None
    group_number: int | None


@dataclass(frozen=True)
class Page:
    """One page of the list; `walks` holds each person's stages by participant, then by stage."""

    people: list[Participant]
    walks: dict[int, dict[int, Walk]]
    total: int
    number: int
    of: int


def _small_number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= 6 else 0


def find_page(session: Session, march: March, selection: Selection) -> Page:
    """Return the page of the selection that is asked for, or its last one if there are fewer.

    The search runs over ids, which the database answers from one index; only the page's people are loaded.
    """
    conditions = and_(*_conditions(march, selection))
    total = session.scalar(select(func.count()).select_from(Participant).where(conditions)) or 0
    pages = max(1, -(-total // ROWS_A_PAGE))
    number = min(selection.page, pages)
    ids = _in_order(select(Participant.id).where(conditions), selection)
    of_page = session.scalars(ids.limit(ROWS_A_PAGE).offset((number - 1) * ROWS_A_PAGE)).all()
    people = {
        person.id: person
        for person in session.scalars(select(Participant).where(Participant.id.in_(of_page)))
    }
    return Page([people[id_] for id_ in of_page], walks_of(session, of_page), total, number, pages)


def select_all(march: March, selection: Selection) -> Select[Participant]:
    """Return the query for everybody of the selection, in its order."""
    return _in_order(select(Participant).where(*_conditions(march, selection)), selection)


def _in_order(query: Select[Any], selection: Selection) -> Select[Any]:
    columns = (*ORDERS[selection.sort], Participant.id)
    return query.order_by(*(column.desc() if selection.descending else column for column in columns))


def _conditions(march: March, selection: Selection) -> Iterator[ColumnElement[bool]]:
    stage_ids = {stage.number: stage.id for stage in march.stages}
    yield Participant.march_id == march.id
    standing = Standing.CANCELLED if selection.cancelled else Standing.PLACED
    yield Participant.standing == standing
    if selection.q:
        yield Participant.is_called(selection.q)
    if selection.category:
        yield Participant.category == selection.category
    if selection.country:
        yield Participant.country == selection.country
    if selection.stage:
        yield Participant.id.in_(_walkers(stage_ids.get(selection.stage)))
    if selection.no_group:
        yield Participant.id.in_(
            _walkers(stage_ids.get(selection.no_group))
            .outerjoin(Membership, _IN_A_GROUP)
            .where(Membership.group_id.is_(None))
        )


def _walkers(stage_id: int | None) -> Select[int]:
    return select(StageEntry.participant_id).where(StageEntry.stage_id == stage_id)


def walks_of(session: Session, participant_ids: Sequence[int]) -> dict[int, dict[int, Walk]]:
    """Return the stages that these participants walk, by participant and stage, in one query."""
    query = (
        select(StageEntry.participant_id, StageEntry.stage_id, Group.id, Group.number)
        .outerjoin(Membership, _IN_A_GROUP)
        .outerjoin(Group, Group.id == Membership.group_id)
        .where(StageEntry.participant_id.in_(participant_ids))
    )
    walks: dict[int, dict[int, Walk]] = defaultdict(dict)
    for participant_id, *walk in session.execute(query):
        walks[participant_id][walk[0]] = Walk(*walk)
    return walks


def frequent_countries(session: Session, march: March) -> list[str]:
    """Return the countries that most participants come from, the most frequent first."""
    query = (
        select(Participant.country)
        .where(Participant.march_id == march.id)
        .group_by(Participant.country)
        .order_by(func.count().desc(), Participant.country)
        .limit(MOST_COUNTRIES)
    )
    return list(session.scalars(query))
