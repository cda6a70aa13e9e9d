"""How far the people of each stage came: signed up, expected, started, finished."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from marchapp.marches.overview import StageCounts
from marchapp.models.attendance import Walked, walked_by_stage


@dataclass(frozen=True)
class Attendance:
    """The people of a stage: signed up for it, expected in its groups, and, once a roll was called, seen."""

    signed_up: int
    expected: int
    walked: Walked | None = None


def attendance_by_stage(session: Session, counts: Sequence[StageCounts]) -> dict[int, Attendance]:
    """Return the attendance of stages by their ids, with what the roll calls say in one query."""
    walked = walked_by_stage(session, [one.stage.id for one in counts])
    return {
        one.stage.id: Attendance(one.walkers, one.groups.people, walked.get(one.stage.id)) for one in counts
    }
