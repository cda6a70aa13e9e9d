"""How good groups are and how long they take, with enough, just enough and too few guides.

`python -m bench.assignment`; BENCH_ASSIGNMENT_LONG=1 lets the thousand walk for ten minutes, too.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict

from tests.rosters.crowds import Crowd

SMALL = {"people": 100, "groups": 8}
MIDDLE = {"people": 1_000, "groups": 83}
LARGE = {"people": 47_000, "groups": 1_900, "min_size": 15, "max_size": 30}
# A process of its own, for its memory is measured.
A_PROCESS = """
import json, sys, time
from marchapp.rosters.assignment import Options, assign
from tests.rosters.crowds import Crowd, crowd
asked, limit = json.loads(sys.argv[1])
people, groups = crowd(Crowd(**asked))
holds = []
def tell(progress):
    if progress.cost < Options().weights.broken and not holds:
        holds.append(progress.seconds)
    return True
cpu = time.process_time()
found = assign(people, groups, Options(time_limit_s=limit), progress=tell)
print(json.dumps({
    "status": found.status,
    "cost": found.cost,
    "bound": found.bound,
    "seconds": round(found.seconds, 2),
    "cpu_s": round(time.process_time() - cpu, 2),
    "rules_hold_after_s": round(holds[0], 2) if holds else None,
    "broken": {fact.text: fact.proven for fact in found.broken if not fact.group},
    "repeatable": found.repeatable,
}))
print(open("/proc/self/status").read())
"""


def measure() -> Iterator[dict[str, object]]:
    """Yield one line for each size, with scarce guides and uneven classes, and several seeds."""
    for seed in (1, 2, 3):
        yield assigned(Crowd(**SMALL, seed=seed), 20)
    yield assigned(Crowd(**SMALL, staff=1.0), 20)
    yield assigned(Crowd(**SMALL, staff=0.9), 20)
    for seed in (1, 2):
        yield assigned(Crowd(**MIDDLE, seed=seed), 60)
    yield assigned(Crowd(**MIDDLE, uneven=True), 60)
    yield assigned(Crowd(**MIDDLE, staff=1.0), 60)
    yield assigned(Crowd(**MIDDLE, staff=0.9), 60)
    if os.environ.get("BENCH_ASSIGNMENT_LONG"):
        yield assigned(Crowd(**MIDDLE), 600)
    for staff in (1.2, 1.0, 0.9):
        yield assigned(Crowd(**LARGE, staff=staff), 240)


def assigned(asked: Crowd, limit_s: float) -> dict[str, object]:
    """Return how a crowd is put into groups, by a process of its own."""
    arguments = json.dumps([asdict(asked), limit_s])
    answer = subprocess.run(
        [sys.executable, "-c", A_PROCESS, arguments], capture_output=True, check=True, text=True
    ).stdout
    line, _, status = answer.partition("\n")
    peak = re.search(r"VmHWM:\s*(\d+)", status)
    what = f"assignment, {asked.people} people x {asked.groups} groups, {limit_s:g} s"
    facts = f"staff {asked.staff:g}, {'uneven classes, ' if asked.uneven else ''}seed {asked.seed}"
    return {"what": f"{what}, {facts}"} | json.loads(line) | {"peak_mib": peak and int(peak[1]) // 1024}


if __name__ == "__main__":
    for measured in measure():
        print(json.dumps(measured), flush=True)
