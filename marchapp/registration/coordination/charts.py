"""Small charts of counts, as the page draws them in SVG: bars, and a curve that grows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

CURVE_WIDTH, CURVE_HEIGHT = 1000, 240
BAR_WIDTH = 100


@dataclass(frozen=True)
class Bar:
    """One line of a chart: its words, the count, and the length of its bar."""

    label: str
    count: int
    length: float


@dataclass(frozen=True)
class Curve:
    """How a sum grew from day to day: the outline of the line and of what is under it."""

    line: str
    area: str
    first: date
    last: date
    total: int


def bars(counts: Sequence[tuple[str, int]]) -> list[Bar]:
    """Return bars whose longest is that of the largest count."""
    most = max((count for _label, count in counts), default=0) or 1
    return [Bar(label, count, round(BAR_WIDTH * count / most, 2)) for label, count in counts]


def sums(days: Mapping[date, int]) -> list[tuple[date, int, int]]:
    """Return every day from the first to the last with what came on it and all until then."""
    if not days:
        return []
    first, last = min(days), max(days)
    total, lines = 0, []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        total += days.get(day, 0)
        lines.append((day, days.get(day, 0), total))
    return lines


def curve(lines: Sequence[tuple[date, int, int]]) -> Curve | None:
    """Return the curve of such sums, none for a single day."""
    if len(lines) < 2:
        return None
    most = lines[-1][2]
    step = CURVE_WIDTH / (len(lines) - 1)
    points = [
        f"{number * step:.1f},{CURVE_HEIGHT * (1 - total / most):.1f}"
        for number, (_day, _new, total) in enumerate(lines)
    ]
    line = "M" + "L".join(points)
    area = f"{line}L{CURVE_WIDTH},{CURVE_HEIGHT}L0,{CURVE_HEIGHT}Z"
    return Curve(line, area, lines[0][0], lines[-1][0], most)
