"""What was done, by whom and when."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from marchapp.extensions import db
from marchapp.models.columns import Moment


class AuditEvent(db.Model):
    """One act that changed something: written in the same transaction, never changed afterwards."""

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[Moment]
    march_id: Mapped[int | None] = mapped_column(ForeignKey("march.id", ondelete="SET NULL"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[int | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    __table_args__ = (
        Index(None, "march_id", "at"),
        Index(None, "march_id", "id"),
        Index(None, "subject", "subject_id"),
    )


def record(
    session: Session,
    *,
    at: datetime,
    action: str,
    march_id: int | None,
    account_id: int | None,
    subject: str = "",
    subject_id: int | None = None,
    **details: Any,
) -> AuditEvent:
    """Add an event to the session: `action` as object.verb ("stage.changed"), `details` free of secrets."""
    event = AuditEvent(
        at=at,
        march_id=march_id,
        account_id=account_id,
        action=action,
        subject=subject,
        subject_id=subject_id,
        details=details,
    )
    session.add(event)
    return event
