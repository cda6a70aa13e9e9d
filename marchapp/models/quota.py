"""How many may walk: on the march, of a category, on a stage, and how many children for the adults."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from blinker import Signal
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.category import Category
from marchapp.models.columns import one_of

if TYPE_CHECKING:
    from marchapp.models.march import March, Stage


# Sent by a session in the transaction that changed how many may walk, with `march` and `now`, so that whoever
# waits in line gets a place at once.
places_changed = Signal()


class QuotaKind(StrEnum):
    MARCH = "march"
    CATEGORY = "category"
    STAGE = "stage"
    CHILDREN = "children"


class Quota(db.Model):
    """Places of one kind and how many are taken; the database refuses more. No capacity means no limit.

    Every march has one of kind MARCH, one for each category and stage, and one of kind CHILDREN, whose
    capacity follows the adults who have a place where the march asks for adults beside its children. On the
    one of kind MARCH `line_is_served` says that so many have got a place from the line at once that the
    worker serves the rest of it: until then nobody is let in before those who wait.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    march_id: Mapped[int] = mapped_column(ForeignKey("march.id", ondelete="CASCADE"))
    kind: Mapped[QuotaKind] = mapped_column(one_of(QuotaKind))
    category: Mapped[Category | None] = mapped_column(one_of(Category))
    stage_id: Mapped[int | None] = mapped_column(ForeignKey("stage.id", ondelete="CASCADE"), unique=True)
    capacity: Mapped[int | None]
    taken: Mapped[int] = mapped_column(default=0)
    line_is_served: Mapped[bool] = mapped_column(default=False)

    march: Mapped["March"] = relationship(back_populates="quotas")
    stage: Mapped["Stage | None"] = relationship()

    __table_args__ = (
        CheckConstraint("taken >= 0 AND (capacity IS NULL OR taken <= capacity)", name="not_overbooked"),
        CheckConstraint(
            "(kind = 'category') = (category IS NOT NULL) AND (kind = 'stage') = (stage_id IS NOT NULL)",
            name="of_its_kind",
        ),
        UniqueConstraint("march_id", "category"),
        Index(
            "uq_quota_of_march",
            "march_id",
            "kind",
            unique=True,
            sqlite_where=text("kind IN ('march', 'children')"),
            postgresql_where=text("kind IN ('march', 'children')"),
        ),
    )

    @property
    def left(self) -> int | None:
        """How many places are left; None without a limit."""
        return None if self.capacity is None else self.capacity - self.taken


def new_quotas(capacities: Mapping[Category, int] | None = None) -> list[Quota]:
    """Return the quotas of a new march, which has no stages yet; a category without places is not offered."""
    capacities = capacities or {}
    return [
        Quota(kind=QuotaKind.MARCH, taken=0),
        Quota(kind=QuotaKind.CHILDREN, taken=0),
        *(
            Quota(kind=QuotaKind.CATEGORY, category=category, capacity=capacities.get(category, 0), taken=0)
            for category in Category
        ),
    ]
