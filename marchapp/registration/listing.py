"""Which participants the coordinator sees: search, filters, order and pages, as the address says."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from marchapp.models import Category, Group, March, Membership, Participant, Stage, StageEntry

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
    """Return the page of the selection that is asked for, or its last one if there are fewer."""
    conditions = and_(*_conditions(march, selection))
    total = session.scalar(select(func.count()).select_from(Participant).where(conditions)) or 0
    pages = max(1, -(-total // ROWS_A_PAGE))
    number = min(selection.page, pages)
    query = in_order(select(Participant).where(conditions), selection)
    people = list(session.scalars(query.limit(ROWS_A_PAGE).offset((number - 1) * ROWS_A_PAGE)))
    return Page(people, walks_of(session, [person.id for person in people]), total, number, pages)


def in_order(query: Select[Any], selection: Selection) -> Select[Any]:
    columns = (*ORDERS[selection.sort], Participant.id)
    return query.order_by(*(column.desc() if selection.descending else column for column in columns))


def select_all(march: March, selection: Selection) -> Select[tuple[Participant]]:
    """Return the query for everybody of the selection, in its order."""
    return in_order(select(Participant).where(*_conditions(march, selection)), selection)


def _conditions(march: March, selection: Selection) -> Iterable[ColumnElement[bool]]:
    yield Participant.march_id == march.id
    yield Participant.cancelled_at.is_not(None) if selection.cancelled else Participant.cancelled_at.is_(None)
    if selection.q:
        yield Participant.is_called(selection.q)
    if selection.category:
        yield Participant.category == selection.category
    if selection.country:
        yield Participant.country == selection.country
    if selection.stage:
        yield _walks(march, selection.stage)
    if selection.no_group:
        yield _walks(march, selection.no_group, ~_is_in_a_group())


def _walks(march: March, number: int, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        select(StageEntry.stage_id)
        .join(Stage, Stage.id == StageEntry.stage_id)
        .where(
            StageEntry.participant_id == Participant.id,
            Stage.march_id == march.id,
            Stage.number == number,
            *conditions,
        )
        .exists()
    )


def _is_in_a_group() -> ColumnElement[bool]:
    return (
        select(Membership.group_id)
        .where(
            Membership.participant_id == StageEntry.participant_id, Membership.stage_id == StageEntry.stage_id
        )
        .exists()
    )


def walks_of(session: Session, participant_ids: list[int]) -> dict[int, dict[int, Walk]]:
    """Return the stages that these participants walk, by participant and stage, in one query."""
    query = (
        select(StageEntry.participant_id, StageEntry.stage_id, Group.id, Group.number)
        .outerjoin(
            Membership,
            and_(
                Membership.participant_id == StageEntry.participant_id,
                Membership.stage_id == StageEntry.stage_id,
            ),
        )
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
