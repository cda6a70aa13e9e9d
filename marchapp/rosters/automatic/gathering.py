"""Gather what the assignment is asked with: who walks a stage, its groups and who guides them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, select
from sqlalchemy.orm import Session, aliased, selectinload

from marchapp.models import (
    Account,
    Group,
    Membership,
    Participant,
    Party,
    PartyKind,
    Stage,
    StageEntry,
    Standing,
)
from marchapp.models.barrier import may_walk
from marchapp.rosters.assigning.values import GroupSize, Nationality, Options, Person, Staff
from marchapp.rosters.automatic.choices import Choices, Keep

KINDS_WHO_WALK_WITH_THEIR_GUIDE = (PartyKind.FAMILY, PartyKind.PERSON)


@dataclass(frozen=True)
class Gathered:
    """People and groups of a stage for the assignment, and where each person is now.

    Locked groups and their people are left out. `people` holds everybody who may be placed, and those who
    are in a group although they may not be: they stay where they are. Ids are those of the rows, as text.
    """

    people: list[Person]
    groups: list[GroupSize]
    seen_in: dict[int, int | None]

    @property
    def places(self) -> int:
        return sum(group.max_size for group in self.groups)


def gather(session: Session, stage: Stage, choices: Choices) -> Gathered:
    """Return what to compute a roster of a stage from."""
    groups = _open_groups(session, stage)
    ids = {group.id for group in groups}
    group_of_guide = {guide.email.casefold(): group.id for group in groups for guide in group.guides}
    rows = [row for row in _walkers(session, stage) if row.group_id is None or row.group_id in ids]
    before = _groups_of_before(session, stage, groups) if choices.keep == Keep.PREVIOUS else {}
    return Gathered(
        people=[
            _person(
                row,
                stage,
                previous=row.group_id if choices.keep == Keep.PRESENT else before.get(row.id),
                locked=_locked_in(row, group_of_guide),
            )
            for row in rows
        ],
        groups=[_size_of(group) for group in groups],
        seen_in={row.id: row.group_id for row in rows},
    )


def options_of(choices: Choices, *, seed: int = 1) -> Options:
    return Options(
        children_per_adult=choices.children_per_adult,
        nationality=Nationality(choices.nationality),
        time_limit_s=float(choices.time_limit_s),
        seed=seed,
        keep_previous=choices.keep == Keep.PREVIOUS,
        repair=choices.keep == Keep.PRESENT,
    )


def stage_before(session: Session, stage: Stage) -> Stage | None:
    """Return the last stage before this one that has groups."""
    has_groups = select(Group.stage_id).where(Group.stage_id == Stage.id).exists()
    return session.scalar(
        select(Stage)
        .where(Stage.march_id == stage.march_id, Stage.number < stage.number, has_groups)
        .order_by(Stage.number.desc())
        .limit(1)
    )


def _open_groups(session: Session, stage: Stage) -> list[Group]:
    return list(
        session.scalars(
            select(Group)
            .where(Group.stage_id == stage.id, Group.is_locked.is_(False))
            .options(selectinload(Group.guides))
            .order_by(Group.number)
        )
    )


def _walkers(session: Session, stage: Stage) -> Iterable[Row[Any]]:
    """Select who may be placed, and who is placed although they may not be."""
    query = (
        select(
            Participant.id,
            Participant.party_id,
            Participant.birth_date,
            Participant.country,
            Participant.language,
            Participant.spoken_languages,
            Participant.knows_first_aid,
            Participant.school,
            Participant.school_class,
            Party.kind,
            Party.contact_email,
            Membership.group_id,
            Membership.is_locked,
            may_walk(stage).label("may_be_placed"),
        )
        .select_from(StageEntry)
        .join(StageEntry.participant)
        .join(Participant.party)
        .outerjoin(Membership, _of_entry(Membership))
        .where(
            StageEntry.stage_id == stage.id,
            Participant.standing == Standing.PLACED,
            may_walk(stage) | Membership.group_id.is_not(None),
        )
        .order_by(Participant.id)
    )
    return session.execute(query)


def _of_entry(membership: type[Membership]) -> ColumnElement[bool]:
    return and_(
        membership.participant_id == StageEntry.participant_id, membership.stage_id == StageEntry.stage_id
    )


def _groups_of_before(session: Session, stage: Stage, groups: list[Group]) -> dict[int, int]:
    """Return for each person the group that has the number of theirs on the stage before."""
    earlier = stage_before(session, stage)
    if earlier is None:
        return {}
    by_number = {group.number: group.id for group in groups}
    own = aliased(Group)
    rows = session.execute(
        select(Membership.participant_id, own.number)
        .join(own, own.id == Membership.group_id)
        .where(Membership.stage_id == earlier.id)
    )
    return {person: by_number[number] for person, number in rows if number in by_number}


def _locked_in(row: Row[Any], group_of_guide: dict[str, int]) -> int | None:
    """Return the group that somebody must stay in, or must walk in with the guide of their family."""
    if row.group_id is not None and (row.is_locked or not row.may_be_placed):
        return row.group_id
    if row.kind in KINDS_WHO_WALK_WITH_THEIR_GUIDE:
        return group_of_guide.get(row.contact_email.casefold())
    return None


def _person(row: Row[Any], stage: Stage, *, previous: int | None, locked: int | None) -> Person:
    return Person(
        id=str(row.id),
        unit=f"party {row.party_id}" if row.kind == PartyKind.FAMILY else "",
        school_class=f"{row.school}, {row.school_class}" if row.school_class else "",
        country=row.country,
        languages=frozenset([row.language, *row.spoken_languages]),
        is_child=stage.march.is_minor(row.birth_date),
        is_guide=False,
        knows_first_aid=row.knows_first_aid,
        previous_group=str(previous or ""),
        locked_group=str(locked or ""),
    )


def _size_of(group: Group) -> GroupSize:
    return GroupSize(
        id=str(group.id),
        min_size=group.min_size,
        max_size=group.max_size,
        staff=_staff(group.guides),
    )


def _staff(guides: list[Account]) -> Staff:
    return Staff(
        guides=len(guides),
        first_aiders=sum(guide.knows_first_aid for guide in guides),
        adults=len(guides),
        languages=frozenset(code for guide in guides for code in guide.spoken_languages),
    )
