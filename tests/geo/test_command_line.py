"""`python -m marchapp compare`: the summary, the JSON, the points, and refusals."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from marchapp.__main__ import main
from marchapp.geo.comparison import Settings, compare
from marchapp.geo.gpx import write_gpx
from marchapp.geo.page import comparison_page
from tests.geo.planted import Sampling, planted
from tests.geo.tracks import recording, route, straight


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


def test_the_summary_of_a_track_without_times_claims_none(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    planned_only = files[0]
    assert main(["compare", planned_only, planned_only]) == 0

    answer = capsys.readouterr().out
    assert "without times" in answer
    assert "passed" not in answer
    assert "unknown" not in answer


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
    assert first.startswith(f"{bad}: ")
    assert first.endswith(".")
    assert "missing.gpx" in second


def test_it_needs_no_web_framework(files: tuple[str, str]) -> None:
    program = (
        "import sys; from marchapp.__main__ import main; "
        f"main(['compare', *{files!r}]); assert 'flask' not in sys.modules"
    )

    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 0


def test_the_page_needs_nothing_beside_itself(files: tuple[str, str], tmp_path: Path) -> None:
    target = tmp_path / "page.html"

    assert main(["compare", *files, "--html", str(target)]) == 0

    content = target.read_text(encoding="utf-8")
    assert content.startswith("<!doctype html>")
    assert content.count("<svg") > 6
    assert "CP 1" in content
    assert "Off the route" in content
    assert not re.search(r"\b(src|href)=|@import|url\(|<script", content)
    assert len(content) < 300_000


def test_a_page_of_names_with_markup_shows_them_as_text(tmp_path: Path) -> None:
    planned = route(straight(3000, 100), {"<b>Hut</b>": (1000.0, 0.0)})
    found = compare(walked=recording(straight()), planned=planned)

    page = comparison_page(found, title="Stage <1>")

    assert "<b>" not in page
    assert "Stage &lt;1&gt;" in page


@pytest.mark.parametrize("count", [2, 300])
def test_a_page_can_be_made_of_very_little(count: int) -> None:
    walk = recording(straight()[:count], times=np.full(len(straight()[:count]), np.nan))

    page = comparison_page(
        compare(
            walked=walk, planned=route(straight(3000, 100)), settings=Settings(compare_without_times=True)
        )
    )

    assert "nan" not in page


def test_several_recordings_are_joined(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *files, files[1], "--json"]) == 0

    answer = json.loads(capsys.readouterr().out)["track"]
    assert answer["points_dropped"] == {"recorded_twice": answer["points_used"]}


def test_a_long_comparison_shows_its_progress_to_who_watches(
    files: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("marchapp.commands.bar.BAR_AFTER_S", 0.0)

    assert main(["compare", *files]) == 0
    assert capsys.readouterr().err == ""

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["compare", *files]) == 0
    told = capsys.readouterr().err
    assert "100%" in told
    assert told.endswith("\r\x1b[K")
