"""More walks whose truth is known: other shapes, other ways to stray, and receivers that err in other ways.

It shares the walker and the truth with `planted`, but none of its routes, troubles and noise.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from marchapp.geo.line import RouteLine
from marchapp.geo.results import Floats, Ints
from tests.geo.planted import Case, Sampling, Walker, told_truly

# Routes ------------------------------------------------------------------------------


def _dense(corners: Sequence[Sequence[float]] | Floats, spacing_m: float) -> Floats:
    """Return a line through corners with a vertex at each and about every so many metres."""
    line = RouteLine.through(np.asarray(corners, float))
    return line.at(np.unique(np.append(np.arange(0, line.length_m, spacing_m), line.route_m)))


def spiral(rng: np.random.Generator) -> Floats:
    """Inwards in rounds 45 to 90 m apart, then out by a straight way across them."""
    apart_m = rng.uniform(45, 90)
    turn = np.arange(2 * np.pi * 5, 2 * np.pi * 1.2, -0.06)
    rounds = (apart_m * turn / (2 * np.pi))[:, None] * np.column_stack((np.cos(turn), np.sin(turn)))
    way_in = rounds[0] + np.linspace((1200.0, 300.0), (0.0, 0.0), 20)
    way_out = rounds[-1] + np.linspace((0.0, 0.0), (-1500.0, 900.0), 40)
    return np.vstack((way_in, rounds[1:], way_out[1:]))


def figure_of_eight(rng: np.random.Generator) -> Floats:
    """Two rounds that touch in the start: first one, then the other, with the start in the middle."""
    turn = np.linspace(0, 2 * np.pi, 150)
    east, west = rng.uniform(450, 700, 2)
    one = np.column_stack((east * (1 - np.cos(turn)), east * np.sin(turn)))
    other = np.column_stack((-west * (1 - np.cos(turn)), west * np.sin(turn)))
    return np.vstack((one, other[1:]))


def zigzag(rng: np.random.Generator) -> Floats:
    """Hairpins 25 to 40 m apart that join at sharp points, legs of different lengths."""
    apart_m = rng.uniform(25, 40)
    corners = [(0.0, 0.0), (1500.0, 200.0)]
    x, y = corners[-1]
    for leg in range(10):
        x += (1 if leg % 2 else -1) * rng.uniform(150, 450)
        y += apart_m * rng.uniform(1.0, 1.5)
        corners.append((x, y))
    return _dense([*corners, (x + 1500, y + 1200)], 35)


def star(rng: np.random.Generator) -> Floats:
    """Out and back in four directions from one hut, each way shorter or longer."""
    ways = []
    for number in range(4):
        heading = number * np.pi / 2 + rng.uniform(-0.3, 0.3)
        along = np.arange(0, rng.uniform(500, 1300), 30.0)
        out = along[:, None] * np.array((np.cos(heading), np.sin(heading)))
        out += 25 * np.sin(along / 120)[:, None] * np.array((-np.sin(heading), np.cos(heading)))
        ways += [out, out[-2::-1]]
    return _without_repeats(np.vstack(ways))


def ring_and_a_half(rng: np.random.Generator) -> Floats:
    """A ring walked one and a half times."""
    turn = np.arange(0, 3 * np.pi, 2 * np.pi / 140)
    radius = 600 + 80 * np.sin(2 * turn + rng.uniform(0, 6))
    return np.column_stack((radius * np.cos(turn), radius * np.sin(turn)))


def long_straight(rng: np.random.Generator) -> Floats:
    """A road with a vertex only every kilometre or two."""
    bends = rng.uniform(-150, 150, 7)
    return np.column_stack((np.cumsum(rng.uniform(900, 2100, 7)), bends))


def town(rng: np.random.Generator) -> Floats:
    """Right angles round blocks of 90 to 140 m, no street twice."""
    block_m = rng.uniform(90, 140)
    corners = [(0.0, 0.0)]
    for street in range(12):
        corners.append((corners[-1][0] + block_m * rng.integers(1, 4), corners[-1][1]))
        step = block_m * rng.integers(1, 4) * (1 if street % 3 else -1)
        corners.append((corners[-1][0], corners[-1][1] + step))
    return _dense(corners, 60)


def lollipop(rng: np.random.Generator) -> Floats:
    """A stick, a round, and back along the stick, drawn with a vertex every few metres."""
    x = np.arange(0, 1800, 7.0)
    stick = np.column_stack((x, 90 * np.sin(x / 260 + rng.uniform(0, 6))))
    turn = np.arange(0.02, 2 * np.pi, 0.02)
    ring = stick[-1] + 550 * np.column_stack((1 - np.cos(turn), np.sin(turn)))
    return np.vstack((stick, ring, stick[::-1]))


def _without_repeats(xy: Floats) -> Floats:
    moved = np.hypot(*np.diff(xy, axis=0).T) > 0.01
    return xy[np.concatenate(((True,), moved))]


OTHER_ROUTES: dict[str, Callable[[np.random.Generator], Floats]] = {
    "spiral": spiral,
    "figure_of_eight": figure_of_eight,
    "zigzag": zigzag,
    "star": star,
    "ring_and_a_half": ring_and_a_half,
    "long_straight": long_straight,
    "town": town,
    "lollipop": lollipop,
}


# Troubles ----------------------------------------------------------------------------


def angled_detour(walker: Walker, at_m: float) -> float:
    """Leave at an angle of 20 to 90 degrees, go along beside the route, and come back at another."""
    rng, line = walker.rng, walker.line
    for _ in range(40):
        to_m = at_m + rng.uniform(150, 700)
        if to_m > line.length_m - 100:
            continue
        ends = line.at(np.array((at_m, to_m)))
        aside_m = rng.uniform(90, 300) * rng.choice((-1, 1))
        out, back = np.radians(rng.uniform(20, 90, 2))
        first = ends[0] + _turned(_heading(line, at_m), np.sign(aside_m) * out) * abs(aside_m) / np.sin(out)
        last = ends[1] - _turned(_heading(line, to_m), -np.sign(aside_m) * back) * abs(aside_m) / np.sin(back)
        path = np.vstack((ends[:1], first, last, ends[1:]))
        if _is_far(walker, path) and RouteLine.through(path).length_m < 2500:
            walker.astray(path)
            return to_m
    return at_m


def parallel_road(walker: Walker, at_m: float) -> float:
    """Take the other road for a while, 60 to 150 m beside the route."""
    rng, line = walker.rng, walker.line
    for _ in range(40):
        to_m = at_m + rng.uniform(400, 900)
        if to_m > line.length_m - 100:
            continue
        part = shapely.offset_curve(
            line.stretch(at_m, to_m), float(rng.uniform(60, 150) * rng.choice((-1, 1)))
        )
        if part.geom_type != "LineString" or part.is_empty:
            continue
        beside = shapely.get_coordinates(part)
        path = np.vstack((line.at(np.array((at_m,))), beside, line.at(np.array((to_m,)))))
        if RouteLine.through(path).length_m < 2 * (to_m - at_m) + 400 and _is_far(walker, path, 55.0):
            walker.astray(path)
            return to_m
    return at_m


def short_cut(walker: Walker, at_m: float) -> float:
    """Go straight to a later place of the route, over a stretch of 150 m to 2 km."""
    rng, line = walker.rng, walker.line
    for _ in range(80):
        to_m = at_m + np.exp(rng.uniform(np.log(150), np.log(2000)))
        if to_m > line.length_m - 100:
            continue
        path = line.at(np.array((at_m, to_m)))
        saved_m = to_m - at_m - np.hypot(*(path[1] - path[0]))
        if saved_m > 40 and _is_far(walker, path):
            walker.astray(path)
            return float(to_m)
    return at_m


def wait_and_go_back(walker: Walker, at_m: float) -> float:
    """Wait for somebody, go back for them, and come on again."""
    walker.rest(int(walker.rng.uniform(150, 700)))
    back_m = max(0.0, at_m - walker.rng.uniform(80, 600))
    walker.along(at_m, back_m)
    return back_m


def long_gap(walker: Walker, at_m: float) -> float:
    """Lose the signal for ten minutes on the route."""
    walker.lose_signal(600)
    on_m = min(at_m + 1200, walker.line.length_m)
    walker.along(at_m, on_m)
    return on_m


def detour_without_signal(walker: Walker, at_m: float) -> float:
    """Lose the signal for some minutes somewhere in a detour."""
    before = walker.seconds
    to_m = angled_detour(walker, at_m)
    if to_m > at_m:
        away_s = walker.seconds - before
        start = before + int(walker.rng.uniform(0.3, 0.5) * away_s)
        walker.gaps.append((start, start + int(0.3 * away_s)))
    return to_m


def there_and_back(walker: Walker, at_m: float) -> float:
    """Look at something 120 to 250 m aside and come back by the same way."""
    rng, line = walker.rng, walker.line
    here = line.at(np.array((at_m,)))[0]
    for _ in range(20):
        side = _turned(_heading(line, at_m), rng.choice((-1, 1)) * np.pi / 2)
        path = np.vstack((here, here + rng.uniform(120, 250) * side, here))
        if _is_far(walker, path):
            walker.astray(path)
            break
    return at_m


def rest(walker: Walker, at_m: float) -> float:
    """Sit down for two to thirty minutes."""
    walker.rest(int(walker.rng.uniform(120, 1800)))
    return at_m


def _heading(line: RouteLine, at_m: float) -> Floats:
    a, b = line.at(np.clip(np.array((at_m - 5, at_m + 5)), 0, line.length_m))
    return np.asarray((b - a) / max(1e-6, float(np.hypot(*(b - a)))))


def _turned(direction: Floats, angle: float) -> Floats:
    c, s = np.cos(angle), np.sin(angle)
    return np.array((c * direction[0] - s * direction[1], s * direction[0] + c * direction[1]))


def _is_far(walker: Walker, path: Floats, far_m: float = 75.0) -> bool:
    """Tell whether a path goes clearly away from all of the route for a third of its way at least."""
    way = RouteLine.through(path)
    places = shapely.points(way.at(np.linspace(0, way.length_m, 60)))
    away_m = shapely.distance(shapely.linestrings(walker.line.xy), places)
    return float(np.mean(away_m > far_m)) > 0.33


TROUBLES: dict[str, Callable[[Walker, float], float]] = {
    "angled_detour": angled_detour,
    "parallel_road": parallel_road,
    "short_cut": short_cut,
    "wait_and_go_back": wait_and_go_back,
    "long_gap": long_gap,
    "detour_without_signal": detour_without_signal,
    "there_and_back": there_and_back,
    "rest": rest,
}
WHOLES = ("late_start", "early_end", "ride_home", "gives_up", "several")
OTHER_BEHAVIOURS = (*TROUBLES, *WHOLES)


def _walk(walker: Walker, behaviour: str) -> None:
    rng, line = walker.rng, walker.line
    walker.speed = rng.uniform(0.9, 1.6)
    at_m = 0.0
    if behaviour == "late_start" or (behaviour == "several" and rng.random() < 0.3):
        at_m = rng.uniform(0.1, 0.5) * line.length_m
        start = line.at(np.array((at_m,)))
        walker.astray(np.vstack((start + rng.uniform(-700, 700, 2), start)))
    end_m = line.length_m * (rng.uniform(0.4, 0.7) if behaviour in ("early_end", "gives_up") else 1.0)
    names = list(TROUBLES) if behaviour == "several" else [behaviour] * 2
    rng.shuffle(names)
    for name in names[:4] if behaviour == "several" else names:
        if name not in TROUBLES:
            continue
        there_m = at_m + rng.uniform(0.1, 0.35) * (end_m - at_m)
        walker.along(at_m, there_m)
        at_m = TROUBLES[name](walker, there_m)
    walker.along(at_m, end_m)
    if behaviour == "gives_up":
        walker.rest(300)
        walker.along(end_m, max(0.0, end_m - 1200))
    if behaviour in ("ride_home", "several"):
        walker.rest(240)
        # Home by a road beside the last part of the route.
        part = shapely.offset_curve(line.stretch(max(0.0, line.length_m - 1500), line.length_m), 90.0)
        beside = shapely.get_coordinates(part)[::-1]
        far = line.xy[-1] + np.array((-4000.0, 5000.0))
        if len(beside) < 2:
            beside = line.xy[-1:] + np.array((100.0, 100.0))
        walker.astray(np.vstack((line.xy[-1:], beside, far)), speed=10.0)


# Receivers ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Receiver:
    """A way of recording: sampling, the share of points that jump away, and how uneven the interval is."""

    sampling: Sampling
    jumping_share: float = 0.0
    unevenness: float = 0.0

    def rows(self, seconds: int, gaps: list[tuple[int, int]], rng: np.random.Generator) -> Ints:
        """Return the seconds at which there is a point."""
        every = self.sampling.every_s
        count = int(2 * seconds / every) + 2
        steps = np.maximum(1, np.round(every * rng.uniform(1 - self.unevenness, 1 + self.unevenness, count)))
        rows = np.concatenate(((0,), np.cumsum(steps))).astype(np.int64)
        rows = rows[rows < seconds]
        for start, end in gaps:
            rows = rows[(rows < start) | (rows >= end)]
        return np.asarray(rows)

    def errors(self, seconds: int, rng: np.random.Generator) -> Floats:
        """Return the error at every second."""
        noise = self.sampling.noise(seconds, rng)
        jumping = rng.random(seconds) < self.jumping_share
        turn = rng.uniform(0, 2 * np.pi, jumping.sum())
        far = rng.uniform(60, 400, jumping.sum())
        noise[jumping] += far[:, None] * np.column_stack((np.cos(turn), np.sin(turn)))
        return noise


RECEIVERS = {
    "1 s, 5 m": Receiver(Sampling(1, 5)),
    "10 s, 8 m": Receiver(Sampling(10, 8)),
    "30 s, 6 m": Receiver(Sampling(30, 6)),
    "1 s, 5 m, lasting 20 s, jumps": Receiver(Sampling(1, 5, 20), jumping_share=0.003),
    "10 s, 8 m, uneven, jumps": Receiver(Sampling(10, 8), jumping_share=0.005, unevenness=0.5),
    "30 s, 6 m, lasting 60 s, uneven": Receiver(Sampling(30, 6, 60), unevenness=0.4),
}


def planted_otherwise(route: str, behaviour: str, receiver: Receiver, seed: int) -> Case:
    """Return a case; the same for the same arguments."""
    rng = np.random.default_rng(
        (seed, 77, list(OTHER_ROUTES).index(route), OTHER_BEHAVIOURS.index(behaviour))
    )
    walker = Walker(RouteLine.through(OTHER_ROUTES[route](rng)), rng)
    _walk(walker, behaviour)
    rows = receiver.rows(walker.seconds, walker.gaps, rng)
    errors = receiver.errors(walker.seconds, rng)
    return told_truly(f"{route}/{behaviour}", walker, rows, errors, _unmistakable(walker.line))


def _unmistakable(line: RouteLine) -> Floats:
    """Return places along the route that it passes only once, about a kilometre apart."""
    places: list[float] = []
    vertices = _dense(line.xy, 20)
    along = RouteLine.through(vertices).route_m
    for at_m in np.arange(300.0, line.length_m - 300, 100.0):
        away_m = np.hypot(*(vertices - line.at(np.array((at_m,)))).T)
        on_another_leg = away_m < np.minimum(90, 0.7 * np.abs(along - at_m))
        if not on_another_leg.any() and (not places or at_m - places[-1] > 900):
            places.append(float(at_m))
    return np.array(places)


def other_cases(receiver: Receiver, seed: int) -> Iterator[Case]:
    """Yield every route with every trouble."""
    for route in OTHER_ROUTES:
        for behaviour in OTHER_BEHAVIOURS:
            # Who turns round early on the way out is on the way back: nobody can tell the two apart.
            if route != "star" or behaviour not in ("gives_up", "wait_and_go_back"):
                yield planted_otherwise(route, behaviour, receiver, seed)
