"""Draw the pictures of docs/comparison.md from the demo march: `python -m tools.comparison_pictures`."""

from pathlib import Path

import numpy as np
import shapely

from marchapp.demo.routes import FOLDER
from marchapp.demo.script import DAYS, SEED
from marchapp.demo.simulator import record_walk
from marchapp.geo import pictures
from marchapp.geo.comparison import Comparison, compare
from marchapp.geo.gpx import PlannedRoute, read_route, read_track
from marchapp.geo.page import STYLE
from marchapp.geo.projection import LocalMetres

TARGET = Path(__file__).resolve().parent.parent / "docs" / "pictures"
WIDTH, HEIGHT = 760, 200
OWN_STYLE = """
svg { background: var(--snow); font-family: Inter, system-ui, sans-serif; }
.nearest { fill: var(--farthest); } .in-order { stroke: var(--near); stroke-width: 2.5; }
"""


def main() -> None:
    detour, planned = _demo(1, 2)
    loop, _ = _demo(2, 2)
    silent, _ = _demo(3, 3)
    _write("comparison-map.svg", pictures.draw_map(silent, width=WIDTH, height=420))
    _write("comparison-offsets.svg", pictures.draw_offsets(silent, width=WIDTH, height=HEIGHT))
    _write("comparison-heights.svg", pictures.draw_heights(silent, width=WIDTH, height=HEIGHT))
    _write("comparison-pace.svg", pictures.draw_pace(detour, width=WIDTH, height=HEIGHT))
    _write("comparison-missed-loop.svg", pictures.draw_map(loop, width=WIDTH, height=360))
    _write("comparison-in-order.svg", _in_order(detour, planned))


def _demo(stage: int, group: int) -> tuple[Comparison, PlannedRoute]:
    """Return the last comparison of a group of the demo march, and its planned route."""
    day = DAYS[stage - 1]
    planned = read_route((FOLDER / f"stage-{stage}.gpx").read_bytes())
    story = [story for number, story in day.uploads if number == group][-1]
    content = record_walk(planned, story, starts_at=day.starts_at, name="", seed=SEED + 10 * stage + group)
    return compare(walked=read_track(content), planned=planned), planned


def _in_order(found: Comparison, planned: PlannedRoute) -> str:
    """Return the place along the route over time: of the nearest point, and as it is matched in order."""
    metres = LocalMetres.around(planned.lat, planned.lon)
    line = shapely.linestrings(metres.project(planned.lat, planned.lon))
    points = found.points
    nearest_m = shapely.line_locate_point(line, shapely.points(metres.project(points.lat, points.lon)))
    width, height, left = WIDTH, 260, 60.0
    x = left + (points.time - points.time[0]) / (points.time[-1] - points.time[0]) * (width - left - 12)
    scale = (height - 42) / found.route.length_m
    on = np.isfinite(points.route_m)
    dots = "".join(
        f'<circle class="nearest" r="1.6" cx="{at:.1f}" cy="{height - 30 - metre * scale:.1f}"/>'
        for at, metre in zip(x[::6].tolist(), nearest_m[::6].tolist(), strict=True)
    )
    path = "".join(
        f"{'L' if joined else 'M'}{at:.1f} {height - 30 - metre * scale:.1f}"
        for at, metre, joined in zip(
            x[on].tolist(),
            points.route_m[on].tolist(),
            [False, *(np.diff(np.flatnonzero(on)) == 1)],
            strict=True,
        )
    )
    levels = "".join(
        f'<path class="grid" d="M{left} {height - 30 - km * 1000 * scale:.1f}H{width - 12}"/>'
        f'<text class="level" x="{left - 6}" y="{height - 26 - km * 1000 * scale:.1f}">{km} km</text>'
        for km in range(0, int(found.route.length_m / 1000) + 1, 4)
    )
    words = f'<text class="km" x="{width / 2}" y="{height - 8}">time</text>'
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="Place along the route over time">'
        f'{levels}{dots}<path class="in-order" d="{path}"/>{words}</svg>'
    )


def _write(name: str, svg: str | None) -> None:
    if svg is None:
        raise SystemExit(f"{name}: nothing to draw")
    head, _, rest = svg.partition(">")
    content = f'{head} xmlns="http://www.w3.org/2000/svg"><style>{STYLE}{OWN_STYLE}</style>{rest}\n'
    (TARGET / name).write_text(content, encoding="utf-8")
    print(TARGET / name)


if __name__ == "__main__":
    main()
