"""Several recordings of one walk, one recording of several stages, and one of another stage."""

from dataclasses import replace

import numpy as np
import pytest

from marchapp.geo.comparison import compare
from marchapp.geo.errors import NoTimes
from marchapp.geo.gpx import Recording
from marchapp.geo.recordings import StageTimes, cut_by_stage, join, which_stage
from tests.geo.planted import START_AT
from tests.geo.tracks import recording, route, shifted, straight

COLUMNS = ("lat", "lon", "ele", "time", "segment", "accuracy")
EAST = route(straight(3000, 100))
NORTH = route(straight(2000, 100)[:, ::-1] + (3000, 0))


def rows(walk: Recording, keep: "np.typing.NDArray[np.bool_]") -> Recording:
    return replace(walk, **{name: getattr(walk, name)[keep] for name in COLUMNS}, points_read=int(keep.sum()))


def test_a_second_recorder_fills_the_gaps_of_the_first() -> None:
    walk, other = recording(straight()), recording(shifted(straight(), 0, 6), every_s=5)
    since_start = walk.time - START_AT
    first = rows(walk, (since_start < 600) | ((since_start > 1100) & (since_start < 2000)))

    joined = join([rows(other, since_start > 500), first])
    found = compare(walked=joined, planned=EAST)

    assert joined.dropped["recorded_twice"] == len(other) - 101 - (len(joined) - len(first))
    assert joined.points_read == len(first) + len(other) - 101
    assert not found.gaps
    assert found.coverage.walked_share > 0.99
    assert found.track.distance_m == pytest.approx(3000, abs=60)


def test_two_halves_join_in_any_order() -> None:
    walk = recording(straight())
    halves = [rows(walk, walk.time < START_AT + 1000), rows(walk, walk.time >= START_AT + 1000)]

    for parts in (halves, halves[::-1]):
        found = compare(walked=join(parts), planned=EAST)
        assert found.track.points_used == len(walk)
        assert found.coverage.walked_share > 0.99


def test_one_recording_joins_to_itself() -> None:
    walk = recording(straight())

    assert join([walk]) is walk
    assert len(join([walk, walk])) == len(walk)


def test_recordings_without_times_are_put_one_after_the_other() -> None:
    walk = recording(straight(1500), times=np.full(len(straight(1500)), np.nan))

    assert len(join([walk, walk])) == 2 * len(walk)


def two_days(hours_late: float = 0.0) -> Recording:
    """A walk east, a night at the camp with a point every ten minutes, and the walk north the next day."""
    first, second = recording(straight()), recording(straight(2000)[:, ::-1] + (3000, 0))
    night = recording(np.repeat([(3000.0, 0.0)], 60, axis=0), every_s=600)
    parts = [first, replace(night, time=first.time[-1] + 600 + 900 * np.arange(60))]
    parts.append(replace(second, time=second.time + 86_400))
    whole = {name: np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS}
    whole["time"] = whole["time"] + 3600 * hours_late
    return replace(first, **whole, points_read=len(whole["lat"]) + 3, dropped={"no_fix": 3})


DAYS = [
    StageTimes(EAST, START_AT, START_AT + 3000),
    StageTimes(NORTH, START_AT + 86_400, START_AT + 89_000),
]


@pytest.mark.parametrize("hours_late", [0.0, 0.3])
def test_a_recording_of_two_days_is_cut_at_the_camp(hours_late: float) -> None:
    whole = two_days(hours_late)

    first, second = cut_by_stage(whole, DAYS)

    assert first is not None
    assert second is not None
    assert compare(walked=first, planned=EAST).verdict == "walked"
    assert compare(walked=second, planned=NORTH).verdict == "walked"
    assert first.points_read + second.points_read == whole.points_read
    assert first.dropped == {"no_fix": 3}


def test_a_stage_that_was_not_recorded_has_no_part() -> None:
    first, second = cut_by_stage(recording(straight()), DAYS)

    assert first is not None
    assert second is None
    with pytest.raises(NoTimes):
        cut_by_stage(recording(straight(), times=np.full(len(straight()), np.nan)), DAYS)


def test_a_recording_says_which_stage_it_is_of() -> None:
    assert which_stage(recording(straight()), [NORTH, EAST]) == 1
    assert which_stage(recording(straight(2000)[:, ::-1] + (3000, 0), every_s=60), [NORTH, EAST]) == 0
    assert which_stage(recording(shifted(straight(), 0, 900)), [NORTH, EAST]) is None
    assert which_stage(recording(straight()), []) is None
