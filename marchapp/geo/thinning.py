"""A walk thinned to one mean position every few metres: less noise, fewer points to match."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from marchapp.geo.cleaning import Walk
from marchapp.geo.results import Floats, Ints
from marchapp.geo.settings import Settings

SPACING_M = 8.0
LONGEST_MEAN_S = 6.0
ANCHOR_M = 20.0
ANCHOR_NOISES = 6.0
LEAST_ZIGZAG = 8
ZIGZAG_PER_NOISE = 6**0.5 * 1.1774  # the median length of such a difference of normal noise


@dataclass(frozen=True)
class Thinned:
    """Means over short runs of points, as columns of n.

    first: row in the walk where each run begins. count: its points. time: mean, nan without times. xy: (n, 2)
    metres. accuracy: as reported, nan if not. gap: a recording gap lies before the run. segment: that of its
    first point.
    """

    first: Ints
    count: Ints
    time: Floats
    xy: Floats
    accuracy: Floats
    gap: npt.NDArray[np.bool_]
    segment: Ints

    def __len__(self) -> int:
        return len(self.first)

    def spread(self, column: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Return one value per point of the walk from one per run."""
        return np.repeat(column, self.count)

    def means(self, column: Floats) -> Floats:
        """Return the mean of a column of the walk over each run, leaving out nan."""
        known = np.isfinite(column)
        counts = np.add.reduceat(known, self.first, dtype=np.int64)
        sums = np.add.reduceat(np.where(known, column, 0.0), self.first)
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

    def walked_m(self) -> Floats:
        """Return the straight line from the run before, 0 for the first."""
        return np.concatenate(((0.0,), np.hypot(*np.diff(self.xy, axis=0).T)))


def thin(walk: Walk, settings: Settings) -> Thinned:
    """Return the means of runs of about 8 m at the usual speed, at most 6 s."""
    run = _run_numbers(walk)
    new = np.ones(len(walk), bool)
    new[1:] = (run[1:] != run[:-1]) | (walk.segment[1:] != walk.segment[:-1])
    first = np.flatnonzero(new)
    count = np.diff(np.append(first, len(walk)))
    time = np.add.reduceat(walk.time - walk.time[0], first) / count + walk.time[0]
    xy = np.add.reduceat(walk.xy, first) / count[:, None]
    gap = np.zeros(len(first), bool)
    if walk.timed:
        longest_s = max(settings.gap_s, 3 * walk.usual_interval)
        gap[1:] = walk.time[first[1:]] - walk.time[first[1:] - 1] > longest_s
    return Thinned(first, count, time, xy, walk.accuracy[first], gap, walk.segment[first])


def _run_numbers(walk: Walk) -> Ints:
    """Return a number for every point that is the same within a run."""
    if walk.timed:
        window_s = float(np.clip(SPACING_M / walk.usual_speed, 1.0, LONGEST_MEAN_S))
        return np.asarray((walk.time - walk.time[0]) // window_s, np.int64)
    legs = np.hypot(*np.diff(walk.xy, axis=0).T)
    return np.asarray(np.concatenate(((0.0,), np.cumsum(legs))) // SPACING_M, np.int64)


def distance_walked(xy: Floats) -> Floats:
    """Return the metres walked up to each position, counting only moves that stand out of the noise.

    Those are of 20 m, or of six times the noise where that is more.
    """
    walked = np.empty(len(xy))
    total = 0.0
    least = max(ANCHOR_M, ANCHOR_NOISES * noise_m(xy)) ** 2
    (anchor_x, anchor_y), *_ = xy.tolist()
    for i, (x, y) in enumerate(xy.tolist()):
        squared = (x - anchor_x) ** 2 + (y - anchor_y) ** 2
        if squared >= least:
            total += squared**0.5
            anchor_x, anchor_y, squared = x, y, 0.0
        walked[i] = total + squared**0.5
    return np.maximum.accumulate(walked)


def noise_m(xy: Floats) -> float:
    """Return the standard deviation of white noise on each axis, as seen in how positions zigzag.

    Repeated positions say nothing of it.
    """
    zigzag_m = np.hypot(*(xy[2:] - 2 * xy[1:-1] + xy[:-2]).T)
    zigzag_m = zigzag_m[zigzag_m > 0]
    if len(zigzag_m) < LEAST_ZIGZAG:
        return 0.0
    return float(np.median(zigzag_m)) / ZIGZAG_PER_NOISE
