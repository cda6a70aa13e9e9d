"""The roll calls of a stage as a table: a line for everybody, and how they stand at each point since when."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from marchapp.attendance.points import Point, points_called
from marchapp.attendance.words import point_name, state_word
from marchapp.files.kinds import Progress
from marchapp.files.tables import declare_table
from marchapp.files.words import people_done
from marchapp.forms import to_local
from marchapp.models import (
    Participant,
    PublishedGroup,
    PublishedPlace,
    RollMark,
    RollStanding,
    RollState,
    Stage,
    Standing,
)
from marchapp.models.conditional import among
from marchapp.naming import CATEGORIES
from marchapp.spreadsheets import ROWS_AT_ONCE, Table


def roll_calls_table(session: Session, stage: Stage, progress: Progress) -> Table:
    points = points_called(session, stage)
    headings = [
        (_("Group"), 8),
        (_("Reference"), 14),
        (_("Given name"), 18),
        (_("Family name"), 20),
        (_("Category"), 14),
    ]
    for point in points:
        name = point_name(point)
        headings += [(name, 24), (_("%(point)s, marked at", point=name), 17)]
    return Table(name=_("Roll calls"), headings=headings, rows=_rows(session, stage, points, progress))


def count_called(session: Session, stage: Stage) -> int:
    """Return how many people are expected at the roll calls of a stage."""
    return session.scalar(_expected(stage).with_only_columns(func.count())) or 0


def _rows(session: Session, stage: Stage, points: list[Point], progress: Progress) -> Iterator[list[Any]]:
    done, total = 0, count_called(session, stage)
    in_order = (PublishedGroup.number, Participant.family_name, Participant.given_name, Participant.id)
    query = _expected(stage).order_by(*in_order).execution_options(yield_per=ROWS_AT_ONCE)
    for people in session.execute(query).partitions():
        marks = _marks_of(session, stage, [person.id for person in people])
        for person in people:
            of_person = marks[person.id]
            own = [person.number, person.reference, person.given_name, person.family_name]
            yield [*own, str(CATEGORIES[person.category]), *_at_points(of_person, points, stage)]
        done += len(people)
        progress(done, total)


def _expected(stage: Stage) -> Select[*tuple[Any, ...]]:
    return (
        select(
            PublishedGroup.number,
            Participant.id,
            Participant.reference,
            Participant.given_name,
            Participant.family_name,
            Participant.category,
        )
        .select_from(PublishedPlace)
        .join(PublishedGroup, PublishedGroup.group_id == PublishedPlace.group_id)
        .join(Participant, Participant.id == PublishedPlace.participant_id)
        .where(PublishedPlace.stage_id == stage.id, Participant.standing == Standing.PLACED)
    )


def _marks_of(session: Session, stage: Stage, ids: Sequence[int]) -> dict[int, dict[str, RollMark]]:
    """Return the mark that holds of people at each point."""
    standings = session.scalars(
        select(RollStanding)
        .where(RollStanding.stage_id == stage.id, among(session, RollStanding.participant_id, ids))
        .options(joinedload(RollStanding.mark))
    )
    marks: dict[int, dict[str, RollMark]] = defaultdict(dict)
    for standing in standings:
        if standing.state != RollState.NOT_YET:
            marks[standing.participant_id][standing.point] = standing.mark
    return marks


def _at_points(marks: dict[str, RollMark], points: list[Point], stage: Stage) -> Iterator[Any]:
    for point in points:
        mark = marks.get(point.code)
        yield state_word(mark) if mark else None
        yield to_local(mark.marked_at, stage.march.time_zone) if mark else None


ROLL_CALLS = declare_table(
    "roll_calls",
    roll_calls_table,
    file_name="roll-calls",
    title=lambda number: _("Roll calls of stage %(number)s", number=number),
    counted=people_done,
    endpoint="attendance.board",
)
