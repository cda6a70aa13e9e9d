"""The places of a march, counted while somebody holds them: what fits, and one statement that writes it."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date
from typing import Protocol, TypeVar

from sqlalchemy import ColumnElement, SQLColumnExpression, case, or_, update
from sqlalchemy.orm import Session

from marchapp.models import Category, March, Quota, QuotaKind
from marchapp.models.conditional import rows_changed


class NotEnoughPlaces(Exception):
    """Some quota has fewer places left than are needed; nothing was taken."""

    def __init__(self, quota: Quota) -> None:
        super().__init__(f"{quota.kind} {quota.category or quota.stage_id or ''} is full")
        self.quota = quota


class LineGoesFirst(NotEnoughPlaces):
    """The places that are free are being given to those in line; nothing was taken."""


class Walks(Protocol):
    """Somebody who wants a place: a participant, or the answers about one."""

    @property
    def category(self) -> Category: ...
    @property
    def birth_date(self) -> date: ...
    @property
    def stage_ids(self) -> frozenset[int]: ...


Walker = TypeVar("Walker", bound=Walks)
PLENTY = 50  # places more than are needed: so many do not go while somebody is being stored


class Room:
    """The places of a march, with what is taken of them and given back until `write`.

    Those that are held stay as they are for everybody else; those that are not were only looked at.
    """

    def __init__(self, march: March, quotas: Iterable[Quota], *, is_held: bool = False) -> None:
        self.march = march
        self.quotas = list(quotas)
        self.is_held = is_held
        self._change: Counter[int] = Counter()

    def has_plenty_for(self, people: Collection[Walks]) -> bool:
        """Tell whether people surely get their places, whoever else comes at the same moment."""
        return not self.line_is_served and not self.short_of(people, spare=PLENTY)

    def short_of(self, people: Collection[Walks], *, spare: int = 0) -> list[Quota]:
        """Return the quotas that have fewer places left than people need, or than those and some to spare."""
        needed = self._needed(people)
        adults = self._adults + sum(not self.march.is_minor(person.birth_date) for person in people)
        short = []
        for quota in self.quotas:
            limit = self._limit(quota, adults)
            taken = self._taken(quota) + needed[quota.id] + spare
            if needed[quota.id] and limit is not None and taken > limit:
                short.append(quota)
        return short

    def take(self, people: Collection[Walks]) -> None:
        """Take the places that people need. Raises NotEnoughPlaces."""
        if short := self.short_of(people):
            raise NotEnoughPlaces(short[0])
        self._change.update(self._needed(people))

    def take_in_turn(self, people: Collection[Walks]) -> None:
        """Take the places of people who had others, or who were promised theirs by a look at them.

        While the line is served nobody gets a limited place before it. Raises NotEnoughPlaces, LineGoesFirst.
        """
        self.take(people)
        if self.line_is_served:
            for quota in self.quotas:
                if self._change[quota.id] > 0 and self._limit(quota, self._adults) is not None:
                    raise LineGoesFirst(quota)

    def take_what_fits(self, people: Iterable[Walker]) -> list[Walker]:
        """Take places for one after another and return who got one: adults first, who unlock child places."""
        placed = []
        for person in sorted(people, key=lambda person: self.march.is_minor(person.birth_date)):
            if not self.short_of([person]):
                self.take([person])
                placed.append(person)
        return placed

    def give_back(self, people: Collection[Walks]) -> None:
        self._change.subtract(self._needed(people))

    def full(self) -> list[Quota]:
        """Return the quotas that have no place left."""
        limits = [(quota, self._limit(quota, self._adults)) for quota in self.quotas]
        return [quota for quota, limit in limits if limit is not None and self._taken(quota) >= limit]

    @property
    def line_is_served(self) -> bool:
        """Whether the worker goes on with the line: who comes now stands in it, too."""
        return self._of(QuotaKind.MARCH).line_is_served

    def serve_line(self, goes_on: bool) -> None:
        self._of(QuotaKind.MARCH).line_is_served = goes_on

    def write(self, session: Session) -> None:
        """Write what was taken and given back, all of it or none. Raises NotEnoughPlaces.

        Held places are as they were counted, so it never raises; the condition and the CHECK of the table
        stand against whoever does not hold them.
        """
        counts = {quota.id: self._change[quota.id] for quota in self.quotas if self._change[quota.id]}
        capacities = self._child_places()
        if ids := counts.keys() | capacities.keys():
            taken = Quota.taken + case(counts, value=Quota.id, else_=0) if counts else Quota.taken
            capacity = (
                case(capacities, value=Quota.id, else_=Quota.capacity) if capacities else Quota.capacity
            )
            change = update(Quota).where(Quota.id.in_(ids), is_enough(capacity, taken))
            change = change.values(taken=taken, capacity=capacity)
            if rows_changed(session, change.execution_options(synchronize_session=False)) < len(ids):
                raise NotEnoughPlaces(next(quota for quota in self.quotas if quota.id in ids))
            for quota in self.quotas:
                session.expire(quota, ["taken", "capacity"])
        self._change.clear()

    def _child_places(self) -> dict[int, int]:
        """Return what the adults unlock. Children whose adult leaves keep their places; no more are given."""
        children = self._of(QuotaKind.CHILDREN)
        unlocked = self._limit(children, self._adults)
        if unlocked is None:
            return {}
        return {children.id: max(unlocked, min(children.taken, self._taken(children)))}

    def _limit(self, quota: Quota, adults: int) -> int | None:
        if quota.kind != QuotaKind.CHILDREN:
            return quota.capacity
        per_adult = self.march.children_per_adult
        return None if per_adult is None else per_adult * adults

    @property
    def _adults(self) -> int:
        """How many adults have a place."""
        return self._taken(self._of(QuotaKind.MARCH)) - self._taken(self._of(QuotaKind.CHILDREN))

    def _of(self, kind: QuotaKind) -> Quota:
        return next(quota for quota in self.quotas if quota.kind == kind)

    def _taken(self, quota: Quota) -> int:
        return quota.taken + self._change[quota.id]

    def _needed(self, people: Collection[Walks]) -> Counter[int]:
        """Return how many places of each quota people need, by its id."""
        stages = Counter(stage_id for person in people for stage_id in person.stage_ids)
        categories = Counter(person.category for person in people)
        minors = sum(self.march.is_minor(person.birth_date) for person in people)
        needed: Counter[int] = Counter()
        for quota in self.quotas:
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


def is_enough(
    capacity: SQLColumnExpression[int | None], taken: SQLColumnExpression[int]
) -> ColumnElement[bool]:
    """Return the condition that so many places may be taken."""
    return or_(capacity.is_(None), taken <= capacity)
