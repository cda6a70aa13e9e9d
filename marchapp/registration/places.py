"""Places: held, given out, given back, and handed on to whoever waits, the first in line that fits."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select, true
from sqlalchemy.orm import Session, selectinload

from marchapp.models import (
    March,
    Participant,
    Party,
    Quota,
    QuotaKind,
    StageEntry,
    Standing,
    WhenFull,
)
from marchapp.models.audit import record
from marchapp.models.march import years_before
from marchapp.registration.room import NotEnoughPlaces, Room, Walks

__all__ = ["NotEnoughPlaces"]

MOST_AT_ONCE = 100  # who get a place in one transaction: everybody else waits as long as that takes
PARTIES_AT_A_TIME = 20  # of a long line no more is read than is needed


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """Who of a party would get a place if it signed up now.

    `short_of` are the quotas that are too small for all of them; where there is none everybody gets a place.
    `fits` says of each person, in the order given, who gets one where as many as fit are taken. Where places
    are short, so many people wait `in_line` already. While the line is being served it goes first: nobody
    gets a place now, however many are free.
    """

    fits: tuple[bool, ...]
    short_of: tuple[Quota, ...]
    in_line: int
    line_goes_first: bool = False

    @property
    def all_fit(self) -> bool:
        return all(self.fits)


def preview(session: Session, march: March, people: Collection[Walks]) -> Outlook:
    """Say who would get a place now. Nothing is held, so it may be otherwise a moment later."""
    room = look(session, march)
    if room.line_is_served:
        return Outlook(
            fits=(False,) * len(people),
            short_of=(),
            in_line=_count_in_line(session, march),
            line_goes_first=True,
        )
    short_of = tuple(room.short_of(people))
    placed = {id(person) for person in room.take_what_fits(people)}
    return Outlook(
        fits=tuple(id(person) in placed for person in people),
        short_of=short_of,
        in_line=_count_in_line(session, march, _wants(march, short_of)) if short_of else 0,
    )


def _count_in_line(session: Session, march: March, *conditions: ColumnElement[bool]) -> int:
    waiting = select(func.count()).select_from(Participant).where(_is_waiting(march), *conditions)
    return session.scalar(waiting) or 0


def look(session: Session, march: March) -> Room:
    """Return the places of a march as they stand. Nothing is held, so it may be otherwise a moment later."""
    return Room(march, session.scalars(_QUOTAS, {"march_id": march.id}).all())


def hold(session: Session, march: March) -> Room:
    """Keep the places of a march from everybody else until the transaction ends, and return them.

    Whoever changes somebody's standing holds the places first, but newcomers where there are plenty: they
    hold them last, see `write_newcomers`. On PostgreSQL this locks the rows in the order of their ids, so
    that two never wait for each other; SQLite lets one write at a time anyway.
    """
    return Room(march, session.scalars(_HELD_QUOTAS, {"march_id": march.id}).all(), is_held=True)


def settle(session: Session, room: Room, party: Party, people: Collection[Participant]) -> None:
    """Give people of a party their places, or leave them in line, as the party chose."""
    place_newcomers(room, party, people)
    room.write(session)


def place_newcomers(room: Room, party: Party, people: Collection[Participant]) -> None:
    """Give a place to people who come now, as the party chose.

    While the worker serves the line they stand at its end, and get their places from there.
    """
    if not room.line_is_served:
        place(room, party, people)


def write_newcomers(session: Session, room: Room, people: Collection[Participant]) -> None:
    """Write the places of people who were stored.

    Places that were only looked at are held from now on, and counted once more: meanwhile others may have
    taken them, or the line has come to be served. Raises NotEnoughPlaces, LineGoesFirst.
    """
    if not room.is_held:
        room = hold(session, room.march)
        room.take_in_turn([person for person in people if person.standing == Standing.PLACED])
    room.write(session)


def take_places(session: Session, march: March, people: Collection[Participant]) -> None:
    """Take the places of people who are to have one. Raises NotEnoughPlaces, having taken nothing."""
    room = hold(session, march)
    room.take(people)
    room.write(session)


def give_back(session: Session, march: March, people: Collection[Participant]) -> None:
    """Give back the places of people who had one."""
    room = hold(session, march)
    room.give_back(people)
    room.write(session)


def hand_on(session: Session, march: March, *, now: datetime) -> list[Participant]:
    """Give free places to the parties in line, the first that fits first; return who got one.

    Called in the transaction that freed the places, so that nobody comes between. Where very many are free,
    some hundred are handed on, and it is noted that the worker goes on.
    """
    room = hold(session, march)
    got_one: list[Participant] = []
    while promoted := list(_promote(session, room, most=MOST_AT_ONCE - len(got_one))):
        got_one += promoted  # what is full now, or unlocked by adults, decides who comes next
        if len(got_one) >= MOST_AT_ONCE:
            break
    room.serve_line(len(got_one) >= MOST_AT_ONCE)
    room.write(session)
    for person in got_one:
        _note_promotion(session, person, now)
    session.flush()
    return got_one


def recount_children(session: Session, march: March) -> None:
    """Count the minors who have a place anew, after the dates of a march or the age of adults changed."""
    room = hold(session, march)
    minors = select(func.count()).where(
        Participant.march_id == march.id,
        Participant.standing == Standing.PLACED,
        Participant.birth_date > _born_before_minors(march),
    )
    children = next(quota for quota in room.quotas if quota.kind == QuotaKind.CHILDREN)
    children.taken, children.capacity = session.scalar(minors) or 0, None
    session.flush()
    room.write(session)


def people_ahead(session: Session, participant: Participant) -> int:
    """Return how many people who want the same places stand in line before somebody's party."""
    march = participant.march
    own = _is_waiting(march) & (Participant.party_id == participant.party_id)
    query = select(Participant).where(own).options(selectinload(Participant.entries)).order_by(*_IN_TURN)
    if not (party := session.scalars(query).all()):
        return 0
    first = party[0]
    stands_before = or_(
        Participant.waiting_since < first.waiting_since,
        and_(Participant.waiting_since == first.waiting_since, Participant.id < first.id),
    )
    short_of = look(session, march).short_of(party)
    ahead = select(func.count()).select_from(Participant)
    return session.scalar(ahead.where(_is_waiting(march), stands_before, _wants(march, short_of))) or 0


