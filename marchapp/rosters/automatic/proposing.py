"""Say what a computed roster changes: who moves from where to where, and what the groups become."""

from marchapp.rosters.assigning.values import Assignment, Broken
from marchapp.rosters.automatic.facts import facts_of_groups
from marchapp.rosters.automatic.gathering import Gathered
from marchapp.rosters.automatic.results import BrokenRule, Outlook, Proposal, count_unplaced
from marchapp.rosters.moves import Change


def propose(gathered: Gathered, result: Assignment, *, children_per_adult: int) -> Proposal:
    """Return what a roster changes for the people that it was computed for."""
    goes_to = {int(person): _number(group) for person, group in result.assignments.items()}
    return Proposal(
        moves=[
            Change(person, seen_in, goes_to[person])
            for person, seen_in in gathered.seen_in.items()
            if goes_to[person] != seen_in
        ],
        outlooks=_outlooks(gathered, goes_to, children_per_adult),
        broken=[_facts_of(broken) for broken in result.broken],
        cost_by_rule={str(rule): cost for rule, cost in result.cost_by_rule.items() if cost},
        unplaced_before=count_unplaced(gathered.seen_in.values()),
        unplaced_after=count_unplaced(goes_to.values()),
    )


def _outlooks(gathered: Gathered, goes_to: dict[int, int | None], children_per_adult: int) -> list[Outlook]:
    before, after = (
        facts_of_groups(
            gathered.people,
            gathered.groups,
            {str(person): str(group) if group else None for person, group in group_of.items()},
            children_per_adult=children_per_adult,
        )
        for group_of in (gathered.seen_in, goes_to)
    )
    return [
        Outlook(group_id=int(group.id), before=before[group.id], after=after[group.id])
        for group in gathered.groups
    ]


def _facts_of(broken: Broken) -> BrokenRule:
    return BrokenRule(
        rule=str(broken.rule),
        group_id=_number(broken.group),
        count=broken.count,
        language=broken.language,
        people=tuple(int(person) for person in broken.people),
        proven=broken.proven,
    )


def _number(group: str | None) -> int | None:
    return int(group) if group else None
