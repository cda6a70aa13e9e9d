"""Walks whose truth is known: seeded routes of awkward shapes, and groups that stray from them."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely

from marchapp.geo.gpx import PlannedRoute, Recording, Waypoint
from marchapp.geo.line import RouteLine
from marchapp.geo.projection import LocalMetres
from marchapp.geo.results import Floats, Ints

HOME = LocalMetres(69.62, 30.6)
START_AT = 1_410_941_400.0
WALKING = 1.3
AWAY_M = 75.0
BESIDE_M = 25.0


def degrees(xy: Floats) -> tuple[Floats, Floats]:
    """Return latitudes and longitudes of (n, 2) local metres, by a few steps of Newton's method."""
    lat, lon = np.full(len(xy), HOME.lat), np.full(len(xy), HOME.lon)
    for _ in range(6):
        missing = xy - HOME.project(lat, lon)
        lat = lat + missing[:, 1] / 111_500
        lon = lon + missing[:, 0] / (111_500 * np.cos(np.radians(lat)))
    return lat, lon


# Routes ------------------------------------------------------------------------------


def _winding(rng: np.random.Generator, length_m: float, start: Floats, heading: float) -> Floats:
    """Return a path of gentle bends from a start, with a vertex about every 25 m."""
    steps = rng.uniform(10, 40, int(length_m / 25))
    bend = np.convolve(rng.normal(0, 0.35, len(steps) + 8), np.ones(9) / 3, "valid")
    headings = heading + 0.6 * np.sin(np.cumsum(bend) * 0.5)
    moves = steps[:, None] * np.column_stack((np.cos(headings), np.sin(headings)))
    return np.vstack((start, start + np.cumsum(moves, axis=0)))


def plain(rng: np.random.Generator) -> Floats:
    return _winding(rng, 10_000, np.zeros(2), rng.uniform(0, 6))


def spur(rng: np.random.Generator) -> Floats:
    """A winding way with a side trip to a lookout and back by the same path."""
    first = _winding(rng, 4000, np.zeros(2), 0.3)
    side = _winding(rng, 900, first[-1], 1.9)
    rest = _winding(rng, 4000, first[-1], 0.2)
    return np.vstack((first, side[1:], side[-2::-1], rest[1:]))


def crossing(rng: np.random.Generator) -> Floats:
    """Three loops like a lying eight, so that the route crosses itself at large angles."""
    turn = np.linspace(0, 4 * np.pi, 420)
    x = 1300 * np.sin(turn) + 40 * turn
    y = 800 * np.sin(2 * turn + 0.4) + 130 * turn
    return np.column_stack((x, y)) + rng.normal(0, 2, (len(turn), 2))


