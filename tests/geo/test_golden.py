"""The demo march gives the results that it gave: a change of the engine shows here, and is looked at."""

import json
from datetime import datetime
from typing import Any

import pytest

from tests.geo.golden import FILE, results

METRES, SECONDS, SHARE, DEGREES = 3.0, 3.0, 0.001, 0.0001


def test_the_demo_march_gives_the_results_that_it_gave() -> None:
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    now = dict(results())

    assert list(now) == list(kept)
    for name, result in now.items():
        differences = list(differing(kept[name], result, name))
        assert not differences, "\n".join(["run python -m tests.geo.golden if this is better:", *differences])


def differing(kept: Any, now: Any, path: str) -> list[str]:
    """Return where two results differ by more than the tolerance of their unit."""
    if isinstance(kept, dict) and isinstance(now, dict):
        names = [*kept, *(name for name in now if name not in kept)]
        return [
            line for name in names for line in differing(kept.get(name), now.get(name), f"{path}, {name}")
        ]
    if isinstance(kept, list) and isinstance(now, list) and len(kept) == len(now):
        return [
            line
            for number, (one, other) in enumerate(zip(kept, now, strict=True))
            for line in differing(one, other, f"{path} {number}")
        ]
    return [] if about_the_same(kept, now, path) else [f"{path}: was {kept}, is {now}"]


def about_the_same(kept: Any, now: Any, path: str) -> bool:
    if isinstance(kept, str) and isinstance(now, str) and kept.endswith("Z") and now.endswith("Z"):
        return abs((moment(kept) - moment(now)).total_seconds()) <= SECONDS
    if isinstance(kept, float) and isinstance(now, float):
        unit = path.rpartition("_")[2]
        within = {"share": SHARE, "m": METRES, "s": SECONDS}.get(unit, DEGREES)
        return now == pytest.approx(kept, abs=within)
    return bool(kept == now)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
