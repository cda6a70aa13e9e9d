"""Where exactly a walk parts from the planned route before a time off it, and comes back to it after."""

from dataclasses import dataclass

import numpy as np

from marchapp.geo.placing import Away, Placed
from marchapp.geo.results import Floats, Ints

SAME_SPOT_M = 50.0
BESIDE_M = 200.0
BEYOND_M = 60.0
CLEARLY_AWAY_M = 30.0
FINENESS_M = 4.0
END_M = 1.0
DOUBT_PER_M = 0.003  # lasting noise looks like a drift, so that a longer one has to fit better
ASTRAY_REACH_M = 300.0
ASTRAY_M = 15.0  # how far from the route, within 25 m of it, those are who go a way of their own
LEAST_SPREAD_M = 3.0
ASTRAY_DOUBT_PER_M = 0.01
SURE = 5.0  # e^5 times likelier
MOST_ALIKE = 0.95


@dataclass(frozen=True)
class _Usual:
    """The offsets of a walk on the route: their standard deviation, and how alike neighbours are (0 to 1)."""

    spread_m: float
    alike: float

    @classmethod
    def of(cls, offset_m: Floats) -> "_Usual":
        """Return what is usual among offsets in the order of the walk, nan off the route."""
        known = offset_m[~np.isnan(offset_m)]
        spread_m = float(np.clip(1.4826 * np.median(np.abs(known)), LEAST_SPREAD_M, ASTRAY_M / 1.1))
        clipped = np.clip(offset_m, -3 * spread_m, 3 * spread_m)
        together = float(np.nansum(clipped[1:] * clipped[:-1]) / max(1e-9, np.nansum(clipped**2)))
        return cls(spread_m, min(max(together, 0.0), MOST_ALIKE))

    def evidence_astray(self, offset_m: Floats) -> Floats:
        """Return how much likelier each offset is of somebody astray: a logarithm, less if noise lasts."""
        likelier = offset_m**2 / 2 * (self.spread_m**-2 - ASTRAY_M**-2) - np.log(ASTRAY_M / self.spread_m)
        return np.asarray(likelier * (1 - self.alike) / (1 + self.alike))


def leave_out_partings(placed: Placed, run_m: Floats, length_m: float) -> Floats:
    """Blank the runs that already go astray before 25 m are crossed, or still do after; in place.

    At a shallow angle that is a hundred metres and more. Returns the (n, 2) pieces of the steps in which the
    walk parts from the line and comes back to it.
    """
    offset_m, nearest_m = placed.runs.means(placed.offset_m), placed.runs.means(placed.route_m)
    on_route = ~np.isnan(run_m)
    if not placed.away or not on_route.any():
        return np.zeros((0, 2))
    usual = _Usual.of(np.where(on_route, offset_m, np.nan))
    pieces = []
    for away in placed.away:
        for edge, step in ((away.first, -1), (away.last, 1)):
            # Who comes from beyond an end of the line, or goes on beyond it, drifts away from nothing.
            at_end = not END_M < nearest_m[edge] < length_m - END_M
            astray = [] if at_end else _astray(placed, offset_m, run_m, edge, step, usual)
            run_m[astray] = np.nan
            edge = [edge, *astray][-1]
            beside = _rows_beside(placed, run_m, edge, step, BESIDE_M, least=2)
            if not len(beside):
                continue
            beyond = _rows_beyond(placed, offset_m, away, edge, step)
            drifting, walked_m = (0, 0.0) if at_end else _parting(placed, offset_m, beside, beyond)
            run_m[beside[:drifting]] = np.nan
            if drifting < len(beside):
                kept, next_to_it = beside[drifting], beside[drifting - 1] if drifting else edge
                parting_m = nearest_m[next_to_it] + step * walked_m
                pieces.append((run_m[kept], parting_m) if step < 0 else (parting_m, run_m[kept]))
    found = np.array(pieces).reshape(-1, 2)
    longest_m = max(SAME_SPOT_M, 1.5 * placed.walk.usual_speed * placed.walk.usual_interval)
    return found[(found[:, 0] < found[:, 1]) & ~(found[:, 1] - found[:, 0] > longest_m)]


