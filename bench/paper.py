"""How long a thousand badges, rosters and a manifest take to draw: `python -m bench.paper`."""

import json
import time
from collections.abc import Callable, Iterator

from marchapp.paper.badges import Badge, draw_badges
from marchapp.paper.tables import Blank, Cell, Column, Foot, Look, Measures, Sheet, draw_tables

PEOPLE = 1_000
NAMES = (
    ("Kari Nilsen", ""),
    ("Anna Orekhova", "Анна Орехова"),
    ("Konstantin-Aleksandr Solovyov-Sedoy", "Константин-Александр Соловьёв-Седой"),
    ("Åse Marie Bjørn-Hansen Kristoffersen", ""),
)
FOOT = Foot(text="Victory march", page_of=lambda page, pages: f"Page {page} of {pages}")


def measure() -> Iterator[dict[str, object]]:
    """Yield seconds, on the clock and of the processor, for each kind of paper."""
    badges = [_badge(number) for number in range(PEOPLE)]
    yield _timed("badges", lambda: draw_badges(badges, title="Badges")) | {"most_allowed_s": 10.0}
    rosters = [_sheet(range(first, first + 12)) for first in range(0, PEOPLE, 12)]
    yield _timed("rosters of 12", lambda: _drawn(rosters, Measures(size=10.5)))
    manifest = [_sheet(range(PEOPLE))]
    yield _timed("lines of one table", lambda: _drawn(manifest, Measures(size=9.5, is_wide=True)))


def _timed(what: str, draw: Callable[[], bytes]) -> dict[str, object]:
    wall, cpu = time.perf_counter(), time.process_time()
    size = len(draw())
    return {
        "what": f"draw {what} for {PEOPLE} people",
        "wall_s": round(time.perf_counter() - wall, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
        "kib": size // 1024,
    }


def _drawn(sheets: list[Sheet], measures: Measures) -> bytes:
    return draw_tables(sheets, title="Sheets", foot=FOOT, measures=measures)


def _badge(number: int) -> Badge:
    name, native = NAMES[number % len(NAMES)]
    return Badge(
        march="Victory March 2014",
        days="17–19 September 2014",
        name=f"{name}{number}",
        native_name=native,
        category=("schoolchild", "official", "border_guard", "walker")[number % 4],
        category_word="Schoolchild",
        group=f"Group {number // 12 + 1}",
        lines=("Norwegian, Russian",),
        guides=("Guide: Gunn Guide", "+46 70 174 06 12"),
        reference=f"{number:09}"[:3] + f"-{number:06}"[:4] + f"-{number:03}"[:4],
    )


def _sheet(numbers: range) -> Sheet:
    columns = [Column("No.", 7, is_number=True), Column("", 5), Column("Name", 46), Column("Contact", 40)]
    return Sheet(title="Group 3", columns=columns, rows=[_row(number) for number in numbers])


def _row(number: int) -> list[Cell]:
    name, native = NAMES[number % len(NAMES)]
    names = ((f"{name}{number}", Look.STRONG), (native, Look.MUTED))
    contact = (("Ola Nilsen", Look.PLAIN), (f"+46 70 174 {number:04}", Look.STRONG))
    return [str(number), Blank.BOX, names, contact]


if __name__ == "__main__":
    for line in measure():
        print(json.dumps(line))
