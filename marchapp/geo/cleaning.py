"""Which points of a recording can be compared, in the order of their times."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from marchapp.geo.errors import NoPoints, NoTimes
from marchapp.geo.gpx import Recording
from marchapp.geo.projection import LocalMetres
from marchapp.geo.results import Floats, Ints
from marchapp.geo.settings import Settings

SPIKE_SPEED = 8.0
SPIKE_M = 30.0
OTHER_DAY_S = 3 * 86400.0
USUAL_WALKING_SPEED = 1.3
SPEED_WINDOW_S = 30.0
SLOWEST_MOVE = 0.5


@dataclass(frozen=True)
class Walk:
    """The usable points of a recording as columns, times strictly rising, or all nan where there are none.

    xy: (n, 2) local metres. row: the point's row in the recording. usual_speed: metres a second while moving.
    usual_interval: seconds between points in the median.
    """

    time: Floats
    xy: Floats
    row: Ints
    accuracy: Floats
    segment: Ints
    dropped: dict[str, int]
    timed: bool
    usual_speed: float
    usual_interval: float

    def __len__(self) -> int:
        return len(self.row)


def clean(recording: Recording, projection: LocalMetres, settings: Settings) -> Walk:
    """Return the points to compare; raises NoTimes or NoPoints where there are too few."""
    rows = _in_time_order(recording)
    dropped = dict(recording.dropped)
    timed = len(rows.kept) >= 2 and 2 * len(rows.kept) >= len(recording)
    if timed:
        kept = rows.kept
        dropped |= rows.dropped
    elif settings.compare_without_times:
        kept = np.arange(len(recording))
    else:
        raise NoTimes(len(recording), len(rows.kept))
    time = recording.time[kept] if timed else np.full(len(kept), np.nan)
    xy = projection.project(recording.lat[kept], recording.lon[kept])
    speed = usual_speed(time, xy)
    spikes = _spikes(time, xy, speed)
    if spikes.any():
        dropped["spike"] = int(spikes.sum())
        kept, time, xy = kept[~spikes], time[~spikes], xy[~spikes]
        speed = usual_speed(time, xy)
    if len(kept) < 2:
        raise NoPoints(recording.points_read, recording.points_read - len(kept))
    return Walk(
        time,
        xy,
        kept,
        recording.accuracy[kept],
        recording.segment[kept],
        dropped,
        timed,
        speed,
        float(np.median(np.diff(time))) if timed else np.nan,
    )


@dataclass(frozen=True)
class _Rows:
    kept: Ints
    dropped: dict[str, int]


def _in_time_order(recording: Recording) -> _Rows:
    """Return the rows with a time of their own in order, and how many were left out by reason."""
    timed = np.flatnonzero(np.isfinite(recording.time))
    same_day = timed[_of_the_main_day(recording.time[timed])]
    time, segment = recording.time[same_day], recording.segment[same_day]
    # Segments are put in order as wholes, so that two that overlap in time are not braided into a zigzag.
    first_time = np.full(segment.max(initial=0) + 2, np.inf)
    np.minimum.at(first_time, segment, time)
    order = np.lexsort((time, segment, first_time[segment]))
    time = time[order]
    latest = np.maximum.accumulate(time) if len(time) else time
    new = np.ones(len(time), bool)
    new[1:] = time[1:] > latest[:-1]
    repeated = np.zeros(len(time), bool)
    repeated[1:] = time[1:] == latest[:-1]
    counts = {
        "no_time": len(recording) - len(timed),
        "other_day": len(timed) - len(same_day),
        "repeated_time": int(repeated.sum()),
        "overlapping_segment": int((~new & ~repeated).sum()),
    }
    return _Rows(same_day[order][new], {reason: count for reason, count in counts.items() if count})


def _of_the_main_day(time: Floats) -> npt.NDArray[np.bool_]:
    """Tell which times belong to the largest group without a break of three days.

    Receivers with a week rollover, or before their first fix, write times of other years.
    """
    if not len(time):
        return np.zeros(0, bool)
    order = np.argsort(time, kind="stable")
    group = np.empty(len(time), np.int64)
    group[order] = np.concatenate(((0,), np.cumsum(np.diff(time[order]) > OTHER_DAY_S)))
    return np.asarray(group == np.bincount(group).argmax())


def _spikes(time: Floats, xy: Floats, usual: float) -> npt.NDArray[np.bool_]:
    """Tell which points jump away and back while their neighbours agree; without times none."""
    spikes = np.zeros(len(time), bool)
    if len(time) < 3 or not np.isfinite(time[0]):
        return spikes
    step_s = np.diff(time)
    speed = np.hypot(*np.diff(xy, axis=0).T) / step_s
    limit = max(SPIKE_SPEED, 3 * usual)
    across_speed = np.hypot(*(xy[2:] - xy[:-2]).T) / (time[2:] - time[:-2])
    share = (step_s[:-1] / (time[2:] - time[:-2]))[:, None]
    stands_out_m = np.hypot(*(xy[1:-1] - xy[:-2] - share * (xy[2:] - xy[:-2])).T)
    spikes[1:-1] = (
        (speed[:-1] > limit) & (speed[1:] > limit) & (across_speed < limit) & (stands_out_m > SPIKE_M)
    )
    return spikes


def usual_speed(time: Floats, xy: Floats) -> float:
    """Return the median speed while moving, in metres a second, over half a minute against the noise."""
    if len(time) < 2 or not np.isfinite(time[0]):
        return USUAL_WALKING_SPEED
    later = np.searchsorted(time, time + SPEED_WINDOW_S)
    start = np.flatnonzero(later < len(time))
    end = later[start]
    took_s = time[end] - time[start]
    speed = np.hypot(*(xy[end] - xy[start]).T) / took_s
    moving = speed[(speed > SLOWEST_MOVE) & (took_s < 4 * SPEED_WINDOW_S)]
    return float(np.median(moving)) if len(moving) else USUAL_WALKING_SPEED
