"""The border of the demo march: a manifest frozen the evening before, and heads counted on the day."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from marchapp.border.crossing import all_lines
from marchapp.border.services import freeze, note_count
from marchapp.models import Account, CountPlace, Stage

EVENING_BEFORE, AT_THE_BORDER = timedelta(hours=13), timedelta(hours=2, minutes=40)


def cross_border(session: Session, stages: Iterable[Stage], *, by: Account) -> None:
    """Freeze the manifest of each stage that crosses, and count heads: out, out again, and in."""
    for stage in stages:
        if stage.crosses_border:
            _cross(session, stage, by)


def _cross(session: Session, stage: Stage, by: Account) -> None:
    lines = all_lines(session, stage)
    frozen_at = stage.starts_at - EVENING_BEFORE
    people = freeze(session, stage=stage, lines=lines, by=by, now=frozen_at).people
    at_border = stage.starts_at + AT_THE_BORDER
    for minutes, place, counted, remark in (
        (0, CountPlace.OUT, people - 1, ""),
        (6, CountPlace.OUT, people, "One had gone back for a rucksack."),
        (35, CountPlace.IN, people, ""),
    ):
        note_count(
            session,
            stage=stage,
            place=place,
            counted=counted,
            remark=remark,
            submission_key=str(uuid4()),
            by=by,
            now=at_border + timedelta(minutes=minutes),
        )
