"""How a stage's draft differs from what was last published: groups fact by fact, people line by line."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, selectinload

from marchapp.models import (
    Change,
    Group,
    March,
    Membership,
    Participant,
    Party,
    PublishedGroup,
    PublishedPlace,
    Stage,
    StageEntry,
    Standing,
)
from marchapp.models.march import years_before

NAMED_AT_MOST = 50


class Fact(StrEnum):
    """What a line says beside the person's name and the number of the group."""

    NUMBER = "number"
    NAME = "name"
    START = "start"
    MEETING_POINT = "meeting_point"
    GUIDES = "guides"


@dataclass(frozen=True)
class GuideLine:
    """A guide as people are told: whom to call."""

    account_id: int
    name: str
    phone: str

    @property
    def words(self) -> str:
        return f"{self.name}, {self.phone}" if self.phone else self.name


@dataclass(frozen=True)
class GroupLine:
    """Everything that people are told of a group."""

    number: int
    name: str
    starts_at: datetime
    meeting_point: str
    guides: tuple[GuideLine, ...]

    def differs_in(self, other: "GroupLine") -> tuple[Fact, ...]:
        facts = {
            Fact.NUMBER: self.number != other.number,
            Fact.NAME: self.name != other.name,
            Fact.START: self.starts_at != other.starts_at,
            Fact.MEETING_POINT: self.meeting_point != other.meeting_point,
            Fact.GUIDES: self.guides != other.guides,
        }
        return tuple(fact for fact, differs in facts.items() if differs)


@dataclass(frozen=True)
class GroupDifference:
    """A group that is new, or of which something else is told than before."""

    group_id: int
    now: GroupLine
    before: GroupLine | None
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Moved:
    """Somebody whose line differs, with the numbers of the groups; None where there is none."""

    participant_id: int
    name: str
    change: Change
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Differences:
    """What publishing would change; `moved` names the first of the people, `counts` all of them."""

    groups: list[GroupDifference]
    counts: Mapping[Change, int]
    moved: list[Moved]
    told: int
    letters: int

    @property
    def is_empty(self) -> bool:
        return not self.groups and not any(self.counts.values())

    @property
    def people_moved(self) -> int:
        return sum(self.counts[change] for change in (Change.NEW, Change.MOVED, Change.OUT))


def differences(session: Session, stage: Stage) -> Differences:
    """Compare the draft of a stage with what was last published."""
    groups = list(group_differences(draft_lines(session, stage), published_lines(session, stage)))
    rows = changed_people(stage, _known(groups))
    return Differences(
        groups=groups,
        counts=_count(session, rows),
        moved=_first(session, rows),
        told=_count_told(session, stage, rows),
        letters=_count_letters(session, stage, rows),
    )


def people_moved(session: Session, stage: Stage) -> int:
    """Count who was put into, out of or between groups since the last version."""
    return sum(_count(session, changed_people(stage, ())).values())


def draft_lines(session: Session, stage: Stage) -> dict[int, GroupLine]:
    """Return what would be told of each group of a stage now, by its id."""
    groups = session.scalars(
        select(Group).where(Group.stage_id == stage.id).options(selectinload(Group.guides))
    )
    return {
        group.id: GroupLine(
            group.number,
            group.name,
            group.starts_at or stage.starts_at,
            group.meeting_point,
            _in_order(GuideLine(guide.id, guide.name, guide.phone) for guide in group.guides),
        )
        for group in groups
    }


def published_lines(session: Session, stage: Stage) -> dict[int, GroupLine]:
    """Return what was last told of each group of a stage, by its id."""
    groups = session.scalars(
        select(PublishedGroup)
        .where(PublishedGroup.stage_id == stage.id)
        .options(selectinload(PublishedGroup.guides))
        .execution_options(populate_existing=True)
    )
    return {
        group.group_id: GroupLine(
            group.number,
            group.name,
            group.starts_at,
            group.meeting_point,
            _in_order(GuideLine(guide.account_id, guide.name, guide.phone) for guide in group.guides),
        )
        for group in groups
    }


def _in_order(guides: Iterator[GuideLine]) -> tuple[GuideLine, ...]:
    return tuple(sorted(guides, key=lambda guide: guide.account_id))


def group_differences(
    draft: Mapping[int, GroupLine], published: Mapping[int, GroupLine]
) -> Iterator[GroupDifference]:
    """Yield the groups that differ, by number."""
    for group_id, line in sorted(draft.items(), key=lambda item: item[1].number):
        before = published.get(group_id)
        facts = line.differs_in(before) if before else ()
        if before is None or facts:
            yield GroupDifference(group_id, line, before, facts)


