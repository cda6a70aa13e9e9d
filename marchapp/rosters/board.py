"""What the coordinator's pages of a stage show: its groups, and its people by group, page by page."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    Subquery,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Session, selectinload

from marchapp.models import (
    Account,
    Appointment,
    Category,
    Group,
    GroupGuide,
    March,
    Membership,
    Participant,
    Role,
    Stage,
    StageEntry,
    Standing,
)
from marchapp.models.conditional import only_in
from marchapp.rosters.cards import Card, cards_by_id
from marchapp.rosters.differences import without_place
from marchapp.rosters.rules import Check, checks_of, facts_of

PEOPLE_A_PAGE = 150
FOUND_A_PAGE = 30  # by a search: nearly each in a group of its own, with its guides and rules
MOST_TO_CHOOSE = 200  # groups in a list to choose from; of more, one writes the number
MOST_GUIDES = 60  # to tick in a list; of more, one looks for a name
GUIDES_FOUND = 25
_NAMED = (
    Participant.id.label("participant_id"),
    Participant.family_name.label("family_name"),
    Participant.given_name.label("given_name"),
)


@dataclass(frozen=True)
class SizedGroup:
    """A group and how many people walk in it."""

    group: Group
    size: int

    @property
    def places_left(self) -> int:
        return max(self.group.max_size - self.size, 0)


@dataclass(frozen=True)
class Section:
    """People who are shown under one heading: a group, or (None) those in no group yet."""

    group: SizedGroup | None
    people: list[Card]


@dataclass(frozen=True)
class Wish:
    """Whom the reader wants to see. A `text` of digits is the number of a group."""

    text: str = ""
    category: Category | None = None
    unplaced: bool = False

    @property
    def is_number(self) -> bool:
        return self.text.isdecimal() and len(self.text) < 9


@dataclass(frozen=True)
class Board:
    """One page of a stage's groups. `matches` counts the people that fit the wish, on all pages.

    `checks` says how the rules stand in the groups of this page, by their ids. `groups` are those to choose
    from in a list: all, or those of this page where all are too many (`has_more`).
    """

    groups: list[SizedGroup]
    has_more: bool
    sections: list[Section]
    checks: Mapping[int, tuple[Check, ...]]
    matches: int
    page: int
    pages: int


@dataclass(frozen=True)
class Counts:
    """How many people walk a stage: all, and those in no group yet."""

    walkers: int
    unplaced: int


def group_sizes(session: Session, group_ids: Iterable[int]) -> dict[int, int]:
    """Return how many people walk in each group; cancelled ones do not count, empty groups are left out."""
    wanted = list(group_ids)
    if not wanted:
        return {}
    counted = (
        select(Membership.group_id, func.count())
        .join(Membership.participant)
        .where(Membership.group_id.in_(wanted), Participant.standing == Standing.PLACED)
        .group_by(Membership.group_id)
    )
    return dict(session.execute(counted).all())


def groups_of(
    session: Session,
    stage: Stage,
    ids: Collection[int] | None = None,
    known_sizes: Mapping[int, int] = MappingProxyType({}),
) -> list[SizedGroup]:
    """Return the groups of a stage by number, or some of them, with their guides."""
    wanted = () if ids is None else (Group.id.in_(ids),)
    groups = session.scalars(
        select(Group)
        .where(Group.stage_id == stage.id, *wanted)
        .options(selectinload(Group.guides))
        .order_by(Group.number)
    ).all()
    sizes = dict(known_sizes)
    sizes |= group_sizes(session, [group.id for group in groups if group.id not in sizes])
    return [SizedGroup(group, sizes.get(group.id, 0)) for group in groups]


@dataclass(frozen=True)
class GroupsInNumbers:
    """The groups of a stage that are not locked, and how many are."""

    unlocked: int
    locked: int
    places: int
    without_guide: int


def groups_in_numbers(session: Session, stage: Stage) -> GroupsInNumbers:
    """Count the groups of a stage, their places, and those that nobody guides."""
    is_guided = exists().where(GroupGuide.group_id == Group.id)
    rows: Any = session.execute(
        select(
            Group.is_locked,
            func.count(),
            func.sum(Group.max_size),
            func.sum(case((is_guided, 0), else_=1)),
        )
        .where(Group.stage_id == stage.id)
        .group_by(Group.is_locked)
    )
    counted = {is_locked: numbers for is_locked, *numbers in rows}
    groups, places, without_guide = map(int, counted.get(False, (0, 0, 0)))
    return GroupsInNumbers(groups, int(counted.get(True, (0,))[0]), places, without_guide)


def count_walkers(session: Session, stage: Stage) -> Counts:
    """Return how many people walk a stage, its taken places, and how many of them are in none of its groups.

    Who is in a group walks the stage, so these are counted and those without a place are taken off.
    """
    [walkers] = [quota.taken for quota in stage.march.quotas if quota.stage_id == stage.id]
    in_a_group = select(func.count()).where(Membership.stage_id == stage.id)
    gone = in_a_group.where(Membership.participant_id.in_(without_place(stage)))
    grouped = session.execute(select(in_a_group.scalar_subquery() - gone.scalar_subquery())).scalar_one()
    return Counts(walkers, unplaced=walkers - grouped)


def _in_no_group(session: Session, stage: Stage) -> Subquery:
    """Select who walks a stage and is in none of its groups, with a place or without."""
    walkers = select(StageEntry.participant_id).where(StageEntry.stage_id == stage.id)
    grouped = select(Membership.participant_id).where(Membership.stage_id == stage.id)
    return only_in(session, walkers, grouped).subquery()


def board_of(session: Session, stage: Stage, wish: Wish, *, page: int, unplaced: int) -> Board:
    """Return one page of a stage: who is in no group yet (`unplaced` many), then each group with its people.

    Groups in which nobody walks are part of it, unless the wish is about people.
    """
    if wish == Wish():
        by_number = _sizes_by_number(session, stage)
        found = _everybody(session, stage, wish, page=page, sizes=by_number, unplaced=unplaced)
    else:
        found = _those_who_fit(session, stage, wish, page=page)
    shown = {line.group_id for line in found.lines if line.group_id}
    of_stage = select(func.count()).where(Group.stage_id == stage.id)
    has_more = (session.scalar(of_stage) or 0) > MOST_TO_CHOOSE
    facts = facts_of(session, stage, shown)
    sizes = {group_id: of_group.size for group_id, of_group in facts.items()}
    groups = groups_of(session, stage, shown if has_more else None, sizes)
    return Board(
        groups=groups,
        has_more=has_more,
        sections=_sections(session, stage, groups, found.lines),
        checks=checks_of((one.group for one in groups if one.group.id in shown), facts, stage.march),
        matches=found.matches,
        page=found.page,
        pages=found.pages,
    )


@dataclass(frozen=True)
class _Found:
    """The lines of one page, each somebody in a group or an empty group; `matches` counts the people."""

    lines: Sequence[Any]
    matches: int
    page: int
    pages: int


def _those_who_fit(session: Session, stage: Stage, wish: Wish, *, page: int) -> _Found:
    rows = _rows(session, stage, wish).subquery()
    total, matches = session.execute(
        select(func.count(), func.count(rows.c.participant_id)).select_from(rows)
    ).one()
    on_page = FOUND_A_PAGE if wish.text and not wish.is_number else PEOPLE_A_PAGE
    page, pages = _within_pages(page, total, on_page)
    return _Found(_lines_of(session, rows, on_page, (page - 1) * on_page), matches, page, pages)


def _everybody(
    session: Session, stage: Stage, wish: Wish, *, page: int, sizes: list[tuple[int, int]], unplaced: int
) -> _Found:
    """Find the page by the sizes of the groups, and read only those groups that stand on it."""
    page, pages = _within_pages(page, unplaced + sum(max(size, 1) for _id, size in sizes), PEOPLE_A_PAGE)
    first, last = (page - 1) * PEOPLE_A_PAGE, page * PEOPLE_A_PAGE
    of_page: list[int] = []
    before, skipped = unplaced, first
    for group_id, size in sizes:
        if before < last and before + max(size, 1) > first:
            skipped = skipped if of_page or first < unplaced else max(first - before, 0)
            of_page.append(group_id)
        before += max(size, 1)
    rows = _rows(session, stage, wish, of_page, with_unplaced=first < unplaced).subquery()
    matches = unplaced + sum(size for _id, size in sizes)
    return _Found(_lines_of(session, rows, PEOPLE_A_PAGE, skipped), matches, page, pages)


def _within_pages(page: int, lines: int, on_page: int) -> tuple[int, int]:
    """Return the page nearest to the one asked for, and how many there are."""
    pages = max(ceil(lines / on_page), 1)
    return min(max(page, 1), pages), pages


def _lines_of(session: Session, rows: Subquery, limit: int, offset: int) -> Sequence[Any]:
    return session.execute(
        select(rows.c.group_id, rows.c.participant_id)
        .order_by(rows.c.number, rows.c.family_name, rows.c.given_name, rows.c.participant_id)
        .limit(limit)
        .offset(offset)
    ).all()


def _sizes_by_number(session: Session, stage: Stage) -> list[tuple[int, int]]:
    """Return the id and size of every group in the order of their numbers.

    All who are in a group are counted from the index alone; the few without a place are taken off.
    """
    ids = session.scalars(select(Group.id).where(Group.stage_id == stage.id).order_by(Group.number)).all()
    of_stage = Membership.group_id.in_(select(Group.id).where(Group.stage_id == stage.id))
    counted = select(Membership.group_id, func.count()).group_by(Membership.group_id)
    sizes: Counter[int] = Counter(dict(session.execute(counted.where(of_stage)).all()))
    gone = counted.where(Membership.stage_id == stage.id, Membership.participant_id.in_(without_place(stage)))
    sizes.subtract(dict(session.execute(gone).all()))
    return [(group_id, sizes[group_id]) for group_id in ids]


def _rows(
    session: Session,
    stage: Stage,
    wish: Wish,
    group_ids: list[int] | None = None,
    *,
    with_unplaced: bool = True,
) -> CompoundSelect[Any]:
    """Select (number, group_id, participant_id, family_name, given_name) of everything that fits a wish.

    It may be told to look into some groups only, and to leave out who is in none.
    """
    unplaced = _rows_in_no_group(session, stage, wish)
    if wish.unplaced:
        return union_all(unplaced)
    if wish.text and not wish.is_number:
        called = _rows_called(stage, wish).subquery()
        return union_all(unplaced, select(called))
    some = () if group_ids is None else (Group.id.in_(group_ids),)
    grouped = _rows_in_groups(stage, wish, *some)
    return union_all(unplaced, grouped) if with_unplaced else union_all(grouped)


def _rows_in_no_group(session: Session, stage: Stage, wish: Wish) -> Select[*tuple[Any, ...]]:
    in_none = _in_no_group(session, stage)
    fits = (Participant.standing == Standing.PLACED, *_is_of(wish.category))
    if wish.text:
        fits += (false() if wish.is_number else Participant.is_called(wish.text),)
    return (
        select(literal(0).label("number"), cast(null(), Integer).label("group_id"), *_NAMED)
        .select_from(in_none)
        .join(Participant, Participant.id == in_none.c.participant_id)
        .where(*fits)
    )


def _rows_in_groups(stage: Stage, wish: Wish, *conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Select of groups with their people, and of groups without any."""
    has_number = (Group.number == int(wish.text),) if wish.is_number else ()
    return (
        select(Group.number.label("number"), Group.id.label("group_id"), *_NAMED)
        .select_from(Group)
        .outerjoin(
            Membership,
            (Membership.group_id == Group.id) & Membership.participant_id.not_in(without_place(stage)),
        )
        .outerjoin(Participant, Participant.id == Membership.participant_id)
        .where(Group.stage_id == stage.id, *has_number, *_is_of(wish.category), *conditions)
    )


