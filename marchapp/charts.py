"""Small charts of counts, as pages draw them in SVG: bars, bars of parts, and a curve that grows."""

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


def bars(counts: Sequence[tuple[str, int]], most: int = 0) -> list[Bar]:
    """Return bars whose longest is that of the largest count, or of `most` where others have more."""
    most = most or max((count for _label, count in counts), default=0) or 1
    return [Bar(label, count, round(BAR_WIDTH * count / most, 2)) for label, count in counts]


@dataclass(frozen=True)
class Part:
    """A piece of a bar: how it is drawn, from where, how long, and what it says."""

    kind: str
    start: float
    length: float
    words: str


@dataclass(frozen=True)
class Parted:
    """A bar of pieces, as of one stage: its name, what the whole of it is, and the pieces."""

    name: str
    figure: str
    parts: list[Part]


@dataclass(frozen=True)
class Table:
    """What a picture shows, as a table."""

    headings: list[str]
    rows: Sequence[tuple[str, ...]]


def parts(pieces: Sequence[tuple[str, int, str]], whole: int) -> list[Part]:
    """Return the pieces (kind, count, words) of a bar that is as long as a whole, one after the other.

    >>> [(part.start, part.length) for part in parts([("kept", 3, "3 kept"), ("left", 1, "1 left")], 8)]
    [(0.0, 37.5), (37.5, 12.5)]
    """
    before, found = 0, []
    for kind, count, words in pieces:
        start, length = (round(BAR_WIDTH * number / (whole or 1), 2) for number in (before, count))
        found.append(Part(kind, start, length, words))
        before += count
    return [part for part in found if part.length]


def sums(
    days: Mapping[date, int], first: date | None = None, last: date | None = None
) -> list[tuple[date, int, int]]:
    """Return every day from the first to the last with what came on it and all until then."""
    if not days:
        return []
    first, last = first or min(days), last or max(days)
    total, lines = 0, []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        total += days.get(day, 0)
        lines.append((day, days.get(day, 0), total))
    return lines


def curve(lines: Sequence[tuple[date, int, int]], most: int = 0) -> Curve | None:
    """Return the curve of such sums, none for a single day; `most` is the height of curves side by side."""
    if len(lines) < 2:
        return None
    total = lines[-1][2]
    most = most or total
    step = CURVE_WIDTH / (len(lines) - 1)
    points = [
        f"{number * step:.1f},{CURVE_HEIGHT * (1 - until / most):.1f}"
        for number, (_day, _new, until) in enumerate(lines)
    ]
    line = "M" + "L".join(points)
    area = f"{line}L{CURVE_WIDTH},{CURVE_HEIGHT}L0,{CURVE_HEIGHT}Z"
    return Curve(line, area, lines[0][0], lines[-1][0], total)
