"""What the comparison page shows beside map and charts: the verdict and the rows of its tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from marchapp.geo.results import Floats
from marchapp.geo.sketch import RouteSketch, sketch_route
from marchapp.i18n import duration, km, metres
from marchapp.models import Stage, Track
from marchapp.tracks.drawing import colour_pieces, nodes_along
from marchapp.tracks.kilometres import Kilometre, by_kilometre
from marchapp.tracks.stored import Columns, unpack, with_moments
from marchapp.tracks.words import checkpoint_words, clock_of, dropped, dropped_reasons, notes, verdict

Result = dict[str, Any]


@dataclass(frozen=True)
class Passed:
    """A checkpoint as the table shows it."""

    name: str
    route_m: float | None
    planned: str
    passed: str
    late: str
    needs_look: bool


@dataclass(frozen=True)
class Page:
    """All that the template needs; `result` is the stored comparison with its times as moments.

    Without points, which are kept no longer, there is no `sketch`: nor map, charts and files.
    """

    result: Result
    verdict: str
    notes: list[str]
    planned_against_walked: list[tuple[str, str, str]]
    checkpoints: list[Passed]
    kilometres: list[Kilometre]
    dropped: str
    dropped_reasons: list[str]
    sketch: RouteSketch | None


def read_page(track: Track) -> Page:
    """Return the comparison of a track that has one, in the reader's language."""
    assert track.comparison is not None  # noqa: S101 (the view shows another page without one)
    stage = track.group.stage
    zone = stage.march.time_zone
    result = with_moments(track.comparison.result)
    columns = unpack(track.comparison.points_npz) if track.comparison.points_npz else None
    return Page(
        result=result,
        verdict=verdict(result, group=track.group.number, zone=zone),
        notes=notes(result, stage_day=stage.day, zone=zone),
        planned_against_walked=list(_planned_against_walked(result, stage)),
        checkpoints=[_passed(one, stage) for one in result["checkpoints"]],
        kilometres=_kilometres(columns, result) if columns else [],
        dropped=dropped(result["track"]),
        dropped_reasons=dropped_reasons(result["track"]),
        sketch=_sketch(columns, result) if columns else None,
    )


def _kilometres(columns: Columns, result: Result) -> list[Kilometre]:
    return by_kilometre(columns.points, nodes_along(columns.points, columns.route, result), result)


def _sketch(columns: Columns, result: Result) -> RouteSketch:
    places = [(one["name"], one["lat"], one["lon"]) for one in result["checkpoints"]]
    return sketch_route(columns.route.lat, columns.route.lon, places, walked=_walked(columns, result))


def _walked(columns: Columns, result: Result) -> Iterator[tuple[int, Floats, Floats]]:
    """Yield the coloured pieces of the track, the near ones under the far ones."""
    pieces = colour_pieces(columns.points, result)
    for piece in sorted(pieces, key=lambda piece: piece.offset_class):
        yield piece.offset_class, piece.lat, piece.lon


def _passed(checkpoint: Result, stage: Stage) -> Passed:
    passed, late = checkpoint_words(checkpoint, stage)
    return Passed(
        name=checkpoint["name"],
        route_m=checkpoint["route_m"],
        planned=clock_of(checkpoint["planned_at"], stage),
        passed=passed,
        late=late,
        needs_look=checkpoint["passed_at"] is None and checkpoint["passed_between"] is None,
    )


def _planned_against_walked(result: Result, stage: Stage) -> Iterator[tuple[str, str, str]]:
    """Yield rows of (what, planned, walked)."""
    route, track, schedule = result["route"], result["track"], result["schedule"]
    yield _("Distance"), km(route["length_m"]), km(track["distance_m"])
    yield _("Start"), clock_of(schedule["planned_start"], stage), clock_of(schedule["started_at"], stage)
    yield _("Finish"), clock_of(schedule["planned_finish"], stage), clock_of(schedule["finished_at"], stage)
    yield (
        _("Time from start to finish"),
        _span(schedule["planned_start"], schedule["planned_finish"]),
        _span(schedule["started_at"], schedule["finished_at"]),
    )
    yield _("of it moving"), "–", duration(track["moving_s"])
    yield _("of it resting"), "–", duration(track["stopped_s"])
    yield _("of it without data"), "–", duration(track["gap_s"])
    yield _("Ascent"), metres(route["ascent_m"]), metres(track["ascent_m"])
    yield _("Descent"), metres(route["descent_m"]), metres(track["descent_m"])


def _span(start: datetime | None, finish: datetime | None) -> str:
    return duration((finish - start).total_seconds()) if start and finish else "–"
