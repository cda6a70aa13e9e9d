"""Recordings that guides upload, and how each compared with the planned route."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.columns import Moment

if TYPE_CHECKING:
    from marchapp.models.account import Account
    from marchapp.models.group import Group


class Track(db.Model):
    """One uploaded recording of a group, its bytes gzipped as they came. One track of a group is current."""

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("stage_group.id", ondelete="CASCADE"))
    sha256: Mapped[str] = mapped_column(String(64))
    content_gz: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    size_bytes: Mapped[int]
    is_current: Mapped[bool] = mapped_column(default=True)
    uploaded_at: Mapped[Moment]
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))

    group: Mapped["Group"] = relationship()
    uploaded_by: Mapped["Account | None"] = relationship()
    comparison: Mapped["TrackComparison"] = relationship(back_populates="track", cascade="all, delete-orphan")

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

    The columns are what tables of tracks show; `result` is the whole Comparison as JSON and `points_npz` its
    points as numpy columns, both loaded only by the page that draws them.
    """

    track_id: Mapped[int] = mapped_column(ForeignKey("track.id", ondelete="CASCADE"), primary_key=True)
    engine_version: Mapped[str] = mapped_column(String(20))
    computed_at: Mapped[Moment]
    verdict: Mapped[str] = mapped_column(String(20))
    planned_m: Mapped[float]
    walked_m: Mapped[float]
    off_route_count: Mapped[int]
    max_offset_m: Mapped[float | None]
    finish_late_s: Mapped[float | None]
    result: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)
    points_npz: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)

    track: Mapped[Track] = relationship(back_populates="comparison")
