"""What is kept about somebody's walk: stages, groups, roll calls, recordings of the groups, the border."""

import gzip
import json
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, undefer

from marchapp.models import (
    Group,
    ManifestVersion,
    Membership,
    Participant,
    PublishedPlace,
    Recording,
    RollMark,
    RollPoint,
    Stage,
    Track,
    TrackComparison,
)
from marchapp.registration.coordination.history import lives_of
from marchapp.registration.own.plain import plain, value_of

OF_RECORDING = ("uploaded_at", "is_used", "is_kept", "started_at", "finished_at", "points", "size_bytes")
OF_COMPARISON = (
    "computed_at",
    "verdict",
    "planned_m",
    "walked_m",
    "off_route_count",
    "max_offset_m",
    "start_late_s",
    "finish_late_s",
    "moving_s",
    "stop_count",
    "ascent_m",
)


def groups_of(session: Session, participant: Participant) -> list[dict[str, Any]]:
    """Return the stages of somebody with the group in the draft and in the published roster."""
    drafts = {
        place.stage_id: place
        for place in session.scalars(
            select(Membership)
            .where(Membership.participant_id == participant.id)
            .options(joinedload(Membership.group))
        )
    }
    published = {
        place.stage_id: place
        for place in session.scalars(
            select(PublishedPlace)
            .where(PublishedPlace.participant_id == participant.id)
            .options(joinedload(PublishedPlace.group))
        )
    }
    return [
        plain(stage, ("number", "day", "name"))
        | _draft(drafts.get(stage.id))
        | {"published": _published(published.get(stage.id))}
        for stage in participant.march.stages
        if stage.id in participant.stage_ids | published.keys()
    ]


def _draft(place: Membership | None) -> dict[str, Any]:
    if place is None:
        return {"group": None, "is_locked": False}
    return {"group": place.group.number, "is_locked": place.is_locked}


def _published(place: PublishedPlace | None) -> dict[str, Any] | None:
    if place is None:
        return None
    group = place.group
    told = plain(place, ("change", "number_before"))
    if group is None:
        return {"group": None} | told
    return {"group": group.number} | plain(group, ("name", "starts_at", "meeting_point")) | told


def roll_calls_of(session: Session, participant: Participant, *, to_be_read: bool) -> list[dict[str, Any]]:
    """Return every mark that was made of somebody, in the order in which they were made."""
    query = (
        select(RollMark, Stage.number, RollPoint.name, Group.number)
        .join(Stage, Stage.id == RollMark.stage_id)
        .join(RollPoint, (RollPoint.stage_id == RollMark.stage_id) & (RollPoint.code == RollMark.point))
        .outerjoin(Group, Group.id == RollMark.group_id)
        .where(RollMark.participant_id == participant.id)
        .order_by(RollMark.marked_at, RollMark.id)
    )
    return [
        {"stage": stage, "point": mark.point, "point_name": name, "group": group}
        | plain(mark, ("state", "marked_at", "received_at"))
        | ({"handed_to": mark.handed_to} if to_be_read else {})
        for mark, stage, name, group in session.execute(query)
    ]


def recordings_of(session: Session, participant: Participant) -> list[dict[str, Any]]:
    """Return what is known of the recordings of the groups that somebody is in: when, how many points, and
    how the walk compared. The files are of the guides' devices."""
    places = (
        select(place.group_id).where(place.participant_id == participant.id, place.group_id.is_not(None))
        for place in (Membership, PublishedPlace)
    )
    groups = session.execute(
        select(Group.id, Group.number, Stage.number)
        .join(Stage)
        .where(or_(*(Group.id.in_(ids) for ids in places)))
        .order_by(Stage.number, Group.number)
    )
    found = []
    for group_id, number, stage in groups.all():
        recordings = select(Recording).where(Recording.group_id == group_id).order_by(Recording.id)
        compared = session.scalar(select(TrackComparison).join(Track).where(Track.group_id == group_id))
        files = [plain(one, OF_RECORDING) for one in session.scalars(recordings)]
        if files:
            comparison = plain(compared, OF_COMPARISON) if compared else None
            found.append({"stage": stage, "group": number, "files": files, "comparison": comparison})
    return found


def manifests_with(session: Session, participant: Participant) -> list[dict[str, Any]]:
    """Return the lines about somebody in the lists that were frozen for the border."""
    lives = lives_of(session, participant)
    of_march = select(Stage.id).where(Stage.march_id == participant.march_id)
    query = (
        select(ManifestVersion, Stage.number)
        .join(Stage)
        .where(ManifestVersion.stage_id.in_(of_march))
        .options(undefer(ManifestVersion.content))
        .order_by(ManifestVersion.stage_id, ManifestVersion.number)
        .execution_options(yield_per=1)  # each may hold tens of thousands of lines
    )
    return [
        {"stage": stage, "version": version.number, "frozen_at": value_of(version.frozen_at), "line": line}
        for version, stage in session.execute(query)
        for line in _lines_about(lives, version)
    ]


def _lines_about(
    lives: dict[int, tuple[datetime, datetime]], version: ManifestVersion
) -> list[dict[str, Any]]:
    theirs = {id_ for id_, (first, last) in lives.items() if first <= version.frozen_at <= last}
    return [
        {name: value for name, value in line.items() if name != "person_id"}
        for line in json.loads(gzip.decompress(version.content))
        if line["person_id"] in theirs
    ]
