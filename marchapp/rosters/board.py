"""What the coordinator's pages of a stage show: its groups, and its people by group, page by page."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
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
from marchapp.rosters.cards import Card, cards_by_id
from marchapp.rosters.rules import Check, checks_of

PEOPLE_A_PAGE = 250
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

    `checks` says how the rules stand in the groups of this page, by their ids.
    """

    groups: list[SizedGroup]
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


def groups_of(session: Session, stage: Stage) -> list[SizedGroup]:
    """Return the groups of a stage by number, with their guides."""
    groups = session.scalars(
        select(Group)
        .where(Group.stage_id == stage.id)
        .options(selectinload(Group.guides))
        .order_by(Group.number)
    ).all()
    sizes = group_sizes(session, [group.id for group in groups])
    return [SizedGroup(group, sizes.get(group.id, 0)) for group in groups]


def count_walkers(session: Session, stage: Stage) -> Counts:
    """Return how many people walk a stage."""
    rows = session.execute(
        select(Participant.category, func.count(), func.count(Membership.group_id))
        .select_from(StageEntry)
        .join(StageEntry.participant)
        .outerjoin(Membership, _is_placed())
        .where(StageEntry.stage_id == stage.id, Participant.standing == Standing.PLACED)
        .group_by(Participant.category)
    ).all()
    walkers = sum(walking for _, walking, _ in rows)
    by_category = {category: walking for category, walking, _ in rows}
    return Counts(
        walkers=walkers,
        unplaced=walkers - sum(placed for *_, placed in rows),
        by_category={category: by_category[category] for category in Category if category in by_category},
    )


def board_of(session: Session, stage: Stage, wish: Wish, *, page: int) -> Board:
    """Return one page of a stage: who is in no group yet, then each group with its people.

    Groups in which nobody walks are part of it, unless the wish is about people.
    """
    rows = _rows(stage, wish).subquery()
    total, matches = session.execute(
        select(func.count(), func.count(rows.c.participant_id)).select_from(rows)
    ).one()
    pages = max(ceil(total / PEOPLE_A_PAGE), 1)
    page = min(max(page, 1), pages)
    lines = session.execute(
        select(rows.c.group_id, rows.c.participant_id)
        .order_by(rows.c.number, rows.c.family_name, rows.c.given_name, rows.c.participant_id)
        .limit(PEOPLE_A_PAGE)
        .offset((page - 1) * PEOPLE_A_PAGE)
    ).all()
    groups = groups_of(session, stage)
    sections = _sections(session, stage, groups, lines)
    shown = [section.group.group for section in sections if section.group]
    return Board(
        groups=groups,
        sections=sections,
        checks=checks_of(session, stage, shown),
        matches=matches,
        page=page,
        pages=pages,
    )


def _rows(stage: Stage, wish: Wish) -> CompoundSelect[Any]:
    """Select (number, group_id, participant_id, family_name, given_name) of everything that fits a wish."""
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
        select(Group.number, Group.id, *_NAMED)
        .outerjoin(Membership, Membership.group_id == Group.id)
        .outerjoin(
            Participant,
            (Participant.id == Membership.participant_id) & (Participant.standing == Standing.PLACED),
        )
        .where(Group.stage_id == stage.id, *_fits(wish, grouped=True))
    )
    return union_all(unplaced) if wish.unplaced else union_all(unplaced, grouped)


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


def guides_to_choose(session: Session, stage: Stage) -> list[tuple[Account, int | None]]:
    """Return the guides of the march by name, each with the number of the group guided on this stage."""
    on_stage = (
        select(GroupGuide.account_id, Group.number)
        .join(Group, Group.id == GroupGuide.group_id)
        .where(Group.stage_id == stage.id)
        .subquery()
    )
    rows = session.execute(
        select(Account, on_stage.c.number)
        .join(Account.appointments)
        .outerjoin(on_stage, on_stage.c.account_id == Account.id)
        .where(Appointment.march_id == stage.march_id, Appointment.role == Role.GUIDE)
        .order_by(Account.name, Account.id)
    )
    return [(account, number) for account, number in rows]


def stages_with_groups(session: Session, march: March) -> list[Stage]:
    """Return the stages of a march that have groups."""
    return list(
        session.scalars(
            select(Stage)
            .where(Stage.march_id == march.id, exists().where(Group.stage_id == Stage.id))
            .order_by(Stage.number)
        )
    )
