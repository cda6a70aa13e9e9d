"""Every page before axe, scales, zoom and Lighthouse: `make audit`.

`python -m tools.audit --pages` leaves Lighthouse out. LANGUAGES names the languages, by default all three.
What was seen of each page is in instance/audit.jsonl.
"""

import os
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from multiprocessing import get_context

from flask import Flask

from marchapp.i18n import LANGUAGES
from tools.audit.compressed import compressed_static
from tools.audit.lighthouse import score_all
from tools.audit.pages import Page, pages, rules_of, unseen
from tools.audit.sweep import Look, look_at
from tools.audit.table import keep, lines_of_looks, lines_of_scores
from tools.audit.visitors import Visitor, visitors
from tools.served import ROOT, served_demo

BROWSERS = 2


def main() -> int:
    with (
        tempfile.TemporaryDirectory() as folder,
        compressed_static(),
        served_demo(folder, _cast) as (address, cast),
    ):
        rules, everybody = cast
        found = pages(address, rules, everybody)
        looks = _sweep(address, found)
        _print(lines_of_looks(looks))
        scores = [] if "--pages" in sys.argv else score_all(address, found)
        _print(lines_of_scores(scores))
    keep(ROOT / "instance" / "audit.jsonl", looks, scores)
    missed = unseen(rules, found)
    _print(f"no page was seen of {rule}" for rule in missed)
    is_good = not any(look.faults for look in looks) and all(score.is_enough for score in scores)
    return 0 if is_good and not missed else 1


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, flush=True)


def _cast(app: Flask) -> tuple[list[str], list[Visitor]]:
    return rules_of(app), visitors(app)


def _sweep(address: str, found: list[Page]) -> list[Look]:
    """Share the pages among browsers, each in a process of its own."""
    languages = os.environ.get("LANGUAGES", "").split() or list(LANGUAGES)
    shares = [found[share::BROWSERS] for share in range(BROWSERS)]
    with ProcessPoolExecutor(BROWSERS, mp_context=get_context("spawn")) as pool:
        looks = pool.map(look_at, [address] * BROWSERS, shares, [languages] * BROWSERS)
        return list(chain.from_iterable(looks))


if __name__ == "__main__":
    raise SystemExit(main())
