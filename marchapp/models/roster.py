"""What was published of a stage's groups: who walks in which, with whom, from where and when.

Groups and memberships are the coordinators' draft. Publishing copies them here, and what people and guides
see is read from here alone. Each row says in which version it last changed: so the worker knows whom to tell.
"""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    exists,
    func,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.columns import Moment, UtcDateTime, one_of

if TYPE_CHECKING:
    from marchapp.models.account import Account
    from marchapp.models.group import Group
    from marchapp.models.march import Stage
    from marchapp.models.participant import Participant


class Change(StrEnum):
    """Why somebody's line is not what it was in the version before."""

    NEW = "new"
    MOVED = "moved"
    OUT = "out"
    GROUP = "group"


class RosterVersion(db.Model):
    """One publishing of a stage's roster, and how far the worker is with telling people of it.

    `told` counts the people whose lines changed. The worker goes through their parties in the order of their
    ids, up to `last_party_id`, and then through the guides, up to `last_guide_id`.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id", ondelete="CASCADE"))
    number: Mapped[int]
    published_at: Mapped[Moment]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    people: Mapped[int]
    told: Mapped[int]
    last_party_id: Mapped[int] = mapped_column(default=0)
    last_guide_id: Mapped[int] = mapped_column(default=0)
    letters: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    stage: Mapped["Stage"] = relationship()
    published_by: Mapped["Account | None"] = relationship()

    __table_args__ = (UniqueConstraint("stage_id", "number"),)


class PublishedGroup(db.Model):
    """A group as it was last published. `changes` names what differs from the version before it.

    Without a meeting point of its own it meets where the stage starts.
    """

    group_id: Mapped[int] = mapped_column(ForeignKey("stage_group.id", ondelete="CASCADE"), primary_key=True)
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id", ondelete="CASCADE"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("roster_version.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(80))
    starts_at: Mapped[Moment]
    meeting_point: Mapped[str] = mapped_column(String(200))
    changes: Mapped[list[str]] = mapped_column(JSON, default=list)

    group: Mapped["Group"] = relationship()
    stage: Mapped["Stage"] = relationship()
    guides: Mapped[list["PublishedGuide"]] = relationship(
        primaryjoin="and_(PublishedGuide.group_id == PublishedGroup.group_id, ~PublishedGuide.is_out)",
        order_by="PublishedGuide.name",
        viewonly=True,
    )

    __table_args__ = (UniqueConstraint("group_id", "stage_id"),)  # what PublishedPlace points at

    @property
    def id(self) -> int:
        return self.group_id

    @property
    def start(self) -> datetime:
        return self.starts_at


class PublishedGuide(db.Model):
    """Who guides a group as it was last published; `is_out` of who did in the version before it.

    `version_id` is the version in which the guide's roster last changed.
    """

    group_id: Mapped[int] = mapped_column(
        ForeignKey("published_group.group_id", ondelete="CASCADE"), primary_key=True
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    version_id: Mapped[int] = mapped_column(ForeignKey("roster_version.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str] = mapped_column(String(30))
    is_out: Mapped[bool] = mapped_column(default=False)

    group: Mapped[PublishedGroup] = relationship()


class PublishedPlace(db.Model):
    """In which group somebody was last published; without a group, who fell out of one.

    A group in which people were published cannot be deleted before they are published elsewhere.
    """

    participant_id: Mapped[int] = mapped_column(
        ForeignKey("participant.id", ondelete="CASCADE"), primary_key=True
    )
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id", ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[int | None]
    version_id: Mapped[int] = mapped_column(ForeignKey("roster_version.id", ondelete="CASCADE"))
    change: Mapped[Change] = mapped_column(one_of(Change))
    number_before: Mapped[int | None]

    group: Mapped[PublishedGroup | None] = relationship(
        foreign_keys="[PublishedPlace.group_id, PublishedPlace.stage_id]"
    )
    participant: Mapped["Participant"] = relationship(viewonly=True)

    __table_args__ = (
        ForeignKeyConstraint(
            ["group_id", "stage_id"], ["published_group.group_id", "published_group.stage_id"]
        ),
        Index(None, "group_id"),
        Index(None, "version_id", "participant_id"),
        Index(None, "stage_id", "group_id"),
        # In the order in which it is compared with the draft.
        Index("ix_published_place_roster", "stage_id", "participant_id", "group_id"),
    )


def is_published_guide(
    account_id: int, group_id: ColumnElement[int] | InstrumentedAttribute[int]
) -> ColumnElement[bool]:
    """Return the condition that the published roster names somebody as guide of a group."""
    return exists().where(
        PublishedGuide.group_id == group_id,
        PublishedGuide.account_id == account_id,
        ~PublishedGuide.is_out,
    )


def last_version(session: Session, stage_id: int) -> RosterVersion | None:
    """Return the version of a stage's roster that is in force, None while it is a draft."""
    versions = select(RosterVersion).where(RosterVersion.stage_id == stage_id)
    return session.scalar(versions.order_by(RosterVersion.number.desc()).limit(1))


def count_versions(session: Session, stage_id: int) -> int:
    return session.scalar(select(func.count()).where(RosterVersion.stage_id == stage_id)) or 0
