"""Which rules a group keeps: size, enough adults, a guide, first aid, languages, nobody who may not walk.

`facts_of` reads what they ask about, for many groups in two queries; `checks` judges one group by that alone.
A guide counts as an adult, for first aid and for languages, and not towards the size.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import String, case, cast, func, select
from sqlalchemy.orm import Session

from marchapp.models import (
    Account,
    Group,
    GroupGuide,
    March,
    Membership,
    Participant,
    Stage,
    Standing,
)
from marchapp.models.barrier import barrier_on, may_walk
from marchapp.models.march import years_before

CHILDREN_PER_ADULT = 8
ONE_LANGUAGE = {"nb": "no", "nn": "no"}


class Rule(StrEnum):
    """What a group must be like, in the order in which it is told."""

    MAY_WALK = "may_walk"
    SIZE = "size"
    ADULTS = "adults"
    GUIDE = "guide"
    FIRST_AID = "first_aid"
    LANGUAGES = "languages"


class State(StrEnum):
    """How a rule stands. FULL is kept, too, and says that nobody else fits."""

    KEPT = "kept"
    FULL = "full"
    TOO_FEW = "too_few"
    TOO_MANY = "too_many"
    MISSING = "missing"


@dataclass(frozen=True)
class Facts:
    """Who is in a group, as far as the rules ask. `size` counts walkers, `adults` guides, too.

    `first_aiders` are names; `unspoken` counts the children with whom no adult shares a language, by the
    languages that such a child speaks; `kept_out` are the names of those who may not walk this stage.
    """

    size: int = 0
    children: int = 0
    adults: int = 0
    guides: int = 0
    first_aiders: tuple[str, ...] = ()
    unspoken: tuple[tuple[tuple[str, ...], int], ...] = ()
    kept_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """How one rule stands in a group, with what its sentence tells."""

    rule: Rule
    state: State
    facts: Facts
    least: int = 0
    most: int = 0

    @property
    def is_kept(self) -> bool:
        return self.state in (State.KEPT, State.FULL)


def languages_of(spoken: Sequence[str], read: str) -> frozenset[str]:
    """Return what somebody speaks; who has not said so speaks the language of their letters."""
    return frozenset(ONE_LANGUAGE.get(code, code) for code in spoken or [read])


def adults_needed(children: int, march: March) -> int:
    """Return how many adults so many children need."""
    return -(-children // (march.children_per_adult or CHILDREN_PER_ADULT))


def checks(group: Group, facts: Facts, march: March) -> tuple[Check, ...]:
    """Return how each rule stands in a group."""
    least_adults = adults_needed(facts.children, march)
    aid_is_missing = facts.size > 0 and not facts.first_aiders
    return (
        *([Check(Rule.MAY_WALK, State.TOO_MANY, facts)] if facts.kept_out else []),
        Check(Rule.SIZE, _state_of_size(group, facts.size), facts, group.min_size, group.max_size),
        Check(Rule.ADULTS, State.TOO_FEW if facts.adults < least_adults else State.KEPT, facts, least_adults),
        Check(Rule.GUIDE, State.KEPT if facts.guides else State.MISSING, facts),
        Check(Rule.FIRST_AID, State.MISSING if aid_is_missing else State.KEPT, facts),
        Check(Rule.LANGUAGES, State.MISSING if facts.unspoken else State.KEPT, facts),
    )


def _state_of_size(group: Group, size: int) -> State:
    if size > group.max_size:
        return State.TOO_MANY
    if size == group.max_size:
        return State.FULL
    return State.TOO_FEW if size < group.min_size else State.KEPT


@dataclass(frozen=True)
class _Person:
    """A walker or a guide of a group."""

    group_id: int
    name: str
    languages: frozenset[str]
    knows_first_aid: bool
    is_guide: bool = False
    is_child: bool = False
    is_kept_out: bool = False


def facts_of(session: Session, stage: Stage, group_ids: Iterable[int] | None = None) -> dict[int, Facts]:
    """Return the facts of the groups of a stage, or of some of them; groups without anybody are left out."""
    wanted = None if group_ids is None else list(group_ids)
    people = [*_walkers(session, stage, wanted), *_guides(session, stage, wanted)]
    by_group: dict[int, list[_Person]] = {}
    for person in people:
        by_group.setdefault(person.group_id, []).append(person)
    return {group_id: _facts(members) for group_id, members in by_group.items()}


def _walkers(session: Session, stage: Stage, group_ids: list[int] | None) -> Iterable[_Person]:
    rows = session.execute(
        select(
            Membership.group_id,
            Participant.given_name,
            Participant.family_name,
            Participant.birth_date,
            Participant.spoken_languages,
            Participant.language,
            Participant.knows_first_aid,
            barrier_on(stage).label("barrier"),
        )
        .join(Membership.participant)
        .where(
            Membership.stage_id == stage.id,
            Participant.standing == Standing.PLACED,
            *_within(group_ids, Membership.group_id),
        )
        .order_by(Participant.family_name, Participant.given_name)
    )
    for row in rows:
        yield _Person(
            row.group_id,
            f"{row.given_name} {row.family_name}",
            languages_of(row.spoken_languages, row.language),
            row.knows_first_aid,
            is_child=stage.march.is_minor(row.birth_date),
            is_kept_out=row.barrier is not None,
        )


def _guides(session: Session, stage: Stage, group_ids: list[int] | None) -> Iterable[_Person]:
    rows = session.execute(
        select(
            GroupGuide.group_id,
            Account.name,
            Account.spoken_languages,
            Account.language,
            Account.knows_first_aid,
        )
        .join(Account, Account.id == GroupGuide.account_id)
        .join(Group, Group.id == GroupGuide.group_id)
        .where(Group.stage_id == stage.id, *_within(group_ids, Group.id))
        .order_by(Account.name)
    )
    for row in rows:
        languages = languages_of(row.spoken_languages, row.language)
        yield _Person(row.group_id, row.name, languages, row.knows_first_aid, is_guide=True)


def _within(group_ids: list[int] | None, column: Any) -> list[Any]:
    return [] if group_ids is None else [column.in_(group_ids)]


def _facts(people: Sequence[_Person]) -> Facts:
    adults = [person for person in people if not person.is_child]
    children = [person for person in people if person.is_child]
    guides = sum(person.is_guide for person in people)
    return Facts(
        size=len(people) - guides,
        children=len(children),
        adults=len(adults),
        guides=guides,
        first_aiders=tuple(person.name for person in people if person.knows_first_aid),
        unspoken=_unspoken(children, adults),
        kept_out=tuple(person.name for person in people if person.is_kept_out),
    )


def _unspoken(
    children: Iterable[_Person], adults: Iterable[_Person]
) -> tuple[tuple[tuple[str, ...], int], ...]:
    spoken = frozenset[str]().union(*(adult.languages for adult in adults))
    lonely = Counter(tuple(sorted(one.languages)) for one in children if not one.languages & spoken)
    return tuple(sorted(lonely.items()))


def breaches_of(session: Session, stage: Stage) -> dict[tuple[Rule, State], tuple[Check, list[Group]]]:
    """Return which rules the groups of a stage break in which way, in the order of the rules.

    Each with the check of the first group and all groups, by number. People are counted by the database and
    not named, so that a stage of a thousand groups is judged in three queries.
    """
    groups = session.scalars(select(Group).where(Group.stage_id == stage.id).order_by(Group.number))
    facts = _counted_facts(session, stage)
    found: dict[tuple[Rule, State], tuple[Check, list[Group]]] = {}
    for group in groups:
        for check in checks(group, facts.get(group.id, Facts()), stage.march):
            if not check.is_kept:
                found.setdefault((check.rule, check.state), (check, []))[1].append(group)
    return {key: found[key] for key in sorted(found, key=lambda key: list(Rule).index(key[0]))}


@dataclass(frozen=True)
class _Alike:
    """So many walkers or guides of one group who are as old and speak the same."""

    people: int
    languages: frozenset[str]
    first_aiders: int
    is_guide: bool = False
    is_child: bool = False
    kept_out: int = 0


def _counted_facts(session: Session, stage: Stage) -> dict[int, Facts]:
    """Return the facts of all groups of a stage; in place of each name stands an empty one."""
    by_group: dict[int, list[_Alike]] = {}
    for group_id, alike in (*_alike_walkers(session, stage), *_alike_guides(session, stage)):
        by_group.setdefault(group_id, []).append(alike)
    return {group_id: _facts_of_alike(alike) for group_id, alike in by_group.items()}


def _alike_walkers(session: Session, stage: Stage) -> Iterable[tuple[int, _Alike]]:
    is_child = Participant.birth_date > years_before(stage.march.starts_on, stage.march.adult_age)
    spoken = cast(Participant.spoken_languages, String)
    kind = (Membership.group_id, is_child, spoken, Participant.language)
    query = (
        select(
            *kind,
            func.count(),
            func.sum(case((Participant.knows_first_aid, 1), else_=0)),
            func.sum(case((may_walk(stage), 0), else_=1)),
        )
        .join(Membership.participant)
        .where(Membership.stage_id == stage.id, Participant.standing == Standing.PLACED)
        .group_by(*kind)
    )
    for group_id, child, codes, read, people, first_aiders, kept_out in session.execute(query):
        languages = _languages_of_text(codes, read)
        yield (
            group_id,
            _Alike(people, languages, first_aiders, is_child=bool(child), kept_out=kept_out),
        )


@lru_cache(maxsize=1_000)
def _languages_of_text(codes: str, read: str) -> frozenset[str]:
    return languages_of(json.loads(codes), read)


def _alike_guides(session: Session, stage: Stage) -> Iterable[tuple[int, _Alike]]:
    for guide in _guides(session, stage, None):
        yield guide.group_id, _Alike(1, guide.languages, int(guide.knows_first_aid), is_guide=True)


def _facts_of_alike(people: Sequence[_Alike]) -> Facts:
    children = sum(one.people for one in people if one.is_child)
    guides = sum(one.is_guide for one in people)
    everybody = sum(one.people for one in people)
    return Facts(
        size=everybody - guides,
        children=children,
        adults=everybody - children,
        guides=guides,
        first_aiders=("",) * sum(one.first_aiders for one in people),
        unspoken=_unspoken_alike(people),
        kept_out=("",) * sum(one.kept_out for one in people),
    )


def _unspoken_alike(people: Sequence[_Alike]) -> tuple[tuple[tuple[str, ...], int], ...]:
    spoken = frozenset[str]().union(*(one.languages for one in people if not one.is_child))
    lonely: Counter[tuple[str, ...]] = Counter()
    for one in people:
        if one.is_child and not one.languages & spoken:
            lonely[tuple(sorted(one.languages))] += one.people
    return tuple(sorted(lonely.items()))


def checks_of(
    groups: Iterable[Group], facts: Mapping[int, Facts], march: March
) -> Mapping[int, tuple[Check, ...]]:
    """Return how the rules stand in groups, by their ids; `facts` are those that `facts_of` gives."""
    return {group.id: checks(group, facts.get(group.id, Facts()), march) for group in groups}
