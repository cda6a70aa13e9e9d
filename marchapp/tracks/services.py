"""What happens to a recording: it is taken in, compared with the planned route of its stage, and kept."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import numpy as np
from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from marchapp.geo.comparison import CheckpointPlan, Comparison, compare
from marchapp.geo.gpx import Recording, read_route, read_track
from marchapp.models import Account, Group, Track, TrackComparison
from marchapp.models.audit import record
from marchapp.tracks.stored import pack

DAY_MARGIN = timedelta(hours=12)


class NoPlannedRoute(Exception):
    """The stage has no planned route yet, so nothing can be compared with it."""


class AlreadyUploaded(Exception):
    """The group has this very file already, as the track `track_id`."""

    def __init__(self, track_id: int) -> None:
        super().__init__(f"the recording is here as track {track_id}")
        self.track_id = track_id


@dataclass(frozen=True)
class Upload:
    """A recording and all that it is compared with: plain values that need no database."""

    group_id: int
    content: bytes
    sha256: str
    route_gpx: bytes
    checkpoints: tuple[CheckpointPlan, ...]
    starts_at: datetime
    finishes_at: datetime


def save_track(session: Session, *, group: Group, content: bytes, by: Account | None, now: datetime) -> Track:
    """Compare a recording of a group with the planned route and keep both; the newest is the current one.

    Raises UnusableInput, NoPlannedRoute or AlreadyUploaded, having changed nothing.
    """
    upload = begin_upload(session, group=group, content=content)
    return keep_track(session, upload, compare_upload(upload), by=by, now=now)


def begin_upload(session: Session, *, group: Group, content: bytes) -> Upload:
    """Load what a recording is compared with. Raises NoPlannedRoute or AlreadyUploaded."""
    stage = group.stage
    if stage.route is None:
        raise NoPlannedRoute
    digest = sha256(content).hexdigest()
    _refuse_known(session, group.id, digest)
    return Upload(
        group_id=group.id,
        content=content,
        sha256=digest,
        route_gpx=gzip.decompress(stage.route.content_gz),
        checkpoints=tuple(
            CheckpointPlan(
                place.name, place.lat, place.lon, place.planned_at.timestamp() if place.planned_at else None
            )
            for place in stage.checkpoints
        ),
        starts_at=stage.starts_at,
        finishes_at=stage.finishes_at,
    )


def compare_upload(upload: Upload) -> Comparison:
    """Read the recording and compare it, without the database. Raises UnusableInput.

    A recording of another day is compared in space only: it is not years late.
    """
    walked, planned = read_track(upload.content), read_route(upload.route_gpx)
    if not _is_of_the_day(walked, upload):
        places = [CheckpointPlan(place.name, place.lat, place.lon) for place in upload.checkpoints]
        return compare(walked=walked, planned=planned, checkpoints=places)
    return compare(
        walked=walked,
        planned=planned,
        checkpoints=upload.checkpoints,
        planned_start=upload.starts_at.timestamp(),
        planned_finish=upload.finishes_at.timestamp(),
    )


def keep_track(
    session: Session, upload: Upload, comparison: Comparison, *, by: Account | None, now: datetime
) -> Track:
    """Keep a compared recording as the current one of its group. Raises AlreadyUploaded."""
    # Of two uploads at once the second waits here, so that it sees and replaces the first.
    group = session.scalars(select(Group).where(Group.id == upload.group_id).with_for_update()).one()
    _refuse_known(session, group.id, upload.sha256)
    _retire_current(session, group.id)
    track = Track(
        group_id=group.id,
        sha256=upload.sha256,
        content_gz=gzip.compress(upload.content, mtime=0),
        size_bytes=len(upload.content),
        is_current=True,
        uploaded_at=now,
        uploaded_by_id=by.id if by else None,
        comparison=_stored(comparison, now),
    )
    session.add(track)
    session.flush()
    _note(session, "track.uploaded", track, by=by, now=now)
    return track


def show_again(session: Session, track: Track, *, by: Account | None, now: datetime) -> None:
    """Make an earlier recording the current one of its group again."""
    session.scalars(select(Group).where(Group.id == track.group_id).with_for_update()).one()
    _retire_current(session, track.group_id)
    track.is_current = True
    session.flush()
    _note(session, "track.shown_again", track, by=by, now=now)


def history_of(session: Session, group: Group) -> Sequence[Track]:
    """Return every recording of a group with who sent it and how it compared, the newest first."""
    return session.scalars(
        select(Track)
        .where(Track.group_id == group.id)
        .order_by(Track.uploaded_at.desc(), Track.id.desc())
        .options(joinedload(Track.uploaded_by), joinedload(Track.comparison))
    ).all()


def current_of(session: Session, group: Group) -> Track | None:
    """Return the recording that is shown of a group."""
    return session.scalar(select(Track).where(Track.group_id == group.id, Track.is_current))


def replaces_another(session: Session, track: Track) -> bool:
    """Tell whether the group had a recording before this one."""
    others = select(Track.id).where(Track.group_id == track.group_id, Track.id != track.id)
    return session.scalar(others.limit(1)) is not None


def original_of(track: Track) -> bytes:
    """Return the file as it was sent."""
    return gzip.decompress(track.content_gz)


def _refuse_known(session: Session, group_id: int, digest: str) -> None:
    known = session.scalar(select(Track.id).where(Track.group_id == group_id, Track.sha256 == digest))
    if known is not None:
        raise AlreadyUploaded(known)


def _retire_current(session: Session, group_id: int) -> None:
    session.execute(
        update(Track).where(Track.group_id == group_id, Track.is_current).values(is_current=False)
    )


def _is_of_the_day(walked: Recording, upload: Upload) -> bool:
    if np.isnan(walked.time).all():
        return False
    middle = float(np.nanmedian(walked.time))
    first, last = upload.starts_at - DAY_MARGIN, upload.finishes_at + DAY_MARGIN
    return first.timestamp() <= middle <= last.timestamp()


def _stored(comparison: Comparison, now: datetime) -> TrackComparison:
    return TrackComparison(
        engine_version=comparison.engine_version,
        computed_at=now,
        verdict=comparison.verdict,
        planned_m=comparison.route.length_m,
        walked_m=comparison.coverage.walked_share * comparison.route.length_m,
        off_route_count=len(comparison.off_route),
        max_offset_m=comparison.deviation.max_m,
        finish_late_s=comparison.schedule.finish_late_s,
        result=comparison.to_json(),
        points_npz=pack(comparison),
    )


def _note(session: Session, action: str, track: Track, *, by: Account | None, now: datetime) -> None:
    group = session.get_one(Group, track.group_id)
    record(
        session,
        at=now,
        action=action,
        march_id=group.stage.march_id,
        account_id=by.id if by else None,
        subject="track",
        subject_id=track.id,
        group=group.number,
        stage=group.stage.number,
        sha256=track.sha256,
    )