def _rows_called(stage: Stage, wish: Wish) -> CompoundSelect[Any]:
    """Select of who is called so and who is in a group that is: two lists, so that each has its index."""
    people = (
        select(Group.number, Group.id, *_NAMED)
        .select_from(Participant)
        .join(Membership, (Membership.participant_id == Participant.id) & (Membership.stage_id == stage.id))
        .join(Group, Group.id == Membership.group_id)
        .where(
            Participant.standing == Standing.PLACED,
            Participant.is_called(wish.text),
            *_is_of(wish.category),
        )
    )
    groups = _rows_in_groups(stage, wish, Group.name.icontains(wish.text, autoescape=True))
    return union(groups, people)


def _is_of(category: Category | None) -> tuple[ColumnElement[bool], ...]:
    return (Participant.category == category,) if category else ()


def _sections(
    session: Session, stage: Stage, groups: list[SizedGroup], lines: Sequence[Any]
) -> list[Section]:
    people = cards_by_id(session, stage, [line.participant_id for line in lines if line.participant_id])
    by_id = {sized.group.id: sized for sized in groups}
    return [
        Section(
            by_id.get(group_id),
            [people[line.participant_id] for line in of_group if line.participant_id in people],
        )
        for group_id, of_group in groupby(lines, key=lambda line: line.group_id)
    ]


