"""How all groups of a stage walked: the table that compares them, and what their common map draws."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, undefer

from marchapp.geo import basemap
from marchapp.i18n import country, locale_code
from marchapp.models import Group, PlannedRoute, Stage, Track, TrackComparison
from marchapp.tracks.drawing import DEGREE_STEPS, deltas

LATE_S = 60.0


@dataclass(frozen=True)
class Row:
    """A group, its track and how that compared, both None as long as there is none."""

    group: Group
    track: Track | None
    comparison: TrackComparison | None

    @property
    def has_left_route(self) -> bool:
        return bool(self.comparison and self.comparison.off_route_count)

    @property
    def is_late(self) -> bool:
        return (self.figure("finish_late_s") or 0.0) >= LATE_S

    def figure(self, column: str) -> Any:
        """Return a column of the comparison, None without one."""
        return getattr(self.comparison, column) if self.comparison else None


@dataclass(frozen=True)
class Concerns:
    """The groups of a stage that a coordinator should look at first."""

    sent_nothing: list[Row]
    not_compared: list[Row]
    elsewhere: list[Row]
    left_route: list[Row]
    late: list[Row]


# What the table can be sorted by; what is not known comes last, in whichever direction.
ORDERS: dict[str, Callable[[Row], float | None]] = {
    "group": lambda row: row.group.number,
    "walked": lambda row: row.figure("walked_m"),
    "left": lambda row: row.figure("off_route_count"),
    "start": lambda row: row.figure("start_late_s"),
    "finish": lambda row: row.figure("finish_late_s"),
    "moving": lambda row: row.figure("moving_s"),
    "stops": lambda row: row.figure("stop_count"),
    "ascent": lambda row: row.figure("ascent_m"),
}


def rows_of(session: Session, stage: Stage, seen: ColumnElement[bool]) -> list[Row]:
    """Return the groups of a stage that the reader sees, by number, in one query."""
    return [Row(*row) for row in session.execute(_tracks_of_groups(stage, seen))]


def in_order(rows: Iterable[Row], order: str) -> list[Row]:
    """Return rows sorted by one of ORDERS, downwards with a minus before its name."""
    value_of = ORDERS[order.removeprefix("-")]
    known = [(value, row) for row in rows if (value := value_of(row)) is not None]
    known.sort(key=lambda pair: pair[0], reverse=order.startswith("-"))
    return [row for _value, row in known] + [row for row in rows if value_of(row) is None]


def concerns(rows: list[Row]) -> Concerns:
    """Return who sent nothing, was not on the route, left it or came late."""
    compared = [row for row in rows if row.comparison]
    return Concerns(
        sent_nothing=[row for row in rows if not row.track],
        not_compared=[row for row in rows if row.track and row.track.problem and not row.comparison],
        elsewhere=[row for row in compared if row.figure("verdict") == "not_this_route"],
        left_route=[row for row in compared if row.has_left_route],
        late=[row for row in compared if row.is_late],
    )


def common_picture(session: Session, stage: Stage, seen: ColumnElement[bool]) -> dict[str, Any]:
    """Return what the map of a stage draws: its planned route, and an outline of every track."""
    query = _tracks_of_groups(stage, seen).options(undefer(TrackComparison.outline))
    route = session.get_one(PlannedRoute, stage.id, options=[undefer(PlannedRoute.drawing)]).drawing
    south, west, north, east = route["bounds"]
    land = basemap.clip((west, south, east, north))
    return {
        "language": locale_code(),
        "zone": stage.march.time_zone,
        "bounds": [[south, west], [north, east]],
        "basemap": land,
        "countries": {one["code"]: country(one["code"]) for one in land["countries"] if one["code"]},
        "route": [deltas(route["lat"], DEGREE_STEPS), deltas(route["lon"], DEGREE_STEPS)],
        "checkpoints": [{"name": place.name, "at": [place.lat, place.lon]} for place in stage.checkpoints],
        "tracks": [
            {"group": group.number, "id": track.id, **comparison.outline}
            for group, track, comparison in session.execute(query)
            if comparison and comparison.outline
        ],
        "words": _words(),
    }


def _tracks_of_groups(stage: Stage, seen: ColumnElement[bool]) -> Select[Any, Any, Any]:
    return (
        select(Group, Track, TrackComparison)
        .outerjoin(Track, Track.group_id == Group.id)
        .outerjoin(TrackComparison, TrackComparison.track_id == Track.id)
        .where(Group.stage_id == stage.id, seen)
        .order_by(Group.number)
    )


def _words() -> dict[str, str]:
    """Return the texts of the script; {0} is where it puts a figure."""
    return {
        "km": _("km"),
        "m": _("m"),
        "group": _("Group {0}"),
        "play": _("Play"),
        "pause": _("Pause"),
        "zoom_in": _("Zoom in"),
        "zoom_out": _("Zoom out"),
    }
