"""The thresholds of the comparison in one place, each with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Thresholds of `compare`; metres, seconds and metres per second.

    compare_without_times: compare a track without times in space instead of raising NoTimes.
    farthest_m: a track that never comes this near belongs to another place.
    candidate_radius_m: how far from the route a point may still be matched to it (2.5 × `off_distance_m`).
    off_distance_m: at this distance being on and being off the route are equally likely.
    sigma_m: smallest standard deviation of a position; phones in forest reach 5–8 m.
    step_scale_m: how far the metres along the route and the metres walked differ by accident in one step.
    speed_factor, least_speed_limit: nobody moves along the route faster than this many times the usual
        speed of the recording, nor is the limit ever lower than that of a jogger.
    gap_s: longer than this without a point is a recording gap (or three usual intervals, if that is more).
    enter_m, enter_s: this far away for this long is off the route: wider than a road with a verge and noise.
    leave_m, leave_s: this near for this long is back on the route.
    merge_s: two episodes closer in time than this are one.
    poor_accuracy_m: where the recorder itself reports worse than this, nobody knows.
    walked_step_s, walked_step_m: longest step between two points that still shows that all of it was walked.
    stop_s: standing still this long is a stop.
    stop_radius_m: pauses between which the group stays within this radius are one stop.
    backwards_m: shorter moves against the direction of the route are noise or a look around.
    ascent_threshold_m: smaller ups and downs are noise of barometers and elevation models.
    walked_share: from this share of the route on, the verdict is that it was walked.
    partly_share, partly_m: below both, the track belongs to another route.
    """

    compare_without_times: bool = False
    farthest_m: float = 5000.0
    candidate_radius_m: float = 100.0
    off_distance_m: float = 40.0
    sigma_m: float = 8.0
    step_scale_m: float = 12.0
    speed_factor: float = 3.0
    least_speed_limit: float = 3.0
    gap_s: float = 60.0
    enter_m: float = 50.0
    enter_s: float = 30.0
    leave_m: float = 25.0
    leave_s: float = 20.0
    merge_s: float = 60.0
    poor_accuracy_m: float = 50.0
    walked_step_s: float = 120.0
    walked_step_m: float = 150.0
    stop_s: float = 60.0
    stop_radius_m: float = 25.0
    backwards_m: float = 50.0
    ascent_threshold_m: float = 5.0
    walked_share: float = 0.9
    partly_share: float = 0.1
    partly_m: float = 1000.0
