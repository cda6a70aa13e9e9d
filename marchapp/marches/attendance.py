"""How far the people of each stage came: signed up, expected, started, finished."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from marchapp.marches.overview import StageCounts


@dataclass(frozen=True)
class Walked:
    """How many people started a stage, and how many finished it."""

    started: int = 0
    finished: int = 0


@dataclass(frozen=True)
class Attendance:
    """The people of a stage: signed up for it, expected in its groups, and, once a roll was called, seen."""

    signed_up: int
    expected: int
    walked: Walked | None = None


def attendance_by_stage(
    counts: Iterable[StageCounts], walked: Mapping[int, Walked] | None = None
) -> dict[int, Attendance]:
    """Return the attendance of stages by their ids; `walked` is what roll calls say of them."""
    known = walked or {}
    return {
        one.stage.id: Attendance(one.walkers, one.groups.people, known.get(one.stage.id)) for one in counts
    }
