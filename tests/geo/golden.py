"""The results of the demo march, kept: `python -m tests.geo.golden` writes them anew after an improvement."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from marchapp.demo.routes import FOLDER
from marchapp.demo.script import DAYS, SEED
from marchapp.demo.simulator import record_walk
from marchapp.geo.comparison import compare
from marchapp.geo.gpx import read_route, read_track

FILE = Path(__file__).parent / "golden.json"


def results() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the result of every recording of the demo march."""
    for day in DAYS:
        planned = read_route((FOLDER / f"stage-{day.number}.gpx").read_bytes())
        for place, (number, story) in enumerate(day.uploads):
            name = f"stage {day.number}, group {number}"
            content = record_walk(
                planned, story, starts_at=day.starts_at, name=name, seed=SEED + 10 * day.number + number
            )
            found = compare(walked=read_track(content), planned=planned)
            yield f"{name}, upload {place}", told(found.to_json())


def told(result: dict[str, Any]) -> dict[str, Any]:
    """Return what a result tells people, without what only describes the route or the version."""
    kept = (
        "verdict",
        "direction",
        "track",
        "coverage",
        "deviation",
        "off_route",
        "backwards",
        "stops",
        "gaps",
    )
    kept += ("checkpoints", "schedule")
    return {name: result[name] for name in kept}


if __name__ == "__main__":
    FILE.write_text(json.dumps(dict(results()), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
