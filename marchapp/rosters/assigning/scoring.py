"""What a roster costs, rule by rule: each group by itself, so that parts of a roster can be compared.

A class costs for each group beyond its first. That is counted as each group in which it walks, less one.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from marchapp.rosters.assigning.problem import Content, Problem
from marchapp.rosters.assigning.values import Nationality, Rule, Weights

# What one breach of a rule costs, in broken rules (`Weights.broken`). Someone without a place is worse than
# all that placing one person can break: a group opened without guide, first-aider, speaker and enough people.
# A group below its smallest size costs once for itself, so that a lack of people makes few small groups.
PRICES = {
    Rule.UNPLACED: 30,
    Rule.MAX_SIZE: 4,
    Rule.MIN_SIZE: 1,
    Rule.CHILDREN: 2,
    Rule.GUIDE: 5,
    Rule.FIRST_AID: 4,
    Rule.LANGUAGE: 3,
}
SMALL_GROUP = 2


@dataclass(frozen=True)
class Prices:
    """The price of one breach of each wish, as the options make it; whole numbers."""

    classes: int
    previous: int
    mixed: int
    separate: int
    sizes: int
    broken: int


@dataclass
class Sums:
    """What the rules ask of the people in a group, its staff included where it counts."""

    size: int = 0
    children: int = 0
    adults: int = 0
    guides: int = 0
    first_aiders: int = 0
    moved: int = 0
    speaks: set[str] = field(default_factory=set)
    needs: Counter[str] = field(default_factory=Counter)
    classes: set[str] = field(default_factory=set)
    countries: Counter[str] = field(default_factory=Counter)


def prices(problem: Problem) -> Prices:
    """Return what breaches cost: a move in a repair more than any wish, nothing where it is not asked for."""
    options = problem.options
    weights: Weights = options.weights
    previous = weights.moved if options.repair else weights.previous if options.keep_previous else 0
    return Prices(
        classes=weights.classes,
        previous=previous,
        mixed=weights.nationality if options.nationality == Nationality.MIXED else 0,
        separate=weights.nationality if options.nationality == Nationality.SEPARATE else 0,
        sizes=weights.sizes,
        broken=weights.broken,
    )


def sums(problem: Problem, place: int, content: Content) -> Sums:
    """Return what walks in a group."""
    staff = problem.places[place].staff
    found = Sums(adults=staff.adults, guides=staff.guides, first_aiders=staff.first_aiders)
    found.speaks |= staff.languages
    for number, count in content.items():
        kind = problem.kinds[number]
        found.size += kind.size * count
        found.children += kind.children * count
        found.adults += kind.adults * count
        found.guides += kind.guides * count
        found.first_aiders += kind.first_aiders * count
        found.moved += kind.moved(place) * count
        found.speaks.update(kind.speaks)
        found.needs.update(dict.fromkeys(kind.needs, count))
        found.classes.update(name for name, _ in kind.classes)
        for country, people in kind.countries:
            found.countries[country] += people * count
    return found


def breaches(problem: Problem, place: int, content: Content) -> Counter[Rule]:
    """Return how often each rule is broken in a group; a group of nobody only lacks people."""
    found, group = sums(problem, place, content), problem.places[place]
    broken: Counter[Rule] = Counter()
    broken[Rule.MIN_SIZE] = max(0, group.min_size - found.size)
    broken[Rule.MAX_SIZE] = max(0, found.size - group.max_size)
    broken[Rule.CHILDREN] = max(0, found.children - problem.options.children_per_adult * found.adults)
    if found.size:
        broken[Rule.GUIDE] = int(not found.guides)
        broken[Rule.FIRST_AID] = int(not found.first_aiders)
        broken[Rule.LANGUAGE] = len(found.needs.keys() - found.speaks)
    return +broken


def wishes(problem: Problem, place: int, content: Content) -> Counter[Rule]:
    """Return what a group costs by wish; classes with the first group of each."""
    found, group, price = sums(problem, place, content), problem.places[place], prices(problem)
    least, most = group.even
    cost: Counter[Rule] = Counter()
    cost[Rule.CLASSES] = price.classes * len(found.classes)
    cost[Rule.PREVIOUS] = price.previous * found.moved
    cost[Rule.SIZES] = price.sizes * (max(0, least - found.size) + max(0, found.size - most))
    if price.mixed:
        cost[Rule.NATIONALITY] = price.mixed * sum(
            max(0, people - problem.fair(country, place)) for country, people in found.countries.items()
        )
    elif price.separate:
        cost[Rule.NATIONALITY] = price.separate * max(0, len(found.countries) - 1)
    return cost


def price_of(problem: Problem, broken: Counter[Rule]) -> int:
    """Return what broken rules of one group cost."""
    small = SMALL_GROUP * bool(broken[Rule.MIN_SIZE])
    return problem.options.weights.broken * (
        small + sum(PRICES[rule] * count for rule, count in broken.items())
    )


def group_cost(problem: Problem, place: int, content: Content) -> int:
    """Return what a group costs, each class in it counted."""
    broken = price_of(problem, breaches(problem, place, content))
    return broken + wishes(problem, place, content).total()


def unplaced_cost(problem: Problem, waiting: Content) -> int:
    """Return what it costs that these units have no group."""
    people = sum(problem.kinds[kind].size * count for kind, count in waiting.items())
    return people * PRICES[Rule.UNPLACED] * problem.options.weights.broken


def cost_by_rule(problem: Problem, contents: Iterable[Content], waiting: Content) -> dict[str, float]:
    """Return the cost of a whole roster by rule; broken locks are not counted, for nothing can mend them."""
    total: Counter[Rule] = Counter()
    placed: set[str] = set()
    unit = problem.options.weights.broken
    for place, content in enumerate(contents):
        broken = breaches(problem, place, content)
        for rule, count in broken.items():
            total[rule] += unit * PRICES[rule] * count
        total[Rule.MIN_SIZE] += unit * SMALL_GROUP * bool(broken[Rule.MIN_SIZE])
        total.update(wishes(problem, place, content))
        placed |= sums(problem, place, content).classes
    total[Rule.CLASSES] -= prices(problem).classes * len(placed)
    total[Rule.UNPLACED] = unplaced_cost(problem, waiting)
    return {rule.value: float(total[rule]) for rule in Rule if rule != Rule.LOCK}
