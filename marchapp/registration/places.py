"""Places: taken all together in the database itself, given back, and handed on to whoever waits."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, selectinload

from marchapp.models import Category, March, Participant, Party, Quota, QuotaKind, Standing, WhenFull
from marchapp.models.audit import record
from marchapp.models.conditional import rows_changed


class NotEnoughPlaces(Exception):
    """Some quota has fewer places left than are needed; nothing was taken."""

    def __init__(self, quota: Quota) -> None:
        super().__init__(f"{quota.kind} {quota.category or quota.stage_id or ''} is full")
        self.quota = quota


def settle(session: Session, party: Party, people: Iterable[Participant], *, now: datetime) -> None:
    """Give new people of a party their places, or put them in line, as the party chose.

    The people are flushed already, and stand as waiting since `now`.
    """
    march = party.march
    people = list(people)
    if party.when_full == WhenFull.ALL:
        give_places(session, march, people)
        return
    for person in people:
        give_places(session, march, [person])


def give_places(session: Session, march: March, people: list[Participant]) -> bool:
    """Give all of these people a place, or none of them; tell which."""
    try:
        with session.begin_nested():
            take_places(session, march, people)
    except NotEnoughPlaces:
        return False
    for person in people:
        person.standing, person.waiting_since = Standing.PLACED, None
    session.flush()
    return True


def take_places(session: Session, march: March, people: Iterable[Participant]) -> None:
    """Take the places that people need: of several who want the last, the update changes a row for one.

    Rows are changed in the order of their ids, so that two parties never wait for each other.
    Raises NotEnoughPlaces; the caller rolls back what was taken before.
    """
    people = list(people)
    needed = _needed(march, people)
    _unlock_child_places(session, march, adults=sum(not march.is_minor(one.birth_date) for one in people))
    for quota in sorted(march.quotas, key=lambda quota: quota.id):
        if count := needed[quota.id]:
            fits = or_(Quota.capacity.is_(None), Quota.taken + count <= Quota.capacity)
            change = update(Quota).where(Quota.id == quota.id, fits).values(taken=Quota.taken + count)
            if rows_changed(session, change) == 0:
                raise NotEnoughPlaces(quota)


def give_back(session: Session, march: March, people: Iterable[Participant]) -> None:
    """Give back the places of people who had one."""
    people = list(people)
    needed = _needed(march, people)
    for quota in sorted(march.quotas, key=lambda quota: quota.id):
        if count := needed[quota.id]:
            change = update(Quota).where(Quota.id == quota.id).values(taken=Quota.taken - count)
            session.execute(change)
    _unlock_child_places(session, march, adults=0)


def hand_on(session: Session, march: March, *, now: datetime) -> list[Participant]:
    """Give free places to the parties in line, the first that fits first; return who got one.

    Called in the transaction that freed the places, so that nobody comes between.
    """
    got_one = []
    for party, waiting in _line(session, march):
        at_once = [waiting] if party.when_full == WhenFull.ALL else [[one] for one in waiting]
        for people in at_once:
            if give_places(session, march, people):
                got_one += people
    for person in got_one:
        record(
            session,
            at=now,
            action="participant.promoted",
            march_id=march.id,
            account_id=None,
            subject="participant",
            subject_id=person.id,
        )
    return got_one


def _line(session: Session, march: March) -> list[tuple[Party, list[Participant]]]:
    """Return who waits, by party, those who wait longest first."""
    waiting = session.scalars(
        select(Participant)
        .where(Participant.march_id == march.id, Participant.standing == Standing.WAITING)
        .options(selectinload(Participant.entries), selectinload(Participant.party))
        .order_by(Participant.waiting_since, Participant.id)
    )
    line: dict[Party, list[Participant]] = {}
    for person in waiting:
        line.setdefault(person.party, []).append(person)
    return list(line.items())


def _needed(march: March, people: list[Participant]) -> Counter[int]:
    """Return how many places of each quota people need, by its id."""
    stages = Counter(entry.stage_id for person in people for entry in person.entries)
    categories = Counter(person.category for person in people)
    minors = sum(march.is_minor(person.birth_date) for person in people)
    needed: Counter[int] = Counter()
    for quota in march.quotas:
        match quota.kind:
            case QuotaKind.MARCH:
                needed[quota.id] = len(people)
            case QuotaKind.CATEGORY:
                needed[quota.id] = categories[Category(quota.category)] if quota.category else 0
            case QuotaKind.STAGE:
                needed[quota.id] = stages[quota.stage_id or 0]
            case QuotaKind.CHILDREN:
                needed[quota.id] = minors
    return needed


def _unlock_child_places(session: Session, march: March, *, adults: int) -> None:
    """Let the places of children follow the adults who have a place, `adults` of them coming now."""
    if march.children_per_adult is None:
        return
    of_march = (Quota.march_id == march.id, Quota.kind == QuotaKind.MARCH)
    of_children = (Quota.march_id == march.id, Quota.kind == QuotaKind.CHILDREN)
    placed = session.scalars(select(Quota.taken).where(*of_march).with_for_update()).one()
    children = session.scalars(select(Quota.taken).where(*of_children)).one()
    capacity = march.children_per_adult * (placed - children + adults)
    session.execute(update(Quota).where(*of_children).values(capacity=max(capacity, children)))
