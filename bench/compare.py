"""How right and how fast the comparison is, one JSON line for each: `python -m bench.compare [seeds]`."""

import json
import sys
import time
import tracemalloc
from dataclasses import dataclass, field

import gpxpy
import numpy as np

from marchapp.geo.comparison import Comparison, compare
from marchapp.geo.gpx import read_route, read_track, write_gpx
from marchapp.geo.results import OFF
from tests.geo.planted import BEHAVIOURS, ROUTES, USUAL_SAMPLINGS, Case, Sampling, degrees, planted

LONGEST_EPISODE_LEFT_OUT_S = 60.0


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
    checkpoint_errors_s: list[float] = field(default_factory=list)
    checkpoints_lost: int = 0

    def add(self, case: Case, found: Comparison) -> None:
        """Count one case."""
        self._add_points(case, found)
        self._add_episodes(case, found)
        walked_m = union_length_m(case.truth.walked)
        self.coverage_errors.append(abs(found.coverage.walked_share - walked_m / found.route.length_m))
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
            "episodes_found": f"{self.episodes_found}/{self.episodes}",
            "episodes_true": f"{self.reported_true}/{self.reported}",
            "checkpoints": len(self.checkpoint_errors_s),
            "checkpoints_lost": self.checkpoints_lost,
            "checkpoint_error_median_s": round(float(np.median(times)), 1),
            "checkpoint_error_p95_s": round(float(np.percentile(times, 95)), 1),
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


def accuracy(seeds: int) -> None:
    """Print one line for each way of sampling, over all routes and behaviours."""
    for sampling in USUAL_SAMPLINGS:
        tally = Tally()
        for seed in range(seeds):
            for route in ROUTES:
                for behaviour in BEHAVIOURS:
                    case = planted(route, behaviour, sampling, seed)
                    tally.add(case, compare(walked=case.recording, planned=case.planned))
        lasting = f", lasting {sampling.lasting_s:g} s" if sampling.lasting_s else ""
        print(json.dumps(tally.line(f"{sampling.every_s:g} s, {sampling.noise_m:g} m{lasting}")))


def long_files(points: int, route_points: int) -> tuple[bytes, bytes]:
    """Return a 1 Hz recording and its planned route as GPX bytes."""
    rng = np.random.default_rng(1)
    case = planted("plain", "steady", Sampling(1, 3, 20), 1)
    planned = np.column_stack((np.arange(route_points) * 1.3 * points / route_points, np.zeros(route_points)))
    planned[:, 1] = 400 * np.sin(planned[:, 0] / 900) + 30 * np.sin(planned[:, 0] / 70)
    legs = np.concatenate(((0.0,), np.cumsum(np.hypot(*np.diff(planned, axis=0).T))))
    at = np.linspace(0, legs[-1], points)
    walked = np.column_stack((np.interp(at, legs, planned[:, 0]), np.interp(at, legs, planned[:, 1])))
    walked += rng.normal(0, 3, walked.shape)
    # Longer than any stage: squeezed to 40 km, so that local metres stay local.
    scale = 40_000 / planned[-1, 0]
    route_lat, route_lon = degrees(planned * scale)
    lat, lon = degrees(walked * scale)
    times = case.recording.time[0] + np.arange(points)
    ele = 100 + 50 * np.sin(at / 2000)
    return write_gpx(name="walk", lat=lat, lon=lon, ele=ele, time=times), write_gpx(
        name="route", lat=route_lat, lon=route_lon, ele=np.full(route_points, 100.0)
    )


def speed(points: int, route_points: int) -> None:
    """Print the time of reading and comparing beside gpxpy's parse of the same recording."""
    recording, route = long_files(points, route_points)
    gpxpy_s = seconds(lambda: gpxpy.parse(recording))
    read_s = seconds(lambda: read_track(recording))
    whole_s = seconds(lambda: compare(walked=read_track(recording), planned=read_route(route)))
    tracemalloc.start()
    compare(walked=read_track(recording), planned=read_route(route))
    peak_mib = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    print(
        json.dumps(
            {
                "what": f"speed, {points} points against {route_points}",
                "gpxpy_parse_s": round(gpxpy_s, 2),
                "read_s": round(read_s, 2),
                "whole_s": round(whole_s, 2),
                "read_ratio": round(read_s / gpxpy_s, 2),
                "whole_ratio": round(whole_s / gpxpy_s, 2),
                "peak_mib": round(peak_mib, 1),
            }
        )
    )


def seconds(action: object) -> float:
    """Return the shorter of two runs."""
    times = []
    for _ in range(2):
        start = time.perf_counter()
        action()  # type: ignore[operator]
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    speed(72_000, 5_000)
    accuracy(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
