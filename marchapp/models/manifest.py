"""Who crosses the border on a stage: the list as it was frozen, and the heads counted on both sides."""

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.columns import Moment, one_of
from marchapp.models.encrypted import EncryptedBytes

if TYPE_CHECKING:
    from marchapp.models.account import Account
    from marchapp.models.march import Stage


class ManifestVersion(db.Model):
    """The manifest of a stage as it was handed over once: a change is a new version.

    It is rewritten for one reason only: who was erased loses name and papers once the stage is over.
    `erasures_due` counts who was erased since its lines were last looked through; a new one counts one, as
    somebody may be erased while it is frozen. `content` is its lines as gzipped JSON, encrypted because of
    the numbers of documents; it is loaded only by who shows it. `people` and `warnings` count what is in it.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id", ondelete="CASCADE"))
    number: Mapped[int]
    frozen_at: Mapped[Moment]
    frozen_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    people: Mapped[int]
    warnings: Mapped[int]
    erasures_due: Mapped[int] = mapped_column(default=1)
    content: Mapped[bytes] = mapped_column(EncryptedBytes, deferred=True)

    stage: Mapped["Stage"] = relationship()
    frozen_by: Mapped["Account | None"] = relationship()

    __table_args__ = (
        UniqueConstraint("stage_id", "number"),
        Index(
            "ix_manifest_version_erasures_due",
            "stage_id",
            sqlite_where=text("erasures_due > 0"),
            postgresql_where=text("erasures_due > 0"),
        ),
        CheckConstraint("number >= 1 AND people >= 0 AND warnings >= 0", name="counts"),
    )


class CountPlace(StrEnum):
    """Where heads are counted: out of one country and into the other, and the same on the way back."""

    OUT = "out"
    IN = "in"
    BACK_OUT = "back_out"
    BACK_IN = "back_in"


class ManifestCount(db.Model):
    """One count of heads at the border. Rows are only added: the latest of a place holds, the others stay.

    `expected` is how many there were to count, by the version that was the last one then, if any.
    `submission_key` comes from the form, so that sending it twice makes one count.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id", ondelete="CASCADE"))
    version_id: Mapped[int | None] = mapped_column(ForeignKey("manifest_version.id", ondelete="SET NULL"))
    place: Mapped[CountPlace] = mapped_column(one_of(CountPlace))
    counted: Mapped[int]
    expected: Mapped[int]
    remark: Mapped[str] = mapped_column(String(300), default="")
    at: Mapped[Moment]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    submission_key: Mapped[str] = mapped_column(String(36))

    stage: Mapped["Stage"] = relationship()
    version: Mapped[ManifestVersion | None] = relationship()
    account: Mapped["Account | None"] = relationship()

    __table_args__ = (
        UniqueConstraint("stage_id", "submission_key"),
        CheckConstraint("counted >= 0 AND expected >= 0", name="no_less_than_nobody"),
        Index(None, "stage_id", "place", "id"),
    )
