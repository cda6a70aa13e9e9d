"""What processes took (Linux): processor seconds, and the most memory; and how times are summed up."""

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import quantiles

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
PEAK = re.compile(r"VmHWM:\s*(\d+)")


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cpu_seconds(*pids: int) -> float:
    """Return the processor time of processes with their children, those that have ended among them.

    On a machine that does other work, too, it says what something costs.
    """
    ticks = 0
    for pid in pids:
        ticks += _ticks(pid, with_ended_children=True)
        for child in children_of(pid):
            with suppress(OSError):  # it has just ended
                ticks += _ticks(child, with_ended_children=False)
    return ticks / TICKS_A_SECOND


def _ticks(pid: int, *, with_ended_children: bool) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11 : 15 if with_ended_children else 13]))


def peak_mib(pid: int) -> int:
    """Return the most memory that a process has held so far."""
    found = PEAK.search(Path(f"/proc/{pid}/status").read_text())
    return round(int(found[1]) / 1024) if found else 0


def milliseconds(seconds: Sequence[float], percent: int) -> float:
    return round(quantiles(seconds, n=100, method="inclusive")[percent - 1] * 1000, 1)


def percentiles_ms(seconds: Sequence[float], percents: Iterable[int] = (50, 95, 99)) -> dict[str, float]:
    return {f"p{percent}_ms": milliseconds(seconds, percent) for percent in percents}
