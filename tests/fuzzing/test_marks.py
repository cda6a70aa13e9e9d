"""Marks as phones send them: JSON of every shape is read or refused."""

import json
from random import Random
from typing import Any

import pytest

from marchapp.attendance.forms import LONGEST_AGO_S, UnreadableMarks, read_marks
from tests.fuzzing.damage import nasty
from tests.fuzzing.harness import Harness, fuzz

AGO = (0, 5000, -1, 1e308, -1e308, float("nan"), float("inf"), 10**400, -(10**400), True, None, "7", [])


def some_marks(random: Random) -> Any:
    def value(*usual: Any) -> Any:
        return (
            random.choice(usual)
            if random.random() < 0.7
            else random.choice((*AGO, nasty(random), {}, "\ud800"))
        )

    mark = {
        "key": value("mark-00000001"),
        "state": value("present", "absent", "handed_over"),
        "participant": value(1, None),
        "badge": value("R000001"),
        "handed_to": value("Siri"),
        "ago_ms": value(*AGO),
    }
    return random.choice(
        ({"marks": [mark]}, {"marks": [mark, mark]}, {"marks": value([])}, [mark], value({}))
    )


def take_marks(sent: Any) -> str:
    try:
        marks = read_marks(json.loads(json.dumps(sent)))
    except UnreadableMarks as why:
        return type(why).__name__
    assert all(0 <= mark.made_ago.total_seconds() <= LONGEST_AGO_S for mark in marks)
    return "read"


def test_marks_of_every_shape_are_read_or_refused() -> None:
    report = fuzz(Harness("marks", some_marks, take_marks), examples=200)

    assert len(report.words) == 2


@pytest.mark.parametrize("ago", AGO)
def test_no_number_breaks_the_clock_of_a_mark(ago: Any) -> None:
    mark = {"key": "mark-00000001", "state": "present", "participant": 1, "ago_ms": ago}

    assert take_marks({"marks": [mark]}) == "read"
