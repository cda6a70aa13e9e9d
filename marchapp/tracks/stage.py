"""How all groups of a stage walked: the table that compares them, and what their common map draws."""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, String, case, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, undefer

from marchapp.geo import basemap
from marchapp.i18n import country, locale_code
from marchapp.models import Group, PlannedRoute, Stage, Track, TrackComparison
from marchapp.tracks.drawing import DEGREE_STEPS, deltas

LATE_S = 60.0
GROUPS_A_PAGE = 50
MOST_NAMED = 12  # groups of one concern


@dataclass(frozen=True)
class Row:
    """A group, its track and how that compared, both None as long as there is none."""

    group: Group
    track: Track | None
    comparison: TrackComparison | None


@dataclass(frozen=True)
class Table:
    """One page of the groups of a stage; the counts are those of all groups that the reader sees."""

    rows: list[Row]
    groups: int
    compared: int
    page: int
    pages: int


class Concern(StrEnum):
    """Why a coordinator should look at a group first, in the order in which it is told."""

    SENT_NOTHING = "sent_nothing"
    NOT_COMPARED = "not_compared"
    ELSEWHERE = "elsewhere"
    LEFT_ROUTE = "left_route"
    LATE = "late"


@dataclass(frozen=True)
class Concerned:
    """How many groups there are of one concern, and the first of them."""

    concern: Concern
    count: int
    rows: list[Row]

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


# What the table can be sorted by; what is not known comes last, in whichever direction.
ORDERS: dict[str, InstrumentedAttribute[Any]] = {
    "group": Group.number,
    "walked": TrackComparison.walked_m,
    "left": TrackComparison.off_route_count,
    "start": TrackComparison.start_late_s,
    "finish": TrackComparison.finish_late_s,
    "moving": TrackComparison.moving_s,
    "stops": TrackComparison.stop_count,
    "ascent": TrackComparison.ascent_m,
}
CONCERNS: dict[Concern, ColumnElement[bool]] = {
    Concern.SENT_NOTHING: Track.id.is_(None),
    Concern.NOT_COMPARED: (func.length(cast(Track.problem, String)) > len("{}"))
    & TrackComparison.track_id.is_(None),
    Concern.ELSEWHERE: TrackComparison.verdict == "not_this_route",
    Concern.LEFT_ROUTE: TrackComparison.off_route_count > 0,
    Concern.LATE: TrackComparison.finish_late_s >= LATE_S,
}


def table_of(session: Session, stage: Stage, seen: ColumnElement[bool], *, order: str, page: int) -> Table:
    """Return a page of the groups of a stage, sorted by one of ORDERS, downwards with a minus before it."""
    counts = select(func.count(), func.count(TrackComparison.track_id))
    groups, compared = session.execute(_joined(counts, stage, seen)).one()
    pages = max(ceil(groups / GROUPS_A_PAGE), 1)
    page = min(max(page, 1), pages)
    column = ORDERS[order.removeprefix("-")]
    way = column.desc() if order.startswith("-") else column.asc()
    of_page = _tracks_of_groups(stage, seen).order_by(None).order_by(column.is_(None), way, Group.number)
    rows = session.execute(of_page.limit(GROUPS_A_PAGE).offset((page - 1) * GROUPS_A_PAGE))
    return Table([Row(*row) for row in rows], groups, compared, page, pages)


def count_groups(session: Session, stage: Stage) -> int:
    return session.scalar(select(func.count()).where(Group.stage_id == stage.id)) or 0


def concerns(session: Session, stage: Stage, seen: ColumnElement[bool], *, is_over: bool) -> list[Concerned]:
    """Return which groups sent nothing, were not on the route, left it or came late, if any."""
    asked = {
        concern: is_so for concern, is_so in CONCERNS.items() if is_over or concern != Concern.SENT_NOTHING
    }
    counts = select(*(func.count(case((is_so, 1))) for is_so in asked.values()))
    numbers = session.execute(_joined(counts, stage, seen)).one()
    return [
        Concerned(concern, count, _first(session, stage, seen & asked[concern]))
        for concern, count in zip(asked, numbers, strict=True)
        if count
    ]


def _first(session: Session, stage: Stage, seen: ColumnElement[bool]) -> list[Row]:
    return [Row(*row) for row in session.execute(_tracks_of_groups(stage, seen).limit(MOST_NAMED))]


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


def _tracks_of_groups(stage: Stage, seen: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return _joined(select(Group, Track, TrackComparison), stage, seen).order_by(Group.number)


def _joined(
    what: Select[*tuple[Any, ...]], stage: Stage, seen: ColumnElement[bool]
) -> Select[*tuple[Any, ...]]:
    return (
        what.select_from(Group)
        .outerjoin(Track, Track.group_id == Group.id)
        .outerjoin(TrackComparison, TrackComparison.track_id == Track.id)
        .where(Group.stage_id == stage.id, seen)
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
