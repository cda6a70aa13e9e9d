"""A first roster: for one unit after the other the group where it costs least; who is scarce comes first.

Locked people, then those who stay where they were, guides and first-aiders, speakers of languages that are
needed, other adults, and then the children, class after class. So children find the adults they need.
"""

from collections import Counter, defaultdict

import numpy as np
import numpy.typing as npt

from marchapp.rosters.assigning.problem import Content, Kind, Problem
from marchapp.rosters.assigning.scoring import PRICES, prices
from marchapp.rosters.assigning.values import Rule

Floats = npt.NDArray[np.float64]
NOWHERE = -1


def first_roster(problem: Problem) -> tuple[list[Content], Content]:
    """Return what walks in each group, and the units for which there is no room."""
    filling = _Filling(problem)
    for number in _in_order(problem):
        for _ in range(problem.counts[number]):
            filling.add(number)
    return filling.contents, filling.waiting


def _in_order(problem: Problem) -> list[int]:
    need, speakers = _languages(problem)
    rarity = {language: need[language] / (1 + speakers[language]) for language in need}
    keep = prices(problem).previous > 0

    def rank(number: int) -> tuple[object, ...]:
        kind = problem.kinds[number]
        rare = max((rarity[language] for language in kind.speaks if language in rarity), default=0.0)
        needs = max((rarity[language] for language in kind.needs), default=0.0)
        biggest = max((problem.class_sizes[name] for name, _ in kind.classes), default=0)
        staff = -bool(kind.guides) - bool(kind.first_aiders)
        return (
            kind.locked < 0,
            not (keep and kind.had_place),
            staff if kind.adults else 1,
            -rare,
            not kind.adults,
            needs < 0.5 or -needs,
            -kind.size if not kind.classes else -biggest,
            kind,
        )

    return sorted(range(len(problem.kinds)), key=rank)


def _languages(problem: Problem) -> tuple[Counter[str], Counter[str]]:
    need: Counter[str] = Counter()
    speakers: Counter[str] = Counter()
    for kind, count in zip(problem.kinds, problem.counts.values(), strict=True):
        need.update(dict.fromkeys(kind.needs, count))
        speakers.update(dict.fromkeys(kind.speaks, count))
    return need, speakers


class _Filling:
    """Groups as they fill, as columns of numbers, so that all of them are weighed at once."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.price = prices(problem)
        places = problem.places
        self.contents: list[Content] = [{} for _ in places]
        self.waiting: Content = {}
        self.cap = np.array([place.cap for place in places], float)
        self.least = np.array([place.min_size for place in places], float)
        self.most_even = np.array([place.even[1] for place in places], float)
        self.size = np.zeros(len(places))
        self.children = np.zeros(len(places))
        self.adults = np.array([place.staff.adults for place in places], float)
        self.guides = np.array([place.staff.guides for place in places], float)
        self.first_aiders = np.array([place.staff.first_aiders for place in places], float)
        self.speaks: defaultdict[str, Floats] = defaultdict(lambda: np.zeros(len(places)))
        self.needs: defaultdict[str, Floats] = defaultdict(lambda: np.zeros(len(places)))
        self.classes: defaultdict[str, Floats] = defaultdict(lambda: np.zeros(len(places)))
        self.countries: defaultdict[str, Floats] = defaultdict(lambda: np.zeros(len(places)))
        for number, place in enumerate(places):
            for language in place.staff.languages:
                self.speaks[language][number] = 1

    def add(self, number: int) -> None:
        """Put one unit of a kind where it costs least."""
        kind = self.problem.kinds[number]
        place = kind.locked if kind.locked >= 0 else self._cheapest(kind)
        content = self.waiting if place == NOWHERE else self.contents[place]
        content[number] = content.get(number, 0) + 1
        if place != NOWHERE:
            self._count(kind, place)

    def _cheapest(self, kind: Kind) -> int:
        room = self.cap - self.size >= kind.size
        if not room.any():
            return NOWHERE
        cost = self._broken(kind) * self.price.broken + self._wishes(kind) + self._taste(kind)
        return int(np.argmin(np.where(room, cost, np.inf)))

    def _broken(self, kind: Kind) -> Floats:
        per_adult = self.problem.options.children_per_adult
        above = self.children - per_adult * self.adults
        more = np.maximum(above + kind.children - per_adult * kind.adults, 0) - np.maximum(above, 0)
        cost: Floats = PRICES[Rule.CHILDREN] * more
        cost -= PRICES[Rule.MIN_SIZE] * np.clip(self.least - self.size, 0, kind.size)
        if kind.guides:
            cost -= PRICES[Rule.GUIDE] * (self.guides == 0)
        if kind.first_aiders:
            cost -= PRICES[Rule.FIRST_AID] * (self.first_aiders == 0)
        for language in kind.needs:
            cost += PRICES[Rule.LANGUAGE] * ((self.speaks[language] == 0) & (self.needs[language] == 0))
        for language in kind.speaks:
            if language in self.needs:
                cost -= PRICES[Rule.LANGUAGE] * ((self.speaks[language] == 0) & (self.needs[language] > 0))
        return cost

    def _wishes(self, kind: Kind) -> Floats:
        cost: Floats = self.price.sizes * np.clip(self.size + kind.size - self.most_even, 0, kind.size)
        for name, _ in kind.classes:
            cost = cost + self.price.classes * (self.classes[name] == 0)
        if kind.previous and self.price.previous:
            cost = cost + self.price.previous * kind.had_place
            for place, people in kind.previous:
                cost[place] -= self.price.previous * people
        for country, people in kind.countries:
            if self.price.separate:
                cost = cost + self.price.separate * (self.countries[country] == 0) * (self.size > 0)
            elif self.price.mixed:
                above = self.countries[country] + people - self.problem.shares[country] * self.most_even
                cost = cost + self.price.mixed * np.clip(above, 0, people)
        return cost

    def _taste(self, kind: Kind) -> Floats:
        """Return what decides between equal groups: spread adults, begin classes where room is."""
        if kind.adults and not kind.had_place:
            spread: Floats = self.children - self.problem.options.children_per_adult * self.adults
            return spread * (-0.01 * self.price.broken)
        return self.size * 0.01

    def _count(self, kind: Kind, place: int) -> None:
        self.size[place] += kind.size
        self.children[place] += kind.children
        self.adults[place] += kind.adults
        self.guides[place] += kind.guides
        self.first_aiders[place] += kind.first_aiders
        for language in kind.speaks:
            self.speaks[language][place] += 1
        for language in kind.needs:
            self.needs[language][place] += 1
        for name, _ in kind.classes:
            self.classes[name][place] += 1
        for country, people in kind.countries:
            self.countries[country][place] += people
