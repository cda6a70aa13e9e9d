"""docs/security.md: every test that it names is there, and every number stands once."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]+) \| ([^|]*) \|$", PAGE, re.MULTILINE)


def test_every_test_that_is_named_is_there() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE))
    assert len(named) > 50
    gone = [
        f"{path}::{name}"
        for path, name in sorted(named)
        if f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]
    assert gone == []


def test_every_number_stands_once_with_a_state() -> None:
    numbers = [number for number, *_rest in ROWS]
    assert len(numbers) == len(set(numbers)) == 253
    assert {state for _number, _what, state, _shown in ROWS} == {"met", "not applicable", "**open**"}


def test_what_is_met_is_shown_by_something() -> None:
    assert [number for number, _what, state, shown in ROWS if state == "met" and not shown.strip()] == []


def test_the_front_page_leads_there() -> None:
    assert "docs/security.md" in (ROOT / "README.md").read_text(encoding="utf-8")