def _astray(
    placed: Placed, offset_m: Floats, run_m: Floats, edge: int, step: int, usual: _Usual
) -> list[int]:
    """Return the runs next to a time off the route that are unlike those on the route, outwards.

    A way of one's own may come near the route again, so that all of them together are judged, up to where the
    walk is surely on the route.
    """
    rows = _rows_beside(placed, run_m, edge, step, ASTRAY_REACH_M, least=0)
    if not len(rows):
        return []
    far_m = np.hypot(*(placed.runs.xy[rows] - placed.runs.xy[edge]).T)
    evidence = np.cumsum(usual.evidence_astray(offset_m[rows])) - ASTRAY_DOUBT_PER_M * far_m
    surely_on = np.flatnonzero(np.maximum.accumulate(evidence) - evidence > 2 * SURE)
    evidence = evidence[: surely_on[0]] if len(surely_on) else evidence
    if evidence.max() < SURE:
        return []
    return [int(row) for row in rows[: int(np.argmax(evidence)) + 1]]


def _rows_beside(placed: Placed, run_m: Floats, edge: int, step: int, limit_m: float, *, least: int) -> Ints:
    """Return the runs on the route next to a time off it, outwards: those within so many metres."""
    rows = _towards(placed, edge, step, len(run_m) if step > 0 else -1, limit_m, least=least)
    off = np.flatnonzero(np.isnan(run_m[rows]))
    return rows[: off[0]] if len(off) else rows


def _rows_beyond(placed: Placed, offset_m: Floats, away: Away, edge: int, step: int) -> Ints:
    """Return the first runs of a time off the route, inwards: until the walk is clearly away."""
    end = away.last + 1 if step < 0 else away.first - 1
    rows = np.concatenate(((edge,), _towards(placed, edge, -step, end, BEYOND_M, least=1)))
    clear = np.flatnonzero(np.abs(offset_m[rows]) > CLEARLY_AWAY_M)
    return rows[: max(2, clear[0] + 1)] if len(clear) else rows


def _towards(placed: Placed, edge: int, step: int, end: int, limit_m: float, *, least: int) -> Ints:
    """Return the runs after an edge in one direction up to an end, not farther than a limit of metres."""
    rows = np.arange(edge + step, end, step)[: int(limit_m)]
    legs_m = np.hypot(*np.diff(placed.runs.xy[np.concatenate(((edge,), rows))], axis=0).T)
    return rows[: max(least, int(np.searchsorted(np.cumsum(legs_m), limit_m)))]


def _parting(placed: Placed, offset_m: Floats, beside: Ints, beyond: Ints) -> tuple[int, float]:
    """Return how many of the runs beside the route already drift away, and the metres walked before the last.

    Of all places to part from the line, that where no offset before it and a steady drift after it fit the
    offsets best: a line with one bend, by least squares.
    """
    rows = np.concatenate((beside[::-1], beyond))
    walked_m = np.concatenate(((0.0,), np.cumsum(np.hypot(*np.diff(placed.runs.xy[rows], axis=0).T))))
    edge_m = walked_m[len(beside)]
    offset = offset_m[rows] * np.sign(np.median(offset_m[beyond]))
    bends = np.arange(0.0, edge_m + FINENESS_M, FINENESS_M).clip(max=edge_m)
    after = np.maximum(walked_m - bends[:, None], 0.0)
    drift = np.maximum((after * offset).sum(axis=1) / np.maximum((after**2).sum(axis=1), 1e-9), 0.0)
    misfit = ((offset - drift[:, None] * after) ** 2).sum(axis=1)
    bend_m = bends[np.argmin(misfit * np.exp(DOUBT_PER_M * (edge_m - bends)))]
    drifting = int((walked_m[: len(beside)] > bend_m).sum())
    return drifting, float(walked_m[len(beside) - drifting] - bend_m)
