"""Which letters the coordinator sees, as the address says, and the mailings beside them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Self

from sqlalchemy import ColumnElement, Select, and_, case, func, select, update
from sqlalchemy.orm import Session

from marchapp.models import Mailing, March, Message
from marchapp.models.conditional import rows_changed
from marchapp.paging import page_in

LONGEST_SEARCH = 100
LARGEST_ID = 2**31 - 1

IS_SENT = Message.sent_at.is_not(None)
IS_THERE = Message.erased_at.is_(None)
HAS_FAILED = and_(Message.sent_at.is_(None), Message.failed_at.is_not(None), IS_THERE)
STATES: dict[str, ColumnElement[bool]] = {
    "sent": IS_SENT,
    "waiting": and_(Message.sent_at.is_(None), Message.failed_at.is_(None), IS_THERE),
    "failed": HAS_FAILED,
}


@dataclass(frozen=True, kw_only=True)
class Letters:
    """What the coordinator asked for; the fields are the arguments of the address."""

    ROWS_A_PAGE: ClassVar[int] = 50

    q: str = ""
    state: str = ""
    mailing: int = 0
    roster: int = 0
    message_id: int = 0
    page: int = 1

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, str]) -> Self:
        """Read an address; what it cannot mean is left out."""
        state = arguments.get("state", "")
        return cls(
            q=arguments.get("q", "")[:LONGEST_SEARCH].strip(),
            state=state if state in STATES else "",
            mailing=_number(arguments.get("mailing", "")),
            roster=_number(arguments.get("roster", "")),
            page=page_in(arguments),
        )

    def arguments(self, **changes: Any) -> dict[str, Any]:
        """Return the arguments of the address of these letters with some changes, from the first page on."""
        wanted = asdict(replace(self, **{"page": 1} | changes))
        return {name: value for name, value in wanted.items() if value != getattr(Letters, name)}


@dataclass(frozen=True)
class MailingState:
    """A mailing, and how many of its letters were sent and could not be."""

    mailing: Mailing
    sent: int
    failed: int


def find_letters(march: March, wanted: Letters) -> Select[Message]:
    """Return the query for the letters that are asked for, the newest first."""
    return select(Message).where(*_conditions(march, wanted)).order_by(Message.id.desc())


def mailings_of(session: Session, march: March) -> list[MailingState]:
    """Return the mailings of a march and its drafts, the newest first."""
    sent, failed = (func.sum(case((state, 1), else_=0)) for state in (IS_SENT, HAS_FAILED))
    counts = (
        select(Message.mailing_id, sent.label("sent"), failed.label("failed"))
        .where(Message.mailing_id.in_(select(Mailing.id).where(Mailing.march_id == march.id)))
        .group_by(Message.mailing_id)
        .subquery()
    )
    query = (
        select(Mailing, counts.c.sent, counts.c.failed)
        .outerjoin(counts, counts.c.mailing_id == Mailing.id)
        .where(Mailing.march_id == march.id)
        .order_by(Mailing.id.desc())
    )
    return [MailingState(mailing, sent or 0, failed or 0) for mailing, sent, failed in session.execute(query)]


def try_again(session: Session, march: March, wanted: Letters, *, now: datetime) -> int:
    """Let the worker try letters again that it gave up, return how many."""
    given_up = update(Message).where(*_conditions(march, wanted), HAS_FAILED)
    return rows_changed(session, given_up.values(failed_at=None, claimed_at=None, next_attempt_at=now))


def _conditions(march: March, wanted: Letters) -> list[ColumnElement[bool]]:
    conditions = [Message.march_id == march.id]
    if wanted.q:
        conditions.append(Message.recipient.icontains(wanted.q, autoescape=True))
    if wanted.state:
        conditions.append(STATES[wanted.state])
    if wanted.mailing:
        conditions.append(Message.mailing_id == wanted.mailing)
    if wanted.roster:
        conditions.append(Message.roster_version_id == wanted.roster)
    if wanted.message_id:
        conditions.append(Message.id == wanted.message_id)
    return conditions


def _number(text: str) -> int:
    return min(int(text), LARGEST_ID) if text.isdecimal() and len(text) < 20 else 0
