"""Find what marches keep no longer, take it out in portions, and tell what was taken out when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import Account, AuditEvent, March
from marchapp.models.audit import difference, record
from marchapp.models.retention import DEFAULT_DAYS, Kept, Removing, days_kept, is_due, kept_until

Removers = Mapping[Kept, Removing]
CARRIED_OUT = "retention.carried_out"
SHOWN = 50


@dataclass(frozen=True)
class Holding:
    """What a march holds of one kind of data, and the last day on which it does."""

    kind: Kept
    count: int
    days: int
    until: date
    is_due: bool


@dataclass(frozen=True)
class Removal:
    """What was taken out of a march at some time: the kind of data and how many, nothing else."""

    at: datetime
    kind: Kept
    count: int


def holdings(session: Session, march: March, removers: Removers, now: datetime) -> list[Holding]:
    """Return what a march holds, in the order of kinds."""
    return [
        Holding(
            kind=kind,
            count=removers[kind].count(session, march),
            days=days_kept(march, kind),
            until=kept_until(march, kind),
            is_due=is_due(march, kind, now),
        )
        for kind in Kept
    ]


def due(session: Session, removers: Removers, now: datetime) -> list[tuple[March, Holding]]:
    """Return what would be taken out now, of every march; nothing is changed."""
    return [
        (march, holding)
        for march in session.scalars(select(March).order_by(March.id))
        for holding in holdings(session, march, removers, now)
        if holding.is_due and holding.count
    ]


def carry_out(session: Session, removers: Removers, now: datetime) -> Iterator[tuple[March, Removal]]:
    """Take out of every march what it keeps no longer, and yield what went.

    Each portion is committed by itself, so that others write in between; who is broken off goes on the next
    time. What went is written to the log of the march, with its last portion.
    """
    for march in session.scalars(select(March).order_by(March.id)).all():
        for kind in Kept:
            if is_due(march, kind, now) and (count := _take_out(session, march, removers[kind], now)):
                removal = Removal(now, kind, count)
                _note(session, march, CARRIED_OUT, now=now, by=None, kind=kind.value, removed=count)
                session.commit()
                yield march, removal


def _take_out(session: Session, march: March, removing: Removing, now: datetime) -> int:
    held = removing.count(session, march)
    for take in removing.steps:
        while take(session, march, now):
            session.commit()
        session.commit()
    return held - removing.count(session, march)


def removals(session: Session, march: March) -> list[Removal]:
    """Return what was taken out of a march, the latest first."""
    of_march = (AuditEvent.march_id == march.id, AuditEvent.action == CARRIED_OUT)
    query = select(AuditEvent).where(*of_march).order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
    return [
        Removal(event.at, Kept(event.facts["kind"]), event.facts["removed"])
        for event in session.scalars(query.limit(SHOWN))
    ]


def change_days(
    session: Session, march: March, days: Mapping[Kept, int], *, by: Account, now: datetime
) -> None:
    """Decide how many days after the march each kind of data is kept."""
    before = {kind.value: march.kept_days.get(kind.value, DEFAULT_DAYS[kind]) for kind in Kept}
    after = {kind.value: days[kind] for kind in Kept}
    if after != before:
        march.kept_days = after
        _note(session, march, "retention.changed", now=now, by=by, **difference(before, after))


def _note(
    session: Session, march: March, action: str, *, now: datetime, by: Account | None, **details: object
) -> None:
    record(
        session,
        at=now,
        action=action,
        march_id=march.id,
        account_id=by.id if by else None,
        subject="march",
        subject_id=march.id,
        **details,
    )
