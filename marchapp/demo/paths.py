"""How a footpath finds its way over the terrain: around the water, along the slopes, never quite straight."""

import heapq

import numpy as np

from marchapp.demo.terrain import CELL_M, COLUMNS, ROWS, Floats, Terrain

StepCosts = dict[int, list[float]]

# Steps of a path as (rows, columns): half of the rose, then the other half.
STEPS = [(0, 1), (1, 1), (1, 0), (1, -1), (1, 2), (2, 1), (2, -1), (1, -2)]
STEPS += [(-rows, -columns) for rows, columns in STEPS]
COMFORTABLE_SLOPE = 0.08


def step_costs(terrain: Terrain) -> StepCosts:
    """Give, for each step as an offset in the flattened grid, its cost from every cell.

    The cost is the length in metres times the toil of the ground and 1 + (slope / comfortable slope)²; it is
    infinite into water and off the sheet.
    """
    height = np.where(terrain.is_water, np.nan, terrain.height_m)
    costs = {}
    for rows, columns in STEPS:
        length_m = CELL_M * np.hypot(rows, columns)
        slope = (_seen_from(height, rows, columns) - height) / length_m
        cost = length_m * terrain.toil * (1 + (slope / COMFORTABLE_SLOPE) ** 2)
        costs[rows * COLUMNS + columns] = np.nan_to_num(cost, nan=np.inf).ravel().tolist()
    return costs


def easiest_path(costs: StepCosts, start_m: Floats, end_m: Floats) -> Floats:
    """Find the least-cost path (n, 2) in metres between two points, both dry, with A*."""
    start, end = _cell(start_m), _cell(end_m)
    end_row, end_column = divmod(end, COLUMNS)
    best = {start: 0.0}
    came_from: dict[int, int] = {}
    queue = [(0.0, start)]
    done: set[int] = set()
    while (cell := heapq.heappop(queue)[1]) != end:
        if cell in done:
            continue
        done.add(cell)
        for step, cost in costs.items():
            reached, total = cell + step, best[cell] + cost[cell]
            if total < best.get(reached, np.inf):
                best[reached], came_from[reached] = total, cell
                row, column = divmod(reached, COLUMNS)
                remaining_m = CELL_M * ((row - end_row) ** 2 + (column - end_column) ** 2) ** 0.5
                heapq.heappush(queue, (total + remaining_m, reached))
    cells = [end]
    while cells[-1] != start:
        cells.append(came_from[cells[-1]])
    rows, columns = np.divmod(np.array(cells[::-1]), COLUMNS)
    centres = np.stack([columns + 0.5, rows + 0.5], axis=-1) * CELL_M
    return np.concatenate([start_m[None], centres[1:-1], end_m[None]])


def distances_along(points_m: Floats) -> Floats:
    """Give the metres walked up to each point."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points_m, axis=0).T))])


def tread(points_m: Floats, rng: np.random.Generator) -> Floats:
    """Turn a line from cell to cell into a trodden path: round bends, small wander, a point every 22–36 m."""
    path = _smooth(resample(points_m, 10.0), spread=5.0)
    along = distances_along(path)
    fade = np.clip(np.minimum(along, along[-1] - along) / 150.0, 0, 1)[:, None]
    path += fade * wander(rng, len(path), 2, spread=18.0, size_m=12.0)
    path += fade * wander(rng, len(path), 2, spread=5.0, size_m=3.0)
    along = distances_along(path)
    wanted = np.cumsum(rng.uniform(22, 36, size=int(along[-1] / 22)))
    return points_at(path, along, np.concatenate([[0.0], wanted[wanted < along[-1] - 20], along[-1:]]))


def wander(rng: np.random.Generator, count: int, columns: int, *, spread: float, size_m: float) -> Floats:
    """Draw a drift (count, columns), smooth over `spread` samples and `size_m` large on average."""
    drift = _blur(rng.normal(size=(count + 2 * _reach(spread), columns)), spread)
    return np.asarray(drift / drift.std() * size_m)


def resample(points_m: Floats, spacing_m: float) -> Floats:
    """Put points at equal distances of about `spacing_m` along the line; its ends stay."""
    along = distances_along(points_m)
    return points_at(points_m, along, np.linspace(0, along[-1], round(along[-1] / spacing_m) + 1))


def points_at(points: Floats, along: Floats, wanted: Floats) -> Floats:
    """Interpolate every column of points (n, columns), which lie `along`, at the `wanted` values of it."""
    return np.stack([np.interp(wanted, along, axis) for axis in points.T], axis=-1)


def _smooth(values: Floats, spread: float) -> Floats:
    """Blur along the first axis; the ends stay where they are."""
    reach = _reach(spread)
    before = 2 * values[0] - values[reach:0:-1]
    after = 2 * values[-1] - values[-2 : -reach - 2 : -1]
    return _blur(np.concatenate([before, values, after]), spread)


def _blur(values: Floats, spread: float) -> Floats:
    """Average along the first axis with a bell of `spread` samples; its reach is lost at both ends."""
    reach = _reach(spread)
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / spread) ** 2)
    return np.stack([np.convolve(column, bell / bell.sum(), mode="valid") for column in values.T], axis=-1)


def _reach(spread: float) -> int:
    return int(3 * spread)


def _seen_from(values: Floats, rows: int, columns: int) -> Floats:
    """Give for each cell the value so many rows and columns away, NaN beyond the sheet."""
    reach = max(abs(rows), abs(columns))
    padded = np.pad(values, reach, constant_values=np.nan)
    return padded[reach + rows : reach + rows + ROWS, reach + columns : reach + columns + COLUMNS]


def _cell(point_m: Floats) -> int:
    column, row = (point_m / CELL_M).astype(int)
    return int(row * COLUMNS + column)
