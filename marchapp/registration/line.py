"""Serve a long line after very many places became free: some hundred people in a transaction."""

from datetime import UTC, datetime
from time import monotonic

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from marchapp.extensions import db, queue
from marchapp.models import March, Quota
from marchapp.registration.services import hand_on_places

A_TURN_S = 20  # then whatever else waits in the queue has its turn


@queue.task
def serve_lines() -> int:
    """Hand places on to the lines that are served for the length of a turn, return how many got one."""
    queue.begins(serve_lines)
    got_one, began_s = 0, monotonic()
    while monotonic() - began_s < A_TURN_S and (march := _next_march(db.session)):
        got_one += len(hand_on_places(db.session, march, now=datetime.now(UTC)))
        db.session.commit()  # what is left sends this task again
    db.session.rollback()
    return got_one


@queue.every_minute
def serve_lines_left() -> None:
    """Go on with lines that a crash left half served."""
    serve_lines()


def _next_march(session: Session) -> March | None:
    query = select(March).join(Quota, Quota.march_id == March.id).where(Quota.line_is_served)
    return session.scalars(query.order_by(March.id).limit(1)).first()


@event.listens_for(Session, "after_flush")
def _note_line(session: Session, _context: object) -> None:
    if any(isinstance(one, Quota) and one.line_is_served for one in session.dirty):
        session.info["serves_line"] = True


@event.listens_for(Session, "after_commit")
def _wake_worker(session: Session) -> None:
    if session.info.pop("serves_line", False):
        queue.send_once(serve_lines)


@event.listens_for(Session, "after_rollback")
def _forget_line(session: Session) -> None:
    session.info.pop("serves_line", None)
