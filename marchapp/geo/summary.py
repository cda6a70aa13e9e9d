"""A comparison in a few lines of English for the command line."""

from collections.abc import Iterator

from marchapp.geo.results import Comparison, OffRoute, iso_utc

VERDICTS = {
    "walked": "The track walked the planned route",
    "partly": "The track walked part of the planned route",
    "not_this_route": "The track does not follow the planned route",
}


def summarise(comparison: Comparison) -> str:
    """Return the verdict and the main figures, one a line."""
    return "\n".join(_lines(comparison)) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    route, track, coverage = comparison.route, comparison.track, comparison.coverage
    backward = ", from its finish to its start" if comparison.direction == "backward" else ""
    yield f"{VERDICTS[comparison.verdict]}{backward}."
    yield (
        f"Route: {_km(coverage.walked_share * route.length_m)} of {_km(route.length_m)} walked "
        f"({coverage.walked_share:.1%}), {coverage.no_data_share:.1%} without data, "
        f"{coverage.missed_share:.1%} missed."
    )
    yield from _times(comparison)
    if track.ascent_m is not None and track.descent_m is not None:
        yield f"Climb: {track.ascent_m:.0f} m up, {track.descent_m:.0f} m down."
    deviation = comparison.deviation
    if deviation.median_m is not None:
        yield (
            f"While on the route: {deviation.median_m:.0f} m beside it in the median, "
            f"{deviation.p95_m:.0f} m at the 95th percentile, {deviation.max_m:.0f} m at most."
        )
    yield from (_episode(episode) for episode in comparison.off_route)
    for stretch in comparison.backwards:
        yield f"Backwards: from {_km(stretch.from_m)} to {_km(stretch.to_m)} at {_when(stretch.from_at)}."
    if track.started_at is not None:
        for checkpoint in comparison.checkpoints:
            name = checkpoint.name or "Checkpoint"
            yield f"{name}: {_passed(checkpoint.passed_at, checkpoint.passed_between)}."
    dropped = sum(track.points_dropped.values())
    yield f"Points: {track.points_used} of {track.points_read} used, {dropped} dropped."


def _times(comparison: Comparison) -> Iterator[str]:
    track = comparison.track
    if track.started_at is None:
        yield f"Track: {_km(track.distance_m)}, without times: nothing is known of when, stops, checkpoints."
        return
    yield f"Track: {_km(track.distance_m)} from {_when(track.started_at)} to {_when(track.finished_at)}."
    yield (
        f"Time: {_span(track.moving_s)} moving, {_span(track.stopped_s)} in {len(comparison.stops)} stops, "
        f"{_span(track.gap_s)} in {len(comparison.gaps)} gaps."
    )


def _episode(episode: OffRoute) -> str:
    back = (
        "not rejoined"
        if episode.rejoined_route_m is None
        else f"rejoined at {_km(episode.rejoined_route_m)}, {_when(episode.rejoined_at)}"
    )
    left = f"left at {_km(episode.left_route_m)}, {_when(episode.left_at)}"
    return f"Off the route: {left}; {back}; {episode.max_m:.0f} m away from it at most."


def _passed(passed_at: float | None, between: tuple[float, float] | None) -> str:
    if passed_at is not None:
        return f"passed {_when(passed_at)}"
    if between is not None:
        return f"passed between {_when(between[0])} and {_when(between[1])}"
    return "not passed"


def _km(metres: float) -> str:
    return f"{metres / 1000:.2f} km"


def _when(at: float | None) -> str:
    return "an unknown time" if at is None else str(iso_utc(round(at)))


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"
