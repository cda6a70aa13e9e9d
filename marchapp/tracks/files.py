"""The tracks of a stage as a table: a line for every group, with the figures of its comparison."""

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.files.kinds import Progress
from marchapp.files.tables import declare_table
from marchapp.i18n import figure
from marchapp.models import Group, Stage, Track, TrackComparison
from marchapp.spreadsheets import ROWS_AT_ONCE, Table

VERDICTS = {
    "walked": _l("Walked the route"),
    "partly": _l("Walked part of it"),
    "not_this_route": _l("Not this route"),
}


def tracks_table(session: Session, stage: Stage, progress: Progress) -> Table:
    headings = [
        (_("Group"), 8),
        (_("Name of the group"), 20),
        (_("Result"), 20),
        (_("Planned, km"), 12),
        (_("Walked, km"), 12),
        (_("Times off the route"), 12),
        (_("Farthest from the route, m"), 14),
        (_("Start late, min"), 12),
        (_("Finish late, min"), 12),
        (_("Moving, min"), 12),
        (_("Stops"), 8),
        (_("Ascent, m"), 12),
    ]
    return Table(name=_("Tracks"), headings=headings, rows=_rows(session, stage, progress))


def _rows(session: Session, stage: Stage, progress: Progress) -> Iterator[list[Any]]:
    rows = session.execute(
        select(Group, Track, TrackComparison)
        .outerjoin(Track, Track.group_id == Group.id)
        .outerjoin(TrackComparison, TrackComparison.track_id == Track.id)
        .where(Group.stage_id == stage.id)
        .order_by(Group.number)
    ).all()
    for done, (group, track, comparison) in enumerate(rows, start=1):
        yield [group.number, group.name, _result(track, comparison), *_figures(comparison)]
        if done % ROWS_AT_ONCE == 0:
            progress(done, len(rows))


def _result(track: Track | None, comparison: TrackComparison | None) -> str:
    if comparison:
        return str(VERDICTS[comparison.verdict])
    if track is None:
        return _("No recording yet")
    return _("Could not be compared") if track.problem else _("Being compared")


def _figures(comparison: TrackComparison | None) -> list[float | int | None]:
    """Return numbers in the units of the headings; late ones are below zero for who was early."""
    if comparison is None:
        return []
    return [
        _in(1000, comparison.planned_m, 3),
        _in(1000, comparison.walked_m, 3),
        comparison.off_route_count,
        _in(1, comparison.max_offset_m),
        _in(60, comparison.start_late_s),
        _in(60, comparison.finish_late_s),
        _in(60, comparison.moving_s),
        comparison.stop_count,
        _in(1, comparison.ascent_m),
    ]


def _in(unit: float, value: float | None, digits: int = 0) -> float | None:
    return None if value is None else round(value / unit, digits or None)


def _counted(done: int, total: int) -> str:
    return ngettext(
        "%(done)s of %(total)s group",
        "%(done)s of %(total)s groups",
        total,
        done=figure(done),
        total=figure(total),
    )


TRACKS = declare_table(
    "tracks",
    tracks_table,
    file_name="tracks",
    title=lambda number: _("Tracks of stage %(number)s", number=number),
    counted=_counted,
    endpoint="tracks.stage",
)
