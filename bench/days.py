"""What the days of a crowded march leave behind: full groups with guides, roll calls, tracks, a long log."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import String, case, cast, exists, func, insert, inspect, literal, select
from sqlalchemy.orm import Session, undefer

from bench.crowd import gather_statistics
from marchapp.attendance.points import Point, keep_point, points_of
from marchapp.demo import script
from marchapp.demo.load import route_file
from marchapp.demo.simulator import Pause, Story, record_walk
from marchapp.geo.gpx import read_route
from marchapp.marches.routes import save_route
from marchapp.models import (
    Account,
    Appointment,
    AuditEvent,
    Group,
    GroupGuide,
    March,
    Membership,
    Participant,
    PublishedPlace,
    Recording,
    RollMark,
    RollStanding,
    Stage,
    StageEntry,
    Track,
    TrackComparison,
)
from marchapp.rosters.publishing import publish
from marchapp.tracks.services import save_recording, track_of

EVENTS_A_PERSON = 2
LAGGARDS, LEAVERS = 400, 900  # one of so many is missing, or leaves
TRACKS_AT_ONCE = 100
STORY = Story(pauses=(Pause(5.5, 30),))


def walk(session: Session, march: March) -> None:
    """Let a march be walked: of the first stage all is there, of the second half, the third is to come."""
    stages = session.scalars(select(Stage).where(Stage.march_id == march.id).order_by(Stage.number)).all()
    for day, stage in zip(script.DAYS, stages, strict=True):
        put_everybody_into_a_group(session, stage)
        give_guides(session, stage)
        stage.starts_at, stage.finishes_at = day.starts_at, day.finishes_at
        save_route(session, stage=stage, content=route_file(day), by=None, now=datetime.now(UTC))
        publish(session, stage=stage, number=1, by=None, now=datetime.now(UTC), tells=False)
    session.commit()
    gather_statistics(session)
    _call_rolls(session, stages[0], points_of(stages[0]))
    _call_rolls(session, stages[1], points_of(stages[1])[:1])
    _record_tracks(session, stages)
    _fill_log(session, march)
    session.commit()
    gather_statistics(session)


def put_everybody_into_a_group(session: Session, stage: Stage) -> None:
    walks = exists().where(StageEntry.participant_id == Participant.id, StageEntry.stage_id == stage.id)
    others = select(Participant.id, literal(stage.id)).where(~walks)
    session.execute(insert(StageEntry).from_select(["participant_id", "stage_id"], others))
    groups = session.scalars(select(Group.id).where(Group.stage_id == stage.id).order_by(Group.id)).all()
    placed = exists().where(
        Membership.participant_id == StageEntry.participant_id, Membership.stage_id == stage.id
    )
    without = session.scalars(
        select(StageEntry.participant_id).where(StageEntry.stage_id == stage.id, ~placed)
    ).all()
    rows = [
        {"participant_id": person, "stage_id": stage.id, "group_id": groups[person % len(groups)]}
        for person in without
    ]
    if rows:
        session.execute(insert(Membership), rows)


def give_guides(session: Session, stage: Stage) -> None:
    groups = session.scalars(select(Group.id).where(Group.stage_id == stage.id)).all()
    first = (session.scalar(select(func.max(Account.id))) or 0) + 1
    accounts = range(first, first + len(groups))
    session.execute(
        insert(Account),
        [
            {"id": number, "email": f"guide{number}@example.org", "name": f"Guide {number}"}
            for number in accounts
        ],
    )
    appointed = {"march_id": stage.march_id, "role": "guide"}
    session.execute(insert(Appointment), [appointed | {"account_id": number} for number in accounts])
    pairs = zip(groups, accounts, strict=True)
    session.execute(
        insert(GroupGuide), [{"group_id": group, "account_id": number} for group, number in pairs]
    )


def _call_rolls(session: Session, stage: Stage, points: Sequence[Point]) -> None:
    """Mark who was published: nearly all are here, some are missing, and of some groups nobody is marked."""
    for point in points:
        keep_point(session, stage, point)
    session.flush()
    for table in (RollMark, RollStanding):
        for point in points:
            _mark(session, table, stage, point)
        session.commit()
        gather_statistics(session)  # else PostgreSQL looks for the marks of the standings one by one


def _mark(session: Session, table: type[RollMark | RollStanding], stage: Stage, point: Point) -> None:
    person = PublishedPlace.participant_id
    state = case((person % LEAVERS == 0, "left"), (person % LAGGARDS == 0, "missing"), else_="present")
    columns = {
        "stage_id": PublishedPlace.stage_id,
        "point": literal(point.code),
        "participant_id": person,
        "state": cast(state, table.state.type),
        "marked_at": literal(stage.starts_at, table.marked_at.type),
        "client_key": literal(f"{stage.number}-{point.code}-") + cast(person, String),
    }
    if table is RollMark:
        columns |= {"group_id": PublishedPlace.group_id, "received_at": columns["marked_at"]}
    is_called = PublishedPlace.group_id % 20 != 0
    _insert_selected(session, table, columns, PublishedPlace.stage_id == stage.id, is_called)


def _insert_selected(session: Session, table: Any, columns: dict[str, Any], *conditions: Any) -> None:
    rows = select(*(value.label(name) for name, value in columns.items())).where(*conditions)
    session.execute(insert(table).from_select(list(columns), rows))


def _record_tracks(session: Session, stages: list[Stage]) -> None:
    """Give two groups of three a track: one walk of each stage, with other figures for each group."""
    for day, stage in zip(script.DAYS, stages, strict=True):
        of_stage = select(Group).where(Group.stage_id == stage.id).order_by(Group.number)
        first, *others = session.scalars(of_stage).all()
        route = read_route(route_file(day))
        walked = record_walk(route, STORY, starts_at=day.starts_at, name="Walk", seed=1)
        save_recording(session, group=first, content=walked, by=None, now=datetime.now(UTC))
        session.flush()
        _copy_track(session, first, [group for group in others if group.number % 3])


def _copy_track(session: Session, walked: Group, groups: list[Group]) -> None:
    track = track_of(session, walked)
    comparison = session.get_one(TrackComparison, track.id, options=[undefer("*")], populate_existing=True)
    recording = session.scalars(select(Recording).where(Recording.group_id == walked.id)).one()
    like_it = _row(recording, but="content_gz") | {"content_gz": b""}
    like_that = _row(comparison)
    for place in range(0, len(groups), TRACKS_AT_ONCE):
        some = [group.id for group in groups[place : place + TRACKS_AT_ONCE]]
        session.execute(insert(Recording), [like_it | {"group_id": group_id} for group_id in some])
        session.execute(insert(Track), [{"group_id": group_id} for group_id in some])
        ids = session.scalars(select(Track.id).where(Track.group_id.in_(some))).all()
        rows = [like_that | {"track_id": id_} | _figures(comparison, id_) for id_ in ids]
        session.execute(insert(TrackComparison), rows)


def _row(of: Any, but: str = "") -> dict[str, Any]:
    names = {attribute.key for attribute in inspect(type(of)).column_attrs} - {"id", but}
    return {name: getattr(of, name) for name in names}


def _figures(comparison: TrackComparison, number: int) -> dict[str, Any]:
    """Return what differs from group to group: one of seven left the route, one of eleven came late."""
    return {
        "walked_m": comparison.walked_m - number % 97,
        "off_route_count": 1 + number % 3 if number % 7 == 0 else 0,
        "finish_late_s": 600.0 + number % 900 if number % 11 == 0 else -60.0,
        "verdict": "partly" if number % 50 == 0 else "walked",
    }


def _fill_log(session: Session, march: March) -> None:
    coordinator = select(func.min(Account.id)).scalar_subquery()
    at = literal(datetime.now(UTC) - timedelta(days=1), AuditEvent.at.type)
    columns = {
        "at": at,
        "march_id": Participant.march_id,
        "account_id": coordinator,
        "action": literal("participant.changed"),
        "subject": literal("participant"),
        "subject_id": Participant.id,
        "facts": literal({}, AuditEvent.facts.type),
        "address": literal(""),
    }
    for _time in range(EVENTS_A_PERSON):
        _insert_selected(session, AuditEvent, columns, Participant.march_id == march.id)
