"""Which participants the coordinator sees: search, filters, order and pages, as the address says."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from marchapp.i18n import LANGUAGES
from marchapp.models import (
    Category,
    Group,
    March,
    Membership,
    Participant,
    Party,
    PartyKind,
    Stage,
    StageEntry,
    Standing,
)
from marchapp.models.barrier import has_document_until
from marchapp.models.march import years_before
from marchapp.paging import page_in
from marchapp.registration.coordination.columns import USUAL, loads_of, read_columns
from marchapp.registration.coordination.search import Search, search

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
MISSING = ("consent", "document")
AGES = ("minor", "adult")

_IN_A_GROUP = and_(
    Membership.participant_id == StageEntry.participant_id, Membership.stage_id == StageEntry.stage_id
)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What the coordinator asked for; the fields are the arguments of the address.

    `stage` is the number of a stage that is walked, `no_group` of one that is walked in no group yet. `of` is
    a school, class, unit or whatever else somebody belongs to, `party` the number of a party. Without a
    `standing` it is all who have not cancelled, with "any" those who have, too.
    """

    q: str = ""
    category: str = ""
    country: str = ""
    stage: int = 0
    no_group: int = 0
    standing: str = ""
    missing: str = ""
    kind: str = ""
    of: str = ""
    party: int = 0
    age: str = ""
    language: str = ""
    first_aid: bool = False
    health: bool = False
    erasure: bool = False
    columns: str = ",".join(USUAL)
    sort: str = "name"
    descending: bool = False
    page: int = 1

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any]) -> Self:
        """Read an address, or what `arguments()` gave; what it cannot mean is left out."""
        country = str(arguments.get("country", "")).upper()
        return cls(
            q=str(arguments.get("q", ""))[:LONGEST_SEARCH],
            category=_one_of(Category, arguments.get("category")),
            country=country if len(country) == 2 and country.isascii() and country.isalpha() else "",
            stage=_number(arguments.get("stage")),
            no_group=_number(arguments.get("no_group")),
            standing=_one_of((*Standing, "any"), arguments.get("standing")),
            missing=_one_of(MISSING, arguments.get("missing")),
            kind=_one_of(PartyKind, arguments.get("kind")),
            of=str(arguments.get("of", ""))[:LONGEST_SEARCH].strip(),
            party=_number(arguments.get("party")),
            age=_one_of(AGES, arguments.get("age")),
            language=_one_of(LANGUAGES, arguments.get("language")),
            first_aid="first_aid" in arguments,
            health="health" in arguments,
            erasure="erasure" in arguments,
            columns=read_columns(arguments),
            sort=_one_of(ORDERS, arguments.get("sort")) or "name",
            descending="descending" in arguments,
            page=page_in(arguments),
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
        return bool(self.filters)

    @property
    def filters(self) -> dict[str, Any]:
        """The arguments that decide who is listed, without those of how they are shown."""
        return {name: value for name, value in self.arguments().items() if name not in _OF_SHOWING}

    @property
    def unfiltered(self) -> dict[str, Any]:
        """The arguments of everybody, shown in the same way."""
        return {name: value for name, value in self.arguments().items() if name in _OF_SHOWING}

    @property
    def uses_more(self) -> bool:
        """Whether a filter is set that is seldom used."""
        return bool(self.filters.keys() & _SELDOM_USED)

    @property
    def shown_columns(self) -> list[str]:
        return self.columns.split(",") if self.columns else []

    @property
    def usual_columns(self) -> str:
        return ",".join(USUAL)


_OF_SHOWING = {"columns", "sort", "descending", "page"}
_SELDOM_USED = {"country", "stage", "kind", "of", "age", "language", "first_aid", "health", "erasure"}


@dataclass(frozen=True)
class Walk:
    """That somebody walks a stage, with the group once there is one."""

    stage_id: int
    group_id: int | None
    group_number: int | None


@dataclass(frozen=True)
class Page:
    """One page of the list; `walks` holds each person's stages by participant, then by stage.

    `exact` counts who is called just as the search says, where those of similar names follow them.
    """

    people: list[Participant]
    walks: dict[int, dict[int, Walk]]
    total: int
    number: int
    of: int
    exact: int | None


def _one_of(known: Any, value: Any) -> str:
    return str(value) if value in list(known) else ""


def _number(value: Any) -> int:
    text = str(value or "")
    return int(text) if text.isdecimal() and len(text) <= 9 else 0


def find_page(session: Session, march: March, selection: Selection) -> Page:
    """Return the page of the selection that is asked for, or its last one if there are fewer.

    The search runs over ids, which the database answers from one index; only the page's people are loaded.
    """
    found = search(session, march, selection.q)
    total, exact = _count(session, march, selection, found)
    pages = max(1, -(-total // ROWS_A_PAGE))
    number = min(selection.page, pages)
    ids = _ids_of_page(session, march, selection, found, number=number, total=total)
    loaded = select(Participant).where(Participant.id.in_(ids)).options(*loads_of(selection.shown_columns))
    people = {person.id: person for person in session.scalars(loaded)}
    return Page([people[id_] for id_ in ids], walks_of(session, ids), total, number, pages, exact)


def select_ids(session: Session, march: March, selection: Selection) -> Select[int]:
    """Return the query for the ids of everybody of the selection, in its order."""
    return _ordered(select(Participant.id), march, selection, search(session, march, selection.q))


def select_people(session: Session, march: March, selection: Selection) -> Select[Participant]:
    """Return the query for everybody of the selection, in its order."""
    return _ordered(select(Participant), march, selection, search(session, march, selection.q))


def count_people(session: Session, march: March, selection: Selection) -> int:
    """Return how many people a selection is."""
    ids = select_people(session, march, selection).with_only_columns(Participant.id).order_by(None)
    return session.scalar(select(func.count()).select_from(ids.subquery())) or 0


def _count(session: Session, march: March, selection: Selection, found: Search) -> tuple[int, int | None]:
    """Return how many are found and, where similar names count, too, how many of them are called just so."""
    people = select(func.count()).select_from(Participant).where(*_conditions(march, selection))
    if found.exact is None:
        return session.scalar(people.where(found.found)) or 0, None
    exact = people.where(found.exact).scalar_subquery()
    total, exact_total = session.execute(select(people.where(found.found).scalar_subquery(), exact)).one()
    return total, exact_total


def _ids_of_page(
    session: Session, march: March, selection: Selection, found: Search, *, number: int, total: int
) -> Sequence[int]:
    """Return the ids on a page. One of the second half is counted from the end, where it is nearer."""
    start = (number - 1) * ROWS_A_PAGE
    size = min(ROWS_A_PAGE, total - start)
    is_near_end = start > total / 2
    query = _ordered(select(Participant.id), march, selection, found, reverse=is_near_end)
    ids = session.scalars(query.limit(size).offset(total - start - size if is_near_end else start)).all()
    return ids[::-1] if is_near_end else ids


def _ordered(
    query: Select[Any], march: March, selection: Selection, found: Search, *, reverse: bool = False
) -> Select[Any]:
    columns: list[ColumnElement[Any]] = [
        column.desc() if selection.descending != reverse else column.asc()
        for column in (*ORDERS[selection.sort], Participant.id)
    ]
    if found.exact is not None:
        columns.insert(0, case((found.exact, int(reverse)), else_=int(not reverse)))
    return query.where(found.found, *_conditions(march, selection)).order_by(*columns)


def _conditions(march: March, selection: Selection) -> Iterator[ColumnElement[bool]]:
    yield Participant.march_id == march.id
    if not selection.standing:
        yield Participant.standing != Standing.CANCELLED
    for name, condition in _FILTERS.items():
        if value := getattr(selection, name):
            yield condition(march, value)


def _walks(*stages: Stage) -> ColumnElement[bool]:
    # Asked of each person, so that the first page is found without gathering all who walk a stage.
    of_stages = StageEntry.stage_id.in_([stage.id for stage in stages])
    return exists().where(StageEntry.participant_id == Participant.id, of_stages)


def _numbered(march: March, number: int) -> list[Stage]:
    return [stage for stage in march.stages if stage.number == number]


def _without_group(march: March, number: int) -> ColumnElement[bool]:
    walkers = (
        select(StageEntry.participant_id)
        .outerjoin(Membership, _IN_A_GROUP)
        .where(StageEntry.stage_id.in_([stage.id for stage in _numbered(march, number)]))
    )
    return Participant.id.in_(walkers.where(Membership.group_id.is_(None)))


def _missing(march: March, what: str) -> ColumnElement[bool]:
    if what == "consent":
        return Participant.may_take_part.is_(False)
    crossings = [stage for stage in march.stages if stage.crosses_border]
    last_day = max((stage.day for stage in crossings), default=march.ends_on)
    return _walks(*crossings) & ~has_document_until(last_day)


def _of_age(march: March, age: str) -> ColumnElement[bool]:
    grown_up_since = years_before(march.starts_on, march.adult_age)
    is_minor = Participant.birth_date > grown_up_since
    return is_minor if age == "minor" else ~is_minor


def _in_parties(march: March, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return Participant.party_id.in_(select(Party.id).where(Party.march_id == march.id, *conditions))


_FILTERS: dict[str, Callable[[March, Any], ColumnElement[bool]]] = {
    "standing": lambda _march, standing: true() if standing == "any" else Participant.standing == standing,
    "category": lambda _march, category: Participant.category == category,
    "country": lambda _march, country: Participant.country == country,
    "stage": lambda march, number: _walks(*_numbered(march, number)),
    "no_group": _without_group,
    "missing": _missing,
    "kind": lambda march, kind: _in_parties(march, Party.kind == kind),
    "of": lambda _march, text: Participant.belongs_to(text),
    "party": lambda _march, party_id: Participant.party_id == party_id,
    "age": _of_age,
    "language": lambda _march, language: Participant.language == language,
    "first_aid": lambda _march, _yes: Participant.knows_first_aid.is_(True),
    "health": lambda _march, _yes: Participant.has_health_notes.is_(True),
    "erasure": lambda _march, _yes: Participant.erasure_asked_at.is_not(None),
}


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
