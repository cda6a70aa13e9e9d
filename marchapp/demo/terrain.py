"""An invented fell landscape between Pechenga and the Jarfjord: heights, ground and water."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ORIGIN_LON, ORIGIN_LAT = 30.22, 69.50
METRES_PER_DEGREE_LAT = 111_560.0
METRES_PER_DEGREE_LON = 38_910.0  # at 69.6° N
CELL_M = 50.0
COLUMNS, ROWS = 864, 500  # 43 km by 25 km

# Low ground at the two ends of the march: (lon, lat, radius in metres).
LOWLANDS = (
    (31.24, 69.55, 2600.0),
    (31.30, 69.60, 3000.0),
    (30.33, 69.670, 1900.0),
    (30.37, 69.678, 1900.0),
    (30.43, 69.68, 1500.0),
    (30.44, 69.72, 1800.0),
)
VALLEY_FLOOR_M, FELL_MEAN_M, FELL_SPREAD_M = 9.0, 175.0, 72.0
LAKE_THRESHOLD = 1.75  # standard deviations of the second noise field: about one cell in 25 is water

# The inner Jarfjord and the strip beside it, drawn a little too large so that nobody walks on the beach line.
FJORD = (
    (30.360, 69.6668),
    (30.440, 69.6735),
    (30.455, 69.6950),
    (30.400, 69.7000),
    (30.388, 69.6810),
    (30.328, 69.6752),
)


@dataclass(frozen=True)
class Terrain:
    """A grid of heights in metres, toil of the ground (1 is firm) and water; its first cell is southwest."""

    height_m: Floats
    toil: Floats
    is_water: NDArray[np.bool_]


def to_metres(lon: Floats | float, lat: Floats | float) -> Floats:
    """Put degrees on the drawing sheet: metres east and north of its corner, in a last axis of two."""
    east = (np.asarray(lon) - ORIGIN_LON) * METRES_PER_DEGREE_LON
    north = (np.asarray(lat) - ORIGIN_LAT) * METRES_PER_DEGREE_LAT
    return np.stack([east, north], axis=-1)


def to_degrees(points_m: Floats) -> tuple[Floats, Floats]:
    """Take points from the drawing sheet back to (lon, lat)."""
    lon = ORIGIN_LON + points_m[..., 0] / METRES_PER_DEGREE_LON
    lat = ORIGIN_LAT + points_m[..., 1] / METRES_PER_DEGREE_LAT
    return lon, lat


def make_terrain(seed: int) -> Terrain:
    """Invent the landscape: fells of 100–350 m that fall to the fjords, strewn with lakes."""
    rng = np.random.default_rng(seed)
    fells = _noise(rng, steepness=2.7, smallest_m=450.0, largest_m=6000.0)
    pools = _noise(rng, steepness=1.6, smallest_m=450.0, largest_m=1500.0)
    bogs = _noise(rng, steepness=1.0, smallest_m=120.0, largest_m=700.0)
    points = _cell_centres()
    height = VALLEY_FLOOR_M + _rise(points) * np.maximum(FELL_MEAN_M + FELL_SPREAD_M * fells, 25.0)
    is_water = (pools > LAKE_THRESHOLD) | _inside(points, FJORD)
    return Terrain(height_m=height, toil=np.maximum(1.0, 1.4 + 0.8 * bogs), is_water=is_water)


def heights_at(terrain: Terrain, points_m: Floats) -> Floats:
    """Give the height of each point (n, 2), interpolated between the four cells around it."""
    column, row = (points_m / CELL_M - 0.5).T
    west, south = np.floor(column).astype(int), np.floor(row).astype(int)
    x, y = column - west, row - south
    h = terrain.height_m
    lower = h[south, west] * (1 - x) + h[south, west + 1] * x
    upper = h[south + 1, west] * (1 - x) + h[south + 1, west + 1] * x
    return np.asarray(lower * (1 - y) + upper * y)


def _cell_centres() -> Floats:
    east, north = np.meshgrid((np.arange(COLUMNS) + 0.5) * CELL_M, (np.arange(ROWS) + 0.5) * CELL_M)
    return np.stack([east, north], axis=-1)


def _noise(rng: np.random.Generator, *, steepness: float, smallest_m: float, largest_m: float) -> Floats:
    """Draw smooth random relief with mean 0 and spread 1: white noise filtered to fall with frequency."""
    frequency = np.hypot(*np.meshgrid(np.fft.rfftfreq(COLUMNS, CELL_M), np.fft.fftfreq(ROWS, CELL_M)))
    strength = (frequency + 1 / largest_m) ** -steepness * np.exp(-((frequency * smallest_m) ** 2))
    relief = np.fft.irfft2(np.fft.rfft2(rng.normal(size=(ROWS, COLUMNS))) * strength, s=(ROWS, COLUMNS))
    return np.asarray((relief - relief.mean()) / relief.std())


def _rise(points_m: Floats) -> Floats:
    """Say how far each point has risen from the lowlands (0) to the fells (1)."""
    rise = np.ones(points_m.shape[:-1])
    for lon, lat, radius_m in LOWLANDS:
        distance_m = np.hypot(*np.moveaxis(points_m - to_metres(lon, lat), -1, 0))
        rise *= 1 - 0.97 * np.exp(-0.5 * (distance_m / radius_m) ** 2)
    return rise


def _inside(points_m: Floats, corners: tuple[tuple[float, float], ...]) -> NDArray[np.bool_]:
    """Say which points lie in a polygon of (lon, lat): an odd number of its edges lies east of them."""
    inside = np.zeros(points_m.shape[:-1], dtype=bool)
    x, y = points_m[..., 0], points_m[..., 1]
    ring = [to_metres(lon, lat) for lon, lat in corners]
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        spans = (y1 > y) != (y2 > y)
        inside ^= spans & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    return inside
