"""Walkers into groups: who walks with whom, by OR-Tools CP-SAT. Pure: no web, no database.

The rules, what they weigh and how the search goes: docs/decisions/0014-assignment.md.
"""

import time
from collections.abc import Sequence

from marchapp.rosters.assigning.problem import Problem, pose
from marchapp.rosters.assigning.scoring import cost_by_rule
from marchapp.rosters.assigning.search import Found, Search
from marchapp.rosters.assigning.values import (
    Assignment,
    Broken,
    GroupSize,
    Nationality,
    Options,
    Person,
    Progress,
    Rule,
    Staff,
    Status,
    Tell,
    Weights,
)
from marchapp.rosters.assigning.words import broken

__all__ = [
    "Assignment",
    "Broken",
    "GroupSize",
    "Nationality",
    "Options",
    "Person",
    "Progress",
    "Rule",
    "Staff",
    "Status",
    "Weights",
    "assign",
]


def assign(
    people: Sequence[Person],
    groups: Sequence[GroupSize],
    options: Options = Options(),  # noqa: B008 - frozen
    *,
    progress: Tell | None = None,
) -> Assignment:
    """Put people into groups so that the rules hold and the wishes are met as well as can be.

    There is always an answer: where a rule cannot hold, the roster that breaks least, and what is missing in
    `broken`. People without a place have None for a group. `progress` is told a few times a second and
    returns False to stop with the best found.

    The same people, groups and options give the same roster, for the search is limited by CP-SAT's
    deterministic time. That ends where the wall clock (`time_limit_s`) or a stop comes first, on a machine
    that is slow or busy: then `repeatable` is False.

    Raises ValueError if ids of people or groups are given twice, or a group's sizes contradict each other.

    >>> walkers = [Person(id="anna", is_guide=True, knows_first_aid=True), Person(id="ole", is_child=True)]
    >>> assign(walkers, [GroupSize(id="1", min_size=1, max_size=12)]).assignments
    {'anna': '1', 'ole': '1'}
    """
    began = time.monotonic()
    _check(people, groups)
    problem = pose(people, groups, options)
    found = Search(problem, progress).run()
    return _answer(problem, found, people, time.monotonic() - began)


def _check(people: Sequence[Person], groups: Sequence[GroupSize]) -> None:
    if len({person.id for person in people}) < len(people):
        raise ValueError("two people have the same id")
    if len({group.id for group in groups}) < len(groups):
        raise ValueError("two groups have the same id")
    if any(not 0 <= group.min_size <= group.max_size for group in groups):
        raise ValueError("a group's smallest size is negative or above its largest")


def _answer(problem: Problem, found: Found, people: Sequence[Person], seconds: float) -> Assignment:
    facts = broken(problem, found.contents, found.waiting, is_least=found.is_optimal)
    by_rule = cost_by_rule(problem, found.contents, found.waiting)
    cost = sum(by_rule.values())
    return Assignment(
        status=Status.RELAXED if facts else Status.OPTIMAL if found.is_optimal else Status.FEASIBLE,
        cost=cost,
        bound=min(found.bound, cost),
        seconds=seconds,
        cost_by_rule=by_rule,
        broken=facts,
        assignments=_assignments(problem, found, people),
        repeatable=found.is_repeatable,
    )


def _assignments(problem: Problem, found: Found, people: Sequence[Person]) -> dict[str, str | None]:
    """Return who walks where; units of a kind take the groups of their kind in order, the last ones wait."""
    walks: dict[str, str | None] = {}
    next_unit = [0] * len(problem.kinds)
    for place, content in zip(problem.places, found.contents, strict=True):
        for kind, count in content.items():
            units = problem.units[kind][next_unit[kind] : next_unit[kind] + count]
            next_unit[kind] += count
            walks.update((person, place.id) for unit in units for person in unit)
    return {person.id: walks.get(person.id) for person in people}
