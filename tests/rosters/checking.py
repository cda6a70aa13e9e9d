"""Which rules a roster breaks, counted person by person, without the code that made it."""

from collections import Counter
from collections.abc import Sequence

from marchapp.rosters.assignment import Assignment, GroupSize, Person


def broken_rules(
    people: Sequence[Person], groups: Sequence[GroupSize], found: Assignment, per_adult: int = 8
) -> set[tuple[str, str]]:
    """Return (rule, group) of all that does not hold."""
    assert set(found.assignments) == {person.id for person in people}
    wrong = set()
    for group in groups:
        walking = [person for person in people if found.assignments[person.id] == group.id]
        wrong |= {(rule, group.id) for rule in _of_group(walking, group, per_adult)}
    if any(place is None for place in found.assignments.values()):
        wrong.add(("unplaced", ""))
    return wrong


def torn_units(people: Sequence[Person], found: Assignment) -> set[str]:
    places: dict[str, set[str | None]] = {}
    for person in people:
        if person.unit:
            places.setdefault(person.unit, set()).add(found.assignments[person.id])
    return {unit for unit, of_unit in places.items() if len(of_unit) > 1}


def extra_groups_of_classes(people: Sequence[Person], found: Assignment) -> int:
    pairs = {(p.school_class, found.assignments[p.id]) for p in people if p.school_class}
    groups = Counter(name for name, group in pairs if group is not None)
    return sum(groups.values()) - len(groups)


def _of_group(walking: list[Person], group: GroupSize, per_adult: int) -> set[str]:
    adults = [person for person in walking if not person.is_child]
    children = [person for person in walking if person.is_child]
    spoken = group.staff.languages.union(*(adult.languages for adult in adults))
    only = {next(iter(child.languages)) for child in children if len(child.languages) == 1}
    checks = {
        "min_size": len(walking) >= group.min_size,
        "max_size": len(walking) <= group.max_size,
        "children_per_adult": len(children) <= per_adult * (len(adults) + group.staff.adults),
        "guide": not walking or group.staff.guides or any(person.is_guide for person in walking),
        "first_aid": not walking
        or group.staff.first_aiders
        or any(person.knows_first_aid for person in walking),
        "language": only <= spoken,
    }
    return {rule for rule, holds in checks.items() if not holds}
