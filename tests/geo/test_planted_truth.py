"""Planted truth: the bounds that the comparison keeps on every route shape, behaviour and way of recording.

`python -m bench.accuracy` measures the same figures over more seeds; the bounds here are looser.
"""

from dataclasses import replace

import numpy as np
import pytest

from bench.accuracy import Tally
from marchapp.geo.comparison import compare
from marchapp.geo.line import RouteLine
from tests.geo.planted import BEHAVIOURS, ROUTES, Sampling, Walker, planted, told_truly
from tests.geo.planted_otherwise import RECEIVERS, other_cases


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
    begun = int(len(case.recording) * share)
    columns = ("lat", "lon", "ele", "time", "segment", "accuracy")
    walked = replace(
        case.recording, **{column: getattr(case.recording, column)[begun:] for column in columns}
    )

    found = compare(walked=walked, planned=case.planned)

    assert (np.abs(found.points.route_m - case.truth.route_m[begun:]) < 60).all()


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


@pytest.mark.parametrize("receiver", ["1 s, 5 m", "10 s, 8 m", "30 s, 6 m"])
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
