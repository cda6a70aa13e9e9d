"""The rules of the comparison, each on a small walk by hand, and its edges."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from marchapp.geo.comparison import CheckpointPlan, Settings, compare
from marchapp.geo.errors import NoPoints, NoTimes, TooFarAway
from marchapp.geo.results import OFF, ON, UNKNOWN
from tests.geo.planted import START_AT, degrees
from tests.geo.tracks import recording, route, shifted, straight

EAST = route(straight(3000, 100))


def test_a_walk_along_the_route_covers_all_of_it_without_offset() -> None:
    found = compare(walked=recording(straight()), planned=EAST)

    assert found.verdict == "walked"
    assert found.coverage.walked_share == pytest.approx(1.0, abs=0.002)
    assert found.deviation.max_m == pytest.approx(0, abs=0.1)
    assert not found.off_route
    assert not found.backwards
    assert found.track.distance_m == pytest.approx(3000, abs=15)


def test_offsets_are_positive_to_the_left() -> None:
    found = compare(walked=recording(shifted(straight(), 0, 12)), planned=EAST)

    assert np.median(found.points.offset_m) == pytest.approx(12, abs=0.1)


def test_a_route_walked_from_its_finish_is_walked_backward() -> None:
    found = compare(walked=recording(shifted(straight()[::-1], 0, 12)), planned=EAST)

    assert (found.verdict, found.direction) == ("walked", "backward")
    assert found.coverage.walked_share > 0.99
    assert found.points.route_m[0] > found.points.route_m[-1]
    assert np.median(found.points.offset_m) == pytest.approx(12, abs=0.1)


def test_leaving_the_route_is_dated_to_the_crossing_of_25_metres() -> None:
    bulge = np.vstack(
        [straight(1000), [(1000, n) for n in range(0, 306, 6)], [(1000 + n, 300) for n in range(0, 506, 6)]]
    )
    back = np.vstack([[(1500, 300 - n) for n in range(6, 306, 6)], shifted(straight(1500), 1500, 0)])
    xy = np.vstack([bulge, back])

    (episode,) = compare(walked=recording(xy), planned=EAST).off_route

    first_beyond = START_AT + 5 * int(np.argmax(xy[:, 1] > 25))
    assert episode.left_at == pytest.approx(first_beyond, abs=10)
    assert episode.max_m == pytest.approx(300, abs=5)
    assert episode.left_route_m == pytest.approx(1000, abs=15)
    assert episode.rejoined_route_m == pytest.approx(1500, abs=15)
    assert episode.walked_m == pytest.approx(1100, abs=70)


def test_a_short_step_aside_is_no_episode() -> None:
    xy = straight()
    xy[200:205, 1] = 60

    assert not compare(walked=recording(xy), planned=EAST).off_route


def test_a_group_that_never_comes_back_has_not_rejoined() -> None:
    xy = np.vstack([straight(1500), [(1500, n) for n in range(6, 1500, 6)]])

    found = compare(walked=recording(xy), planned=EAST)

    assert found.off_route[-1].rejoined_at is None
    assert found.off_route[-1].rejoined_route_m is None
    assert found.verdict == "partly"
    assert found.after_finish is None


def test_the_way_to_the_start_and_the_way_home_are_no_episodes() -> None:
    before = np.array([(-5.0, 800.0 - n) for n in range(0, 800, 6)])
    after = np.array([(3005.0, n) for n in range(6, 900, 6)])

    found = compare(walked=recording(np.vstack([before, straight(), after])), planned=EAST)

    assert not found.off_route
    assert found.approach is not None
    assert found.approach.walked_m == pytest.approx(775, abs=40)
    assert found.after_finish is not None
    assert found.schedule.finished_at == pytest.approx(START_AT + 5 * (len(before) + len(straight())), abs=15)


def test_going_back_for_something_is_a_backward_walk() -> None:
    xy = np.vstack([straight(2000), straight(2000)[::-1][:50], straight(3000)[260:]])

    (stretch,) = compare(walked=recording(xy), planned=EAST).backwards

    assert stretch.from_m == pytest.approx(2000, abs=10)
    assert stretch.to_m == pytest.approx(1690, abs=15)


def test_a_rest_is_a_stop_and_not_moving_time() -> None:
    xy = np.vstack(
        [straight(1500), np.repeat([(1500.0, 0.0)], 120, axis=0), shifted(straight(1500), 1500, 0)]
    )

    found = compare(walked=recording(xy), planned=EAST)

    (stop,) = found.stops
    assert stop.to_at - stop.from_at == pytest.approx(600, abs=60)
    assert stop.route_m == pytest.approx(1500, abs=5)
    assert found.track.moving_s == pytest.approx(5 * len(xy) - 600, abs=70)


def test_a_gap_in_the_recording_is_no_data() -> None:
    walk = recording(straight())
    keep = (walk.time < START_AT + 600) | (walk.time > START_AT + 1100)
    seen = replace(
        walk,
        **{name: getattr(walk, name)[keep] for name in ("lat", "lon", "ele", "time", "segment", "accuracy")},
    )

    found = compare(walked=seen, planned=EAST)

    (gap,) = found.gaps
    assert gap.to_at - gap.from_at == pytest.approx(505, abs=6)
    assert found.coverage.no_data_share == pytest.approx(650 / 3000, abs=0.01)
    assert found.coverage.missed_share == pytest.approx(0, abs=0.005)
    assert found.verdict == "walked" or found.coverage.walked_share < 0.9


def test_a_short_cut_misses_the_loop() -> None:
    loop = np.vstack([straight(1000, 50), [(1000, 600), (2000, 600)], shifted(straight(2000, 50), 2000, 0)])
    found = compare(walked=recording(straight(4000)), planned=route(loop))

    missed = [part for part in found.coverage.intervals if part.kind == "missed"]
    assert len(missed) == 1
    assert missed[0].from_m == pytest.approx(1000, abs=40)
    assert missed[0].to_m == pytest.approx(3200, abs=40)
    assert len(found.off_route) == 1


def test_the_intervals_join_from_start_to_finish() -> None:
    found = compare(walked=recording(straight(1700)), planned=EAST)

    edges = [(part.from_m, part.to_m) for part in found.coverage.intervals]
    assert edges[0][0] == 0
    assert edges[-1][1] == pytest.approx(found.route.length_m)
    assert all(a[1] == b[0] for a, b in pairwise(edges))
    assert found.coverage.walked_share + found.coverage.missed_share == pytest.approx(1)


def test_poor_reported_accuracy_makes_the_place_unknown() -> None:
    walk = recording(straight())
    accuracy = np.full(len(walk), 5.0)
    accuracy[100:160] = 80.0

    found = compare(walked=replace(walk, accuracy=accuracy), planned=EAST)

    assert (found.points.state[100:160] == UNKNOWN).all()
    assert (found.points.state[:100] == ON).all()


def test_checkpoints_are_passed_in_order_and_measured_against_the_timetable() -> None:
    planned = route(straight(3000, 100), {"Bridge": (1000, 10), "Hut": (2000, -10), "Finish": (3000, 0)})
    plans = [CheckpointPlan(w.name, w.lat, w.lon, START_AT + 600) for w in planned.waypoints]

    found = compare(
        walked=recording(straight()), planned=planned, checkpoints=plans, planned_finish=START_AT + 2000
    )

    speed = 6.5 / 5
    for checkpoint, place_m in zip(found.checkpoints, (1000, 2000, 3000), strict=True):
        assert checkpoint.passed_at == pytest.approx(START_AT + place_m / speed, abs=8)
        assert checkpoint.late_s == pytest.approx(place_m / speed - 600, abs=8)
    assert found.schedule.finish_late_s == pytest.approx(3000 / speed - 2000, abs=8)


def test_a_checkpoint_in_a_gap_has_bounds_and_one_never_reached_is_missed() -> None:
    planned = route(straight(3000, 100), {"In the gap": (1000, 0), "Beyond": (2900, 0)})
    walk = recording(straight(2000))
    keep = (walk.time < START_AT + 600) | (walk.time > START_AT + 1000)
    seen = replace(
        walk,
        **{name: getattr(walk, name)[keep] for name in ("lat", "lon", "ele", "time", "segment", "accuracy")},
    )

    in_gap, beyond = compare(walked=seen, planned=planned).checkpoints

    assert in_gap.passed_at is None
    assert in_gap.passed_between == pytest.approx((START_AT + 597, START_AT + 1007), abs=8)
    assert (beyond.passed_at, beyond.passed_between) == (None, None)


def test_a_checkpoint_in_a_loop_left_out_at_its_crossing_is_missed() -> None:
    """The route comes back to where it was, so that the walk without the loop never leaves it."""
    out, up, across, down = (1000, 0), (1000, 800), (1900, 800), (1900, 0)
    corners = np.array([(0, 0), out, up, across, down, out, (1000, -1500)], float)
    loop = {"Before": (600.0, 0.0), "In the loop": (1500.0, 800.0), "After": (1000.0, -700.0)}
    walk = np.vstack([straight(1000), [(1000, -n) for n in np.arange(6.5, 1500, 6.5)]])

    found = compare(walked=recording(walk), planned=route(corners, loop))

    before, inside, after = found.checkpoints
    assert before.passed_at == pytest.approx(START_AT + 600 / 1.3, abs=5)
    assert (inside.passed_at, inside.passed_between) == (None, None)
    assert after.passed_at == pytest.approx(START_AT + 1700 / 1.3, abs=5)
    assert not [kilometre for kilometre in found.pace if 1000 <= kilometre.from_m <= 3600]
    assert sum(part.to_m - part.from_m for part in found.coverage.intervals if part.kind == "missed") == (
        pytest.approx(3400, abs=30)
    )


def test_the_place_of_a_spike_is_left_out() -> None:
    xy = straight()
    xy[200] += (0, 400)

    found = compare(walked=recording(xy, every_s=5), planned=EAST)

    assert found.track.points_dropped == {"spike": 1}
    assert found.deviation.max_m < 1


def test_times_of_other_years_and_repeated_times_are_left_out() -> None:
    walk = recording(straight())
    times = walk.time.copy()
    times[:3] -= 619_315_200  # a week rollover before the first fix
    times[100] = times[99]

    found = compare(walked=replace(walk, time=times), planned=EAST)

    assert found.track.points_dropped == {"other_day": 3, "repeated_time": 1}
    assert found.verdict == "walked"


def test_segments_that_overlap_in_time_are_not_braided() -> None:
    one, two = recording(straight()), recording(shifted(straight(), 0, 30))
    both = replace(
        one,
        **{
            name: np.concatenate([getattr(one, name), getattr(two, name)])
            for name in ("lat", "lon", "ele", "accuracy")
        },
        time=np.concatenate([one.time, two.time + 2]),
        segment=np.repeat([0, 1], len(one)),
    )

    found = compare(walked=both, planned=EAST)

    assert found.track.distance_m == pytest.approx(3000, abs=30)
    assert found.track.points_dropped["overlapping_segment"] == len(one) - 1


def test_without_times_the_track_is_compared_in_space_only_when_allowed() -> None:
    walk = recording(straight(), times=np.full(len(straight()), np.nan))

    with pytest.raises(NoTimes):
        compare(walked=walk, planned=EAST)
    found = compare(walked=walk, planned=EAST, settings=Settings(compare_without_times=True))

    assert found.verdict == "walked"
    assert found.track.started_at is None
    assert not found.stops
    assert found.to_json()["track"]["started_at"] is None


def test_a_track_on_another_continent_is_too_far_away() -> None:
    walk = recording(straight())

    with pytest.raises(TooFarAway) as refused:
        compare(walked=replace(walk, lat=walk.lat - 20), planned=EAST)
    assert refused.value.distance_m == pytest.approx(2_220_000, rel=0.01)
    with pytest.raises(TooFarAway):
        compare(walked=replace(walk, lat=-walk.lat, lon=walk.lon - 180), planned=EAST)


def test_a_track_nearby_that_never_meets_the_route_is_not_this_route() -> None:
    found = compare(walked=recording(shifted(straight(), 0, 2000)), planned=EAST)

    assert found.verdict == "not_this_route"
    assert (found.points.state == OFF).all()
    assert found.deviation.median_m is None


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_points_are_refused(count: int) -> None:
    with pytest.raises((NoPoints, NoTimes)):
        compare(walked=recording(straight()[:count]), planned=EAST)


def test_two_points_are_enough() -> None:
    found = compare(walked=recording([(0, 0), (50, 0)], every_s=40), planned=EAST)

    assert found.track.points_used == 2
    json.dumps(found.to_json(), allow_nan=False)


def test_one_place_repeated_is_no_walk() -> None:
    found = compare(walked=recording(np.zeros((50, 2))), planned=EAST)

    assert found.verdict == "not_this_route"
    assert found.track.distance_m == 0


def test_the_json_has_the_promised_keys() -> None:
    lat, lon = degrees(np.array([(500.0, 0.0)]))
    plans = [CheckpointPlan("Hut", float(lat[0]), float(lon[0]), START_AT)]
    answer = compare(walked=recording(straight()), planned=EAST, checkpoints=plans).to_json()

    assert set(answer["track"]) >= {
        "points_read", "points_used", "points_dropped", "started_at", "finished_at", "distance_m", "moving_s",
        "stopped_s", "ascent_m", "descent_m",
    }  # fmt: skip
    assert set(answer["coverage"]) == {"walked_share", "no_data_share", "missed_share", "intervals"}
    assert set(answer["coverage"]["intervals"][0]) == {"from_m", "to_m", "class"}
    assert set(answer["deviation"]) == {"median_m", "p95_m", "max_m", "max_at"}
    assert set(answer["deviation"]["max_at"]) == {"lat", "lon", "time", "route_m"}
    assert set(answer["checkpoints"][0]) >= {"name", "route_m", "passed_at", "passed_between", "late_s"}
    assert set(answer["secondary"]) == {"frechet_m", "hausdorff_m"}
    assert answer["track"]["started_at"] == "2014-09-17T08:10:00Z"
    assert {"off_route", "backwards", "stops", "gaps", "verdict", "schedule", "pace"} <= set(answer)
