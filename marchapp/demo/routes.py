"""The three planned routes of the demo march: drawn over the invented terrain, written as GPX.

`python -m marchapp.demo.routes` writes routes/stage-1.gpx to stage-3.gpx again, always the same.
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import gpxpy.gpx as gpx
import numpy as np

from marchapp.demo.paths import StepCosts, easiest_path, step_costs, tread
from marchapp.demo.terrain import Floats, Terrain, heights_at, make_terrain, to_degrees, to_metres

FOLDER = Path(__file__).parent / "routes"
SEED = 2014
NOTICE = "Illustrative route, not a recording: nobody knows where exactly the march of 2014 went."


@dataclass(frozen=True)
class Place:
    """Somewhere the route leads through; with a name, a checkpoint."""

    lon: float
    lat: float
    name: str = ""


@dataclass(frozen=True)
class StagePlan:
    """Where a stage leads, from start to finish, and a place it visits out and back on the way."""

    number: int
    name: str
    places: tuple[Place, ...]
    spur: Place | None = None


STAGES = (
    StagePlan(
        1,
        "Pechenga – Lake camp",
        (
            Place(31.240, 69.550, "Start: Pechenga"),
            Place(31.190, 69.562, "Birch wood"),
            Place(31.118, 69.568, "River ford"),
            Place(31.045, 69.585, "Fell pass"),
            Place(30.958, 69.600, "Finish: Lake camp"),
        ),
        spur=Place(31.076, 69.5595, "Memorial"),
    ),
    StagePlan(
        2,
        "Lake camp – Fell camp",
        (
            Place(30.958, 69.600, "Start: Lake camp"),
            Place(30.930, 69.605, "Border crossing"),
            Place(30.870, 69.604, "Cairn"),
            Place(30.800, 69.604),
            Place(30.776, 69.613),
            Place(30.789, 69.6185, "Waterfall"),
            Place(30.806, 69.6125),
            Place(30.798, 69.6045),
            Place(30.720, 69.616, "Long tarn"),
            Place(30.645, 69.634, "Finish: Fell camp"),
        ),
    ),
    StagePlan(
        3,
        "Fell camp – Tårnet",
        (
            Place(30.645, 69.634, "Start: Fell camp"),
            Place(30.580, 69.640, "Tarn shore"),
            Place(30.500, 69.648, "Reindeer fence"),
            Place(30.435, 69.655, "Old road"),
            Place(30.345, 69.662),
            Place(30.322, 69.672, "Head of the fjord"),
            Place(30.368, 69.682, "Finish: Tårnet"),
        ),
    ),
)


def draw_stages() -> dict[int, str]:
    """Draw every stage and return its GPX text by number."""
    terrain = make_terrain(SEED)
    costs = step_costs(terrain)
    return {stage.number: _to_gpx(stage, _line(stage, costs), terrain) for stage in STAGES}


def write_stages(folder: Path = FOLDER) -> None:
    """Write each stage to its file."""
    for number, text in draw_stages().items():
        (folder / f"stage-{number}.gpx").write_text(text, encoding="utf-8", newline="\n")


def _line(stage: StagePlan, costs: StepCosts) -> Floats:
    """Draw the stage on the sheet, in metres (n, 2)."""
    rng = np.random.default_rng([SEED, stage.number])
    stops = [_on_sheet(place) for place in stage.places]
    legs = [easiest_path(costs, start, end) for start, end in pairwise(stops)]
    line = tread(np.concatenate([*(leg[:-1] for leg in legs), stops[-1:]]), rng)
    if stage.spur is None:
        return line
    fork = _nearest(line, stage.spur)
    out = tread(easiest_path(costs, line[fork], _on_sheet(stage.spur)), rng)
    return np.concatenate([line[:fork], out, out[-2::-1], line[fork + 1 :]])


def _on_sheet(place: Place) -> Floats:
    return to_metres(place.lon, place.lat)


def _nearest(line: Floats, place: Place) -> int:
    return int(np.argmin(np.hypot(*(line - _on_sheet(place)).T)))


def _to_gpx(stage: StagePlan, line: Floats, terrain: Terrain) -> str:
    """Write the line as a track with heights and its named places as waypoints in order."""
    lon, lat = (degrees.round(6).tolist() for degrees in to_degrees(line))
    points = list(zip(lat, lon, heights_at(terrain, line).round(1).tolist(), strict=True))
    places = [*stage.places, stage.spur] if stage.spur else stage.places
    names = {_nearest(line, place): place.name for place in places if place.name}

    document = gpx.GPX()
    document.creator = "marchapp demo"
    document.name = f"Stage {stage.number}: {stage.name}"
    document.description = NOTICE
    document.waypoints = [gpx.GPXWaypoint(*points[index], name=names[index]) for index in sorted(names)]
    track = gpx.GPXTrack(name=document.name, description=NOTICE)
    track.segments = [gpx.GPXTrackSegment([gpx.GPXTrackPoint(*point) for point in points])]
    document.tracks = [track]
    return document.to_xml(version="1.1")


if __name__ == "__main__":
    write_stages()
