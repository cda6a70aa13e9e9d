"""How a stage's draft differs from what was last published: groups fact by fact, people line by line."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    exists,
    func,
    null,
    or_,
    select,
    union,
)
from sqlalchemy.orm import Session

from marchapp.models import (
    Account,
    Change,
    Group,
    GroupGuide,
    March,
    Membership,
    Participant,
    Party,
    PublishedGroup,
    PublishedGuide,
    PublishedPlace,
    Stage,
    StageEntry,
    Standing,
)
from marchapp.models.conditional import among, changed_between
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
    """What publishing would change; `moved` names the first of the people, `counts` all of them.

    `has_groups` says whether the stage has any groups at all.
    """

    has_groups: bool
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
    draft = draft_lines(session, stage)
    groups = list(group_differences(draft, published_lines(session, stage)))
    lines = _lines(session, stage, [one.group_id for one in groups if one.before])
    told = [line for line in lines if line.is_told]
    return Differences(
        has_groups=bool(draft),
        groups=groups,
        counts=dict.fromkeys(Change, 0) | Counter(Change(line.change) for line in lines),
        moved=_first(session, lines),
        told=len(told),
        letters=len({(line.party_id, line.mailbox) for line in told}),
    )


def people_moved(session: Session, stage: Stage) -> int:
    """Count who was put into, out of or between groups since the last version."""
    moved = _moved(session, stage, ())
    return session.scalar(select(func.count()).select_from(moved)) or 0


def _moved(session: Session, stage: Stage, changed_groups: Collection[int]) -> Subquery:
    """Select whose line differs: who moved since the last version, and who walks in a group that changed."""
    roster = select(PublishedPlace.participant_id, PublishedPlace.group_id).where(
        PublishedPlace.stage_id == stage.id, PublishedPlace.group_id.is_not(None)
    )
    moved = changed_between(session, walks_in(stage), roster).subquery()
    if not changed_groups:
        return moved
    in_changed = walks_in(stage).where(among(session, Membership.group_id, changed_groups)).subquery()
    return union(select(moved.c.participant_id), select(in_changed.c.participant_id)).subquery()


def draft_lines(session: Session, stage: Stage) -> dict[int, GroupLine]:
    """Return what would be told of each group of a stage now, by its id, in two queries."""
    groups = select(Group.id, Group.number, Group.name, Group.starts_at, Group.meeting_point)
    guides = (
        select(GroupGuide.group_id, Account.id, Account.name, Account.phone)
        .join(Group, Group.id == GroupGuide.group_id)
        .join(Account, Account.id == GroupGuide.account_id)
        .where(Group.stage_id == stage.id)
        .order_by(Account.id)
    )
    return _lines_of(session, stage, groups.where(Group.stage_id == stage.id), guides)


def published_lines(session: Session, stage: Stage) -> dict[int, GroupLine]:
    """Return what was last told of each group of a stage, by its id, in two queries."""
    group, guide = PublishedGroup, PublishedGuide
    groups = select(group.group_id, group.number, group.name, group.starts_at, group.meeting_point)
    guides = (
        select(guide.group_id, guide.account_id, guide.name, guide.phone)
        .join(group, group.group_id == guide.group_id)
        .where(group.stage_id == stage.id, ~guide.is_out)
        .order_by(guide.account_id)
    )
    return _lines_of(session, stage, groups.where(group.stage_id == stage.id), guides)


def _lines_of(
    session: Session, stage: Stage, groups: Select[*tuple[Any, ...]], guides: Select[*tuple[Any, ...]]
) -> dict[int, GroupLine]:
    by_group: dict[int, list[GuideLine]] = {}
    for group_id, *guide in session.execute(guides):
        by_group.setdefault(group_id, []).append(GuideLine(*guide))
    return {
        group_id: GroupLine(
            number, name, starts_at or stage.starts_at, meeting_point, tuple(by_group.get(group_id, ()))
        )
        for group_id, number, name, starts_at, meeting_point in session.execute(groups)
    }


def group_differences(
    draft: Mapping[int, GroupLine], published: Mapping[int, GroupLine]
) -> Iterator[GroupDifference]:
    """Yield the groups that differ, by number."""
    for group_id, line in sorted(draft.items(), key=lambda item: item[1].number):
        before = published.get(group_id)
        facts = line.differs_in(before) if before else ()
        if before is None or facts:
            yield GroupDifference(group_id, line, before, facts)


def without_place(stage: Stage) -> Select[int]:
    """Select who has no place on the march: they are few, and may still stand in a group of the draft."""
    return select(Participant.id).where(
        Participant.march_id == stage.march_id,
        Participant.standing.in_([Standing.WAITING, Standing.CANCELLED]),
    )


def walks_in(stage: Stage) -> Select[int, int]:
    """Select who walks a stage in which group of the draft."""
    return select(Membership.participant_id, Membership.group_id).where(
        Membership.stage_id == stage.id, Membership.participant_id.not_in(without_place(stage))
    )


def is_in_draft(stage: Stage) -> ColumnElement[bool]:
    """Return the condition that somebody of a published line is in a group of the draft."""
    return and_(
        exists().where(
            Membership.participant_id == PublishedPlace.participant_id, Membership.stage_id == stage.id
        ),
        PublishedPlace.participant_id.not_in(without_place(stage)),
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


def _lines(session: Session, stage: Stage, changed_groups: Collection[int]) -> Sequence[Any]:
    """Return whose line differs, each with the groups before and after, the mailbox of its letter and whether
    it is told.
    """
    found = _moved(session, stage, changed_groups)
    moved = session.scalars(select(found.c.participant_id)).all()
    if not moved:
        return []
    place = PublishedPlace
    after = case((Participant.standing == Standing.PLACED, Membership.group_id), else_=null())
    kind = case(
        (after.is_(None), Change.OUT.value),
        (place.group_id.is_(None), Change.NEW.value),
        (place.group_id != after, Change.MOVED.value),
        else_=Change.GROUP.value,
    )
    person = Participant.id
    query = (
        select(
            Participant.id.label("participant_id"),
            kind.label("change"),
            place.group_id.label("before"),
            after.label("after"),
            Participant.party_id,
            mailbox_of(stage.march).label("mailbox"),
            still_walks(stage.id).label("is_told"),
        )
        .join(Party, Party.id == Participant.party_id)
        .outerjoin(Membership, and_(Membership.participant_id == person, Membership.stage_id == stage.id))
        .outerjoin(place, and_(place.participant_id == person, place.stage_id == stage.id))
        .where(among(session, person, moved))
    )
    return session.execute(query).all()


def _first(session: Session, lines: Sequence[Any]) -> list[Moved]:
    """Return some of those who moved, by name."""
    moved = [line for line in lines if line.change != Change.GROUP][:NAMED_AT_MOST]
    names = select(Participant.id, Participant.given_name, Participant.family_name)
    by_name = (Participant.family_name, Participant.given_name, Participant.id)
    query = names.where(Participant.id.in_([line.participant_id for line in moved])).order_by(*by_name)
    now = _numbers(session, Group.id, Group.number, [line.after for line in moved])
    then = _numbers(session, PublishedGroup.group_id, PublishedGroup.number, [line.before for line in moved])
    of_person = {line.participant_id: line for line in moved}
    return [
        Moved(
            person,
            f"{given} {family}",
            Change(of_person[person].change),
            then.get(of_person[person].before),
            now.get(of_person[person].after),
        )
        for person, given, family in session.execute(query)
    ]


def _numbers(session: Session, key: Any, number: Any, ids: Iterable[int | None]) -> dict[int, int]:
    wanted = {one for one in ids if one is not None}
    rows: Any = session.execute(select(key, number).where(key.in_(wanted)))
    return dict(rows.all())