_IN_TURN = (Participant.waiting_since, Participant.id)
_QUOTAS = (
    select(Quota)
    .where(Quota.march_id == bindparam("march_id"))
    .order_by(Quota.id)
    .execution_options(populate_existing=True)
)
_HELD_QUOTAS = _QUOTAS.with_for_update()


def _is_waiting(march: March) -> ColumnElement[bool]:
    """Return the condition of standing in line. Who lost a place for want of consent waits for that first."""
    in_line = (Participant.march_id == march.id, Participant.standing == Standing.WAITING)
    return and_(*in_line, or_(Participant.may_take_part, Participant.place_held_until.is_(None)))


def place(room: Room, party: Party, people: Collection[Participant]) -> list[Participant]:
    """Give a place to all of a party's people or to nobody, or to as many as fit; return who got one."""
    if party.when_full == WhenFull.FIT:
        placed = room.take_what_fits(people)
    elif room.short_of(people):
        placed = []
    else:
        room.take(people)
        placed = list(people)
    for person in placed:
        person.standing, person.waiting_since = Standing.PLACED, None
    return placed


def _promote(session: Session, room: Room, *, most: int) -> Iterator[Participant]:
    """Give places to the line and yield who got one, until it ends or something is full that was not.

    Parties are let in until there are `most` people, or a few more, as a party is not parted.
    """
    full, count = room.full(), 0
    for party, waiting in _line(session, room):
        promoted = place(room, party, waiting)
        yield from promoted
        count += len(promoted)
        if count >= most or room.full() != full:
            return


def _line(session: Session, room: Room) -> Iterator[tuple[Party, list[Participant]]]:
    """Yield who waits, by party, those who wait longest first, but no party that nothing is free for."""
    is_waiting = _is_waiting(room.march)
    turns = (
        select(Participant.party_id)
        .where(is_waiting, ~_wants(room.march, room.full()))
        .group_by(Participant.party_id)
        .order_by(func.min(Participant.waiting_since), func.min(Participant.id))
    )
    in_turn = session.scalars(turns).all()
    for start in range(0, len(in_turn), PARTIES_AT_A_TIME):
        party_ids = in_turn[start : start + PARTIES_AT_A_TIME]
        waiting = session.scalars(
            select(Participant)
            .where(is_waiting, Participant.party_id.in_(party_ids))
            .options(selectinload(Participant.entries), selectinload(Participant.party))
            .order_by(*_IN_TURN)
        )
        by_party: dict[int, list[Participant]] = {party_id: [] for party_id in party_ids}
        for person in waiting:
            by_party[person.party_id].append(person)
        yield from ((people[0].party, people) for people in by_party.values())


def _wants(march: March, quotas: Collection[Quota]) -> ColumnElement[bool]:
    """Return the condition that somebody needs a place of one of these quotas."""
    kinds = {quota.kind for quota in quotas}
    if QuotaKind.MARCH in kinds:
        return true()
    stages = [quota.stage_id for quota in quotas if quota.stage_id]
    of_stages = select(StageEntry).where(
        StageEntry.participant_id == Participant.id, StageEntry.stage_id.in_(stages)
    )
    wants: list[ColumnElement[bool]] = [
        Participant.category.in_([quota.category for quota in quotas if quota.category])
    ]
    if stages:
        wants.append(of_stages.exists())
    if QuotaKind.CHILDREN in kinds:
        wants.append(Participant.birth_date > _born_before_minors(march))
    return or_(*wants)


def _born_before_minors(march: March) -> date:
    """Return the last birth date of those who are no minors on the first day of the march."""
    return years_before(march.starts_on, march.adult_age)


def _note_promotion(session: Session, person: Participant, now: datetime) -> None:
    """Record that somebody got a place from the line; consents are waited for from now on."""
    if not person.may_take_part:
        person.place_held_until = now + timedelta(days=person.march.days_for_consent)
    record(
        session,
        at=now,
        action="participant.promoted",
        march_id=person.march_id,
        account_id=None,
        subject="participant",
        subject_id=person.id,
    )
