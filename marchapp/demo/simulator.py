"""What a phone records while a group walks a planned route, and what may happen on the way."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from marchapp.demo.paths import distances_along, points_at, wander
from marchapp.demo.terrain import Floats, to_degrees, to_metres
from marchapp.geo.gpx import PlannedRoute

STEP_M = 5.0
WALKING_M_S = 1.16  # on level ground, between the pauses
NOISE_LASTS_S = 30.0
LINGERS_S = 150.0  # nobody stops the recorder at once
WITHOUT_FIX = 25  # points

# Columns of a walk, a row every few metres: metres east and north, height, place on the route, seconds.
PLACE, HEIGHT, ROUTE_M, CLOCK_S = slice(0, 2), 2, 3, 4


@dataclass(frozen=True)
class Pause:
    """A rest; where it `stops_recorder`, the recorder leaves the mark lat=100 that some of them write."""

    at_km: float
    minutes: float
    stops_recorder: bool = False


@dataclass(frozen=True)
class Detour:
    """Another way from one place of the route to a later one, in an arc `away_m` left of the straight line.

    Past an out-and-back or a loop it is a short cut.
    """

    at_km: float
    to_km: float
    away_m: float = 0.0


@dataclass(frozen=True)
class WrongTurn:
    """A wrong way taken for `length_m`, turned off to the left, and walked back."""

    at_km: float
    length_m: float
    turn_degrees: float = 60.0


@dataclass(frozen=True)
class Story:
    """How a group fared; `silent_km` is where the recorder slept, `ends_at_km` where its battery ended.

    `starts_at_km` is where another recorder took over.
    """

    detours: tuple[Detour, ...] = ()
    wrong_turns: tuple[WrongTurn, ...] = ()
    pauses: tuple[Pause, ...] = ()
    pace: float = 1.0
    late_min: float = 0.0
    silent_km: tuple[float, float] | None = None
    starts_at_km: float | None = None
    ends_at_km: float | None = None
    waits_for_fix: bool = False
    interval_s: int = 5
    noise_m: float = 4.0


def record_walk(route: PlannedRoute, story: Story, *, starts_at: datetime, name: str, seed: int) -> bytes:
    """Walk a planned route as the story tells and return the recording as GPX, the same for the same seed."""
    rng = np.random.default_rng(seed)
    walk = _walk(route, story, rng)
    seconds = _recorded_seconds(walk, story)
    points = points_at(walk, walk[:, CLOCK_S], seconds)
    spread = NOISE_LASTS_S / story.interval_s
    points[:, PLACE] += wander(rng, len(points), 2, spread=spread, size_m=story.noise_m)
    points[:, HEIGHT] += wander(rng, len(points), 1, spread=4 * spread, size_m=3.0)[:, 0]
    lon, lat = to_degrees(points[:, PLACE])
    if story.waits_for_fix:
        lat[:WITHOUT_FIX] = lon[:WITHOUT_FIX] = 0.0
    for pause in story.pauses:
        if pause.stops_recorder:
            lat[np.searchsorted(seconds, _pause_s(walk, pause)[0]) - 1] = 100.0
    first = starts_at.replace(tzinfo=None) + timedelta(minutes=story.late_min)
    return _to_gpx(name, lat, lon, points[:, HEIGHT], np.datetime64(first, "s") + seconds.astype(int))


def _walk(route: PlannedRoute, story: Story, rng: np.random.Generator) -> Floats:
    """Return the way that the group really went, with its clock."""
    planned = to_metres(route.lon, route.lat)
    along = distances_along(planned)
    way = points_at(
        np.column_stack([planned, route.ele, along]),
        along,
        np.append(np.arange(0, along[-1], STEP_M), along[-1]),
    )
    for detour in story.detours:
        way = _with_detour(way, detour)
    for turn in story.wrong_turns:
        way = _with_wrong_turn(way, turn)
    walk = np.column_stack([way, _clock(way, story, rng)])
    for pause in story.pauses:
        walk[_row(walk, pause.at_km) :, CLOCK_S] += pause.minutes * 60
    arrived = walk[-1:].copy()
    arrived[:, CLOCK_S] += LINGERS_S
    return np.concatenate([walk, arrived])


def _with_detour(way: Floats, detour: Detour) -> Floats:
    first, last = _row(way, detour.at_km), _row(way, detour.to_km)
    across = way[last] - way[first]
    share = np.linspace(0, 1, 1000)[:, None]
    arc = way[first] + share * across
    to_left = np.array([-across[1], across[0]]) / np.hypot(*across[PLACE])
    arc[:, PLACE] += to_left * detour.away_m * (np.sin(np.pi * share) + 0.15 * np.sin(3 * np.pi * share))
    along = distances_along(arc[:, PLACE])
    return np.concatenate([way[:first], points_at(arc, along, np.arange(0, along[-1], STEP_M)), way[last:]])


def _with_wrong_turn(way: Floats, turn: WrongTurn) -> Floats:
    row = _row(way, turn.at_km)
    east, north = way[row + 5, PLACE] - way[row, PLACE]
    steps = np.arange(turn.length_m // STEP_M)
    heading = np.arctan2(north, east) + np.radians(turn.turn_degrees) + 0.4 * np.sin(steps / 20)
    out = np.repeat(way[row : row + 1], len(steps), axis=0)
    out[:, PLACE] += np.cumsum(STEP_M * np.column_stack([np.cos(heading), np.sin(heading)]), axis=0)
    out[:, HEIGHT] += 0.04 * STEP_M * steps
    return np.concatenate([way[: row + 1], out, out[::-1], way[row + 1 :]])


def _clock(way: Floats, story: Story, rng: np.random.Generator) -> Floats:
    """Return the seconds walked up to each row: slower uphill (after Tobler), with spells of haste."""
    step_m = np.diff(distances_along(way[:, PLACE]))
    slope = np.clip(np.diff(way[:, HEIGHT]) / np.maximum(step_m, 1.0), -0.4, 0.4)
    hill = np.exp(-3.5 * (np.abs(slope + 0.05) - 0.05))
    mood = np.exp(wander(rng, len(step_m), 1, spread=80.0, size_m=0.1)[:, 0])
    return np.concatenate([[0.0], np.cumsum(step_m / (WALKING_M_S * story.pace * hill * mood))])


def _recorded_seconds(walk: Floats, story: Story) -> Floats:
    """Return when the recorder wrote a point, in seconds from the start."""
    end = -1 if story.ends_at_km is None else _row(walk, story.ends_at_km)
    start_s = walk[_row(walk, story.starts_at_km or 0.0), CLOCK_S]
    seconds = np.arange(start_s, walk[end, CLOCK_S], story.interval_s)
    silences = [_pause_s(walk, pause) for pause in story.pauses if pause.stops_recorder]
    if story.silent_km:
        silences += [tuple(walk[[_row(walk, km) for km in story.silent_km], CLOCK_S])]
    for from_s, to_s in silences:
        seconds = seconds[(seconds < from_s) | (seconds > to_s)]
    return seconds


def _pause_s(walk: Floats, pause: Pause) -> tuple[float, float]:
    ended_s = float(walk[_row(walk, pause.at_km), CLOCK_S])
    return ended_s - pause.minutes * 60, ended_s


def _row(way: Floats, km: float) -> int:
    """Return the row at which a place of the planned route is reached."""
    return int(np.searchsorted(way[:, ROUTE_M], km * 1000))


def _to_gpx(name: str, lat: Floats, lon: Floats, ele: Floats, times: np.ndarray) -> bytes:
    points = "\n".join(
        f'<trkpt lat="{y:.7f}" lon="{x:.7f}"><ele>{z:.1f}</ele><time>{time}Z</time></trkpt>'
        for y, x, z, time in zip(lat.tolist(), lon.tolist(), ele.tolist(), times.astype(str), strict=True)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gpx version="1.1" creator="marchapp demo" xmlns="http://www.topografix.com/GPX/1/1">\n'
        f"<trk><name>{name}</name><trkseg>\n{points}\n</trkseg></trk>\n</gpx>\n"
    ).encode()
