"""What each group of a roster is like, and which rules it breaks: for the roster of now and the next."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from marchapp.rosters.assigning.values import GroupSize, Person

SIZES = ("too_many", "too_small")


@dataclass(frozen=True, kw_only=True)
class GroupFacts:
    """A group as it is, or as it would be. `lacks` names rules that it breaks, in the order of their weight:
    too_many, too_small, children, guide, first_aid, languages.

    `languages` are those of children whom no adult of the group understands.
    """

    size: int
    children: int
    adults: int
    lacks: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "GroupFacts":
        return cls(**stored | {"lacks": tuple(stored["lacks"]), "languages": tuple(stored["languages"])})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def facts_of_groups(
    people: Iterable[Person],
    groups: Iterable[GroupSize],
    group_of: Mapping[str, str | None],
    *,
    children_per_adult: int,
) -> dict[str, GroupFacts]:
    """Return the facts of every group by its id."""
    members: dict[str | None, list[Person]] = {}
    for person in people:
        members.setdefault(group_of.get(person.id), []).append(person)
    return {group.id: _facts(group, members.get(group.id, []), children_per_adult) for group in groups}


def _facts(group: GroupSize, members: list[Person], children_per_adult: int) -> GroupFacts:
    adults = [person for person in members if not person.is_child]
    children = [person for person in members if person.is_child]
    count = len(adults) + group.staff.adults
    languages = _not_understood(children, adults, group)
    is_true = {
        "too_many": len(members) > group.max_size,
        "too_small": len(members) < group.min_size,
        "children": len(children) > children_per_adult * count,
        "guide": not group.staff.guides and not any(one.is_guide for one in members),
        "first_aid": not group.staff.first_aiders and not any(one.knows_first_aid for one in members),
        "languages": bool(languages),
    }
    counting = is_true if members else SIZES  # a group of nobody lacks nothing but people
    return GroupFacts(
        size=len(members),
        children=len(children),
        adults=count,
        lacks=tuple(code for code in counting if is_true[code]),
        languages=languages,
    )


def _not_understood(children: list[Person], adults: list[Person], group: GroupSize) -> tuple[str, ...]:
    """Return the languages of children who have only that one and find no adult who speaks it."""
    spoken = group.staff.languages.union(*(adult.languages for adult in adults))
    only = {next(iter(child.languages)) for child in children if len(child.languages) == 1}
    return tuple(sorted(only - spoken))
