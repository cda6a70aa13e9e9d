"""What was done: by whom, when, from where, and what it changed. The database lets it only be added to."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from marchapp.extensions import address_of_request, db
from marchapp.models.account import Account, Appointment
from marchapp.models.columns import Moment

# Details that name or describe somebody; all others are numbers of rows, counts and kinds.
PERSONAL = {"after", "arguments", "before", "reason", "to"}


class AuditEvent(db.Model):
    """One act: written in the same transaction as what it changed.

    Triggers refuse to delete a row, and to change one, with two exceptions that take personal data out:
    `personal` may become NULL, `address` empty. An account or march that the log names cannot be deleted.
    `address` is the network address of whoever asked, and fills itself in.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[Moment]
    march_id: Mapped[int | None] = mapped_column(ForeignKey("march.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[int | None]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    personal: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    address: Mapped[str] = mapped_column(String(45), default=address_of_request)

    __table_args__ = (
        # What coordinators search, the latest first.
        Index(None, "march_id", "at", "id"),
        Index(None, "march_id", "action", "at", "id"),
        Index(None, "march_id", "account_id", "at", "id"),
        Index(None, "march_id", "id"),
        Index(None, "subject", "subject_id"),
    )

    @property
    def details(self) -> dict[str, Any]:
        """All that is known of the act."""
        return self.facts | (self.personal or {})


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
        facts={name: value for name, value in details.items() if name not in PERSONAL},
        personal={name: value for name, value in details.items() if name in PERSONAL} or None,
    )
    session.add(event)
    return event


def record_of_account(
    session: Session,
    account: Account,
    action: str,
    *,
    at: datetime,
    by: Account | None = None,
    **details: Any,
) -> None:
    """Record what happened to an account, such as a sign-in, in the log of each march that it belongs to."""
    held = select(Appointment.march_id).where(Appointment.account_id == account.id).distinct()
    marches: list[int | None] = [*session.scalars(held)]
    for march_id in marches or [None]:
        record(
            session,
            at=at,
            action=action,
            march_id=march_id,
            account_id=by.id if by else None,
            subject="account",
            subject_id=account.id,
            **details,
        )


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the details of a change: which values differ, and those values before and after."""
    changed = [name for name, value in after.items() if value != before.get(name)]
    return {
        "changed": changed,
        "before": {name: _plain(before.get(name)) for name in changed},
        "after": {name: _plain(after[name]) for name in changed},
    }


def _plain(value: Any) -> Any:
    """Return a value as JSON keeps it."""
    if isinstance(value, (date, time)):
        return value.isoformat()
    return sorted(value) if isinstance(value, (set, frozenset)) else value


def take_personal_out(session: Session, *which: Any) -> None:
    """Empty what names or describes people in the events of these conditions; what was done stays."""
    events = update(AuditEvent).where(AuditEvent.personal.is_not(None), *which).values(personal=None)
    session.execute(events.execution_options(synchronize_session="fetch"))
