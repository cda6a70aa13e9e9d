"""What a comparison says: frozen values with units, and their JSON form.

Times are Unix seconds in UTC, distances metres, shares 0 to 1, `route_m` metres along the planned route from
its start. In JSON times are ISO 8601 in UTC and everything unknown is null.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
CoverageClass = Literal["walked", "no_data", "missed"]
Verdict = Literal["walked", "partly", "not_this_route"]
Direction = Literal["forward", "backward"]

ON, OFF, UNKNOWN = 0, 1, 2
STATE_NAMES = ("on", "off", "unknown")


@dataclass(frozen=True)
class CheckpointPlan:
    """A place to pass, and when it should be passed (Unix seconds, None if there is no timetable)."""

    name: str
    lat: float
    lon: float
    planned_at_utc: float | None = None


@dataclass(frozen=True)
class Bounds:
    """The smallest box of degrees around a line."""

    south: float
    west: float
    north: float
    east: float


@dataclass(frozen=True)
class Profile:
    """A route as columns of equal length for charts and maps, thinned; `ele_m` is nan where unknown."""

    distance_m: Floats
    ele_m: Floats
    lat: Floats
    lon: Floats


@dataclass(frozen=True)
class RouteDescription:
    """A planned route by itself; ascent and descent are None without heights.

    `checkpoints_m`: the places of its waypoints along it, in their order, nan for one that is nowhere near.
    """

    name: str
    length_m: float
    ascent_m: float | None
    descent_m: float | None
    bounds: Bounds
    checkpoints_m: tuple[float, ...]
    profile: Profile


@dataclass(frozen=True)
class TrackSummary:
    """The recording by itself; times and durations are None (0 for durations) when it has no times."""

    points_read: int
    points_used: int
    points_dropped: dict[str, int]
    started_at: float | None
    finished_at: float | None
    distance_m: float
    moving_s: float
    stopped_s: float
    gap_s: float
    ascent_m: float | None
    descent_m: float | None


@dataclass(frozen=True)
class Interval:
    """A stretch of the planned route that was walked, has no data, or was missed."""

    from_m: float
    to_m: float
    kind: CoverageClass


@dataclass(frozen=True)
class Coverage:
    """How much of the planned route was walked; the intervals join without holes from start to finish."""

    walked_share: float
    no_data_share: float
    missed_share: float
    intervals: tuple[Interval, ...]


@dataclass(frozen=True)
class Place:
    """Where and when one point of the track was."""

    lat: float
    lon: float
    at: float | None
    route_m: float


@dataclass(frozen=True)
class Deviation:
    """Unsigned distance of the on-route points from their matched places; None when there is none."""

    median_m: float | None
    p95_m: float | None
    max_m: float | None
    max_at: Place | None


@dataclass(frozen=True)
class OffRoute:
    """One time away from the route, between the crossings of the 25 m line; rejoined_* are None if never.

    `walked_m` is the way walked away from the route, `max_m` the largest distance from the stretch left out.
    """

    left_at: float | None
    rejoined_at: float | None
    left_route_m: float
    rejoined_route_m: float | None
    max_m: float
    walked_m: float


@dataclass(frozen=True)
class Beyond:
    """Time spent before first reaching the route or after finishing it: not an off-route episode."""

    from_at: float | None
    to_at: float | None
    walked_m: float


@dataclass(frozen=True)
class Backwards:
    """A sustained walk against the direction of the route; from_m > to_m."""

    from_at: float | None
    to_at: float | None
    from_m: float
    to_m: float


@dataclass(frozen=True)
class Stop:
    """A stay in one place; `route_m` is None off the route."""

    from_at: float
    to_at: float
    lat: float
    lon: float
    route_m: float | None


@dataclass(frozen=True)
class Gap:
    """Time without points; `jump_m` is the straight line between the points around it."""

    from_at: float
    to_at: float
    jump_m: float
    from_route_m: float | None
    to_route_m: float | None


@dataclass(frozen=True)
class CheckpointPass:
    """When a checkpoint was passed: exactly, between two times, or (both None) missed.

    `late_s` is negative when early, and None without a planned or an exact time. `route_m` is None for
    a checkpoint that is not on the planned route; it then counts as passed where the track was nearest.
    """

    name: str
    lat: float
    lon: float
    route_m: float | None
    planned_at: float | None
    passed_at: float | None
    passed_between: tuple[float, float] | None
    late_s: float | None


@dataclass(frozen=True)
class Schedule:
    """Start and finish against the timetable; late_s are negative when early, None when unknown.

    `started_at` is when the group set off along the route, `finished_at` when it first reached the finish.
    """

    planned_start: float | None
    planned_finish: float | None
    started_at: float | None
    finished_at: float | None
    start_late_s: float | None
    finish_late_s: float | None


@dataclass(frozen=True)
class KilometrePace:
    """Pace on one wholly walked kilometre of the route, stops included; the last may be shorter."""

    from_m: float
    to_m: float
    duration_s: float
    pace_s_per_km: float


@dataclass(frozen=True)
class Secondary:
    """Distances between the simplified lines as wholes; Hausdorff ignores the order of points."""

    frechet_m: float
    hausdorff_m: float


@dataclass(frozen=True)
class Points:
    """One row per used point, as columns of equal length.

    time: Unix seconds, nan when the recording has no times. lat, lon: degrees. ele: metres, nan if unknown.
    route_m, offset_m: matched place along the route and signed distance from it, positive to the left in the
    direction of the route; nan off the route. distance_m: unsigned distance from the route there, never nan.
    state: ON, OFF or UNKNOWN (see STATE_NAMES). segment: number of the recorded segment.
    """

    time: Floats
    lat: Floats
    lon: Floats
    ele: Floats
    route_m: Floats
    offset_m: Floats
    distance_m: Floats
    state: npt.NDArray[np.int8]
    segment: Ints

    def __len__(self) -> int:
        return len(self.lat)


@dataclass(frozen=True)
class Comparison:
    """How a walked track compares with a planned route.

    `direction` is "backward" when the route was walked from its finish to its start; coverage, checkpoints
    and pace are then those of that walk.
    """

    engine_version: str
    verdict: Verdict
    direction: Direction
    route: RouteDescription
    track: TrackSummary
    coverage: Coverage
    deviation: Deviation
    off_route: tuple[OffRoute, ...]
    approach: Beyond | None
    after_finish: Beyond | None
    backwards: tuple[Backwards, ...]
    stops: tuple[Stop, ...]
    gaps: tuple[Gap, ...]
    checkpoints: tuple[CheckpointPass, ...]
    schedule: Schedule
    pace: tuple[KilometrePace, ...]
    secondary: Secondary
    points: Points

    def to_json(self) -> dict[str, Any]:
        """Return everything but the columns of points as plain values for `json.dumps`."""
        return {
            "engine_version": self.engine_version,
            "verdict": self.verdict,
            "direction": self.direction,
            "route": _route_json(self.route),
            "track": _track_json(self.track),
            "coverage": _coverage_json(self.coverage),
            "deviation": _deviation_json(self.deviation),
            "off_route": [_off_route_json(episode) for episode in self.off_route],
            "approach": _beyond_json(self.approach),
            "after_finish": _beyond_json(self.after_finish),
            "backwards": [_backwards_json(stretch) for stretch in self.backwards],
            "stops": [_stop_json(stop) for stop in self.stops],
            "gaps": [_gap_json(gap) for gap in self.gaps],
            "checkpoints": [_checkpoint_json(checkpoint) for checkpoint in self.checkpoints],
            "schedule": _schedule_json(self.schedule),
            "pace": [_pace_json(kilometre) for kilometre in self.pace],
            "secondary": {
                "frechet_m": _metres(self.secondary.frechet_m),
                "hausdorff_m": _metres(self.secondary.hausdorff_m),
            },
        }


def iso_utc(at: float | None) -> str | None:
    """Return Unix seconds as ISO 8601 in UTC, with milliseconds only where there are any.

    >>> iso_utc(0.25), iso_utc(60.0), iso_utc(None)
    ('1970-01-01T00:00:00.250Z', '1970-01-01T00:01:00Z', None)
    """
    if at is None or not np.isfinite(at):
        return None
    moment = datetime.fromtimestamp(round(at * 1000) / 1000, UTC)
    timespec = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=timespec).replace("+00:00", "Z")


def _metres(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), 1)


def _seconds(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), 1)


def _degrees(value: float) -> float:
    return round(float(value), 7)


def _route_json(route: RouteDescription) -> dict[str, Any]:
    return {
        "name": route.name,
        "length_m": _metres(route.length_m),
        "ascent_m": _metres(route.ascent_m),
        "descent_m": _metres(route.descent_m),
        "bounds": [route.bounds.south, route.bounds.west, route.bounds.north, route.bounds.east],
    }


def _track_json(track: TrackSummary) -> dict[str, Any]:
    return {
        "points_read": track.points_read,
        "points_used": track.points_used,
        "points_dropped": track.points_dropped,
        "started_at": iso_utc(track.started_at),
        "finished_at": iso_utc(track.finished_at),
        "distance_m": _metres(track.distance_m),
        "moving_s": _seconds(track.moving_s),
        "stopped_s": _seconds(track.stopped_s),
        "gap_s": _seconds(track.gap_s),
        "ascent_m": _metres(track.ascent_m),
        "descent_m": _metres(track.descent_m),
    }


def _coverage_json(coverage: Coverage) -> dict[str, Any]:
    return {
        "walked_share": round(coverage.walked_share, 5),
        "no_data_share": round(coverage.no_data_share, 5),
        "missed_share": round(coverage.missed_share, 5),
        "intervals": [
            {"from_m": _metres(stretch.from_m), "to_m": _metres(stretch.to_m), "class": stretch.kind}
            for stretch in coverage.intervals
        ],
    }


def _deviation_json(deviation: Deviation) -> dict[str, Any]:
    place = deviation.max_at
    return {
        "median_m": _metres(deviation.median_m),
        "p95_m": _metres(deviation.p95_m),
        "max_m": _metres(deviation.max_m),
        "max_at": place
        and {
            "lat": _degrees(place.lat),
            "lon": _degrees(place.lon),
            "time": iso_utc(place.at),
            "route_m": _metres(place.route_m),
        },
    }


def _off_route_json(episode: OffRoute) -> dict[str, Any]:
    return {
        "left_at": iso_utc(episode.left_at),
        "rejoined_at": iso_utc(episode.rejoined_at),
        "left_route_m": _metres(episode.left_route_m),
        "rejoined_route_m": _metres(episode.rejoined_route_m),
        "max_m": _metres(episode.max_m),
        "walked_m": _metres(episode.walked_m),
    }


def _beyond_json(beyond: Beyond | None) -> dict[str, Any] | None:
    if beyond is None:
        return None
    return {
        "from_at": iso_utc(beyond.from_at),
        "to_at": iso_utc(beyond.to_at),
        "walked_m": _metres(beyond.walked_m),
    }


def _backwards_json(stretch: Backwards) -> dict[str, Any]:
    return {
        "from_at": iso_utc(stretch.from_at),
        "to_at": iso_utc(stretch.to_at),
        "from_m": _metres(stretch.from_m),
        "to_m": _metres(stretch.to_m),
    }


def _stop_json(stop: Stop) -> dict[str, Any]:
    return {
        "from_at": iso_utc(stop.from_at),
        "to_at": iso_utc(stop.to_at),
        "lat": _degrees(stop.lat),
        "lon": _degrees(stop.lon),
        "route_m": _metres(stop.route_m),
    }


def _gap_json(gap: Gap) -> dict[str, Any]:
    return {
        "from_at": iso_utc(gap.from_at),
        "to_at": iso_utc(gap.to_at),
        "jump_m": _metres(gap.jump_m),
        "from_route_m": _metres(gap.from_route_m),
        "to_route_m": _metres(gap.to_route_m),
    }


def _checkpoint_json(checkpoint: CheckpointPass) -> dict[str, Any]:
    between = checkpoint.passed_between
    return {
        "name": checkpoint.name,
        "lat": _degrees(checkpoint.lat),
        "lon": _degrees(checkpoint.lon),
        "route_m": _metres(checkpoint.route_m),
        "planned_at": iso_utc(checkpoint.planned_at),
        "passed_at": iso_utc(checkpoint.passed_at),
        "passed_between": between and [iso_utc(between[0]), iso_utc(between[1])],
        "late_s": _seconds(checkpoint.late_s),
    }


def _schedule_json(schedule: Schedule) -> dict[str, Any]:
    return {
        "planned_start": iso_utc(schedule.planned_start),
        "planned_finish": iso_utc(schedule.planned_finish),
        "started_at": iso_utc(schedule.started_at),
        "finished_at": iso_utc(schedule.finished_at),
        "start_late_s": _seconds(schedule.start_late_s),
        "finish_late_s": _seconds(schedule.finish_late_s),
    }


def _pace_json(kilometre: KilometrePace) -> dict[str, Any]:
    return {
        "from_m": _metres(kilometre.from_m),
        "to_m": _metres(kilometre.to_m),
        "duration_s": _seconds(kilometre.duration_s),
        "pace_s_per_km": _seconds(kilometre.pace_s_per_km),
    }
