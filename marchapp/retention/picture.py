"""The small picture of what is kept until when: a bar for each kind of data, from the end of the march on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from marchapp.models import March
from marchapp.models.retention import Kept
from marchapp.retention.services import Holding

WIDTH = 100


@dataclass(frozen=True)
class KeptBar:
    """How long the bar of a kind is, and the day that it ends."""

    kind: Kept
    until: date
    length: float


@dataclass(frozen=True)
class KeptPicture:
    """Bars from the last day of the march to the day on which the last data go; `today` if it is between."""

    first: date
    last: date
    bars: list[KeptBar]
    today: float | None


def picture(march: March, held: Sequence[Holding], today: date) -> KeptPicture:
    last = max(one.until for one in held)
    whole = (last - march.ends_on).days

    def place(day: date) -> float:
        return round(WIDTH * (day - march.ends_on).days / whole, 2)

    bars = [KeptBar(one.kind, one.until, max(place(one.until), 1)) for one in held]
    return KeptPicture(march.ends_on, last, bars, place(today) if march.ends_on <= today <= last else None)
