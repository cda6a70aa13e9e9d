"""What happens to recordings: they are kept, joined into the track of a group, left out and taken back."""

import gzip
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload, undefer

from marchapp.geo import gpx
from marchapp.geo.comparison import Comparison
from marchapp.geo.recordings import StageTimes
from marchapp.models import Account, Group, PlannedRoute, Recording, Stage, Track
from marchapp.models.audit import record
from marchapp.models.track import AT_REST, await_comparison
from marchapp.tracks.comparing import Part, Plan, compare_whole, plan_of, store
from marchapp.tracks.examining import Examined, StageToWalk, examine

GZIP_LEVEL = 6  # 9 takes twice as long and saves 1 %


class AlreadyUploaded(Exception):
    """The group has this very file already, as the recording `recording_id`."""

    def __init__(self, recording_id: int) -> None:
        super().__init__(f"the file is here as recording {recording_id}")
        self.recording_id = recording_id


@dataclass(frozen=True)
class Begun:
    """All that new recordings of a group are compared with, and joined with: plain values, no database.

    `parts` are the recordings in use by id, `stages` those of the march that have a planned route.
    """

    group_id: int
    stage_id: int
    plan: Plan
    parts: dict[int, Part]
    stages: list[StageToWalk]

    def examine(self, content: bytes) -> Examined:
        """Read a new file. Raises UnusableInput."""
        return examine(content, plan=self.plan, stages=self.stages, own_id=self.stage_id)


def save_recording(
    session: Session, *, group: Group, content: bytes, by: Account | None, now: datetime
) -> Recording:
    """Keep a recording of a group and compare its track anew, however long that takes.

    Raises UnusableInput, NoPlannedRoute or AlreadyUploaded, having changed nothing.
    """
    begun = begin(session, group=group)
    found = begun.examine(content)
    comparison = compare_whole([*begun.parts.values(), found.part], begun.plan) if found.is_used else None
    return keep(session, begun, [found], comparison, by=by, now=now)[0]


def begin(session: Session, *, group: Group) -> Begun:
    """Load what recordings of a group are compared with. Raises NoPlannedRoute."""
    return Begun(
        group_id=group.id,
        stage_id=group.stage_id,
        plan=plan_of(group.stage),
        parts=parts_of(session, group.id),
        stages=_stages_to_walk(session, group.stage.march_id),
    )


def keep(
    session: Session,
    begun: Begun,
    found: Sequence[Examined],
    comparison: Comparison | None,
    *,
    by: Account | None,
    now: datetime,
) -> list[Recording]:
    """Keep new recordings of a group. Raises AlreadyUploaded.

    `comparison` is that of the track with them; without one it waits for the worker, which is told when this
    is committed.
    """
    _take_turn(session, begun.group_id)
    recordings = [_kept(session, begun.group_id, one, by=by, now=now) for one in found]
    session.add_all(recordings)
    session.flush()
    for recording in recordings:
        _note(session, "recording.uploaded", recording, by=by, now=now)
    used = {recording.id for recording in recordings if recording.is_used}
    if used:
        renew_track(session, begun, begun.parts.keys() | used, comparison, now=now)
    return recordings


def use(
    session: Session,
    begun: Begun,
    recording: Recording,
    comparison: Comparison | None,
    *,
    is_used: bool,
    by: Account | None,
    now: datetime,
) -> None:
    """Take a recording back into the track of its group, or leave it out; `comparison`: of the track then."""
    _take_turn(session, recording.group_id)
    recording.is_used = is_used
    session.flush()
    _note(session, "recording.taken_back" if is_used else "recording.left_out", recording, by=by, now=now)
    rest = begun.parts.keys() | {recording.id} if is_used else begun.parts.keys() - {recording.id}
    renew_track(session, begun, rest, comparison, now=now)


def renew_track(
    session: Session, begun: Begun, joined: Iterable[int], comparison: Comparison | None, *, now: datetime
) -> None:
    """Give a group the track of its recordings in use, none without any.

    The comparison is that of the recordings `joined`. It does not count if others are in use by now, or the
    plan has changed: then the track waits for the worker.
    """
    group = session.get_one(Group, begun.group_id)
    in_use = select(Recording.id).where(Recording.group_id == group.id, Recording.is_used)
    used = set(session.scalars(in_use))
    track = track_of(session, group)
    if not used:
        if track:
            session.delete(track)
        return
    if track is None:
        track = Track(group_id=group.id)
        session.add(track)
    if comparison is None or used != set(joined) or plan_of(group.stage) != begun.plan:
        session.flush()
        await_comparison(session, update(Track).where(Track.id == track.id), now=now)
        return
    session.flush()
    session.execute(update(Track).where(Track.id == track.id).values(AT_REST))
    row = store(comparison, now)
    row.track_id = track.id
    session.merge(row)


def parts_of(session: Session, group_id: int) -> dict[int, Part]:
    """Return the recordings of a group that are in use and still kept, by id, as what is read and joined."""
    recordings = session.scalars(
        select(Recording)
        .where(Recording.group_id == group_id, Recording.is_used, Recording.is_kept)
        .order_by(Recording.id)
        .options(undefer(Recording.content_gz))
    )
    return {recording.id: part_of(recording) for recording in recordings}


