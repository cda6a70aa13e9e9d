"""What a coordinator chooses before a roster is computed, and what is offered at first."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

CHILDREN_PER_ADULT = 8  # where the march says nothing
REPAIR_S = 10
TIME_LIMITS_S = (10, 20, 60, 300)


class Keep(StrEnum):
    """Whom to leave where they are, beside those who are locked: as many as possible where they stand now,
    with those with whom they walked the stage before, or nobody.
    """

    PRESENT = "present"
    PREVIOUS = "previous"
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class Choices:
    """How a roster is to be computed; `nationality` is any, mixed or separate."""

    keep: Keep = Keep.NOTHING
    nationality: str = "any"
    children_per_adult: int = CHILDREN_PER_ADULT
    time_limit_s: int = 20

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Choices":
        return cls(**stored | {"keep": Keep(stored["keep"])})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def time_for(walkers: int) -> int:
    """Return the time limit to offer for so many people, in seconds."""
    if walkers <= 250:
        return 20
    return 60 if walkers <= 2_000 else 300
