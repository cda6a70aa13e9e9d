"""How long a march keeps what it holds, in days after it, by kind of data; and how each kind is taken out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from marchapp.models.march import March


class Kept(StrEnum):
    """Kinds of data, in the order in which they go."""

    DOCUMENTS = "documents"
    HEALTH = "health"
    RECORDINGS = "recordings"
    CONSENTS = "consents"
    NAMES = "names"


# docs/decisions/0019-retention.md says why; a march that decides otherwise holds its own in `kept_days`.
DEFAULT_DAYS = {
    Kept.DOCUMENTS: 14,
    Kept.HEALTH: 30,
    Kept.RECORDINGS: 365,
    Kept.CONSENTS: 1095,
    Kept.NAMES: 1095,
}


@dataclass(frozen=True)
class Removing:
    """How a kind of data is taken out of a march.

    `count` returns how many are held: people, recordings, scans. Each of `steps` takes some of them out, few
    enough to hold the database for a moment, and returns how many rows it changed: 0 once nothing is left for
    it, and then the next begins.
    """

    count: Callable[[Session, March], int]
    steps: Sequence[Callable[[Session, March, datetime], int]]


def days_kept(march: March, kind: Kept) -> int:
    """Return how many days after the march something is kept: names take all else with them."""
    return min(_days(march, kind), _days(march, Kept.NAMES))


def _days(march: March, kind: Kept) -> int:
    return int(march.kept_days.get(kind.value, DEFAULT_DAYS[kind]))


def kept_until(march: March, kind: Kept) -> date:
    """Return the last day on which something is kept, on the march's calendar."""
    return march.ends_on + timedelta(days=days_kept(march, kind))


def is_due(march: March, kind: Kept, now: datetime) -> bool:
    """Tell whether something is kept no longer. A demo march, of nobody real, keeps everything."""
    return not march.is_demo and march.day_of(now) > kept_until(march, kind)
