"""Recordings that guides upload, and how each compared with the planned route."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    Update,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.columns import LocalText, Moment, UtcDateTime
from marchapp.models.conditional import rows_changed
from marchapp.models.group import Group

if TYPE_CHECKING:
    from marchapp.models.account import Account

WAITING_TRACKS = "has_waiting_tracks"  # what a session notes for whoever wakes the worker


class Track(db.Model):
    """One uploaded recording of a group, its bytes gzipped as they came. One track of a group is current.

    While `waiting_since` is set, the worker has to compare it, for the first time or again; it claims a track
    before it does, so that two workers never compare the same one. `problem` says why the last try failed.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("stage_group.id", ondelete="CASCADE"))
    sha256: Mapped[str] = mapped_column(String(64))
    content_gz: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    size_bytes: Mapped[int]
    is_current: Mapped[bool] = mapped_column(default=True)
    uploaded_at: Mapped[Moment]
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    steps_done: Mapped[int] = mapped_column(default=0)
    problem: Mapped[LocalText] = mapped_column(default=dict)

    group: Mapped[Group] = relationship()
    uploaded_by: Mapped["Account | None"] = relationship()
    comparison: Mapped["TrackComparison | None"] = relationship(
        back_populates="track", cascade="all, delete-orphan"
    )

    __table_args__ = (
        UniqueConstraint("group_id", "sha256"),
        Index(
            "uq_track_current",
            "group_id",
            unique=True,
            sqlite_where=text("is_current"),
            postgresql_where=text("is_current"),
        ),
    )


class TrackComparison(db.Model):
    """The stored result of comparing a track with the planned route of its stage.

    The columns are what tables of tracks show; `result` is the whole Comparison as JSON, `points_npz` its
    points as numpy columns, and `outline` the few of them that a map of many tracks draws. These three are
    loaded only by the page that draws them.
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
    """Let the worker compare every recording of a stage once more: what they are compared with has changed.

    A comparison that runs meanwhile loses its claim, and with it its outdated result.
    """
    groups = select(Group.id).where(Group.stage_id == stage_id)
    await_comparison(session, update(Track).where(Track.group_id.in_(groups)), now=now)


def await_comparison(session: Session, chosen: Update, *, now: datetime) -> None:
    """Let the worker compare the chosen tracks, from the beginning, as soon as this is committed."""
    change = chosen.values(waiting_since=now, claimed_at=None, attempts=0, steps_done=0, problem={})
    if rows_changed(session, change):
        session.info[WAITING_TRACKS] = True
