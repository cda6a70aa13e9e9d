"""What the scripts of the comparison page draw: numbers as compact JSON, texts in the reader's language."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from flask_babel import get_locale
from flask_babel import gettext as _

from marchapp.geo import basemap
from marchapp.i18n import clock, country, duration, km, locale_code, metres
from marchapp.models import Stage
from marchapp.tracks.drawing import (
    DEGREE_STEPS,
    OFFSET_CLASSES_M,
    Nodes,
    Piece,
    colour_pieces,
    deltas,
    farthest_between,
    nodes_along,
    view,
    whole,
)
from marchapp.tracks.stored import Columns
from marchapp.tracks.words import checkpoint_words, clock_of

LEAST_STRETCH_M = 25.0
STOP_WORTH_DRAWING_S = 180.0

Result = dict[str, Any]


def picture(columns: Columns, result: Result, *, stage: Stage) -> dict[str, Any]:
    """Return all that is drawn: numbers as short whole ones (see `deltas`), places as [lat, lon] in degrees.

    Lines and columns of degrees are in millionths and, like those of metres and seconds, each number is less
    the one before; offsets are in tenths of a metre.
    """
    points, route, zone = columns.points, columns.route, stage.march.time_zone
    south, west, north, east = view(points, route)
    land = basemap.clip((west, south, east, north))
    return {
        "language": locale_code(),
        "zone": zone,
        "bounds": [[south, west], [north, east]],
        "basemap": land,
        "countries": {one["code"]: country(one["code"]) for one in land["countries"] if one["code"]},
        "route": {"line": _line(route.lat, route.lon), "m": deltas(route.distance_m, 10)},
        "stretches": _stretches(result),
        "pieces": [_piece(piece) for piece in colour_pieces(points, result)],
        "limits": OFFSET_CLASSES_M,
        "nodes": _nodes(nodes_along(points, route, result)),
        "episodes": list(_episodes(columns, result, zone)),
        "stops": list(_stops(result, zone)),
        "checkpoints": list(_checkpoints(result, stage)),
        "words": _words(),
    }


def _line(lat: np.ndarray, lon: np.ndarray) -> list[list[int]]:
    return [deltas(lat, DEGREE_STEPS), deltas(lon, DEGREE_STEPS)]


def _piece(piece: Piece) -> list[Any]:
    return [piece.offset_class, *_line(piece.lat, piece.lon)]


def _stretches(result: Result) -> list[list[Any]]:
    """Return the parts of the route that were not walked, as [class, from, to] in metres."""
    return [
        [part["class"], part["from_m"], part["to_m"]]
        for part in result["coverage"]["intervals"]
        if part["class"] != "walked" and part["to_m"] - part["from_m"] >= LEAST_STRETCH_M
    ]


def _nodes(nodes: Nodes) -> dict[str, Any]:
    seen = np.flatnonzero(np.isfinite(nodes.lat))
    first_at = float(np.nanmin(nodes.time)) if np.isfinite(nodes.time).any() else 0.0
    return {
        "m": deltas(nodes.route_m, 10),
        "seen": deltas(seen),
        "lat": deltas(nodes.lat[seen], DEGREE_STEPS),
        "lon": deltas(nodes.lon[seen], DEGREE_STEPS),
        "from_s": [round(first_at)],
        "after_s": whole(nodes.time - first_at),
        "offset": whole(nodes.offset_m, 10),
        "ele": whole(nodes.ele_m),
        "planned_ele": whole(nodes.planned_ele_m),
        "pace": whole(nodes.pace_s),
    }


def _episodes(columns: Columns, result: Result, zone: str) -> Iterator[dict[str, Any]]:
    for number, episode in enumerate(result["off_route"], 1):
        place = None
        if episode["left_at"]:
            place = farthest_between(columns.points, episode["left_at"], episode["rejoined_at"])
        rejoined_m = episode["rejoined_route_m"]
        yield {
            "number": number,
            "at": place,
            "from_m": episode["left_route_m"],
            "to_m": result["route"]["length_m"] if rejoined_m is None else rejoined_m,
            "far": metres(episode["max_m"]),
            "title": _("Off the route, %(number)s", number=number),
            "text": _episode_words(episode, zone),
        }


def _episode_words(episode: Result, zone: str) -> str:
    figures = {"far": metres(episode["max_m"]), "walked": km(episode["walked_m"])}
    left = clock(episode["left_at"], zone)
    if episode["rejoined_at"] is None:
        return _("From %(left)s on, up to %(far)s away, %(walked)s walked", left=left, **figures)
    return _(
        "%(left)s to %(rejoined)s, up to %(far)s away, %(walked)s walked",
        left=left,
        rejoined=clock(episode["rejoined_at"], zone),
        **figures,
    )


def _stops(result: Result, zone: str) -> Iterator[dict[str, Any]]:
    for stop in result["stops"]:
        length_s = (stop["to_at"] - stop["from_at"]).total_seconds()
        if length_s >= STOP_WORTH_DRAWING_S:
            yield {
                "at": [stop["lat"], stop["lon"]],
                "title": _("Stop of %(time)s", time=duration(length_s)),
                "text": f"{clock(stop['from_at'], zone)}–{clock(stop['to_at'], zone)}",
            }


def _checkpoints(result: Result, stage: Stage) -> Iterator[dict[str, Any]]:
    for checkpoint in result["checkpoints"]:
        passed, late = checkpoint_words(checkpoint, stage)
        planned = checkpoint["planned_at"]
        yield {
            "name": checkpoint["name"],
            "at": [checkpoint["lat"], checkpoint["lon"]],
            "passed": passed,
            "is_passed": bool(checkpoint["passed_at"] or checkpoint["passed_between"]),
            "is_late": (checkpoint["late_s"] or 0) >= 60,
            "late": late,
            "planned": _("Planned %(clock)s", clock=clock_of(planned, stage)) if planned else "",
        }


def _words() -> dict[str, Any]:
    """Return the texts of the scripts; {0} is where they put a figure."""
    symbols = get_locale().number_symbols["latn"]
    return {
        "decimal": symbols["decimal"],
        "km": _("km"),
        "m": _("m"),
        "min_per_km": _("min/km"),
        "left": _("{0} left of the route"),
        "right": _("{0} right of the route"),
        "on": _("on the route"),
        "high": _("{0} above the sea"),
        "pace": _("{0} min for this kilometre"),
        "not_walked": _("not walked"),
        "no_data": _("no data"),
        "missed": _("missed"),
        "offset_axis": _("left and right, m"),
        "ele_axis": _("height, m"),
        "pace_axis": _("min for a km"),
        "zoom_in": _("Zoom in"),
        "zoom_out": _("Zoom out"),
    }
