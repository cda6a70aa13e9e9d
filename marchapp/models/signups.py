"""On which days people signed up, by the march's clock: counted in the database, in one query."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, case, cast, extract, func, literal, select
from sqlalchemy.orm import Session

from marchapp.models.category import Category
from marchapp.models.march import March
from marchapp.models.participant import Participant, Standing

A_DAY_S = 86_400


def signups_by_day(session: Session, march: March) -> Counter[tuple[date, Category]]:
    """Count who is signed up by day and category; who has cancelled is left out."""
    day = _day(march).label("day")
    query = (
        select(day, Participant.category, func.count())
        .where(Participant.march_id == march.id, Participant.standing != Standing.CANCELLED)
        .group_by(day, Participant.category)
    )
    rows: Any = session.execute(query)
    return Counter(
        {(date(1970, 1, 1) + timedelta(days=number), category): people for number, category, people in rows}
    )


def _day(march: March) -> ColumnElement[int]:
    """Return the number of the day on which somebody signed up, counted from 1970 by the march's clock.

    Clocks change in the years around the opening of the sign-up; far from it the nearest offset holds.
    """
    moment = Participant.registered_at
    *changes, (_end, last) = _offsets(march.time_zone, march.signup_opens_at.year)
    until = [(moment < end, literal(offset_s)) for end, offset_s in changes]
    offset = case(*until, else_=literal(last)) if until else literal(last)
    return (cast(extract("epoch", moment), Integer) + offset) // A_DAY_S


@lru_cache(maxsize=64)
def _offsets(time_zone: str, year: int) -> list[tuple[datetime, int]]:
    """Return until when a clock is how many seconds ahead of UTC, in the years around one."""
    zone = ZoneInfo(time_zone)
    end = int(datetime(year + 3, 1, 1, tzinfo=UTC).timestamp())
    changes = [*_changes_of_clocks(zone, int(datetime(year - 1, 1, 1, tzinfo=UTC).timestamp()), end), end]
    return [(datetime.fromtimestamp(at, UTC), _offset_s(zone, at - 1)) for at in changes]


def _changes_of_clocks(zone: ZoneInfo, start: int, end: int) -> Iterator[int]:
    """Yield the seconds since 1970 at which the clocks of a zone change between two moments."""
    while start < end:
        after = min(start + A_DAY_S, end)
        if _offset_s(zone, start) != _offset_s(zone, after):
            yield _change_between(zone, start, after)
        start = after


def _change_between(zone: ZoneInfo, before: int, after: int) -> int:
    offset = _offset_s(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if _offset_s(zone, middle) == offset else (before, middle)
    return after


def _offset_s(zone: ZoneInfo, moment: int) -> int:
    offset = datetime.fromtimestamp(moment, UTC).astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0
