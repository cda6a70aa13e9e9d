"""Make, change, delete and copy the groups of a stage."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import exists, insert, or_, select
from sqlalchemy.orm import Session

from marchapp.models import (
    Account,
    Appointment,
    Group,
    GroupGuide,
    Membership,
    Participant,
    PublishedPlace,
    Recording,
    Role,
    Stage,
    StageEntry,
    Standing,
)
from marchapp.models.audit import difference, record
from marchapp.models.barrier import may_walk
from marchapp.rosters.board import group_sizes


@dataclass(frozen=True, kw_only=True)
class GroupPlan:
    """What a coordinator decides about a group. Without a start of its own it starts with the stage."""

    number: int
    name: str
    min_size: int
    max_size: int
    starts_at: datetime | None = None
    meeting_point: str = ""
    guide_ids: frozenset[int] = frozenset()


class GroupRefused(Exception):
    """The group was not changed."""


class NumberTaken(GroupRefused):
    """Another group of the stage has this number."""


class NotAGuide(GroupRefused):
    """Somebody is not, or is no longer, a guide of the march."""


class GuideBusy(GroupRefused):
    """A guide guides another group of the same stage."""

    def __init__(self, *, name: str, number: int) -> None:
        super().__init__(name, number)
        self.name, self.number = name, number


class GroupInUse(GroupRefused):
    """People walk in the group or were published in it, or it has recordings."""


class StageHasGroups(GroupRefused):
    """Groups are copied only to a stage that has none."""


def take_turn(session: Session, stage: Stage) -> None:
    """Wait until nobody else changes the groups of this stage or who walks in them.

    Every change takes its turn first, so that what it counts still holds when it writes. On PostgreSQL this
    locks the row of the stage until the transaction ends; SQLite's writers wait for each other anyway.
    """
    session.execute(select(Stage.id).where(Stage.id == stage.id).with_for_update(key_share=True))


def next_number(session: Session, stage: Stage) -> int:
    """Return the smallest number that no group of the stage has."""
    taken = set(session.scalars(select(Group.number).where(Group.stage_id == stage.id)))
    return next(number for number in range(1, len(taken) + 2) if number not in taken)


def group_numbered(session: Session, stage: Stage, number: int) -> int:
    """Return the id of the group of a stage with this number, 0 where there is none."""
    found = select(Group.id).where(Group.stage_id == stage.id, Group.number == number)
    return session.scalar(found) or 0


def make_group(session: Session, *, stage: Stage, plan: GroupPlan, by: Account, now: datetime) -> Group:
    """Add a group to a stage. Raises a GroupRefused."""
    take_turn(session, stage)
    group = Group(stage_id=stage.id)
    _apply_plan(session, stage, group, plan)
    _record_group(session, "group.made", stage, group, by, now)
    return group


def change_group(session: Session, *, group: Group, plan: GroupPlan, by: Account, now: datetime) -> None:
    """Give a group another number, name, size or other guides. Raises a GroupRefused."""
    take_turn(session, group.stage)
    before = _plan_of(group)
    _apply_plan(session, group.stage, group, plan)
    changes = difference(before, _plan_of(group))
    _record_group(session, "group.changed", group.stage, group, by, now, **changes)


def _plan_of(group: Group) -> dict[str, Any]:
    guides = frozenset(guide.id for guide in group.guides)
    own = {field.name: getattr(group, field.name) for field in fields(GroupPlan) if field.name != "guide_ids"}
    return own | {"guide_ids": guides}


def delete_group(session: Session, *, group: Group, by: Account, now: datetime) -> None:
    """Delete a group in which nobody walks and that has no recordings. Raises GroupInUse."""
    take_turn(session, group.stage)
    if not is_empty(session, group):
        raise GroupInUse
    _record_group(session, "group.deleted", group.stage, group, by, now)
    session.delete(group)
    session.flush()


def is_empty(session: Session, group: Group) -> bool:
    """Tell whether nobody walks in a group, in the published roster neither, and it has no recordings."""
    is_used = (exists().where(table.group_id == group.id) for table in (Recording, PublishedPlace))
    return not session.scalar(select(or_(*is_used))) and not group_sizes(session, [group.id])


def _apply_plan(session: Session, stage: Stage, group: Group, plan: GroupPlan) -> None:
    with session.no_autoflush:
        _check_number_is_free(session, stage, group, plan.number)
        guides = _guides(session, stage, plan.guide_ids)
        _check_guides_are_free(session, stage, group, plan.guide_ids)
        group.number, group.name = plan.number, plan.name
        group.min_size, group.max_size = plan.min_size, plan.max_size
        group.starts_at, group.meeting_point = plan.starts_at, plan.meeting_point
        group.guides = guides
    session.add(group)
    session.flush()


def _check_number_is_free(session: Session, stage: Stage, group: Group, number: int) -> None:
    holder = session.scalar(select(Group.id).where(Group.stage_id == stage.id, Group.number == number))
    if holder not in (None, group.id):
        raise NumberTaken


def _guides(session: Session, stage: Stage, guide_ids: frozenset[int]) -> list[Account]:
    guides = session.scalars(
        select(Account)
        .join(Account.appointments)
        .where(
            Account.id.in_(guide_ids),
            Appointment.march_id == stage.march_id,
            Appointment.role == Role.GUIDE,
        )
        .order_by(Account.name)
    ).all()
    if len(guides) < len(guide_ids):
        raise NotAGuide
    return list(guides)


def _check_guides_are_free(session: Session, stage: Stage, group: Group, guide_ids: frozenset[int]) -> None:
    busy = session.execute(
        select(Account.name, Group.number)
        .join(GroupGuide, GroupGuide.account_id == Account.id)
        .join(Group, Group.id == GroupGuide.group_id)
        .where(Group.stage_id == stage.id, Group.id != (group.id or 0), Account.id.in_(guide_ids))
        .order_by(Account.name)
    ).first()
    if busy:
        raise GuideBusy(name=busy.name, number=busy.number)


def copy_groups(session: Session, *, source: Stage, target: Stage, by: Account, now: datetime) -> int:
    """Give a stage the groups of another of the same march, and return how many.

    Guides and locks come along, and so does everybody who also walks the target stage and whom nothing keeps
    out of it. Raises StageHasGroups.
    """
    take_turn(session, target)
    if session.scalar(select(exists().where(Group.stage_id == target.id))):
        raise StageHasGroups
    copies = {group.id: _copy(group, target) for group in _groups(session, source)}
    session.add_all(copies.values())
    session.flush()
    _copy_memberships(session, source, target, {old: copy.id for old, copy in copies.items()})
    record(
        session,
        at=now,
        action="groups.copied",
        march_id=target.march_id,
        account_id=by.id,
        subject="stage",
        subject_id=target.id,
        from_stage=source.number,
        groups=len(copies),
    )
    return len(copies)


def _groups(session: Session, stage: Stage) -> Iterable[Group]:
    return session.scalars(select(Group).where(Group.stage_id == stage.id).order_by(Group.number)).all()


def _copy(group: Group, target: Stage) -> Group:
    """Return a group like another, which starts as long after its stage as that one does."""
    after_stage = group.starts_at - group.stage.starts_at if group.starts_at else None
    return Group(
        stage_id=target.id,
        number=group.number,
        name=group.name,
        min_size=group.min_size,
        max_size=group.max_size,
        starts_at=target.starts_at + after_stage if after_stage is not None else None,
        meeting_point=group.meeting_point,
        is_locked=group.is_locked,
        guides=list(group.guides),
    )


def _copy_memberships(session: Session, source: Stage, target: Stage, copies: dict[int, int]) -> None:
    walk_both = session.execute(
        select(Membership.participant_id, Membership.group_id, Membership.is_locked)
        .join(Membership.participant)
        .join(StageEntry, StageEntry.participant_id == Membership.participant_id)
        .where(
            Membership.stage_id == source.id,
            StageEntry.stage_id == target.id,
            Participant.standing == Standing.PLACED,
            may_walk(target),
        )
        .with_for_update(read=True, of=Participant)
    )
    rows: list[dict[str, Any]] = [
        {
            "participant_id": person,
            "stage_id": target.id,
            "group_id": copies[group_id],
            "is_locked": is_locked,
        }
        for person, group_id, is_locked in walk_both
    ]
    if rows:
        session.execute(insert(Membership), rows)


def _record_group(
    session: Session, action: str, stage: Stage, group: Group, by: Account, now: datetime, **changes: Any
) -> None:
    record(
        session,
        at=now,
        action=action,
        march_id=stage.march_id,
        account_id=by.id,
        subject="group",
        subject_id=group.id,
        stage=stage.number,
        number=group.number,
        guides=[guide.id for guide in group.guides],
        **changes,
    )
