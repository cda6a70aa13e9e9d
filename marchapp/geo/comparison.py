"""How a walked track compares with a planned route."""

from collections.abc import Sequence

import numpy as np
import shapely

from marchapp.geo.backwards import find_backwards
from marchapp.geo.cleaning import clean
from marchapp.geo.coverage import cover, steps_on_foot
from marchapp.geo.elevation import climb
from marchapp.geo.errors import NoPoints, TooFarAway
from marchapp.geo.gpx import PlannedRoute, Recording
from marchapp.geo.laps import Timetable, fits_as_well, likelier_start_m
from marchapp.geo.line import RouteLine
from marchapp.geo.passing import late_by, pace_by_kilometre, pass_checkpoints, pass_place, set_off_at
from marchapp.geo.placing import Away, Placed, place, runs_on_route
from marchapp.geo.progress import Progress, only_forward, part_of, untold
from marchapp.geo.projection import LocalMetres
from marchapp.geo.results import (
    OFF,
    ON,
    Beyond,
    Bools,
    CheckpointPlan,
    Comparison,
    Coverage,
    Deviation,
    Direction,
    Floats,
    Gap,
    Ints,
    OffRoute,
    Place,
    Points,
    RouteDescription,
    Schedule,
    Secondary,
    Stop,
    TrackSummary,
    Verdict,
)
from marchapp.geo.routes import describe_route, locate_on_route, route_length_m, route_line, sampled_line
from marchapp.geo.settings import Settings
from marchapp.geo.standing import find_gaps, find_stops, settled
from marchapp.geo.thinning import distance_walked
from marchapp.geo.turning import turned_back

__all__ = [
    "ENGINE_VERSION",
    "CheckpointPlan",
    "Comparison",
    "RouteDescription",
    "Settings",
    "compare",
    "describe_route",
    "locate_on_route",
    "route_length_m",
]

ENGINE_VERSION = "1.6"
FINISH_M = 150.0
PLACES_TO_TRY = (40, 500)
CLEANED, PLACED, PLACED_AGAIN = 0.05, 0.85, 0.95
SECONDARY_POINTS = 500
SECONDARY_SPACING_M = 5.0


def compare(
    *,
    walked: Recording,
    planned: PlannedRoute,
    checkpoints: Sequence[CheckpointPlan] | None = None,
    planned_start: float | None = None,
    planned_finish: float | None = None,
    settings: Settings = Settings(),  # noqa: B008 (frozen)
    progress: Progress | None = None,
) -> Comparison:
    """Compare a recording with the route that was planned, in order along the route.

    checkpoints default to the waypoints of the planned route; times are Unix seconds in UTC. progress is told
    the share that is done, and may raise to end the work. Raises NoPoints, NoTimes (unless
    settings.compare_without_times) or TooFarAway.
    """
    tell = only_forward(progress or untold)
    tell(0.0)
    if len(planned) < 2:
        raise NoPoints(len(planned))
    projection, line = route_line(planned)
    _refuse_other_places(walked, projection, line, settings)
    walk = clean(walked, projection, settings)
    placed = place(walk, line, settings, part_of(tell, CLEANED, PLACED))
    tell(PLACED)
    again = part_of(tell, PLACED, PLACED_AGAIN)
    plans = (
        checkpoints
        if checkpoints is not None
        else [CheckpointPlan(w.name, w.lat, w.lon) for w in planned.waypoints]
    )
    plans_m = locate_on_route(planned, plans)
    turned = _is_turned(placed)
    if turned:
        line = RouteLine.through(line.xy[::-1])
        placed = place(walk, line, settings, again)
    else:
        times = [plan.planned_at_utc for plan in plans]
        known = [(0.0, planned_start), *zip(plans_m, times, strict=True), (line.length_m, planned_finish)]
        placed = _on_the_likelier_lap(placed, line, Timetable.of(known), settings, again)
    places = _checkpoints_in_order(plans, plans_m, line.length_m if turned else None)
    on_foot = steps_on_foot(placed, settings)
    coverage = cover(placed, line, on_foot)
    stops = find_stops(placed, walked.lat[walk.row], walked.lon[walk.row], settings)
    gaps = find_gaps(placed)
    calm = settled(placed, stops)
    approach, after_finish, off_route = _times_off(calm, line)
    found = Comparison(
        engine_version=ENGINE_VERSION,
        verdict=_verdict(coverage, line.length_m, settings),
        direction=_direction(turned),
        route=describe_route(planned, threshold_m=settings.ascent_threshold_m),
        track=_track(walked, calm, stops, gaps, settings),
        coverage=coverage,
        deviation=_deviation(walked, placed),
        off_route=off_route,
        approach=approach,
        after_finish=after_finish,
        backwards=find_backwards(calm, settings),
        stops=stops,
        gaps=gaps,
        checkpoints=pass_checkpoints(placed, line, projection, places, on_foot),
        schedule=_schedule(placed, line, planned_start, planned_finish, on_foot),
        pace=pace_by_kilometre(placed, line, coverage, on_foot),
        secondary=_secondary(placed, line),
        points=_points(walked, placed),
    )
    tell(1.0)
    return turned_back(found, line.length_m) if turned else found


