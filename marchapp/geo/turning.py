"""A comparison with the route turned round, told in the metres of the route as it was planned."""

from dataclasses import replace

from marchapp.geo.results import CheckpointPass, Comparison, Interval


def turned_back(found: Comparison, length_m: float) -> Comparison:
    """Return a comparison with the turned route, of `length_m`, as one with the planned route."""

    def back(route_m: float | None) -> float | None:
        return None if route_m is None else length_m - route_m

    def turned(route_m: float) -> float:
        return length_m - route_m

    place_of_max = found.deviation.max_at
    return replace(
        found,
        coverage=replace(
            found.coverage,
            intervals=tuple(
                Interval(turned(part.to_m), turned(part.from_m), part.kind)
                for part in found.coverage.intervals[::-1]
            ),
        ),
        deviation=replace(
            found.deviation,
            max_at=place_of_max and replace(place_of_max, route_m=turned(place_of_max.route_m)),
        ),
        off_route=tuple(
            replace(e, left_route_m=turned(e.left_route_m), rejoined_route_m=back(e.rejoined_route_m))
            for e in found.off_route
        ),
        backwards=tuple(replace(b, from_m=turned(b.from_m), to_m=turned(b.to_m)) for b in found.backwards),
        stops=tuple(replace(stop, route_m=back(stop.route_m)) for stop in found.stops),
        gaps=tuple(
            replace(gap, from_route_m=back(gap.from_route_m), to_route_m=back(gap.to_route_m))
            for gap in found.gaps
        ),
        checkpoints=tuple(_checkpoint_back(checkpoint, length_m) for checkpoint in found.checkpoints),
        pace=tuple(replace(k, from_m=turned(k.from_m), to_m=turned(k.to_m)) for k in found.pace),
        points=replace(
            found.points, route_m=length_m - found.points.route_m, offset_m=-found.points.offset_m
        ),
    )


def _checkpoint_back(checkpoint: CheckpointPass, length_m: float) -> CheckpointPass:
    return (
        checkpoint
        if checkpoint.route_m is None
        else replace(checkpoint, route_m=length_m - checkpoint.route_m)
    )
