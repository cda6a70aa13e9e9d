"""Groups of a stage, who guides them and who walks in them."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.columns import UtcDateTime

if TYPE_CHECKING:
    from marchapp.models.account import Account
    from marchapp.models.march import Stage
    from marchapp.models.participant import Participant


class Group(db.Model):
    """People who walk a stage together.

    Without a start of its own it starts with the stage. A locked group is left alone by automatic assignment.
    """

    __tablename__ = "stage_group"  # GROUP is a word of SQL

    id: Mapped[int] = mapped_column(primary_key=True)
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id", ondelete="CASCADE"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(80), default="")
    min_size: Mapped[int]
    max_size: Mapped[int]
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    meeting_point: Mapped[str] = mapped_column(String(200), default="")
    is_locked: Mapped[bool] = mapped_column(default=False)

    stage: Mapped["Stage"] = relationship()
    guides: Mapped[list["Account"]] = relationship(secondary="group_guide", order_by="Account.name")
    memberships: Mapped[list["Membership"]] = relationship(back_populates="group", passive_deletes=True)

    __table_args__ = (
        UniqueConstraint("stage_id", "number"),
        UniqueConstraint("id", "stage_id"),  # what Membership points at
        CheckConstraint("min_size >= 1 AND max_size >= min_size", name="sizes_in_order"),
    )

    @property
    def start(self) -> datetime:
        return self.starts_at or self.stage.starts_at


class GroupGuide(db.Model):
    """That an account guides a group."""

    group_id: Mapped[int] = mapped_column(ForeignKey("stage_group.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Membership(db.Model):
    """Who walks a stage in which group.

    The key allows one group per person and stage. The foreign keys hold that the person walks that stage and
    that the group belongs to it. Who is locked stays in this group, whatever is computed.
    """

    participant_id: Mapped[int] = mapped_column(primary_key=True)
    stage_id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int]
    is_locked: Mapped[bool] = mapped_column(default=False)

    group: Mapped[Group] = relationship(
        back_populates="memberships", foreign_keys="[Membership.group_id, Membership.stage_id]"
    )
    participant: Mapped["Participant"] = relationship(
        primaryjoin="foreign(Membership.participant_id) == Participant.id", viewonly=True
    )

    __table_args__ = (
        ForeignKeyConstraint(
            ["participant_id", "stage_id"],
            ["stage_entry.participant_id", "stage_entry.stage_id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["group_id", "stage_id"], ["stage_group.id", "stage_group.stage_id"], ondelete="CASCADE"
        ),
        Index(None, "group_id"),
        # In the order in which the draft is compared with what was published.
        Index("ix_membership_draft", "stage_id", "participant_id", "group_id"),
    )