@dataclass(frozen=True)
class Guide:
    """A guide of the march, with the number of the group guided on this stage."""

    id: int
    name: str
    number: int | None


@dataclass(frozen=True)
class GuidesToChoose:
    """The guides to choose from: all of a march, or of many (`total`) some."""

    guides: list[Guide]
    total: int

    @property
    def has_more(self) -> bool:
        return len(self.guides) < self.total


def guides_to_choose(
    session: Session, stage: Stage, *, chosen: Collection[int], text: str = ""
) -> GuidesToChoose:
    """Return the guides of the march by name.

    Of many these are the chosen ones and the first of those whose name holds the text; without a text, of
    those who guide no group on this stage.
    """
    is_guide = (Appointment.march_id == stage.march_id, Appointment.role == Role.GUIDE)
    total = session.scalar(select(func.count()).select_from(Appointment).where(*is_guide)) or 0
    on_stage = (
        select(GroupGuide.account_id, Group.number)
        .join(Group, Group.id == GroupGuide.group_id)
        .where(Group.stage_id == stage.id)
        .subquery()
    )
    guides = (
        select(Account.id, Account.name, on_stage.c.number)
        .join(Appointment, Appointment.account_id == Account.id)
        .outerjoin(on_stage, on_stage.c.account_id == Account.id)
        .where(*is_guide)
        .order_by(Account.name, Account.id)
    )
    if total <= MOST_GUIDES:
        return GuidesToChoose([Guide(*row) for row in session.execute(guides)], total)
    fits = Account.name.icontains(text, autoescape=True) if text else on_stage.c.number.is_(None)
    rows = [
        *session.execute(guides.where(Account.id.in_(chosen))),
        *session.execute(guides.where(fits, Account.id.not_in(chosen)).limit(GUIDES_FOUND)),
    ]
    return GuidesToChoose([Guide(*row) for row in rows], total)


def stages_with_groups(session: Session, march: March) -> list[Stage]:
    """Return the stages of a march that have groups."""
    return list(
        session.scalars(
            select(Stage)
            .where(Stage.march_id == march.id, exists().where(Group.stage_id == Stage.id))
            .order_by(Stage.number)
        )
    )
