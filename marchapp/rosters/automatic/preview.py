"""What the page of a finished run shows: its groups page by page, who comes into each, what is missing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import Group, Participant, Stage
from marchapp.models.conditional import among
from marchapp.rosters.automatic.results import BrokenRule, Outlook, Proposal
from marchapp.rosters.moves import Change

GROUPS_A_PAGE = 20
BROKEN_AT_MOST = 30
NAMES_AT_MOST = 5


@dataclass(frozen=True)
class Coming:
    """Somebody who comes into a group, from the group with a number, or from none."""

    name: str
    native_name: str
    from_number: int | None


@dataclass(frozen=True)
class GroupPreview:
    """A group as it was and would be, and who comes into it; None where it is not there any more."""

    group: Group | None
    outlook: Outlook
    coming: list[Coming]
    leaving: int


@dataclass(frozen=True)
class Missing:
    """A broken rule with the number of its group and the names of some of the people concerned."""

    broken: BrokenRule
    number: int | None
    names: list[str]


@dataclass(frozen=True)
class Preview:
    """One page of what a run changes. `out` are those who lose their group, on the first page."""

    groups: list[GroupPreview]
    missing: list[Missing]
    out: list[Coming]
    changed_groups: int
    page: int
    pages: int


def preview_of(session: Session, stage: Stage, proposal: Proposal, *, page: int) -> Preview:
    """Return one page of a proposal: the groups that change or break a rule come first."""
    groups = {group.id: group for group in session.scalars(select(Group).where(Group.stage_id == stage.id))}
    outlooks = _in_order(proposal, groups)
    pages = max(ceil(len(outlooks) / GROUPS_A_PAGE), 1)
    page = min(max(page, 1), pages)
    shown = outlooks[(page - 1) * GROUPS_A_PAGE : page * GROUPS_A_PAGE]
    broken = proposal.broken[:BROKEN_AT_MOST]
    shown_ids = {one.group_id for one in shown}
    coming = [move for move in proposal.moves if move.to_id in shown_ids]
    out = [move for move in proposal.moves if move.to_id is None] if page == 1 else []
    people = _people(session, coming, out, broken)
    leaving = Counter(move.from_id for move in proposal.moves)
    return Preview(
        groups=[
            GroupPreview(
                group=groups.get(one.group_id),
                outlook=one,
                coming=_comings((move for move in coming if move.to_id == one.group_id), groups, people),
                leaving=leaving[one.group_id],
            )
            for one in shown
        ],
        missing=[_missing(one, groups, people) for one in broken],
        out=_comings(out, groups, people),
        changed_groups=len(_changed(proposal)),
        page=page,
        pages=pages,
    )


def _changed(proposal: Proposal) -> set[int | None]:
    return {group for move in proposal.moves for group in (move.from_id, move.to_id) if group is not None}


def _in_order(proposal: Proposal, groups: dict[int, Group]) -> list[Outlook]:
    changed = _changed(proposal)

    def place(outlook: Outlook) -> tuple[bool, int]:
        is_quiet = outlook.group_id not in changed and not outlook.after.lacks
        group = groups.get(outlook.group_id)
        return is_quiet, group.number if group else 0

    return sorted(proposal.outlooks, key=place)


def _people(
    session: Session, coming: list[Change], out: list[Change], broken: Iterable[BrokenRule]
) -> dict[int, Participant]:
    ids = {move.participant_id for move in (*coming, *out)}
    ids |= {person for one in broken for person in one.people[:NAMES_AT_MOST]}
    found = session.scalars(select(Participant).where(among(session, Participant.id, ids)))
    return {person.id: person for person in found}


def _comings(
    moves: Iterable[Change], groups: dict[int, Group], people: dict[int, Participant]
) -> list[Coming]:
    """Return who is moved, by name; who has left the march altogether is left out."""
    known = [(people[move.participant_id], move) for move in moves if move.participant_id in people]
    known.sort(key=lambda pair: (pair[0].family_name, pair[0].given_name, pair[0].id))
    return [Coming(person.name, person.native_name, _number(groups, move.from_id)) for person, move in known]


def _missing(broken: BrokenRule, groups: dict[int, Group], people: dict[int, Participant]) -> Missing:
    named = (people.get(person) for person in broken.people[:NAMES_AT_MOST])
    return Missing(broken, _number(groups, broken.group_id), [person.name for person in named if person])


def _number(groups: dict[int, Group], group_id: int | None) -> int | None:
    group = groups.get(group_id) if group_id is not None else None
    return group.number if group else None
