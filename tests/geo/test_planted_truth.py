"""Planted truth: the bounds that the comparison keeps on every route shape, behaviour and way of recording.

`python -m bench.accuracy` measures the same figures over more seeds; the bounds here are looser.
"""

from dataclasses import replace

import numpy as np
import pytest

from bench.accuracy import Tally
from marchapp.geo.comparison import compare
from marchapp.geo.line import RouteLine
from marchapp.geo.recording import Recording
from marchapp.geo.results import Floats
from tests.geo.planted import BEHAVIOURS, ROUTES, Sampling, Walker, planted, told_truly
from tests.geo.planted_otherwise import RECEIVERS, other_cases, planted_otherwise


@pytest.mark.parametrize("sampling", [Sampling(1, 5), Sampling(10, 8), Sampling(30, 6)], ids=str)
def test_the_comparison_finds_the_planted_truth(sampling: Sampling) -> None:
    tally = Tally()

    for route in ROUTES:
        for behaviour in BEHAVIOURS:
            case = planted(route, behaviour, sampling, seed=7)
            tally.add(case, compare(walked=case.recording, planned=case.planned))

    figures = tally.line("planted")
    assert figures["misplaced_pct"] <= 0.1
    assert figures["on_called_off_pct"] <= 0.3
    assert figures["away_called_on_pct"] <= 0.5
    assert figures["coverage_error_beyond_25m_max_points"] <= 1
    assert figures["coverage_error_median_points"] <= 0.2
    assert figures["coverage_error_max_points"] <= 3
    assert tally.episodes_found >= 0.98 * tally.episodes
    assert tally.reported_true >= 0.98 * tally.reported
    assert tally.rests_found >= 0.98 * tally.rests
    assert tally.stops_true >= 0.98 * tally.stops
    assert figures["distance_error_median_pct"] <= 3
    assert figures["pace_error_median_s"] <= 5
    assert figures["checkpoint_error_median_s"] <= 3
    assert figures["checkpoint_error_p95_s"] <= 15


def test_a_planted_case_is_the_same_every_time() -> None:
    one, two = (planted("spur", "mixed", Sampling(10, 8), seed=3) for _ in range(2))

    assert (one.recording.lat == two.recording.lat).all()


@pytest.mark.parametrize("name", ["shared_road", "out_and_back"])
@pytest.mark.parametrize("share", [0.55, 0.7])
def test_a_recording_begun_late_is_placed_on_the_passage_that_leads_to_its_end(
    name: str, share: float
) -> None:
    case = planted(name, "steady", Sampling(5, 5), seed=5)

    found = compare(walked=part_of(case.recording, share, 1.0), planned=case.planned)

    assert (np.abs(found.points.route_m - rows_of(case.truth.route_m, share, 1.0)) < 60).all()


def part_of(walked: Recording, begun: float, ended: float) -> Recording:
    columns = ("lat", "lon", "ele", "time", "segment", "accuracy")
    return replace(walked, **{name: rows_of(getattr(walked, name), begun, ended) for name in columns})


def rows_of(column: Floats, begun: float, ended: float) -> Floats:
    return column[int(begun * len(column)) : int(ended * len(column))]


@pytest.mark.parametrize("sampling", [Sampling(1, 10, 15), Sampling(5, 10, 30), Sampling(10, 10)], ids=str)
def test_a_long_restless_rest_is_one_stop_and_no_way(sampling: Sampling) -> None:
    rng = np.random.default_rng(5)
    walker = Walker(RouteLine.through(ROUTES["plain"](rng)), rng)
    walker.along(0, 4000)
    walker.rest(3 * 3600)
    walker.along(4000, walker.line.length_m)
    rows = np.arange(0, walker.seconds, int(sampling.every_s))
    case = told_truly("rest", walker, rows, sampling.noise(walker.seconds, rng), np.array([1000.0]))

    found = compare(walked=case.recording, planned=case.planned)

    assert [stop.to_at - stop.from_at for stop in found.stops] == [pytest.approx(3 * 3600, abs=180)]
    assert not found.backwards
    assert found.track.distance_m == pytest.approx(case.truth.distance_m, rel=0.15)


# A point each second takes as long as both together: `python -m bench.accuracy` measures that, too.
@pytest.mark.parametrize("receiver", ["10 s, 8 m", "30 s, 6 m"])
def test_it_holds_on_other_shapes_and_other_ways_to_stray(receiver: str) -> None:
    tally = Tally()

    for case in other_cases(RECEIVERS[receiver], seed=11):
        tally.add(case, compare(walked=case.recording, planned=case.planned))

    figures = tally.line("planted otherwise")
    assert figures["misplaced_pct"] <= 0.1
    assert figures["on_called_off_pct"] <= 0.3
    assert figures["away_called_on_pct"] <= 0.5
    assert figures["coverage_error_median_points"] <= 0.3
    assert tally.episodes_found >= 0.98 * tally.episodes
    assert tally.reported_true >= 0.98 * tally.reported
    assert figures["checkpoint_error_median_s"] <= 3
    assert figures["checkpoint_error_p95_s"] <= 15


@pytest.mark.parametrize(
    ("begun", "ended", "late_s"),
    [(0.5, 1.0, 0), (0.5, 1.0, 900), (0.0, 0.5, 0), (0.0, 0.5, 900), (0.0, 1.0, 4000)],
)
def test_the_timetable_tells_equal_laps_apart(begun: float, ended: float, late_s: float) -> None:
    case = planted("two_laps", "steady", Sampling(5, 5), seed=5)
    walked = part_of(case.recording, begun, ended)
    starts_at = float(case.recording.time[0]) - late_s
    finishes_at = float(case.recording.time[-1]) - late_s

    found = compare(
        walked=walked,
        planned=case.planned,
        planned_start=starts_at,
        planned_finish=finishes_at,
        checkpoints=[],
    )

    true_m = rows_of(case.truth.route_m, begun, ended)
    assert (np.abs(found.points.route_m - true_m) < 60).mean() > 0.99


def test_who_starts_at_the_start_has_started_whatever_comes_then() -> None:
    case = planted_otherwise(
        "town", "detour_without_signal", RECEIVERS["30 s, 6 m, lasting 60 s, uneven"], seed=11
    )

    found = compare(walked=case.recording, planned=case.planned)

    assert found.approach is None
    assert found.coverage.walked_share > 0.7