def _known(groups: Collection[GroupDifference]) -> list[int]:
    return [one.group_id for one in groups if one.before]


def walks_in(stage: Stage) -> Select[int, int]:
    """Select who walks a stage in which group of the draft."""
    return (
        select(Membership.participant_id, Membership.group_id)
        .join(Membership.participant)
        .where(Membership.stage_id == stage.id, Participant.standing == Standing.PLACED)
    )


def changed_people(stage: Stage, changed_groups: Collection[int]) -> CompoundSelect[Any]:
    """Select (participant_id, change, before, after) of whose line differs; groups are named by their ids."""
    draft = walks_in(stage).subquery()
    place = PublishedPlace
    same_person = and_(place.participant_id == draft.c.participant_id, place.stage_id == stage.id)
    kind = case(
        (place.group_id.is_(None), Change.NEW.value),
        (place.group_id != draft.c.group_id, Change.MOVED.value),
        else_=Change.GROUP.value,
    )
    differs = or_(
        place.group_id.is_(None),
        place.group_id != draft.c.group_id,
        draft.c.group_id.in_(list(changed_groups)),
    )
    inside = (
        select(
            draft.c.participant_id,
            kind.label("change"),
            place.group_id.label("before"),
            draft.c.group_id.label("after"),
        )
        .select_from(draft)
        .outerjoin(place, same_person)
        .where(differs)
    )
    out = select(
        place.participant_id, literal(Change.OUT.value), place.group_id, cast(null(), Integer)
    ).where(place.stage_id == stage.id, place.group_id.is_not(None), ~is_in_draft(stage))
    return union_all(inside, out)


def is_in_draft(stage: Stage) -> ColumnElement[bool]:
    """Return the condition that somebody of a published line is in a group of the draft."""
    return exists().where(
        Membership.participant_id == PublishedPlace.participant_id,
        Membership.stage_id == stage.id,
        Participant.id == Membership.participant_id,
        Participant.standing == Standing.PLACED,
    )


def still_walks(stage_id: int) -> ColumnElement[bool]:
    """Return the condition that a participant has a place and walks a stage: others are not told."""
    return and_(
        Participant.standing == Standing.PLACED,
        exists().where(StageEntry.participant_id == Participant.id, StageEntry.stage_id == stage_id),
    )


def mailbox_of(march: March) -> ColumnElement[str]:
    """Return where the letter about a participant goes: a minor's always to the contact of the party."""
    is_minor = Participant.birth_date > years_before(march.starts_on, march.adult_age)
    is_contacts = or_(is_minor, Participant.email == "")
    return func.lower(case((is_contacts, Party.contact_email), else_=Participant.email))


def _count(session: Session, rows: CompoundSelect[Any]) -> dict[Change, int]:
    lines = rows.subquery()
    counted = select(lines.c.change, func.count()).group_by(lines.c.change)
    return dict.fromkeys(Change, 0) | {Change(change): count for change, count in session.execute(counted)}


def _count_told(session: Session, stage: Stage, rows: CompoundSelect[Any]) -> int:
    lines = rows.subquery()
    people = (
        select(func.count()).select_from(lines).join(Participant, Participant.id == lines.c.participant_id)
    )
    return session.scalar(people.where(still_walks(stage.id))) or 0


def _count_letters(session: Session, stage: Stage, rows: CompoundSelect[Any]) -> int:
    lines = rows.subquery()
    mailboxes = (
        select(Participant.party_id, mailbox_of(stage.march))
        .join(lines, lines.c.participant_id == Participant.id)
        .join(Party, Party.id == Participant.party_id)
        .where(still_walks(stage.id))
        .distinct()
    )
    return session.scalar(select(func.count()).select_from(mailboxes.subquery())) or 0


def _first(session: Session, rows: CompoundSelect[Any]) -> list[Moved]:
    """Return the first people by name, except those of whom only the group has changed."""
    lines = rows.subquery()
    now, then = Group.__table__.alias(), PublishedGroup.__table__.alias()
    named = (
        select(lines.c.participant_id, Participant.given_name, Participant.family_name)
        .add_columns(lines.c.change, then.c.number, now.c.number)
        .join(lines, lines.c.participant_id == Participant.id)
        .outerjoin(then, then.c.group_id == lines.c.before)
        .outerjoin(now, now.c.id == lines.c.after)
        .where(lines.c.change != Change.GROUP.value)
        .order_by(Participant.family_name, Participant.given_name, Participant.id)
        .limit(NAMED_AT_MOST)
    )
    return [
        Moved(person, f"{given} {family}", Change(change), before, after)
        for person, given, family, change, before, after in session.execute(named)
    ]
