"""The task as the search sees it: kinds of units that are alike, and places, which are the groups by number.

Units that are alike in everything that a rule asks for are one kind with a count. Twenty children of a class
are then one whole number for each group instead of twenty yes-or-no questions whose answers could be swapped.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from marchapp.rosters.assigning.values import GroupSize, Options, Person, Staff

Counts = tuple[tuple[str, int], ...]
# A group may have one person more or fewer than even ones without being uneven: nobody minds, and where a
# single person cost something, that a roster is the best took ten times as long to prove.
UNEVEN = 1


@dataclass(frozen=True, order=True)
class Kind:
    """What units have to be alike in. needs: languages of a child with one only that no adult of it speaks.

    previous: (place, people who were there). locked: its place, or -1.
    """

    classes: Counts
    countries: Counts
    size: int
    children: int
    guides: int
    first_aiders: int
    speaks: tuple[str, ...]
    needs: tuple[str, ...]
    previous: tuple[tuple[int, int], ...]
    locked: int = -1

    @cached_property
    def adults(self) -> int:
        return self.size - self.children

    @cached_property
    def had_place(self) -> int:
        return sum(people for _, people in self.previous)

    def moved(self, place: int) -> int:
        """Return how many of a unit leave their previous group when it walks in this one."""
        return self.had_place - dict(self.previous).get(place, 0)


@dataclass(frozen=True)
class Place:
    """A group. cap: its largest size, or what is locked to it if more. even: least and most if even."""

    id: str
    min_size: int
    max_size: int
    cap: int
    even: tuple[int, int]
    staff: Staff


@dataclass(frozen=True)
class LockClash:
    """A unit whose locks cannot all be kept: locked to several groups, or to one that is not there."""

    unit: str
    people: tuple[str, ...]
    groups: tuple[str, ...]


# How many units of each kind, by number of the kind.
Content = dict[int, int]


@dataclass(frozen=True)
class Problem:
    """Everything the search needs. units: for each kind, its units as ids of people."""

    kinds: tuple[Kind, ...]
    units: tuple[tuple[tuple[str, ...], ...], ...]
    places: tuple[Place, ...]
    options: Options
    clashes: tuple[LockClash, ...]
    shares: dict[str, float]

    @cached_property
    def counts(self) -> Content:
        return {number: len(units) for number, units in enumerate(self.units)}

    @cached_property
    def people(self) -> int:
        return sum(self.kinds[kind].size * count for kind, count in self.counts.items())

    @cached_property
    def class_sizes(self) -> dict[str, int]:
        return self._summed("classes")

    def fair(self, country: str, place: int) -> int:
        """Return the most people of a country that a group as mixed as the stage can have."""
        return -int(-self.shares[country] * self.places[place].even[1] // 1)

    def _summed(self, name: str) -> dict[str, int]:
        total: Counter[str] = Counter()
        for kind, count in zip(self.kinds, self.counts.values(), strict=True):
            for key, people in getattr(kind, name):
                total[key] += people * count
        return dict(total)


def pose(people: Sequence[Person], groups: Sequence[GroupSize], options: Options) -> Problem:
    """Sort people into units, units into kinds, and settle what is locked where."""
    number = {group.id: place for place, group in enumerate(groups)}
    alike: defaultdict[Kind, list[tuple[str, ...]]] = defaultdict(list)
    clashes = []
    for name, members in _units(people):
        locked, clash = _lock(name, members, number)
        clashes += clash
        alike[_kind(members, number, locked)].append(tuple(member.id for member in members))
    kinds = tuple(sorted(alike))
    return Problem(
        kinds=kinds,
        units=tuple(tuple(alike[kind]) for kind in kinds),
        places=_places(groups, kinds, [len(alike[kind]) for kind in kinds]),
        options=options,
        clashes=tuple(clashes),
        shares=_shares(people),
    )


def _units(people: Sequence[Person]) -> Iterable[tuple[str, list[Person]]]:
    together: defaultdict[tuple[str, str], list[Person]] = defaultdict(list)
    for person in people:
        together[("unit", person.unit) if person.unit else ("alone", person.id)].append(person)
    return ((name if how == "unit" else "", members) for (how, name), members in together.items())


def _lock(name: str, members: list[Person], number: dict[str, int]) -> tuple[int, list[LockClash]]:
    """Return the place that most of a unit are locked to, or -1, and the locks that this breaks."""
    asked = Counter(member.locked_group for member in members if member.locked_group)
    known = [group for group, _ in asked.most_common() if group in number]
    chosen = known[0] if known else ""
    lost = tuple(group for group in asked if group != chosen)
    people = tuple(member.id for member in members if member.locked_group in lost)
    clash = [LockClash(name, people, ((chosen,) if chosen else ()) + lost)] if lost else []
    return (number[chosen] if chosen else -1), clash


def _kind(members: list[Person], number: dict[str, int], locked: int) -> Kind:
    speaks = {language for member in members if not member.is_child for language in member.languages}
    only = {next(iter(m.languages)) for m in members if m.is_child and len(m.languages) == 1}
    previous = Counter(number[m.previous_group] for m in members if m.previous_group in number)
    return Kind(
        classes=_counted(member.school_class for member in members),
        countries=_counted(member.country for member in members),
        size=len(members),
        children=sum(member.is_child for member in members),
        guides=sum(member.is_guide for member in members),
        first_aiders=sum(member.knows_first_aid for member in members),
        speaks=tuple(sorted(speaks)),
        needs=tuple(sorted(only - speaks)),
        previous=tuple(sorted(previous.items())),
        locked=locked,
    )


def _counted(values: Iterable[str]) -> Counts:
    return tuple(sorted(Counter(value for value in values if value).items()))


def _shares(people: Sequence[Person]) -> dict[str, float]:
    countries = Counter(person.country for person in people if person.country)
    return {country: count / countries.total() for country, count in countries.items()}


def _places(groups: Sequence[GroupSize], kinds: Sequence[Kind], counts: Sequence[int]) -> tuple[Place, ...]:
    locked: Counter[int] = Counter()
    for kind, count in zip(kinds, counts, strict=True):
        locked[kind.locked] += kind.size * count
    people = locked.total()
    level = _even_level(groups, people)
    return tuple(
        Place(
            id=group.id,
            min_size=group.min_size,
            max_size=group.max_size,
            cap=max(group.max_size, locked[place]),
            even=(_within(group, level[0] - UNEVEN), _within(group, level[1] + UNEVEN)),
            staff=group.staff,
        )
        for place, group in enumerate(groups)
    )


def _within(group: GroupSize, size: int) -> int:
    return max(group.min_size, min(group.max_size, size))


def _even_level(groups: Sequence[GroupSize], people: int) -> tuple[int, int]:
    """Return the two neighbouring sizes between which all groups would be full to the same height."""

    def held(level: int) -> int:
        return sum(_within(group, level) for group in groups)

    low, high = 0, max((group.max_size for group in groups), default=0)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if held(middle) <= people else (low, middle - 1)
    return low, low if held(low) == people else low + 1
