"""`python -m marchapp compare`: the summary, the JSON, the points, and refusals."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from marchapp.__main__ import main
from marchapp.geo.gpx import write_gpx
from tests.geo.planted import Sampling, planted


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    case = planted("spur", "detour", Sampling(10, 4), 1)
    route, track = tmp_path / "route.gpx", tmp_path / "track.gpx"
    planned, walked = case.planned, case.recording
    route.write_bytes(write_gpx(name="Way", lat=planned.lat, lon=planned.lon, waypoints=planned.waypoints))
    track.write_bytes(write_gpx(name="Walk", lat=walked.lat, lon=walked.lon, time=walked.time))
    return str(route), str(track)


def test_the_summary_says_how_it_went(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *files]) == 0

    answer = capsys.readouterr().out
    assert "walked" in answer.splitlines()[0]
    assert "Off the route: left at" in answer
    assert "CP 1: passed 2014-09-17T" in answer


def test_the_json_is_one_object(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *files, "--json"]) == 0

    answer = json.loads(capsys.readouterr().out)
    assert answer["verdict"] == "walked"
    assert [checkpoint["name"] for checkpoint in answer["checkpoints"]][:2] == ["CP 1", "CP 2"]


def test_the_points_are_written_as_csv(files: tuple[str, str], tmp_path: Path) -> None:
    target = tmp_path / "points.csv"

    assert main(["compare", *files, "--points", str(target)]) == 0

    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["time", "lat", "lon", "route_m", "offset_m", "state"]
    off = [row for row in rows if row["state"] == "off"]
    assert off
    assert all(row["route_m"] == row["offset_m"] == "" for row in off)
    assert all(float(row["route_m"]) >= 0 for row in rows if row["state"] == "on")


@pytest.mark.parametrize("content", [b"", b"not gpx", b"<gpx></gpx>"])
def test_unusable_input_is_one_sentence_and_code_2(
    files: tuple[str, str], tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.gpx"
    bad.write_bytes(content)

    assert main(["compare", files[0], str(bad)]) == 2
    assert main(["compare", str(tmp_path / "missing.gpx"), files[1]]) == 2

    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith(".")
    assert "missing.gpx" in second


def test_it_needs_no_web_framework(files: tuple[str, str]) -> None:
    program = (
        "import sys; from marchapp.__main__ import main; "
        f"main(['compare', *{files!r}]); assert 'flask' not in sys.modules"
    )

    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 0
