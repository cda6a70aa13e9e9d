"""Tell people of a published roster: the worker writes the letters, some parties at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager, joinedload

from marchapp.extensions import db, queue
from marchapp.models import (
    Account,
    Message,
    Participant,
    PublishedGroup,
    PublishedGuide,
    PublishedPlace,
    RosterVersion,
)
from marchapp.models.conditional import rows_changed
from marchapp.rosters.differences import still_walks
from marchapp.rosters.letters import to_guide, to_reader, to_readers

CLAIM_EXPIRES = timedelta(minutes=10)
A_TURN_S = 20  # then whatever else waits in the queue has its turn
PARTIES_AT_ONCE = 5  # what is written in one transaction: sign-ups wait no longer than that
GUIDES_AT_ONCE = 25


@dataclass(frozen=True)
class Progress:
    """A step of the worker: up to whom letters were written before it, and after it."""

    column: InstrumentedAttribute[int]
    before: int
    after: int


@queue.task
def tell_of_rosters() -> int:
    """Write letters about the versions that were published for the length of a turn, return how many."""
    queue.begins(tell_of_rosters)
    written, began_s = 0, monotonic()
    while version_id := _claim_next(db.session, datetime.now(UTC)):
        while (some := _write_some(db.session, version_id, datetime.now(UTC))) is not None:
            written += some
            if monotonic() - began_s > A_TURN_S:
                _let_go(db.session, version_id)
                queue.send_once(tell_of_rosters)
                return written
    return written


@queue.every_minute
def tell_of_rosters_left() -> None:
    """Go on with what a crash left half told."""
    tell_of_rosters()


def _claim_next(session: Session, now: datetime) -> int | None:
    is_free = or_(RosterVersion.claimed_at.is_(None), RosterVersion.claimed_at < now - CLAIM_EXPIRES)
    due = (RosterVersion.finished_at.is_(None), is_free)
    for version_id in session.scalars(select(RosterVersion.id).where(*due).order_by(RosterVersion.id)).all():
        claim = update(RosterVersion).where(RosterVersion.id == version_id, *due).values(claimed_at=now)
        is_ours = rows_changed(session, claim) == 1
        session.commit()
        if is_ours:
            return version_id
    session.commit()
    return None


def _let_go(session: Session, version_id: int) -> None:
    session.execute(update(RosterVersion).where(RosterVersion.id == version_id).values(claimed_at=None))
    session.commit()


def _write_some(session: Session, version_id: int, now: datetime) -> int | None:
    """Write the letters to the next parties, then to the next guides; None when all are written.

    How far it is and the letters are stored together, and only where nobody else has gone further: after a
    crash, or beside another worker, nobody gets a second letter.
    """
    version = session.get_one(RosterVersion, version_id, populate_existing=True)
    for column, next_ids, letters in (
        (RosterVersion.last_party_id, _next_parties, _to_parties),
        (RosterVersion.last_guide_id, _next_guides, _to_guides),
    ):
        before = getattr(version, column.key)
        if ids := list(session.scalars(next_ids(version, before))):
            progress = Progress(column, before, ids[-1])
            return _store(session, progress, letters(session, version, ids, now), version, now)
    is_open = (RosterVersion.id == version_id, RosterVersion.finished_at.is_(None))
    rows_changed(session, update(RosterVersion).where(*is_open).values(finished_at=now))
    session.commit()
    return None


def _store(
    session: Session, progress: Progress, letters: Iterable[Message], version: RosterVersion, now: datetime
) -> int | None:
    """Store letters together with how far they bring the version; None if somebody else was there before."""
    messages = list(letters)
    is_where_it_was = (RosterVersion.id == version.id, progress.column == progress.before)
    step = update(RosterVersion).where(*is_where_it_was, RosterVersion.finished_at.is_(None))
    further = {progress.column.key: progress.after, "letters": RosterVersion.letters + len(messages)}
    if rows_changed(session, step.values(claimed_at=now, **further)) == 0:
        session.rollback()
        return None
    session.add_all(messages)
    session.commit()
    return len(messages)


def _next_parties(version: RosterVersion, after_id: int) -> Select[int]:
    return (
        _told_people(version)
        .with_only_columns(Participant.party_id)
        .where(Participant.party_id > after_id)
        .distinct()
        .order_by(Participant.party_id)
        .limit(PARTIES_AT_ONCE)
    )


def _told_people(version: RosterVersion) -> Select[PublishedPlace]:
    return (
        select(PublishedPlace)
        .join(PublishedPlace.participant)
        .where(PublishedPlace.version_id == version.id, still_walks(version.stage_id))
    )


def _to_parties(
    session: Session, version: RosterVersion, party_ids: list[int], now: datetime
) -> Iterator[Message]:
    places = session.scalars(
        _told_people(version)
        .where(Participant.party_id.in_(party_ids))
        .order_by(Participant.party_id, Participant.id)
        .options(
            contains_eager(PublishedPlace.participant).joinedload(Participant.party),
            joinedload(PublishedPlace.group).selectinload(PublishedGroup.guides),
        )
    )
    for reader in to_readers(version.stage.march, places):
        yield to_reader(session, version, reader, now=now)


def _next_guides(version: RosterVersion, after_id: int) -> Select[int]:
    return (
        select(PublishedGuide.account_id)
        .where(PublishedGuide.version_id == version.id, PublishedGuide.account_id > after_id)
        .distinct()
        .order_by(PublishedGuide.account_id)
        .limit(GUIDES_AT_ONCE)
    )


def _to_guides(
    session: Session, version: RosterVersion, account_ids: list[int], now: datetime
) -> Iterator[Message]:
    guided = session.execute(
        select(Account, PublishedGuide)
        .join(PublishedGuide, PublishedGuide.account_id == Account.id)
        .where(PublishedGuide.version_id == version.id, Account.id.in_(account_ids))
        .order_by(Account.id, PublishedGuide.is_out, PublishedGuide.group_id)
        .options(joinedload(PublishedGuide.group))
    )
    by_guide: dict[Account, list[PublishedGuide]] = {}
    for account, guide in guided:
        by_guide.setdefault(account, []).append(guide)
    for account, theirs in by_guide.items():
        yield to_guide(version, account, theirs, now=now)
