"""Publish the roster of a stage: copy the draft as a version, in a fixed number of statements."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from marchapp.models import (
    Account,
    Change,
    Membership,
    Participant,
    PublishedGroup,
    PublishedGuide,
    PublishedPlace,
    RosterVersion,
    Stage,
)
from marchapp.models.audit import record
from marchapp.models.roster import last_version
from marchapp.rosters.differences import (
    GroupDifference,
    GroupLine,
    GuideLine,
    draft_lines,
    group_differences,
    is_in_draft,
    people_moved,
    published_lines,
    still_walks,
    walks_in,
    without_place,
)
from marchapp.rosters.services import take_turn


class PublishingRefused(Exception):
    """No version was made."""


class NothingNew(PublishingRefused):
    """The draft is what was published last, or there are no groups."""


class PublishedMeanwhile(PublishingRefused):
    """Somebody else has published since the page was opened."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@dataclass(frozen=True)
class RosterState:
    """What is in force for a stage, and how many people have moved since."""

    version: RosterVersion | None
    moved: int


def roster_state(session: Session, stage: Stage) -> RosterState:
    version = last_version(session, stage.id)
    return RosterState(version, people_moved(session, stage) if version else 0)


def publish(
    session: Session, *, stage: Stage, number: int, by: Account | None, now: datetime, tells: bool = True
) -> RosterVersion:
    """Make the version of this number from the draft; the worker then tells people. Raises PublishingRefused.

    Without `tells` nobody gets a letter, as in a demo.
    """
    take_turn(session, stage)
    last = last_version(session, stage.id)
    if number != (last.number if last else 0) + 1:
        raise PublishedMeanwhile(last.number if last else 0)
    draft = draft_lines(session, stage)
    groups = list(group_differences(draft, published_lines(session, stage)))
    if not groups and (not draft or not people_moved(session, stage)):
        raise NothingNew
    version = RosterVersion(stage_id=stage.id, number=number, published_at=now, people=0, told=0)
    version.published_by_id = by.id if by else None
    version.finished_at = None if tells else now
    session.add(version)
    session.flush()
    _copy(session, stage, version, groups)
    version.people, told = _count(session, version)
    version.told = told if tells else 0
    _record(session, stage, version, now)
    session.flush()
    return version


def _copy(session: Session, stage: Stage, version: RosterVersion, groups: list[GroupDifference]) -> None:
    """Copy what differs. People come before the changed groups: their lines name the number of before."""
    known = [one for one in groups if one.before]
    _add_groups(session, stage, version, [one for one in groups if one.before is None])
    left = _groups_left(session, stage)
    _copy_people(session, stage, version)
    _change_groups(session, version, known)
    _note_changed_groups(session, stage, version, [one.group_id for one in known])
    entered = select(PublishedPlace.group_id).where(PublishedPlace.version_id == version.id).distinct()
    touched = {*left, *session.scalars(entered), *(one.group_id for one in groups)}
    _copy_guides(session, stage, version, known)
    their_roster = PublishedGuide.group_id.in_([group for group in touched if group])
    session.execute(update(PublishedGuide).where(their_roster).values(version_id=version.id))
    session.expire_all()


def _add_groups(
    session: Session, stage: Stage, version: RosterVersion, groups: Collection[GroupDifference]
) -> None:
    if not groups:
        return
    of_version = {"stage_id": stage.id, "version_id": version.id}
    rows = [of_version | {"group_id": one.group_id, "changes": []} | _facts(one.now) for one in groups]
    session.execute(insert(PublishedGroup), rows)
    _add_guides(session, version, ((one.group_id, guide) for one in groups for guide in one.now.guides))


def _facts(line: GroupLine) -> dict[str, object]:
    return {
        "number": line.number,
        "name": line.name,
        "starts_at": line.starts_at,
        "meeting_point": line.meeting_point,
    }


def _groups_left(session: Session, stage: Stage) -> set[int | None]:
    """Return the ids of the groups that somebody leaves."""
    place = PublishedPlace
    stays = exists().where(
        Membership.participant_id == place.participant_id,
        Membership.stage_id == stage.id,
        Membership.group_id == place.group_id,
        place.participant_id.not_in(without_place(stage)),
    )
    left = select(place.group_id).where(place.stage_id == stage.id, place.group_id.is_not(None), ~stays)
    return set(session.scalars(left.distinct()))


