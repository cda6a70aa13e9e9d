"""Ascent and descent of a line, without the noise of barometers and elevation models."""

import numpy as np

from marchapp.geo.results import Floats, Ints

RESAMPLE_M = 10.0
SMOOTH_SAMPLES = 7


def climb(
    distance_m: Floats, ele_m: Floats, segment: Ints | None = None, *, threshold_m: float = 5.0
) -> tuple[float, float] | None:
    """Return (ascent, descent) in metres, or None without at least two heights.

    Heights are resampled every 10 m, averaged over 70 m, and only moves of `threshold_m` count; never across
    segments. distance_m rises; ele_m is nan where unknown.

    >>> climb(np.array([0.0, 1000.0, 2000.0]), np.array([10.0, 110.0, 60.0]))
    (97.4, 48.1)
    """
    segments = np.zeros(len(ele_m), np.int64) if segment is None else segment
    known = np.isfinite(ele_m)
    if known.sum() < 2:
        return None
    ascent = descent = 0.0
    for number in np.unique(segments[known]):
        rows = known & (segments == number)
        up, down = _ups_and_downs(_smooth(distance_m[rows], ele_m[rows]), threshold_m)
        ascent, descent = ascent + up, descent + down
    return round(ascent, 1), round(descent, 1)


def _smooth(distance_m: Floats, ele_m: Floats) -> Floats:
    """Return heights every 10 m as means over 70 m; shorter means at the ends."""
    count = int((distance_m[-1] - distance_m[0]) / RESAMPLE_M) + 1
    samples = np.interp(distance_m[0] + RESAMPLE_M * np.arange(count), distance_m, ele_m)
    window = np.ones(SMOOTH_SAMPLES)
    wide = np.convolve(samples, window)[SMOOTH_SAMPLES // 2 :][:count]
    return np.asarray(wide / np.convolve(np.ones(count), window)[SMOOTH_SAMPLES // 2 :][:count])


def _ups_and_downs(heights: Floats, threshold_m: float) -> tuple[float, float]:
    """Return the sums of rises and falls between turning points that differ by at least the threshold."""
    ascent = descent = 0.0
    low = high = float(heights[0])
    rising: bool | None = None
    for height in heights.tolist():
        low, high = min(low, height), max(high, height)
        if rising is not False and high - height >= threshold_m:
            ascent += high - low if rising else 0.0
            rising, low = False, height
        elif rising is not True and height - low >= threshold_m:
            descent += high - low if rising is False else 0.0
            rising, high = True, height
    if rising is True:
        ascent += high - low
    elif rising is False:
        descent += high - low
    return ascent, descent
