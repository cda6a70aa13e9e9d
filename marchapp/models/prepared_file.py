"""Files that somebody asked for and the worker makes: how far it is, and for a day what came of it."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.columns import Moment, UtcDateTime, one_of
from marchapp.models.encrypted import EncryptedBytes

if TYPE_CHECKING:
    from marchapp.models.account import Account
    from marchapp.models.march import March


class FileState(StrEnum):
    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


class PreparedFile(db.Model):
    """A file in the making, or made. It holds people's data, so it is encrypted and kept for a day only.

    `kind` says who makes it, `params` of what. The worker claims a file before it makes it; `total` is 0
    until it knows how much there is to do. One `only_for_its_maker` is shown to no other coordinator.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    march_id: Mapped[int] = mapped_column(ForeignKey("march.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    language: Mapped[str] = mapped_column(String(2))
    only_for_its_maker: Mapped[bool] = mapped_column(default=False)
    asked_at: Mapped[Moment]
    state: Mapped[FileState] = mapped_column(one_of(FileState), default=FileState.WAITING)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    name: Mapped[str] = mapped_column(String(160), default="")
    media_type: Mapped[str] = mapped_column(String(100), default="")
    size_bytes: Mapped[int] = mapped_column(default=0)
    content: Mapped[bytes | None] = mapped_column(EncryptedBytes, deferred=True)

    march: Mapped["March"] = relationship()
    account: Mapped["Account"] = relationship()

    __table_args__ = (
        CheckConstraint("(state = 'ready') = (content IS NOT NULL)", name="ready_with_content"),
        Index(None, "asked_at"),
        Index(None, "march_id", "account_id"),
    )
