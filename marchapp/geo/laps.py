"""Which of several equal passages of the route a walk began on, told by the timetable."""

from dataclasses import dataclass

import numpy as np

from marchapp.geo.line import RouteLine
from marchapp.geo.placing import Placed, runs_on_route
from marchapp.geo.results import Floats

SAME_PLACE_M = 60.0
LEAST_NEARER_S = 900.0
ABOUT_EQUAL = 1.0


@dataclass(frozen=True)
class Timetable:
    """When the group should be where: rising metres along the route, and Unix seconds."""

    route_m: Floats
    at: Floats

    @classmethod
    def of(cls, places: list[tuple[float, float | None]]) -> "Timetable | None":
        """Return what (metres, time) pairs plan, or None if fewer than two are known or they do not rise."""
        known = np.array(sorted((m, at) for m, at in places if at is not None and not np.isnan(m)))
        if len(known) < 2 or (np.diff(known[:, 1]) <= 0).any():
            return None
        return cls(known[:, 0], known[:, 1])

    def amiss_s(self, route_m: Floats, at: float) -> Floats:
        """Return by how many seconds each place is too early or too late at a time."""
        return np.abs(np.interp(route_m, self.route_m, self.at) - at)


def likelier_start_m(placed: Placed, line: RouteLine, timetable: Timetable) -> float | None:
    """Return another passage of where the walk began that fits the timetable far better, or None."""
    on = runs_on_route(placed)
    if not len(on) or not placed.walk.timed:
        return None
    began_m, at = placed.run_m[on[0]], float(placed.runs.time[on[0]])
    passages = line.candidates(placed.runs.xy[on[:1]], SAME_PLACE_M).route_m
    if not len(passages):
        return None
    amiss_s = timetable.amiss_s(passages, at)
    best, first_s = int(np.argmin(amiss_s)), timetable.amiss_s(began_m, at)
    is_far_better = first_s - amiss_s[best] > LEAST_NEARER_S and amiss_s[best] < first_s / 2
    return float(passages[best]) if is_far_better else None


def fits_as_well(other: Placed, placed: Placed) -> bool:
    """Tell whether the walk fits the route in another place as well as in the first that was found."""
    return other.cost <= placed.cost + ABOUT_EQUAL