def _copy_people(session: Session, stage: Stage, version: RosterVersion) -> None:
    place = PublishedPlace
    number_before = (
        select(PublishedGroup.number).where(PublishedGroup.group_id == place.group_id).scalar_subquery()
    )
    of_person = walks_in(stage).where(Membership.participant_id == place.participant_id)
    new_group = of_person.with_only_columns(Membership.group_id).scalar_subquery()
    elsewhere = of_person.where(or_(place.group_id.is_(None), Membership.group_id != place.group_id))
    here = (place.stage_id == stage.id, place.version_id != version.id)
    is_back = (*here, place.group_id.is_(None), elsewhere.exists())
    moves = (*here, place.group_id.is_not(None), elsewhere.exists())
    falls_out = (*here, place.group_id.is_not(None), ~is_in_draft(stage))
    for condition, change, group in (
        (falls_out, Change.OUT, None),
        (moves, Change.MOVED, new_group),
        (is_back, Change.NEW, new_group),
    ):
        values = {"change": change, "version_id": version.id, "group_id": group}
        lines = update(place).where(*condition).values(**values, number_before=number_before)
        session.execute(lines, execution_options={"synchronize_session": False})
    known = exists().where(place.participant_id == Membership.participant_id, place.stage_id == stage.id)
    newcomers = (
        walks_in(stage)
        .where(~known)
        .with_only_columns(
            Membership.participant_id,
            Membership.stage_id,
            Membership.group_id,
            literal(version.id),
            literal(Change.NEW.value),
        )
    )
    columns = ["participant_id", "stage_id", "group_id", "version_id", "change"]
    session.execute(insert(place).from_select(columns, newcomers))


def _change_groups(session: Session, version: RosterVersion, groups: Iterable[GroupDifference]) -> None:
    for one in groups:
        changed = update(PublishedGroup).where(PublishedGroup.group_id == one.group_id)
        facts = _facts(one.now) | {"changes": [fact.value for fact in one.facts]}
        session.execute(changed.values(version_id=version.id, **facts))


def _note_changed_groups(
    session: Session, stage: Stage, version: RosterVersion, group_ids: Collection[int]
) -> None:
    """Let everybody know whose group stayed the same and has changed."""
    place = PublishedPlace
    stayed = (place.stage_id == stage.id, place.group_id.in_(group_ids), place.version_id != version.id)
    values = {"version_id": version.id, "change": Change.GROUP, "number_before": None}
    session.execute(
        update(place).where(*stayed).values(**values), execution_options={"synchronize_session": False}
    )


def _copy_guides(
    session: Session, stage: Stage, version: RosterVersion, groups: Iterable[GroupDifference]
) -> None:
    of_stage = PublishedGuide.group_id.in_(
        select(PublishedGroup.group_id).where(PublishedGroup.stage_id == stage.id)
    )
    session.execute(delete(PublishedGuide).where(of_stage, PublishedGuide.is_out))
    for one in groups:
        before = _by_account(one.before.guides if one.before else ())
        now = _by_account(one.now.guides)
        for account_id in before.keys() - now.keys():
            _change_guide(session, one.group_id, account_id, is_out=True)
        for account_id in before.keys() & now.keys():
            guide = now[account_id]
            _change_guide(session, one.group_id, account_id, name=guide.name, phone=guide.phone)
        new = [(one.group_id, now[account_id]) for account_id in now.keys() - before.keys()]
        _add_guides(session, version, new)


def _by_account(guides: Iterable[GuideLine]) -> Mapping[int, GuideLine]:
    return {guide.account_id: guide for guide in guides}


def _change_guide(session: Session, group_id: int, account_id: int, **values: object) -> None:
    guide = (PublishedGuide.group_id == group_id, PublishedGuide.account_id == account_id)
    session.execute(update(PublishedGuide).where(*guide).values(**values))


def _add_guides(session: Session, version: RosterVersion, guides: Iterable[tuple[int, GuideLine]]) -> None:
    rows = [
        {"group_id": group_id, "version_id": version.id, "is_out": False}
        | {"account_id": guide.account_id, "name": guide.name, "phone": guide.phone}
        for group_id, guide in guides
    ]
    if rows:
        session.execute(insert(PublishedGuide), rows)


def _count(session: Session, version: RosterVersion) -> tuple[int, int]:
    """Count the people of the roster, and those who are told of this version."""
    place = PublishedPlace
    of_stage = select(func.count()).where(place.stage_id == version.stage_id)
    told = of_stage.where(place.version_id == version.id, Participant.id == place.participant_id)
    return (
        session.scalar(of_stage.where(place.group_id.is_not(None))) or 0,
        session.scalar(told.where(still_walks(version.stage_id))) or 0,
    )


def _record(session: Session, stage: Stage, version: RosterVersion, now: datetime) -> None:
    record(
        session,
        at=now,
        action="roster.published",
        march_id=stage.march_id,
        account_id=version.published_by_id,
        subject="stage",
        subject_id=stage.id,
        stage=stage.number,
        version=version.number,
        people=version.people,
        told=version.told,
    )
