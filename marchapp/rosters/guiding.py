"""What a guide's pages show: the own groups, who walks in them, and what was recorded."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from marchapp.models import (
    Account,
    Appointment,
    Group,
    Membership,
    Participant,
    PublishedGroup,
    PublishedPlace,
    Recording,
    Role,
    Stage,
    Standing,
    Track,
)
from marchapp.models.roster import is_published_guide

When = Literal["today", "coming", "past"]


@dataclass(frozen=True)
class GuidedGroup:
    """A published group of a guide, how many walk in it, and its track if a recording was uploaded."""

    group: PublishedGroup
    size: int
    track: Track | None
    when: When


def groups_guided_by(session: Session, account: Account, now: datetime) -> list[GuidedGroup]:
    """Return the groups that published rosters name somebody as guide of, by day and start."""
    groups = session.scalars(
        select(PublishedGroup)
        .join(PublishedGroup.stage)
        .join(Appointment, Appointment.march_id == Stage.march_id)
        .where(
            is_published_guide(account.id, PublishedGroup.group_id),
            Appointment.account_id == account.id,
            Appointment.role == Role.GUIDE,
        )
        .options(joinedload(PublishedGroup.stage).joinedload(Stage.march))
        .order_by(Stage.day, PublishedGroup.starts_at, PublishedGroup.number)
    ).all()
    ids = [group.group_id for group in groups]
    sizes, tracks = _published_sizes(session, ids), tracks_of(session, ids)
    return [
        GuidedGroup(group, sizes.get(group.group_id, 0), tracks.get(group.group_id), when(group.stage, now))
        for group in groups
    ]


def _published_sizes(session: Session, group_ids: list[int]) -> dict[int, int]:
    walking = _published_people(group_ids).with_only_columns(PublishedPlace.group_id, func.count())
    rows = session.execute(walking.group_by(PublishedPlace.group_id))
    return {group_id: size for group_id, size in rows if group_id is not None}


def published_members_of(session: Session, group: Group) -> list[Participant]:
    """Return who walks in a group as it was published, by name.

    Who has cancelled or may not take part any more is left out at once, published or not.
    """
    in_order = (Participant.family_name, Participant.given_name, Participant.id)
    return list(
        session.scalars(_published_people([group.id]).with_only_columns(Participant).order_by(*in_order))
    )


def _published_people(group_ids: list[int]) -> Select[PublishedPlace]:
    return (
        select(PublishedPlace)
        .join(PublishedPlace.participant)
        .join(Stage, Stage.id == PublishedPlace.stage_id)
        .where(
            PublishedPlace.group_id.in_(group_ids),
            Participant.standing == Standing.PLACED,
            Participant.may_take_part,
            or_(~Stage.crosses_border, Participant.may_cross_border),
        )
    )


def when(stage: Stage, now: datetime) -> When:
    """Say whether a stage is walked today, as clocks and calendars show it where the march is."""
    today = stage.march.day_of(now)
    if stage.day == today or (stage.day < today and now < stage.finishes_at):  # it may go past midnight
        return "today"
    return "coming" if stage.day > today else "past"


def members_of(session: Session, group: Group) -> list[Participant]:
    """Return who walks in a group, by name."""
    return members_by_group(session, [group.id]).get(group.id, [])


def members_by_group(session: Session, group_ids: Iterable[int]) -> dict[int, list[Participant]]:
    """Return who walks in each group, by name; cancelled people are left out, and so are empty groups."""
    rows = session.execute(
        select(Membership.group_id, Participant)
        .join(Membership.participant)
        .where(Membership.group_id.in_(list(group_ids)), Participant.standing == Standing.PLACED)
        .order_by(Participant.family_name, Participant.given_name, Participant.id)
    )
    members: dict[int, list[Participant]] = {}
    for group_id, person in rows:
        members.setdefault(group_id, []).append(person)
    return members


def recordings_of(session: Session, group: Group) -> list[Recording]:
    """Return every recording of a group: those in use by time, then those left out."""
    return list(
        session.scalars(
            select(Recording)
            .where(Recording.group_id == group.id)
            .options(joinedload(Recording.uploaded_by))
            .order_by(Recording.is_used.desc(), Recording.started_at, Recording.id)
        )
    )


def tracks_of(session: Session, group_ids: list[int]) -> dict[int, Track]:
    """Return the tracks of groups with their comparisons, by group; some have none."""
    tracks = session.scalars(
        select(Track).where(Track.group_id.in_(group_ids)).options(joinedload(Track.comparison))
    )
    return {track.group_id: track for track in tracks}