def hairpins(rng: np.random.Generator) -> Floats:
    """A climb in hairpins 25 m apart between two winding ways."""
    first = _winding(rng, 2500, np.zeros(2), 0.0)
    corner = first[-1]
    turns = [corner + np.array((400.0 * (row % 4 in (1, 2)), row // 2 * 25.0)) for row in range(1, 17)]
    dense = RouteLine.through(np.vstack((corner, *turns)))
    climb = dense.at(np.unique(np.append(np.arange(0, dense.length_m, 20), dense.route_m)))
    return np.vstack((first, climb[1:], _winding(rng, 2500, climb[-1], 1.5)[1:]))


def two_laps(rng: np.random.Generator) -> Floats:
    """The same round of 4 km twice."""
    turn = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    radius = 620 + 120 * np.sin(3 * turn + rng.uniform(0, 6)) + 50 * np.sin(5 * turn)
    lap = np.column_stack((radius * np.cos(turn), radius * np.sin(turn)))
    return np.vstack((lap, lap, lap[:1]))


def out_and_back(rng: np.random.Generator) -> Floats:
    """Out along a road, round a hill, and back along the same road."""
    road = _winding(rng, 3500, np.zeros(2), 0.5)
    turn = np.linspace(0, 2 * np.pi, 100)[1:-1]
    hill = road[-1] + 500 * np.column_stack((1 - np.cos(turn), np.sin(turn)))
    return np.vstack((road, hill, road[::-1]))


def shared_road(rng: np.random.Generator) -> Floats:
    """A road walked twice in the same direction, with a way round back to its beginning in between."""
    before = _winding(rng, 1500, np.zeros(2), 0.0)
    road = _winding(rng, 1500, before[-1], 0.2)
    chord = road[0] - road[-1]
    turn = np.linspace(0, np.pi, 60)[1:-1, None]
    aside = np.array((-chord[1], chord[0])) * 0.8
    back = road[-1] + chord * (1 - np.cos(turn)) / 2 + aside * np.sin(turn)
    return np.vstack((before, road[1:], back, road, _winding(rng, 1500, road[-1], -0.4)[1:]))


ROUTES: dict[str, Callable[[np.random.Generator], Floats]] = {
    "plain": plain,
    "spur": spur,
    "crossing": crossing,
    "hairpins": hairpins,
    "two_laps": two_laps,
    "out_and_back": out_and_back,
    "shared_road": shared_road,
}


# Walks -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Truth:
    """What really happened, at the recorded points and in between.

    route_m: true place of each point, nan off the route. away_m: its true distance from the whole route.
    walked: (n, 2) stretches walked forward on the route in the recording. episodes: (left_at, rejoined_at) of
    the times off the route, without approach and ride home; rejoined_at is nan if never. passed_at: of every
    checkpoint, nan where it was not passed on the route or while recording. kilometre_at: the same for every
    kilometre of the route from 0 on. stops: (from_at, to_at) of the rests. distance_m: really walked,
    straight through gaps. beside_m: walked astray, yet within 25 m of the route, where nobody can tell.
    """

    xy: Floats
    route_m: Floats
    away_m: Floats
    walked: Floats
    episodes: list[tuple[float, float]]
    passed_at: Floats
    kilometre_at: Floats
    stops: list[tuple[float, float]]
    distance_m: float
    beside_m: float


@dataclass(frozen=True)
class Case:
    """A planned route, a recording, and the truth about it."""

    name: str
    planned: PlannedRoute
    recording: Recording
    truth: Truth


@dataclass(frozen=True)
class Sampling:
    """How a receiver records: seconds between points, metres of noise on each axis, how long it lasts."""

    every_s: float
    noise_m: float
    lasting_s: float = 0.0

    def noise(self, seconds: int, rng: np.random.Generator) -> Floats:
        """Return noise for every second, white or lasting (autoregressive), of one variance."""
        white = rng.normal(0, self.noise_m, (seconds, 2))
        if not self.lasting_s:
            return white
        keep = np.exp(-1 / self.lasting_s)
        for row in range(1, seconds):
            white[row] = keep * white[row - 1] + np.sqrt(1 - keep**2) * white[row]
        return white


USUAL_SAMPLINGS = (
    Sampling(1, 5),
    Sampling(1, 5, 15),
    Sampling(5, 6, 30),
    Sampling(10, 8),
    Sampling(30, 6),
    Sampling(60, 6),
)


class Walker:
    """Walks second by second, and remembers where it truly was along the route."""

    def __init__(self, line: RouteLine, rng: np.random.Generator) -> None:
        self.line, self.rng = line, rng
        self.speed = WALKING
        self.xy: list[Floats] = []
        self.route_m: list[Floats] = []
        self.gaps: list[tuple[int, int]] = []
        self.rests: list[tuple[int, int]] = []
        self.seconds = 0

    def _log(self, xy: Floats, route_m: Floats) -> None:
        self.xy.append(xy)
        self.route_m.append(route_m)
        self.seconds += len(xy)

    def _pace(self, length_m: float, speed: float) -> Floats:
        """Return metres gone after each second, at a speed that varies by a fifth."""
        count = int(length_m / speed * 1.5) + 20
        wave = 1 + 0.2 * np.sin(np.arange(count) / self.rng.uniform(60, 200) + self.rng.uniform(0, 6))
        gone = np.cumsum(speed * wave)
        return np.append(gone[gone < length_m], length_m)

    def along(self, from_m: float, to_m: float) -> None:
        """Walk on the route, forward or back."""
        gone = self._pace(abs(to_m - from_m), self.speed)
        route_m = from_m + np.sign(to_m - from_m) * gone
        self._log(self.line.at(route_m), route_m)

    def astray(self, path: Floats, speed: float | None = None) -> None:
        """Walk off the route along a path."""
        way = RouteLine.through(path)
        xy = way.at(self._pace(way.length_m, speed or self.speed))
        self._log(xy, np.full(len(xy), np.nan))

    def rest(self, seconds: int) -> None:
        """Stand still."""
        last_m = self.route_m[-1][-1]
        self.rests.append((self.seconds, self.seconds + seconds))
        self._log(np.repeat(self.xy[-1][-1:], seconds, axis=0), np.full(seconds, last_m))

    def lose_signal(self, seconds: int) -> None:
        """Let the recording pause from now on."""
        self.gaps.append((self.seconds, self.seconds + seconds))


def _side_path(line: RouteLine, from_m: float, to_m: float, side_m: float) -> Floats:
    """Return a bulge beside the route from one of its places to another."""
    ends = line.at(np.array((from_m, to_m)))
    chord = ends[1] - ends[0]
    across = np.array((-chord[1], chord[0])) / max(1.0, float(np.hypot(*chord)))
    share = np.linspace(0, 1, 40)[:, None]
    return ends[0] + share * chord + side_m * np.sin(np.pi * share) ** 0.5 * across


def _truly_leaves(route: shapely.LineString, path: Floats) -> bool:
    """Tell whether most of the path is far from all of the route."""
    away = shapely.distance(
        route, shapely.points(RouteLine.through(path).at(np.linspace(0, 1, 50) * _length(path)))
    )
    return float(np.mean(away > AWAY_M)) > 0.5 and float(np.percentile(away, 80)) > 1.3 * AWAY_M


def _length(path: Floats) -> float:
    return RouteLine.through(path).length_m


BEHAVIOURS = (
    "steady",
    "pauses",
    "gap",
    "reversal",
    "detour",
    "shortcut",
    "approach_and_ride",
    "early_end",
    "mixed",
)


def _walk(walker: Walker, behaviour: str) -> None:
    """Walk the whole route with one kind of trouble, or with several."""
    line, rng = walker.line, walker.rng
    route = shapely.linestrings(line.xy)
    mixed = behaviour == "mixed"
    if behaviour == "approach_and_ride" or mixed:
        away = line.xy[0] - 900 * _towards(line)
        walker.astray(np.vstack((away, line.xy[:1])))
    at_m = 0.0
    troubles = ["pauses", "gap", "reversal", "detour", "shortcut"] if mixed else [behaviour] * 2
    rng.shuffle(troubles)
    stretch_m = line.length_m / (len(troubles) + 1)
    for number, trouble in enumerate(troubles):
        target_m = max(at_m, (number + rng.uniform(0.3, 0.9)) * stretch_m)
        walker.along(at_m, target_m)
        at_m = _trouble(walker, route, trouble, target_m)
    if behaviour == "early_end":
        walker.along(at_m, at_m + 0.5 * (line.length_m - at_m))
        return
    walker.along(at_m, line.length_m)
    if behaviour == "approach_and_ride" or mixed:
        walker.rest(200)
        home = line.xy[-1] + np.array((3500.0, -2500.0))
        walker.astray(np.vstack((line.xy[-1:], home)), speed=12.0)


def _towards(line: RouteLine) -> Floats:
    ahead = line.at(np.array((0.0, 200.0)))
    return np.asarray((ahead[1] - ahead[0]) / np.hypot(*(ahead[1] - ahead[0])))


def _trouble(walker: Walker, route: shapely.LineString, trouble: str, at_m: float) -> float:
    """Do something awkward at a place of the route; return the place where the walk goes on."""
    rng, line = walker.rng, walker.line
    if trouble == "pauses":
        walker.rest(int(rng.uniform(120, 900)))
    elif trouble == "gap":
        walker.lose_signal(int(rng.uniform(180, 600)))
    elif trouble == "reversal":
        back_m = max(0.0, at_m - rng.uniform(120, 400))
        walker.along(at_m, back_m)
        return back_m
    elif trouble in ("detour", "shortcut"):
        for _ in range(60):
            to_m = at_m + (rng.uniform(200, 500) if trouble == "detour" else rng.uniform(600, 1500))
            side_m = rng.choice((-1, 1)) * rng.uniform(150, 350) if trouble == "detour" else 0.0
            if to_m < line.length_m - 300:
                path = _side_path(line, at_m, to_m, side_m)
                if _truly_leaves(route, path):
                    walker.astray(path)
                    return to_m
    return at_m


# Recordings --------------------------------------------------------------------------


def planted(route_name: str, behaviour: str, sampling: Sampling, seed: int) -> Case:
    """Return a case; the same for the same arguments."""
    rng = np.random.default_rng((seed, list(ROUTES).index(route_name), BEHAVIOURS.index(behaviour)))
    line = RouteLine.through(ROUTES[route_name](rng))
    walker = Walker(line, rng)
    _walk(walker, behaviour)
    errors = sampling.noise(walker.seconds, rng)
    rows = _recorded(walker.seconds, sampling, walker.gaps)
    checkpoints_m = np.arange(900.0, line.length_m - 300, 1700.0)
    return told_truly(f"{route_name}/{behaviour}/{sampling.every_s:g}s", walker, rows, errors, checkpoints_m)


def told_truly(name: str, walker: Walker, recorded: Ints, errors: Floats, checkpoints_m: Floats) -> Case:
    """Return what a receiver writes of a walk at some of its seconds, and what truly happened.

    errors: (seconds, 2) metres by which it errs in each second.
    """
    line, xy, route_m = walker.line, np.vstack(walker.xy), np.concatenate(walker.route_m)
    lat, lon = degrees((xy + errors)[recorded])
    count = len(recorded)
    recording = Recording(
        lat,
        lon,
        np.full(count, np.nan),
        START_AT + recorded,
        np.zeros(count, int),
        np.full(count, np.nan),
        count,
        {},
    )
    return Case(
        name,
        _planned(line, checkpoints_m),
        recording,
        Truth(
            xy[recorded],
            route_m[recorded],
            shapely.distance(shapely.linestrings(line.xy), shapely.points(xy[recorded])),
            _walked(route_m, recorded),
            _episodes(route_m),
            _passed_at(route_m, recorded, checkpoints_m),
            _passed_at(route_m, recorded, np.arange(0.0, line.length_m, 1000.0)),
            [(START_AT + start, START_AT + end) for start, end in walker.rests],
            _walked_m(xy, recorded, walker.gaps),
            _beside_m(xy, route_m, line),
        ),
    )


def _walked_m(xy: Floats, recorded: Ints, gaps: list[tuple[int, int]]) -> float:
    seen = np.arange(recorded[0], recorded[-1] + 1)
    for start, end in gaps:
        seen = seen[(seen < start) | (seen >= end)]
    return _length(xy[seen])


def _beside_m(xy: Floats, route_m: Floats, line: RouteLine) -> float:
    legs_m = np.hypot(*np.diff(xy, axis=0).T)
    astray = np.flatnonzero(np.isnan(route_m[1:]))
    away_m = shapely.distance(shapely.linestrings(line.xy), shapely.points(xy[1:][astray]))
    return float(legs_m[astray][away_m < BESIDE_M].sum())


def _planned(line: RouteLine, checkpoints_m: Floats) -> PlannedRoute:
    lat, lon = degrees(line.xy)
    places = zip(*degrees(line.at(checkpoints_m)), strict=True)
    waypoints = tuple(Waypoint(f"CP {n}", float(a), float(b)) for n, (a, b) in enumerate(places, 1))
    return PlannedRoute(lat, lon, np.full(len(lat), np.nan), "planted", waypoints)


def _recorded(seconds: int, sampling: Sampling, gaps: list[tuple[int, int]]) -> Ints:
    rows = np.arange(0, seconds, int(sampling.every_s))
    for start, end in gaps:
        rows = rows[(rows < start) | (rows >= end)]
    return rows


def _walked(route_m: Floats, recorded: Ints) -> Floats:
    """Return the forward moves on the route, second by second, but not those in gaps of the recording."""
    seen = np.zeros(len(route_m) - 1, bool)
    for start, end in pairwise(recorded.tolist()):
        seen[start:end] = end - start <= 120 or abs(route_m[end] - route_m[start]) <= 50
    moved_m = np.diff(route_m)
    rows = np.flatnonzero(seen & (moved_m > 0) & (moved_m < 10))
    return np.column_stack((route_m[rows], route_m[rows + 1]))


def _episodes(route_m: Floats) -> list[tuple[float, float]]:
    off = np.isnan(route_m)
    edges = np.diff(off.astype(int))
    starts, ends = np.flatnonzero(edges == 1) + 1, np.flatnonzero(edges == -1) + 1
    if off[0]:
        ends = ends[1:]
    if off[-1]:
        starts = starts[:-1]
    return [(START_AT + start, START_AT + end) for start, end in zip(starts, ends, strict=True)]


def _passed_at(route_m: Floats, recorded: Ints, checkpoints_m: Floats) -> Floats:
    """Return the first time at each checkpoint, nan if it was not walked past or not recorded."""
    times = np.full(len(checkpoints_m), np.nan)
    for number, place_m in enumerate(checkpoints_m):
        reached = np.flatnonzero(route_m >= place_m)
        if len(reached) and reached[0] and np.abs(np.diff(route_m[reached[0] - 1 : reached[0] + 1]))[0] < 5:
            near = recorded[
                np.clip(np.searchsorted(recorded, reached[0]) + np.array((-1, 0)), 0, len(recorded) - 1)
            ]
            if near[1] - near[0] <= 60:
                times[number] = START_AT + reached[0]
    return times
