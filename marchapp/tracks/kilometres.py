"""The charts of a comparison as a table: one row for every kilometre of the planned route."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from marchapp.geo.results import ON, Floats, Points
from marchapp.tracks.drawing import Nodes


@dataclass(frozen=True)
class Kilometre:
    """What happened between two places of the route, in metres along it; None where nothing is known.

    left_m and right_m are the farthest offsets to each side, usual_m the median of both. Heights are those at
    the end of the kilometre.
    """

    from_m: float
    to_m: float
    usual_m: float | None
    left_m: float | None
    right_m: float | None
    ele_m: float | None
    planned_ele_m: float | None
    duration_s: float | None
    pace_s: float | None


def by_kilometre(points: Points, nodes: Nodes, result: dict[str, Any]) -> list[Kilometre]:
    """Return the kilometres of the route in order; the last may be shorter."""
    length_m = result["route"]["length_m"]
    edges = [*np.arange(0.0, length_m, 1000.0).tolist(), length_m]
    paces = {round(min(one["from_m"], one["to_m"])): one for one in result["pace"]}
    on = points.state == ON
    rows = []
    for from_m, to_m in pairwise(edges):
        offsets = points.offset_m[on & (points.route_m >= from_m) & (points.route_m <= to_m)]
        pace = paces.get(round(from_m))
        end = int(np.searchsorted(nodes.route_m, to_m - 1e-6))
        rows.append(
            Kilometre(
                from_m=from_m,
                to_m=to_m,
                usual_m=_known(np.median(np.abs(offsets))) if len(offsets) else None,
                left_m=_farthest(offsets),
                right_m=_farthest(-offsets),
                ele_m=_known(nodes.ele_m[end]),
                planned_ele_m=_known(nodes.planned_ele_m[end]),
                duration_s=pace and pace["duration_s"],
                pace_s=pace and pace["pace_s_per_km"],
            )
        )
    return rows


def _farthest(offsets: Floats) -> float | None:
    return max(0.0, float(offsets.max())) if len(offsets) else None


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
