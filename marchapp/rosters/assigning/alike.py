"""Groups that are alike: all of one could walk in another instead, so one order of them is enough to search.

Eight groups without staff or locks can be numbered in forty thousand ways that all cost the same. The search
then has to rule out each of them before a roster is proven the best. Here the order is fixed by the classes
that walk in a group: where the largest class walks first, then where the next largest does, and so on.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from marchapp.rosters.assigning.problem import Content, Problem

MOST_CLASSES = 8  # that decide on the order; each doubles the numbers in it


def alike(problem: Problem, places: Sequence[int], kinds: Iterable[int]) -> list[list[int]]:
    """Return those places that differ in nothing, also not for the kinds that may walk in them, together."""
    named: set[int] = set()
    for number in kinds:
        kind = problem.kinds[number]
        named.update((kind.locked, *(place for place, _ in kind.previous)))
    same: defaultdict[object, list[int]] = defaultdict(list)
    for place in places:
        if place not in named:
            group = problem.places[place]
            same[group.min_size, group.max_size, group.cap, group.even, group.staff].append(place)
    return [together for together in same.values() if len(together) > 1]


def deciding_classes(problem: Problem, available: Content) -> dict[str, int]:
    """Return the largest classes, each with what it adds to the rank of a group that it walks in."""
    total: Counter[str] = Counter()
    for number, count in available.items():
        for name, people in problem.kinds[number].classes:
            total[name] += people * count
    largest = sorted(total, key=lambda name: (-total[name], name))[:MOST_CLASSES]
    return {name: 2 ** (len(largest) - 1 - place) for place, name in enumerate(largest)}


def in_order(problem: Problem, contents: dict[int, Content], available: Content) -> dict[int, Content]:
    """Return the contents of places such that alike ones have falling ranks."""
    classes = deciding_classes(problem, available)

    def rank(content: Content) -> int:
        there = {name for kind in content for name, _ in problem.kinds[kind].classes}
        return sum(weight for name, weight in classes.items() if name in there)

    ordered = dict(contents)
    for places in alike(problem, list(contents), available):
        ranked = sorted((contents[place] for place in places), key=rank, reverse=True)
        ordered |= zip(places, ranked, strict=True)
    return ordered