def _refuse_other_places(
    walked: Recording, projection: LocalMetres, line: RouteLine, settings: Settings
) -> None:
    """Raise TooFarAway if no point of the recording is anywhere near the route."""
    if not len(walked):
        raise NoPoints(walked.points_read, walked.points_read)
    for places in PLACES_TO_TRY:
        rows = np.unique(np.linspace(0, len(walked) - 1, places).astype(int))
        nearest_m = _nearest_m(walked, rows, projection, line, settings)
        if nearest_m <= settings.farthest_m:
            return
    raise TooFarAway(nearest_m)


def _nearest_m(
    walked: Recording, rows: Ints, projection: LocalMetres, line: RouteLine, settings: Settings
) -> float:
    """Return about how near to the route some points come."""
    from_centre_m = projection.chord_from_centre(walked.lat[rows], walked.lon[rows])
    route_radius_m = float(np.hypot(*line.xy.T).max())
    nearest_m = float(from_centre_m.min()) - route_radius_m
    if nearest_m > settings.farthest_m:
        return nearest_m
    # On the other side of the earth a point would project onto the route.
    near = from_centre_m < 2 * route_radius_m + 1e5
    return float(line.distances(projection.project(walked.lat[rows], walked.lon[rows])[near]).min())


def _on_the_likelier_lap(
    placed: Placed, line: RouteLine, timetable: Timetable | None, settings: Settings, progress: Progress
) -> Placed:
    """Return the walk on the passage that the timetable tells where it fits several equally well."""
    start_m = likelier_start_m(placed, line, timetable) if timetable else None
    if start_m is None:
        return placed
    other = place(placed.walk, line, settings, progress, likely_start_m=start_m)
    return other if fits_as_well(other, placed) else placed


def _is_turned(placed: Placed) -> bool:
    """Tell whether the route was walked from its finish to its start as a whole."""
    along = np.diff(placed.run_m[runs_on_route(placed)])
    along = along[np.abs(along) < FINISH_M]
    return bool(-along[along < 0].sum() > 2 * along[along > 0].sum())


def _direction(turned: bool) -> Direction:
    return "backward" if turned else "forward"


def _checkpoints_in_order(
    plans: Sequence[CheckpointPlan], route_m: tuple[float, ...], turned_length_m: float | None
) -> list[tuple[CheckpointPlan, float]]:
    """Return the checkpoints with their metres along the route as it was walked, in that order."""
    if turned_length_m is not None:
        route_m = tuple(turned_length_m - place_m for place_m in route_m)
    places = list(zip(plans, route_m, strict=True))
    return sorted(places, key=lambda place: np.inf if np.isnan(place[1]) else place[1])


def _times_off(placed: Placed, line: RouteLine) -> tuple[Beyond | None, Beyond | None, tuple[OffRoute, ...]]:
    """Return the approach, the way home, and the episodes between them."""
    on = runs_on_route(placed)
    approach = after_finish = None
    episodes = []
    for away in placed.away:
        before, after = on[on < away.first], on[on > away.last]
        if not len(before):
            approach = _beyond(placed, away)
        elif not len(after) and placed.run_m[before].max() >= line.length_m - FINISH_M:
            after_finish = _beyond(placed, away)
        else:
            rejoined_m = float(placed.run_m[after[0]]) if len(after) else None
            episodes.append(_episode(placed, away, float(placed.run_m[before[-1]]), rejoined_m))
    return approach, after_finish, tuple(episodes)


def _beyond(placed: Placed, away: Away) -> Beyond:
    return Beyond(_known(away.left_at), _known(away.rejoined_at), _walked_away_m(placed, away))


def _episode(placed: Placed, away: Away, left_m: float, rejoined_m: float | None) -> OffRoute:
    runs = placed.runs
    points = slice(runs.first[away.first], runs.first[away.last] + runs.count[away.last])
    return OffRoute(
        left_at=_known(away.left_at),
        rejoined_at=_known(away.rejoined_at) if rejoined_m is not None else None,
        left_route_m=left_m,
        rejoined_route_m=rejoined_m,
        max_m=float(np.abs(placed.offset_m[points]).max()),
        walked_m=_walked_away_m(placed, away),
    )


