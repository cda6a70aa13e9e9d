"""What was found, as a table to read and as JSON lines to keep."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tools.audit.lighthouse import CATEGORIES, FOOTNOTE, Score
from tools.audit.sweep import MOST_KB, Look

KINDS = ("axe", "weight", "zoom", "motion")


def lines_of_looks(looks: list[Look]) -> Iterator[str]:
    """Yield the faults, and how many there are of each kind."""
    for look in looks:
        for kind, faults in look.faults.items():
            yield from (f"{kind}: {look.page}, {look.language}: {fault}" for fault in faults)
    counts = Counter(kind for look in looks for kind, faults in look.faults.items() for _fault in faults)
    pages, languages = {look.page for look in looks}, sorted({look.language for look in looks})
    heaviest = max(looks, key=lambda look: look.weight_kb)
    yield f"{len(pages)} pages in {', '.join(languages)}, light and dark"
    yield f"{'what':42} faults"
    words = {
        "axe": "axe, all impacts",
        "weight": f"more than {MOST_KB} kB compressed",
        "zoom": "400 % zoom (320 × 256 px)",
        "motion": "movement where less is asked for",
    }
    yield from (f"{words[kind]:42} {counts[kind]:6}" for kind in KINDS)
    yield f"heaviest: {heaviest.weight_kb:.0f} kB, {heaviest.page}, {heaviest.language}"


def lines_of_scores(scores: list[Score]) -> Iterator[str]:
    """Yield a row for each page that Lighthouse looked at, and what it lacks."""
    if not scores:
        return
    yield f"{'Lighthouse, mobile':24}" + "".join(f"{name:>16}" for name in CATEGORIES)
    for score in scores:
        points = [
            f"{score.points[name]}{'' if name != 'seo' or score.is_public else '*'}" for name in CATEGORIES
        ]
        yield f"{score.name:24}" + "".join(f"{one:>16}" for one in points)
        if not score.is_enough:
            yield from (f"    {lack}" for lack in score.lacking)
    yield FOOTNOTE


def keep(file: Path, looks: list[Look], scores: list[Score]) -> None:
    """Write a JSON line for each look and each score."""
    rows = [
        {
            "page": str(look.page),
            "language": look.language,
            "kb": round(look.weight_kb),
            "faults": look.faults,
        }
        for look in looks
    ]
    rows += [{"page": score.name, **score.points, "lacking": score.lacking} for score in scores]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
