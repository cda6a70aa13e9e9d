"""What happens to a recording: it is taken in, compared with the planned route of its stage, and kept."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from marchapp.geo.comparison import Comparison
from marchapp.models import Account, Group, Track
from marchapp.models.audit import record
from marchapp.models.track import await_comparison
from marchapp.tracks.comparing import Plan, compare_whole, plan_of, store

GZIP_LEVEL = 6  # 9 takes twice as long and saves 1 %


class AlreadyUploaded(Exception):
    """The group has this very file already, as the track `track_id`."""

    def __init__(self, track_id: int) -> None:
        super().__init__(f"the recording is here as track {track_id}")
        self.track_id = track_id


@dataclass(frozen=True)
class Upload:
    """A recording of a group and all that it is compared with: plain values that need no database."""

    group_id: int
    content: bytes
    sha256: str
    plan: Plan


def save_track(session: Session, *, group: Group, content: bytes, by: Account | None, now: datetime) -> Track:
    """Compare a recording of a group with the planned route and keep both; the newest is the current one.

    Raises UnusableInput, NoPlannedRoute or AlreadyUploaded, having changed nothing.
    """
    upload = begin_upload(session, group=group, content=content)
    comparison = compare_whole(upload.content, upload.plan)
    return keep_track(session, upload, comparison, by=by, now=now)


def begin_upload(session: Session, *, group: Group, content: bytes) -> Upload:
    """Load what a recording is compared with. Raises NoPlannedRoute or AlreadyUploaded."""
    plan, digest = plan_of(group.stage), sha256(content).hexdigest()
    _refuse_known(session, group.id, digest)
    return Upload(group_id=group.id, content=content, sha256=digest, plan=plan)


def keep_track(
    session: Session, upload: Upload, comparison: Comparison | None, *, by: Account | None, now: datetime
) -> Track:
    """Keep a recording as the current one of its group. Raises AlreadyUploaded.

    Without a comparison it waits for the worker, which is told when this is committed.
    """
    # Of two uploads at once the second waits here, so that it sees and replaces the first.
    group = session.scalars(select(Group).where(Group.id == upload.group_id).with_for_update()).one()
    _refuse_known(session, group.id, upload.sha256)
    _retire_current(session, group.id)
    track = Track(
        group_id=group.id,
        sha256=upload.sha256,
        content_gz=gzip.compress(upload.content, compresslevel=GZIP_LEVEL, mtime=0),
        size_bytes=len(upload.content),
        is_current=True,
        uploaded_at=now,
        uploaded_by_id=by.id if by else None,
        comparison=comparison and store(comparison, now),
    )
    session.add(track)
    session.flush()
    if comparison is None or plan_of(group.stage) != upload.plan:
        await_comparison(session, update(Track).where(Track.id == track.id), now=now)
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


def waiting_before(session: Session, track: Track) -> int:
    """Return how many recordings the worker compares before this one, none if this does not wait."""
    if track.waiting_since is None:
        return 0
    earlier = (Track.waiting_since < track.waiting_since, Track.claimed_at.is_(None))
    return session.scalar(select(func.count()).select_from(Track).where(*earlier)) or 0


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
