"""Where a walk went against the direction of the route."""

import numpy as np

from marchapp.geo.placing import Placed, stretches
from marchapp.geo.results import Backwards
from marchapp.geo.settings import Settings

JUMP_FACTOR = 1.2
JUMP_SLACK_M = 100.0


def find_backwards(placed: Placed, settings: Settings) -> tuple[Backwards, ...]:
    """Return the walks of at least 50 m against the direction of the route, in order of time."""
    found = []
    for first, last in _continuous(placed):
        run_m = placed.run_m[first : last + 1]
        for top, bottom in drops(run_m.tolist(), settings.backwards_m):
            start, end = first + top, first + bottom
            times = placed.runs.time[[start, end]]
            from_at, to_at = (float(at) if np.isfinite(at) else None for at in times)
            found.append(Backwards(from_at, to_at, float(run_m[top]), float(run_m[bottom])))
    return tuple(found)


def _continuous(placed: Placed) -> list[tuple[int, int]]:
    """Return the first and last runs of the times on the route, cut where the place along it jumps."""
    found = []
    jump_m = np.abs(np.diff(placed.run_m, prepend=placed.run_m[0]))
    jumps = jump_m > JUMP_FACTOR * placed.runs.walked_m() + JUMP_SLACK_M
    for first, last in stretches(~np.isnan(placed.run_m)):
        cuts = first + 1 + np.flatnonzero(jumps[first + 1 : last + 1])
        found += list(zip((first, *cuts.tolist()), (*(cuts - 1).tolist(), last), strict=True))
    return found


def drops(values: list[float], least: float) -> list[tuple[int, int]]:
    """Return the (top, bottom) rows of every drop by at least `least` before a rise by as much.

    >>> drops([0, 100, 40, 60, 0, 90], 50)
    [(1, 4)]
    """
    found = []
    top = bottom = 0
    falling = False
    for row, value in enumerate(values):
        if not falling and value > values[top]:
            top = row
        if not falling and values[top] - value >= least:
            falling, bottom = True, row
        if falling and value < values[bottom]:
            bottom = row
        if falling and value - values[bottom] >= least:
            found.append((top, bottom))
            falling, top = False, row
    if falling:
        found.append((top, bottom))
    return found
