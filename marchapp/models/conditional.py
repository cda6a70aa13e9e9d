"""Change rows where a condition still holds, and learn how many: two who want the same take turns."""

from sqlalchemy import CursorResult, Update
from sqlalchemy.orm import Session


def rows_changed(session: Session, change: Update) -> int:
    """Execute an UPDATE … WHERE and return how many rows it changed."""
    result = session.execute(change)
    assert isinstance(result, CursorResult)  # noqa: S101 (what every UPDATE gives)
    return result.rowcount
