"""How fast the comparison is and how much memory it takes, beside gpxpy's parse: `python -m bench.speed`."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import gpxpy
import numpy as np

from marchapp.geo.comparison import compare
from marchapp.geo.gpx import read_route, read_track, write_gpx
from tests.geo.planted import START_AT, degrees

ROUTE_POINTS = 5_000
ONE_SHARE, ALL_OF_IT = 40_000, 400_000
A_PROCESS = """
import re, sys
from pathlib import Path
from marchapp.geo.comparison import compare
from marchapp.geo.gpx import read_route, read_track
walked = read_track(Path(sys.argv[1]).read_bytes())
compare(walked=walked, planned=read_route(Path(sys.argv[2]).read_bytes()))
print(int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024)
"""


def measure() -> Iterator[dict[str, object]]:
    """Yield the speed of reading and comparing, its growth with the points, and the memory of a process."""
    yield speed(72_000)
    yield growth()


def speed(points: int) -> dict[str, object]:
    """Return the time of reading, and from bytes to result, beside gpxpy's parse of the same recording."""
    recording, route = long_files(points, ROUTE_POINTS)
    walked, planned = read_track(recording), read_route(route)
    gpxpy_s = seconds(lambda: gpxpy.parse(recording))
    read_s = seconds(lambda: read_track(recording))
    route_s = seconds(lambda: read_route(route))
    compare_s = seconds(lambda: compare(walked=walked, planned=planned))
    whole_s = seconds(lambda: compare(walked=read_track(recording), planned=read_route(route)))
    return {
        "what": f"speed, {points} points against {ROUTE_POINTS}",
        "gpxpy_parse_s": round(gpxpy_s, 2),
        "read_s": round(read_s, 2),
        "route_s": round(route_s, 2),
        "compare_s": round(compare_s, 2),
        "whole_s": round(whole_s, 2),
        "read_ratio": round(read_s / gpxpy_s, 3),
        "whole_ratio": round(whole_s / gpxpy_s, 3),
    }


def growth() -> dict[str, object]:
    """Return how time grows with ten times the points, and the peak memory of whole processes (Linux)."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = (Path(folder, f"{points}.gpx") for points in (ONE_SHARE, ALL_OF_IT))
        recording, route = long_files(ALL_OF_IT, ROUTE_POINTS)
        planned = Path(folder, "route.gpx")
        planned.write_bytes(route)
        many.write_bytes(recording)
        few.write_bytes(tenth_of(recording))
        times = [
            seconds(
                lambda file=file: compare(walked=read_track(file.read_bytes()), planned=read_route(route))
            )
            for file in (few, many)
        ]
        peaks = [peak_mib(file, planned) for file in (few, many)]
    return {
        "what": f"growth, {ONE_SHARE} and {ALL_OF_IT} points",
        "whole_s": [round(time_s, 2) for time_s in times],
        "time_ratio": round(times[1] / times[0], 2),
        "peak_mib": [round(peak) for peak in peaks],
    }


def tenth_of(recording: bytes) -> bytes:
    """Return the first tenth of a recording with the same spacing of points."""
    walk = read_track(recording)
    rows = slice(len(walk) // 10)
    return write_gpx(
        name="walk", lat=walk.lat[rows], lon=walk.lon[rows], ele=walk.ele[rows], time=walk.time[rows]
    )


def peak_mib(track: Path, route: Path) -> float:
    """Return the most memory that a process holds that only reads and compares."""
    arguments = [sys.executable, "-c", A_PROCESS, str(track), str(route)]
    return float(subprocess.run(arguments, capture_output=True, check=True, text=True).stdout)


def long_files(points: int, route_points: int, *, seed: int = 1) -> tuple[bytes, bytes]:
    """Return a 1 Hz recording and its planned route as GPX bytes; `seed` gives others of the same walk."""
    rng = np.random.default_rng(seed)
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
    times = START_AT + np.arange(points)
    ele = 100 + 50 * np.sin(at / 2000)
    return write_gpx(name="walk", lat=lat, lon=lon, ele=ele, time=times), write_gpx(
        name="route", lat=route_lat, lon=route_lon, ele=np.full(route_points, 100.0)
    )


def seconds(action: Callable[[], object]) -> float:
    """Return the shortest of three runs."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    for line in measure():
        print(json.dumps(line), flush=True)
