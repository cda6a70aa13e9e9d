"""Who stands on the papers of a stage: its groups with guides and walkers, read in a few questions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from marchapp.models import Group, Membership, Participant, Stage, Standing


@dataclass(frozen=True)
class Walker:
    """Somebody in a group, and the groups of all stages by the number of the stage."""

    person: Participant
    groups: dict[int, int] = field(default_factory=dict)

    @property
    def has_one_group(self) -> bool:
        return len(set(self.groups.values())) <= 1


@dataclass(frozen=True)
class FullGroup:
    """A group with who walks in it, by name."""

    group: Group
    walkers: list[Walker]


def count_people(session: Session, stage: Stage, group_id: int | None = None) -> int:
    """Return how many people are in the groups of a stage, or in one of them."""
    query = (
        select(func.count())
        .select_from(Membership)
        .join(Membership.participant)
        .where(Membership.stage_id == stage.id, Participant.standing == Standing.PLACED)
    )
    if group_id is not None:
        query = query.where(Membership.group_id == group_id)
    return session.scalar(query) or 0


def groups_of(session: Session, stage_id: int, group_id: int | None = None) -> list[Group]:
    """Return the groups of a stage by number with their guides, or the one that is named."""
    query = (
        select(Group)
        .where(Group.stage_id == stage_id)
        .options(selectinload(Group.guides))
        .order_by(Group.number)
    )
    if group_id is not None:
        query = query.where(Group.id == group_id)
    return list(session.scalars(query))


def group_names(session: Session, stage_id: int) -> Sequence[Any]:
    """Return (id, number, name) of the groups of a stage by number."""
    names = select(Group.id, Group.number, Group.name).where(Group.stage_id == stage_id)
    return session.execute(names.order_by(Group.number)).all()


def full_groups(session: Session, stage: Stage, group_id: int | None = None) -> list[FullGroup]:
    """Return the groups of a stage with who walks in them; cancelled people are left out."""
    groups = groups_of(session, stage.id, group_id)
    everywhere = _groups_everywhere(session, stage, group_id)
    walkers: dict[int, list[Walker]] = {group.id: [] for group in groups}
    for of_group, person in _members(session, stage, group_id):
        walkers[of_group].append(Walker(person, everywhere.get(person.id, {})))
    return [FullGroup(group, walkers[group.id]) for group in groups]


def _members(session: Session, stage: Stage, group_id: int | None) -> Iterable[tuple[int, Participant]]:
    query = (
        select(Membership.group_id, Participant)
        .join(Membership.participant)
        .where(Membership.stage_id == stage.id, Participant.standing == Standing.PLACED)
        .order_by(Participant.family_name, Participant.given_name, Participant.id)
    )
    if group_id is not None:
        query = query.where(Membership.group_id == group_id)
    return ((of_group, person) for of_group, person in session.execute(query))


def _groups_everywhere(session: Session, stage: Stage, group_id: int | None) -> dict[int, dict[int, int]]:
    """Return the numbers of stage and group of all who walk here, by person."""
    here = select(Membership.participant_id).where(Membership.stage_id == stage.id)
    if group_id is not None:
        here = here.where(Membership.group_id == group_id)
    query = (
        select(Membership.participant_id, Stage.number, Group.number)
        .join(Group, Group.id == Membership.group_id)
        .join(Stage, Stage.id == Membership.stage_id)
        .where(Membership.participant_id.in_(here))
        .order_by(Stage.number)
    )
    found: dict[int, dict[int, int]] = {}
    for person_id, stage_number, group_number in session.execute(query):
        found.setdefault(person_id, {})[stage_number] = group_number
    return found
