"""What no roster can avoid, by counting: too few places, guides, adults, and classes larger than a group."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import ceil

from marchapp.rosters.assigning.problem import Kind, Problem
from marchapp.rosters.assigning.scoring import PRICES, SMALL_GROUP, prices
from marchapp.rosters.assigning.values import Rule, Staff


@dataclass(frozen=True)
class Shortage:
    """The least that is missing in all: people without place, people too few, groups without guide."""

    places: int
    people: int
    guides: int
    first_aiders: int
    children: int
    languages: dict[str, int]


def shortage(problem: Problem) -> Shortage:
    """Return what is missing whatever the roster."""
    caps = sorted((place.cap for place in problem.places), reverse=True)
    people = problem.people
    least_groups = max(_least_groups(people, caps), _never_empty(problem))
    children, adults = _sum(problem, lambda kind: kind.children), _sum(problem, lambda kind: kind.adults)
    adults += sum(place.staff.adults for place in problem.places)
    return Shortage(
        places=max(0, people - sum(caps)),
        people=max(0, sum(place.min_size for place in problem.places) - people),
        guides=_lack(problem, least_groups, lambda kind: kind.guides > 0, lambda staff: staff.guides > 0),
        first_aiders=_lack(
            problem, least_groups, lambda kind: kind.first_aiders > 0, lambda staff: staff.first_aiders > 0
        ),
        children=max(0, min(children, sum(caps)) - problem.options.children_per_adult * adults),
        languages=dict(_languages(problem, caps)),
    )


def least_cost(problem: Problem) -> float:
    """Return a cost that no roster can go below: the sum of shortages, large classes, and locked moves."""
    lacking, price = shortage(problem), prices(problem)
    broken = (
        lacking.places * PRICES[Rule.UNPLACED]
        + lacking.people * PRICES[Rule.MIN_SIZE]
        + bool(lacking.people) * SMALL_GROUP
        + lacking.guides * PRICES[Rule.GUIDE]
        + lacking.first_aiders * PRICES[Rule.FIRST_AID]
        + lacking.children * PRICES[Rule.CHILDREN]
        + sum(lacking.languages.values()) * PRICES[Rule.LANGUAGE]
        + sum(place.cap - place.max_size for place in problem.places) * PRICES[Rule.MAX_SIZE]
    )
    caps = sorted((place.cap for place in problem.places), reverse=True)
    torn = 0
    if not lacking.places:
        torn = sum(max(0, _least_groups(size, caps) - 1) for size in problem.class_sizes.values())
    moved = sum(
        kind.moved(kind.locked) * problem.counts[number]
        for number, kind in enumerate(problem.kinds)
        if kind.locked >= 0
    )
    return float(broken * price.broken + torn * price.classes + moved * price.previous)


def _never_empty(problem: Problem) -> int:
    """Return how many groups cost more when they are empty than a guide and a first-aider who are missing."""
    if sum(place.min_size for place in problem.places) > problem.people:
        return 0
    saved = PRICES[Rule.GUIDE] + PRICES[Rule.FIRST_AID]
    empty = (SMALL_GROUP + place.min_size * PRICES[Rule.MIN_SIZE] for place in problem.places)
    return sum(price >= saved for price in empty)


def _least_groups(people: int, caps: list[int]) -> int:
    for groups, cap in enumerate(caps):
        if people <= 0:
            return groups
        people -= cap
    return len(caps)


def _lack(
    problem: Problem, groups: int, able: Callable[[Kind], bool], staffed: Callable[[Staff], bool]
) -> int:
    units = sum(problem.counts[number] for number, kind in enumerate(problem.kinds) if able(kind))
    return max(0, groups - units - sum(staffed(place.staff) for place in problem.places))


def _languages(problem: Problem, caps: list[int]) -> Iterable[tuple[str, int]]:
    """Yield how many speakers are missing even if those who need them fill whole groups."""
    for language in sorted({language for kind in problem.kinds for language in kind.needs}):
        needing = sum(
            kind.size * problem.counts[number]
            for number, kind in enumerate(problem.kinds)
            if language in kind.needs
        )
        groups = ceil(needing / caps[0]) if caps and caps[0] else 0
        yield (
            language,
            _lack(
                problem,
                groups,
                lambda kind, language=language: language in kind.speaks,  # type: ignore[misc]
                lambda staff, language=language: language in staff.languages,  # type: ignore[misc]
            ),
        )


def _sum(problem: Problem, of: Callable[[Kind], int]) -> int:
    return sum(of(kind) * problem.counts[number] for number, kind in enumerate(problem.kinds))
