"""Run a harness: some inputs in the suite, as many as a time allows where FUZZ_SECONDS names one."""

import json
import os
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
SEED = int(os.environ.get("FUZZ_SEED", "0"))
KEPT = Path(os.environ.get("FUZZ_FOLDER", "instance/fuzz"))  # where inputs are kept that broke something
LONGEST_SHOWN = 2000


@dataclass(frozen=True)
class Harness:
    """What is sent and what takes it.

    take: answers an input in one word, exceptions that are declared, too; what it raises is a defect.
    """

    name: str
    make: Callable[[Random], Any]
    take: Callable[[Any], str]


@dataclass
class Report:
    """What came of many inputs; a defect is known by where it was raised."""

    inputs: int = 0
    slowest_s: float = 0.0
    words: Counter[str] = field(default_factory=Counter)
    defects: dict[str, str] = field(default_factory=dict)
    seen: set[bytes] = field(default_factory=set)


def fuzz(harness: Harness, *, examples: int) -> Report:
    """Send inputs until the time is up, or so many; an undeclared exception fails the test with its input.

    In the suite the words of the report are those of inputs that are the same each time.
    """
    if SECONDS:
        report = long_run(harness, SECONDS, SEED)
        print(line_of(harness, report), flush=True)  # noqa: T201
        assert report.defects == {}
        return report
    report = Report()

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        print_blob=True,
    )
    @given(st.randoms(use_true_random=False, note_method_calls=False))
    def some(random: Random) -> None:
        harness.take(harness.make(random))

    some()
    same = Random(SEED)
    for _ in range(examples):
        report.words[harness.take(harness.make(same))] += 1
    return report


def long_run(harness: Harness, seconds: float, seed: int) -> Report:
    """Send inputs of one seed for so long, and go on after a defect."""
    report = Report()
    start = now = monotonic()
    random = Random(seed)
    while now - start < seconds:
        sent = harness.make(random)
        report.seen.add(blake2b(repr(sent).encode("utf-8", "surrogatepass"), digest_size=8).digest())
        report.inputs += 1
        try:
            report.words[harness.take(sent)] += 1
        except Exception as error:
            note(report, harness, sent, error)
        before, now = now, monotonic()
        report.slowest_s = max(report.slowest_s, now - before)
    return report


def note(report: Report, harness: Harness, sent: Any, error: Exception) -> None:
    """Keep the first input that raised an exception at a place."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "/marchapp/" in frame.filename]
    where = f"{ours[-1].filename.partition('/marchapp/')[2]}:{ours[-1].lineno}" if ours else str(error)[:80]
    key = f"{type(error).__name__} at {where}"
    if key in report.defects:
        return
    report.defects[key] = repr(sent)[:LONGEST_SHOWN]
    KEPT.mkdir(parents=True, exist_ok=True)
    text = "".join(traceback.format_exception(error)) + "\n" + repr(sent) + "\n"
    (KEPT / f"{harness.name}-{len(report.defects)}.txt").write_text(
        text, encoding="utf-8", errors="backslashreplace"
    )


def line_of(harness: Harness, report: Report) -> str:
    return json.dumps(
        {
            "harness": harness.name,
            "inputs": report.inputs,
            "distinct": len(report.seen),
            "seconds": SECONDS,
            "seed": SEED,
            "slowest_s": round(report.slowest_s, 2),
            "answers": dict(report.words.most_common(12)),
            "defects": len(report.defects),
            "exceptions": sorted(report.defects),
        },
        ensure_ascii=False,
    )
