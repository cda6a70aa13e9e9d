"""On which days people signed up, by the march's clock: counted in the database, in two queries."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, DateTime, FromClause, func, literal, select
from sqlalchemy.orm import Session

from marchapp.models.category import Category
from marchapp.models.march import March
from marchapp.models.participant import Participant, Standing

A_DAY = timedelta(days=1)


def signups_by_day(session: Session, march: March) -> Counter[tuple[date, Category]]:
    """Count who is signed up by day and category; who has cancelled is left out.

    Each day is a stretch of an index that holds all that is asked, so that nobody is read or sorted.
    """
    if not (days := _days(session, march)):
        return Counter()
    stretch = _stretches(session, [_midnight(day, march) for day in (*days, days[-1] + A_DAY)])
    begins, ends, place = stretch.c
    query = (
        select(place, Participant.category, func.count())
        .select_from(stretch)
        .join(Participant, (Participant.registered_at >= begins) & (Participant.registered_at < ends))
        .where(Participant.march_id == march.id, Participant.standing != Standing.CANCELLED)
        .group_by(place, Participant.category)
    )
    rows: Any = session.execute(query)
    return Counter({(days[place], category): people for place, category, people in rows})


def _days(session: Session, march: March) -> Sequence[date]:
    """Return the days from the first sign-up to the last."""
    of_march = Participant.march_id == march.id
    moments = (
        select(find(Participant.registered_at)).where(of_march).scalar_subquery()
        for find in (func.min, func.max)
    )
    first, last = (
        moment and moment.astimezone(ZoneInfo(march.time_zone)).date()
        for moment in session.execute(select(*moments)).one()
    )
    return [first + A_DAY * number for number in range((last - first).days + 1)] if first else []


def _midnight(day: date, march: March) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(march.time_zone)).astimezone(UTC)


def _stretches(session: Session, limits: Sequence[datetime]) -> FromClause:
    """Select (begins, ends, place) of the stretches between moments, counted from 0."""
    if session.get_bind().dialect.name == "postgresql":
        sides = (literal(side, ARRAY(DateTime(timezone=True))) for side in (limits[:-1], limits[1:]))
        listed = func.unnest(*sides).table_valued("begins", "ends", with_ordinality="number")
        listed = listed.render_derived()
        return select(listed.c.begins, listed.c.ends, listed.c.number - 1).subquery()
    kept = [f"{moment:%Y-%m-%d %H:%M:%S.%f}" for moment in limits]
    each = func.json_each(json.dumps(list(pairwise(kept)))).table_valued("key", "value")
    begins, ends = (func.json_extract(each.c.value, f"$[{side}]") for side in (0, 1))
    return select(begins.label("begins"), ends.label("ends"), each.c.key).subquery()
