"""Recordings that guides upload, the track of a group that they make up, and how that compared."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, UniqueConstraint, Update, select, update
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.columns import LocalText, Moment, UtcDateTime
from marchapp.models.conditional import rows_changed
from marchapp.models.group import Group

if TYPE_CHECKING:
    from marchapp.models.account import Account

# What a track says of itself while nobody has to compare it.
AT_REST: dict[str, Any] = {
    "waiting_since": None,
    "claimed_at": None,
    "attempts": 0,
    "points_done": 0,
    "points_total": 0,
    "problem": {},
}
WAITING_TRACKS = "has_waiting_tracks"  # what a session notes for whoever wakes the worker


class Recording(db.Model):
    """One file that was uploaded for a group, its bytes gzipped as they came.

    Those in use are joined into the track of the group; the others stay in the history. Of a file that goes
    on over other stages only the piece between `piece_from` and `piece_to` is used, None where it is not cut.
    `started_at` and `finished_at` are the first and last time in that piece, `points` how many it has.
    `other_stages` are the ids of the stages of which the file holds a recording too. A file that is kept no
    longer has 0 bytes; that it was sent, and when, stays.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("stage_group.id", ondelete="CASCADE"))
    sha256: Mapped[str] = mapped_column(String(64))
    content_gz: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    size_bytes: Mapped[int]
    uploaded_at: Mapped[Moment]
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    is_used: Mapped[bool] = mapped_column(default=True)
    piece_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    piece_to: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    points: Mapped[int] = mapped_column(default=0)
    other_stages: Mapped[list[int]] = mapped_column(JSON, default=list)

    group: Mapped[Group] = relationship()
    uploaded_by: Mapped["Account | None"] = relationship()

    __table_args__ = (UniqueConstraint("group_id", "sha256"),)

    @hybrid_property
    def is_kept(self) -> bool:
        return self.size_bytes > 0


class Track(db.Model):
    """The walk of a group on its stage: its recordings that are in use, joined. Without any there is none.

    While `waiting_since` is set, the worker has to compare it, for the first time or again; it claims a track
    before it does, so that two workers never compare the same one. `points_total` is 0 until it has read the
    files; before that `points_done` counts what is read, afterwards what is compared. `problem` says why the
    last try failed.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("stage_group.id", ondelete="CASCADE"), unique=True)
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    points_done: Mapped[int] = mapped_column(default=0)
    points_total: Mapped[int] = mapped_column(default=0)
    problem: Mapped[LocalText] = mapped_column(default=dict)

    group: Mapped[Group] = relationship()
    comparison: Mapped["TrackComparison | None"] = relationship(
        back_populates="track", cascade="all, delete-orphan"
    )


class TrackComparison(db.Model):
    """The stored result of comparing a track with the planned route of its stage.

    The columns are what tables of tracks show; `result` is the whole Comparison as JSON, `points_npz` its
    points as numpy columns, and `outline` the few of them that a map of many tracks draws. These three are
    loaded only by the page that draws them. Once recordings are kept no longer the points and the outline are
    empty, and the result is without the places where the group was.
    """

    track_id: Mapped[int] = mapped_column(ForeignKey("track.id", ondelete="CASCADE"), primary_key=True)
    engine_version: Mapped[str] = mapped_column(String(20))
    computed_at: Mapped[Moment]
    verdict: Mapped[str] = mapped_column(String(20))
    planned_m: Mapped[float]
    walked_m: Mapped[float]
    off_route_count: Mapped[int]
    max_offset_m: Mapped[float | None]
    start_late_s: Mapped[float | None]
    finish_late_s: Mapped[float | None]
    moving_s: Mapped[float] = mapped_column(default=0.0)
    stop_count: Mapped[int] = mapped_column(default=0)
    ascent_m: Mapped[float | None]
    result: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)
    points_npz: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    outline: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True, default=dict)

    track: Mapped[Track] = relationship(back_populates="comparison")


def compare_anew(session: Session, *, stage_id: int, now: datetime) -> None:
    """Let the worker compare every track of a stage once more: what they are compared with has changed.

    A comparison that runs meanwhile loses its claim, and with it its outdated result.
    """
    groups = select(Group.id).where(Group.stage_id == stage_id)
    await_comparison(session, update(Track).where(Track.group_id.in_(groups)), now=now)


def await_comparison(session: Session, chosen: Update, *, now: datetime) -> None:
    """Let the worker compare the chosen tracks, from the beginning, as soon as this is committed.

    A track whose recordings are kept no longer stays as it was compared.
    """
    is_left = (Recording.group_id == Track.group_id, Recording.is_used, Recording.is_kept)
    chosen = chosen.where(select(Recording.id).where(*is_left).exists())
    if rows_changed(session, chosen.values(AT_REST | {"waiting_since": now})):
        session.info[WAITING_TRACKS] = True
