"""The verdict is one sentence for every way a walk can end."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from marchapp.models import March, Stage
from marchapp.tracks.words import (
    checkpoint_words,
    clock_of,
    dropped,
    dropped_reasons,
    late_words,
    notes,
    verdict,
)

CAME_IN = datetime(2014, 9, 18, 12, 32, tzinfo=UTC)
STAGE = Stage(starts_at=datetime(2014, 9, 18, 6, tzinfo=UTC), march=March(time_zone="Europe/Oslo"))
EPISODE = {"left_at": CAME_IN, "rejoined_at": CAME_IN, "left_route_m": 12_300.0, "rejoined_route_m": 13_000.0}
RESULT: dict[str, Any] = {
    "verdict": "walked",
    "direction": "forward",
    "route": {"length_m": 17_000.0},
    "track": {"started_at": datetime(2014, 9, 18, 6, tzinfo=UTC)},
    "coverage": {
        "walked_share": 0.953,
        "no_data_share": 0.0,
        "missed_share": 0.0,
        "intervals": [{"from_m": 0.0, "to_m": 17_000.0, "class": "walked"}],
    },
    "schedule": {"planned_start": CAME_IN, "finished_at": CAME_IN, "finish_late_s": 0.0},
    "off_route": [],
    "backwards": [],
    "approach": None,
    "after_finish": None,
}


@pytest.fixture(autouse=True)
def english(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


def result(**changes: Any) -> dict[str, Any]:
    """Return the figures of a whole, punctual walk with some of them changed."""
    changed = deepcopy(RESULT)
    for path, value in changes.items():
        *parents, last = path.split("__")
        part = changed
        for parent in parents:
            part = part[parent]
        part[last] = value
    return changed


def say(**changes: Any) -> str:
    return verdict(result(**changes), group=4, zone="Europe/Oslo").replace("\u202f", " ")


def remark(**changes: Any) -> list[str]:
    sentences = notes(result(**changes), stage_day=date(2014, 9, 18), zone="Europe/Oslo")
    return [sentence.replace("\u202f", " ") for sentence in sentences]


WALKED = "Group 4 walked 16.2 of 17.0 km of the planned route"


@pytest.mark.parametrize(
    ("late_s", "end"),
    [
        (24 * 60.0, "and came in 24 min late."),
        (-70 * 60.0, "and came in 1 h 10 min early."),
        (59.0, "and came in on time."),
        (None, "and came in at 14:32."),
    ],
)
@pytest.mark.parametrize(
    ("count", "middle"),
    [(0, "never left it"), (1, "left it once"), (2, "left it twice"), (3, "left it 3 times")],
)
def test_the_verdict_says_how_much_was_walked_how_often_left_and_how_late(
    late_s: float | None, end: str, count: int, middle: str
) -> None:
    said = say(off_route=[EPISODE] * count, schedule__finish_late_s=late_s)
    assert said == f"{WALKED}, {middle}, {end}"


@pytest.mark.parametrize(("count", "middle"), [(0, "never left it"), (2, "left it twice")])
def test_a_group_that_was_not_seen_at_the_finish_is_not_called_late(count: int, middle: str) -> None:
    said = say(off_route=[EPISODE] * count, schedule__finished_at=None, schedule__finish_late_s=None)
    assert said == f"{WALKED}, {middle}, and was not recorded at the finish."


def test_another_route_is_said_to_be_another() -> None:
    said = say(verdict="not_this_route", coverage__walked_share=0.02)
    assert said == "This is not the planned route: group 4 walked only 0.3 of its 17.0 km."


def test_a_route_walked_from_its_finish_is_said_to_be() -> None:
    assert say(direction="backward") == f"{WALKED}, but from its finish to its start."


def test_with_much_unknown_nobody_says_that_the_route_was_never_left() -> None:
    said = say(coverage__walked_share=0.6, coverage__no_data_share=0.4)
    assert said == "Group 4 was recorded on 10.2 of 17.0 km of the planned route, and never away from it."


def test_a_punctual_whole_walk_needs_no_notes() -> None:
    assert remark() == []


def test_notes_say_what_is_missing() -> None:
    assert remark(coverage__missed_share=0.1, coverage__no_data_share=0.06) == [
        "1.7 km of the planned route were not walked in this recording.",
        "On 1.0 km the recording has no data, so nobody knows where the group was.",
    ]


def test_a_recording_of_another_day_is_not_compared_with_the_timetable() -> None:
    [note] = remark(schedule__planned_start=None, track__started_at=datetime(2012, 6, 17, 8, tzinfo=UTC))
    assert note.startswith("This recording was made on 17 June 2012 and the stage is on 18 September 2014")


def test_leaving_the_route_for_good_is_noted() -> None:
    gone = EPISODE | {"rejoined_at": None, "rejoined_route_m": None}
    [note] = remark(off_route=[gone])
    assert note.startswith("At 14:32 the group left the route at 12.3 km")


def test_an_early_end_is_noted() -> None:
    walked = [{"from_m": 0.0, "to_m": 12_000.0, "class": "walked"}]
    [note] = remark(schedule__finished_at=None, coverage__intervals=walked)
    assert note == "The group was last on the route 5.0 km before the finish."


def test_going_back_and_walking_beyond_the_ends_are_noted() -> None:
    first, second = remark(
        backwards=[{"from_m": 900.0, "to_m": 500.0}],
        approach={"walked_m": 800.0},
        after_finish={"walked_m": 400.0},
    )
    assert first == "In between, it walked 0.4 km back along the route."
    assert second.startswith("The recording also holds 1.2 km before the start")


@pytest.mark.parametrize(
    ("late_s", "words"), [(None, ""), (30.0, "on time"), (600.0, "10 min late"), (-600.0, "10 min early")]
)
def test_lateness_in_words(late_s: float | None, words: str) -> None:
    assert late_words(late_s).replace("\u202f", " ") == words


def test_a_checkpoint_is_passed_at_a_time_between_two_or_not() -> None:
    passed = {"passed_at": CAME_IN, "passed_between": None, "late_s": 120.0}
    assert checkpoint_words(passed, STAGE)[0] == "14:32"
    in_gap = {"passed_at": None, "passed_between": [CAME_IN, CAME_IN.replace(minute=50)], "late_s": None}
    assert checkpoint_words(in_gap, STAGE) == ("14:32–14:50", "without data")
    missed = {"passed_at": None, "passed_between": None, "late_s": None}
    assert checkpoint_words(missed, STAGE) == ("not passed", "")


def test_clocks_after_midnight_say_that_it_is_the_next_day() -> None:
    starts_at = datetime(2014, 9, 18, 19, 0, tzinfo=UTC)
    by_night = Stage(starts_at=starts_at, march=March(time_zone="Europe/Oslo"))
    assert clock_of(starts_at, by_night) == "21:00"
    assert clock_of(starts_at + timedelta(hours=3, minutes=1), by_night) == "00:01, next day"
    assert clock_of(starts_at + timedelta(days=10), by_night) == "21:00"
    assert clock_of(None, by_night) == "–"
    between = [starts_at + timedelta(hours=2), starts_at + timedelta(hours=4)]
    in_gap = {"passed_at": None, "passed_between": between, "late_s": None}
    assert checkpoint_words(in_gap, by_night)[0] == "23:00–01:00, next day"


def test_points_left_out_are_counted_with_their_reason() -> None:
    track = {"points_read": 1200, "points_used": 1197, "points_dropped": {"no_time": 2, "spike": 1}}
    assert dropped(track) == "Of 1,200 recorded points, 1,197 were used."
    assert dropped_reasons(track) == ["2 without a time", "1 that jump away and back"]
