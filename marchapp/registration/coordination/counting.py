"""How many signed up: by day, category, country, municipality and age. Cancelled sign-ups are not counted."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from marchapp.models import Category, March, Participant, Standing
from marchapp.models.march import years_before
from marchapp.models.signups import signups_by_day

# The youngest of each band; the next band begins where one ends.
BANDS = (0, 10, 13, 16, 18, 25, 35, 45, 55, 65)

Key = TypeVar("Key")


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """Counts of people. `days` are those of the march's clock, `bands` the places in BANDS."""

    standings: Counter[Standing]
    days: Counter[date]
    categories: Counter[Category]
    countries: Counter[str]
    municipalities: Counter[str]
    bands: Counter[int]

    @property
    def total(self) -> int:
        return self.standings[Standing.PLACED] + self.standings[Standing.WAITING]


def count(session: Session, march: March) -> Statistics:
    """Count the people of a march, in as many queries for any number of them."""
    standings: Counter[Standing] = Counter()
    categories: Counter[Category] = Counter()
    countries: Counter[str] = Counter()
    what = (Participant.standing, Participant.category, Participant.country)
    query = select(*what, func.count()).where(Participant.march_id == march.id).group_by(*what)
    for standing, category, country, people in session.execute(query):
        standings[standing] += people
        if standing != Standing.CANCELLED:
            categories[category] += people
            countries[country] += people
    return Statistics(
        standings=standings,
        days=_days(session, march),
        categories=categories,
        countries=countries,
        municipalities=_counter(session, march, Participant.municipality),
        bands=_counter(session, march, _band(march)),
    )


def _band(march: March) -> ColumnElement[int]:
    """Return the place of the band that somebody's age on the first day is in."""
    younger = [
        (Participant.birth_date > years_before(march.starts_on, end), place)
        for place, end in enumerate(BANDS[1:])
    ]
    return case(*younger, else_=len(BANDS) - 1).label("band")


def _days(session: Session, march: March) -> Counter[date]:
    days: Counter[date] = Counter()
    for (day, _category), people in signups_by_day(session, march).items():
        days[day] += people
    return days


def _counter(
    session: Session, march: March, what: ColumnElement[Key] | InstrumentedAttribute[Key]
) -> Counter[Key]:
    query = select(what, func.count()).where(*_is_counted(march)).group_by(what)
    return Counter(dict(session.execute(query).all()))


def _is_counted(march: March) -> tuple[ColumnElement[bool], ...]:
    return Participant.march_id == march.id, Participant.standing != Standing.CANCELLED
