"""How right the comparison is on planted truth: `python -m bench.accuracy [seeds] [first seed]`.

Seeds from 3000 on were never looked at while thresholds were chosen.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from marchapp.geo.comparison import Comparison, compare
from marchapp.geo.results import OFF
from tests.geo.planted import BEHAVIOURS, ROUTES, USUAL_SAMPLINGS, Case, planted
from tests.geo.planted_otherwise import RECEIVERS, other_cases

LONGEST_EPISODE_LEFT_OUT_S = 60.0
SHORTEST_REST_S = 120.0
HELD_OUT_SEED = 3000


@dataclass
class Tally:
    """Counts and errors over many planted cases."""

    points: int = 0
    misplaced: int = 0
    on_route: int = 0
    on_called_off: int = 0
    away: int = 0
    away_called_on: int = 0
    episodes: int = 0
    episodes_found: int = 0
    reported: int = 0
    reported_true: int = 0
    coverage_errors: list[float] = field(default_factory=list)
    decidable_errors: list[float] = field(default_factory=list)
    checkpoint_errors_s: list[float] = field(default_factory=list)
    checkpoints_lost: int = 0
    rests: int = 0
    rests_found: int = 0
    stops: int = 0
    stops_true: int = 0
    stopped_errors_s: list[float] = field(default_factory=list)
    distance_errors: list[float] = field(default_factory=list)
    pace_errors_s: list[float] = field(default_factory=list)

    def add(self, case: Case, found: Comparison) -> None:
        """Count one case."""
        self._add_points(case, found)
        self._add_episodes(case, found)
        self._add_stops(case, found)
        self._add_paces(case, found)
        self.distance_errors.append(abs(found.track.distance_m / case.truth.distance_m - 1))
        walked_m = union_length_m(case.truth.walked)
        error = abs(found.coverage.walked_share - walked_m / found.route.length_m)
        self.coverage_errors.append(error)
        self.decidable_errors.append(max(0.0, error - case.truth.beside_m / found.route.length_m))
        for checkpoint, passed_at in zip(found.checkpoints, case.truth.passed_at, strict=True):
            if np.isfinite(passed_at) and checkpoint.passed_at is not None:
                self.checkpoint_errors_s.append(abs(checkpoint.passed_at - passed_at))
            elif np.isfinite(passed_at):
                self.checkpoints_lost += 1

    def _add_points(self, case: Case, found: Comparison) -> None:
        rows = np.searchsorted(case.recording.time, found.points.time)
        true_m, away_m = case.truth.route_m[rows], case.truth.away_m[rows]
        on, off = np.isfinite(true_m), found.points.state == OFF
        self.points += int(on.sum())
        self.misplaced += int((np.abs(found.points.route_m - true_m) > 60).sum())
        self.on_route += int(on.sum())
        self.on_called_off += int((on & off).sum())
        self.away += int((away_m > 75).sum())
        self.away_called_on += int(((away_m > 75) & ~off).sum())

    def _add_episodes(self, case: Case, found: Comparison) -> None:
        reported = [(e.left_at or 0.0, e.rejoined_at or np.inf) for e in found.off_route]
        true = [(a, b) for a, b in case.truth.episodes if far_for_s(case, a, b) > LONGEST_EPISODE_LEFT_OUT_S]
        self.episodes += len(true)
        self.episodes_found += sum(any(a < d and c < b for c, d in reported) for a, b in true)
        self.reported += len(reported)
        self.reported_true += sum(any(a < d and c < b for a, b in case.truth.episodes) for c, d in reported)

    def _add_stops(self, case: Case, found: Comparison) -> None:
        reported = [(stop.from_at, stop.to_at) for stop in found.stops]
        true = [(a, b) for a, b in case.truth.stops if b - a >= SHORTEST_REST_S]
        self.rests += len(true)
        self.rests_found += sum(any(a < d and c < b for c, d in reported) for a, b in true)
        self.stops += len(reported)
        self.stops_true += sum(any(a < d and c < b for a, b in case.truth.stops) for c, d in reported)
        if true and len(reported) == len(true) == len(case.truth.stops):
            self.stopped_errors_s.append(abs(found.track.stopped_s - sum(b - a for a, b in true)) / len(true))

    def _add_paces(self, case: Case, found: Comparison) -> None:
        true = {
            1000.0 * number: end - start
            for number, (start, end) in enumerate(pairwise(case.truth.kilometre_at))
        }
        for one in found.pace:
            took_s = true.get(one.from_m, np.nan)
            if one.to_m - one.from_m == 1000 and np.isfinite(took_s):
                self.pace_errors_s.append(abs(one.duration_s - took_s))

    def line(self, name: str) -> dict[str, object]:
        """Return the shares and errors in per cent, seconds and points."""
        times = self.checkpoint_errors_s or [0.0]
        return {
            "what": name,
            "points": self.points,
            "misplaced_pct": percent(self.misplaced, self.points),
            "on_called_off_pct": percent(self.on_called_off, self.on_route),
            "away_called_on_pct": percent(self.away_called_on, self.away),
            "coverage_error_max_points": round(100 * max(self.coverage_errors), 2),
            "coverage_error_beyond_25m_max_points": round(100 * max(self.decidable_errors), 2),
            "coverage_error_median_points": round(100 * float(np.median(self.coverage_errors)), 2),
            "coverage_over_1_point": sum(error > 0.01 for error in self.coverage_errors),
            "cases": len(self.coverage_errors),
            "episodes_found": f"{self.episodes_found}/{self.episodes}",
            "episodes_true": f"{self.reported_true}/{self.reported}",
            "checkpoints": len(self.checkpoint_errors_s),
            "checkpoints_lost": self.checkpoints_lost,
            "checkpoint_error_median_s": round(float(np.median(times)), 1),
            "checkpoint_error_p95_s": round(float(np.percentile(times, 95)), 1),
            "rests_found": f"{self.rests_found}/{self.rests}",
            "stops_true": f"{self.stops_true}/{self.stops}",
            "rest_error_median_s": middle(self.stopped_errors_s),
            "distance_error_median_pct": middle([100 * error for error in self.distance_errors]),
            "distance_error_max_pct": round(100 * max(self.distance_errors), 2),
            "pace_error_median_s": middle(self.pace_errors_s),
        }


def far_for_s(case: Case, left_at: float, rejoined_at: float) -> float:
    """Return for how long the walk was truly more than 75 m away in an episode."""
    inside = (case.recording.time >= left_at) & (case.recording.time < rejoined_at)
    far = inside & (case.truth.away_m > 75)
    return float(far.sum() * np.median(np.diff(case.recording.time)))


def union_length_m(stretches: "np.typing.NDArray[np.float64]") -> float:
    """Return the length covered by (n, 2) stretches."""
    total, reached = 0.0, -np.inf
    for start, end in stretches[np.argsort(stretches[:, 0])]:
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return float(total)


def percent(part: int, whole: int) -> float:
    return round(100 * part / max(whole, 1), 3)


def middle(errors: list[float]) -> float:
    """Return the median, 0 of nothing."""
    return round(float(np.median(errors)), 2) if errors else 0.0


def measure(seeds: int = 1, first_seed: int = HELD_OUT_SEED) -> Iterator[dict[str, object]]:
    """Yield one line for each way of recording, over all routes and behaviours, of both sets of walks."""
    for sampling in USUAL_SAMPLINGS:
        tally = Tally()
        for seed in range(first_seed, first_seed + seeds):
            for route in ROUTES:
                for behaviour in BEHAVIOURS:
                    case = planted(route, behaviour, sampling, seed)
                    tally.add(case, compare(walked=case.recording, planned=case.planned))
        lasting = f", lasting {sampling.lasting_s:g} s" if sampling.lasting_s else ""
        yield tally.line(f"accuracy, {sampling.every_s:g} s, {sampling.noise_m:g} m{lasting}")
    for name, receiver in RECEIVERS.items():
        tally = Tally()
        for seed in range(first_seed, first_seed + seeds):
            for case in other_cases(receiver, seed):
                tally.add(case, compare(walked=case.recording, planned=case.planned))
        yield tally.line(f"accuracy on other walks, {name}")


if __name__ == "__main__":
    for line in measure(*map(int, sys.argv[1:])):
        print(json.dumps(line), flush=True)
