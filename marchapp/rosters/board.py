"""What the coordinator's pages of a stage show: its groups, and its people by group, page by page."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from math import ceil
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Subquery,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    select,
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
from marchapp.rosters.rules import Check, checks_of

PEOPLE_A_PAGE = 250
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
    """How many people walk a stage: all, in no group yet, and by category."""

    walkers: int
    unplaced: int
    by_category: dict[Category, int]


def group_sizes(session: Session, group_ids: Iterable[int]) -> dict[int, int]:
    """Return how many people walk in each group; cancelled ones do not count, empty groups are left out."""
    counted = (
        select(Membership.group_id, func.count())
        .join(Membership.participant)
        .where(Membership.group_id.in_(list(group_ids)), Participant.standing == Standing.PLACED)
        .group_by(Membership.group_id)
    )
    return dict(session.execute(counted).all())


def groups_of(session: Session, stage: Stage, ids: Collection[int] | None = None) -> list[SizedGroup]:
    """Return the groups of a stage by number, or some of them, with their guides."""
    wanted = () if ids is None else (Group.id.in_(ids),)
    groups = session.scalars(
        select(Group)
        .where(Group.stage_id == stage.id, *wanted)
        .options(selectinload(Group.guides))
        .order_by(Group.number)
    ).all()
    sizes = group_sizes(session, [group.id for group in groups])
    return [SizedGroup(group, sizes.get(group.id, 0)) for group in groups]


def count_walkers(session: Session, stage: Stage) -> Counts:
    """Return how many people walk a stage."""
    rows: Any = session.execute(
        select(Participant.category, func.count())
        .select_from(StageEntry)
        .join(StageEntry.participant)
        .where(StageEntry.stage_id == stage.id, Participant.standing == Standing.PLACED)
        .group_by(Participant.category)
    )
    by_category: dict[Category, int] = dict(rows.all())
    return Counts(
        walkers=sum(by_category.values()),
        unplaced=count_unplaced(session, stage),
        by_category={category: by_category[category] for category in Category if category in by_category},
    )


def count_unplaced(session: Session, stage: Stage) -> int:
    """Count who walks a stage and is in none of its groups."""
    walkers = select(StageEntry.participant_id).where(StageEntry.stage_id == stage.id)
    grouped = select(Membership.participant_id).where(Membership.stage_id == stage.id)
    in_none = only_in(session, walkers, grouped).subquery()
    has_place = in_none.c.participant_id.not_in(without_place(stage))
    return session.scalar(select(func.count()).select_from(in_none).where(has_place)) or 0


def board_of(session: Session, stage: Stage, wish: Wish, *, page: int, unplaced: int) -> Board:
    """Return one page of a stage: who is in no group yet (`unplaced` many), then each group with its people.

    Groups in which nobody walks are part of it, unless the wish is about people.
    """
    sizes = _sizes_by_number(session, stage)
    find = partial(_everybody, sizes=sizes, unplaced=unplaced) if wish == Wish() else _those_who_fit
    found = find(session, stage, wish, page=page)
    shown = {line.group_id for line in found.lines if line.group_id}
    has_more = len(sizes) > MOST_TO_CHOOSE
    groups = groups_of(session, stage, shown if has_more else None)
    return Board(
        groups=groups,
        has_more=has_more,
        sections=_sections(session, stage, groups, found.lines),
        checks=checks_of(session, stage, [sized.group for sized in groups if sized.group.id in shown]),
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
    rows = _rows(stage, wish).subquery()
    total, matches = session.execute(
        select(func.count(), func.count(rows.c.participant_id)).select_from(rows)
    ).one()
    page, pages = _within_pages(page, total)
    return _Found(_lines_of(session, rows, PEOPLE_A_PAGE, (page - 1) * PEOPLE_A_PAGE), matches, page, pages)


def _everybody(
    session: Session, stage: Stage, wish: Wish, *, page: int, sizes: list[tuple[int, int]], unplaced: int
) -> _Found:
    """Find the page by the sizes of the groups, and read only those groups that stand on it."""
    page, pages = _within_pages(page, unplaced + sum(max(size, 1) for _id, size in sizes))
    first, last = (page - 1) * PEOPLE_A_PAGE, page * PEOPLE_A_PAGE
    of_page: list[int] = []
    before, skipped = unplaced, first
    for group_id, size in sizes:
        if before < last and before + max(size, 1) > first:
            skipped = skipped if of_page or first < unplaced else max(first - before, 0)
            of_page.append(group_id)
        before += max(size, 1)
    rows = _rows(stage, wish, of_page, with_unplaced=first < unplaced).subquery()
    matches = unplaced + sum(size for _id, size in sizes)
    return _Found(_lines_of(session, rows, PEOPLE_A_PAGE, skipped), matches, page, pages)


def _within_pages(page: int, lines: int) -> tuple[int, int]:
    """Return the page nearest to the one asked for, and how many there are."""
    pages = max(ceil(lines / PEOPLE_A_PAGE), 1)
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
    gone = counted.join(Participant, Participant.id == Membership.participant_id).where(
        Membership.stage_id == stage.id,
        Participant.march_id == stage.march_id,
        Participant.standing.in_([Standing.WAITING, Standing.CANCELLED]),
    )
    sizes.subtract(dict(session.execute(gone).all()))
    return [(group_id, sizes[group_id]) for group_id in ids]


def _rows(
    stage: Stage, wish: Wish, group_ids: list[int] | None = None, *, with_unplaced: bool = True
) -> CompoundSelect[Any]:
    """Select (number, group_id, participant_id, family_name, given_name) of everything that fits a wish.

    It may be told to look into some groups only, and to leave out who is in none.
    """
    unplaced = (
        select(literal(0).label("number"), cast(null(), Integer).label("group_id"), *_NAMED)
        .select_from(StageEntry)
        .join(StageEntry.participant)
        .outerjoin(Membership, _is_placed())
        .where(
            StageEntry.stage_id == stage.id,
            Membership.group_id.is_(None),
            Participant.standing == Standing.PLACED,
            *_fits(wish, grouped=False),
        )
    )
    grouped = (
        select(Group.number.label("number"), Group.id.label("group_id"), *_NAMED)
        .select_from(Group)
        .outerjoin(
            Membership,
            (Membership.group_id == Group.id) & Membership.participant_id.not_in(without_place(stage)),
        )
        .outerjoin(Participant, Participant.id == Membership.participant_id)
        .where(Group.stage_id == stage.id, *_fits(wish, grouped=True))
    )
    if group_ids is not None:
        grouped = grouped.where(Group.id.in_(group_ids))
    if wish.unplaced:
        return union_all(unplaced)
    return union_all(unplaced, grouped) if with_unplaced else union_all(grouped)


def _is_placed() -> ColumnElement[bool]:
    return (Membership.participant_id == StageEntry.participant_id) & (
        Membership.stage_id == StageEntry.stage_id
    )


def _fits(wish: Wish, *, grouped: bool) -> Iterator[ColumnElement[bool]]:
    if wish.category:
        yield Participant.category == wish.category
    if wish.is_number:
        yield Group.number == int(wish.text) if grouped else false()
    elif wish.text:
        is_called = Participant.is_called(wish.text)
        yield is_called | Group.name.icontains(wish.text, autoescape=True) if grouped else is_called


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