def _walked_away_m(placed: Placed, away: Away) -> float:
    around = slice(max(0, away.first - 1), away.last + 2)
    return float(distance_walked(placed.runs.xy[around])[-1])


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _verdict(coverage: Coverage, length_m: float, settings: Settings) -> Verdict:
    if coverage.walked_share >= settings.walked_share:
        return "walked"
    # Gaps in the recording do not speak against a group that was on the route before and after them.
    if (
        coverage.walked_share >= 0.5
        and coverage.walked_share + coverage.no_data_share >= settings.walked_share
    ):
        return "walked"
    if (
        coverage.walked_share >= settings.partly_share
        or coverage.walked_share * length_m >= settings.partly_m
    ):
        return "partly"
    return "not_this_route"


def _track(
    walked: Recording, placed: Placed, stops: tuple[Stop, ...], gaps: tuple[Gap, ...], settings: Settings
) -> TrackSummary:
    walk, runs = placed.walk, placed.runs
    distance_m = distance_walked(runs.xy)
    climbs = climb(
        distance_m, runs.means(walked.ele[walk.row]), runs.segment, threshold_m=settings.ascent_threshold_m
    )
    ascent_m, descent_m = climbs or (None, None)
    total_s = float(walk.time[-1] - walk.time[0]) if walk.timed else 0.0
    stopped_s = sum(stop.to_at - stop.from_at for stop in stops)
    gap_s = sum(gap.to_at - gap.from_at for gap in gaps)
    return TrackSummary(
        points_read=walked.points_read,
        points_used=len(walk),
        points_dropped=walk.dropped,
        started_at=_known(walk.time[0]),
        finished_at=_known(walk.time[-1]),
        distance_m=float(distance_m[-1]),
        moving_s=max(0.0, total_s - stopped_s - gap_s),
        stopped_s=stopped_s,
        gap_s=gap_s,
        ascent_m=ascent_m,
        descent_m=descent_m,
    )


def _deviation(walked: Recording, placed: Placed) -> Deviation:
    rows = np.flatnonzero(placed.state == ON)
    if not len(rows):
        return Deviation(None, None, None, None)
    away_m = np.abs(placed.offset_m[rows])
    farthest = rows[int(np.argmax(away_m))]
    source = placed.walk.row[farthest]
    return Deviation(
        float(np.median(away_m)),
        float(np.percentile(away_m, 95)),
        float(away_m.max()),
        Place(
            float(walked.lat[source]),
            float(walked.lon[source]),
            _known(placed.walk.time[farthest]),
            float(placed.route_m[farthest]),
        ),
    )


def _schedule(
    placed: Placed,
    line: RouteLine,
    planned_start: float | None,
    planned_finish: float | None,
    on_foot: Bools,
) -> Schedule:
    started_at = set_off_at(placed)
    finished_at, _, _ = pass_place(placed, line, line.length_m, line.xy[-1], 0, on_foot)
    return Schedule(
        planned_start,
        planned_finish,
        started_at,
        finished_at,
        late_by(started_at, planned_start),
        late_by(finished_at, planned_finish),
    )


def _secondary(placed: Placed, line: RouteLine) -> Secondary:
    xy = placed.runs.xy if len(placed.runs) > 1 else placed.walk.xy
    # Evenly sampled, the discrete Fréchet distance is exact to half the spacing whatever the vertices.
    longest_m = max(line.length_m, RouteLine.through(xy).length_m)
    spacing_m = max(longest_m / SECONDARY_POINTS, SECONDARY_SPACING_M)
    walked, planned = sampled_line(xy, spacing_m), sampled_line(line.xy, spacing_m)
    return Secondary(shapely.frechet_distance(walked, planned), shapely.hausdorff_distance(walked, planned))


def _points(walked: Recording, placed: Placed) -> Points:
    row = placed.walk.row

    def on_route(column: Floats) -> Floats:
        return np.where(placed.state == OFF, np.nan, column)

    return Points(
        time=placed.walk.time,
        lat=walked.lat[row],
        lon=walked.lon[row],
        ele=walked.ele[row],
        route_m=on_route(placed.route_m),
        offset_m=on_route(placed.offset_m),
        distance_m=np.abs(placed.offset_m),
        state=placed.state,
        segment=placed.walk.segment,
    )