def part_of(recording: Recording) -> Part:
    """Return the piece of a recording that belongs to the stage of its group."""
    content = original_of(recording)
    if recording.piece_from is None or recording.piece_to is None:
        return Part(content, points=recording.points)
    from_s, to_s = recording.piece_from.timestamp(), recording.piece_to.timestamp()
    return Part(content, from_s, to_s, recording.points)


def original_of(recording: Recording) -> bytes:
    """Return the file as it was sent."""
    return gzip.decompress(recording.content_gz)


def track_of(session: Session, group: Group) -> Track | None:
    """Return the track of a group, None if no recording of it is in use."""
    return session.scalar(select(Track).where(Track.group_id == group.id))


def history_of(session: Session, group: Group) -> Sequence[Recording]:
    """Return every recording of a group with who sent it: those in use by time, then those left out."""
    return session.scalars(
        select(Recording)
        .where(Recording.group_id == group.id)
        .order_by(Recording.is_used.desc(), Recording.started_at, Recording.id)
        .options(joinedload(Recording.uploaded_by))
    ).all()


def in_use_of(session: Session, group: Group) -> list[Recording]:
    """Return the recordings that make up the track of a group, by time."""
    return [recording for recording in history_of(session, group) if recording.is_used]


def stages_of(session: Session, group: Group) -> dict[int, Stage]:
    """Return the stages of the march of a group, by id."""
    stages = session.scalars(select(Stage).where(Stage.march_id == group.stage.march_id))
    return {stage.id: stage for stage in stages}


def known(session: Session, group: Group, digest: str) -> Recording | None:
    """Return the recording of a group that is this very file."""
    return session.scalar(select(Recording).where(Recording.group_id == group.id, Recording.sha256 == digest))


def points_of(session: Session, track: Track) -> int:
    """Return how many points the recordings of a track have together."""
    used = (Recording.group_id == track.group_id, Recording.is_used)
    return session.scalar(select(func.sum(Recording.points)).where(*used)) or 0


def waiting_before(session: Session, track: Track) -> int:
    """Return how many tracks the worker compares before this one, none if this does not wait."""
    if track.waiting_since is None:
        return 0
    earlier = (Track.waiting_since < track.waiting_since, Track.claimed_at.is_(None))
    return session.scalar(select(func.count()).select_from(Track).where(*earlier)) or 0


def _stages_to_walk(session: Session, march_id: int) -> list[StageToWalk]:
    """Return the stages of a march in order of time, each with the drawn line of its planned route."""
    rows = session.execute(
        select(Stage, PlannedRoute.drawing)
        .join(Stage.route)
        .where(Stage.march_id == march_id)
        .order_by(Stage.starts_at)
    )
    return [
        StageToWalk(
            stage.id,
            StageTimes(_line(drawing), stage.starts_at.timestamp(), stage.finishes_at.timestamp()),
        )
        for stage, drawing in rows
    ]


def _line(drawing: dict[str, list[float]]) -> gpx.PlannedRoute:
    """Return a drawn route without heights; its line lies within metres of the planned one."""
    lat, lon = np.array(drawing["lat"]), np.array(drawing["lon"])
    return gpx.PlannedRoute(lat, lon, np.full(len(lat), np.nan))


def _kept(
    session: Session, group_id: int, found: Examined, *, by: Account | None, now: datetime
) -> Recording:
    """Return a new recording. Raises AlreadyUploaded."""
    here = select(Recording.id).where(Recording.group_id == group_id, Recording.sha256 == found.sha256)
    if (recording_id := session.scalar(here)) is not None:
        raise AlreadyUploaded(recording_id)
    is_cut = found.is_used and not found.part.is_whole
    return Recording(
        group_id=group_id,
        sha256=found.sha256,
        content_gz=gzip.compress(found.part.content, compresslevel=GZIP_LEVEL, mtime=0),
        size_bytes=len(found.part.content),
        uploaded_at=now,
        uploaded_by_id=by.id if by else None,
        is_used=found.is_used,
        piece_from=found.started_at if is_cut else None,
        piece_to=found.finished_at if is_cut else None,
        started_at=found.started_at,
        finished_at=found.finished_at,
        points=found.points,
        other_stages=list(found.other_stages),
    )


def _take_turn(session: Session, group_id: int) -> None:
    """Of two who change the recordings of a group the second waits here, and sees what the first did."""
    session.scalars(select(Group).where(Group.id == group_id).with_for_update()).one()


def _note(session: Session, action: str, recording: Recording, *, by: Account | None, now: datetime) -> None:
    group = session.get_one(Group, recording.group_id)
    record(
        session,
        at=now,
        action=action,
        march_id=group.stage.march_id,
        account_id=by.id if by else None,
        subject="recording",
        subject_id=recording.id,
        group=group.number,
        stage=group.stage.number,
        sha256=recording.sha256,
    )
