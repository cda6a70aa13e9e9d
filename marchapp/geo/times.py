"""Times as files write them, as Unix seconds."""

import re
from array import array
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from marchapp.geo.results import Floats, Ints

USUAL_TIME = "2014-09-17T08:00:00Z"
# Calendars and clocks of all zones can tell every moment in between, and no recorder was there before.
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC).timestamp(), datetime(2200, 1, 1, tzinfo=UTC).timestamp()
LENIENT_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d+)?\s*(?:Z|([+\-−])(\d{2}):?(\d{2})?)?"
)


def unix_seconds(texts: list[str]) -> "array[float]":
    """Return times as Unix seconds, nan for what is no time; without offset they are taken as UTC.

    What lies before 1900 or after 2199 is no time either.

    >>> unix_seconds(["1970-01-01T00:01:00Z", "1970-01-01T02:00:00.5+02:00", "soon"]).tolist()
    [60.0, 0.5, nan]
    """
    values = _as_written(texts)
    column = np.frombuffer(values)
    column[~((column >= EARLIEST) & (column < LATEST))] = float("nan")
    return values


def _as_written(texts: list[str]) -> "array[float]":
    joined = "".join(texts)
    if len(joined) == len(USUAL_TIME) * len(texts) and joined.isascii():
        values = _usual_times(np.frombuffer(joined.encode(), np.uint8).reshape(-1, len(USUAL_TIME)))
        if values is not None:
            return array("d", values.tobytes())
    return array("d", (_one_time(text) for text in texts))


def _usual_times(letters: npt.NDArray[np.uint8]) -> Floats | None:
    """Return the times of an (n, 20) array of letters, None if one of them is not like `USUAL_TIME`."""
    pattern = np.frombuffer(USUAL_TIME.encode(), np.uint8)
    is_digit = (pattern >= ord("0")) & (pattern <= ord("9"))
    digits = letters[:, is_digit].astype(np.int64) - ord("0")
    if not ((letters[:, ~is_digit] == pattern[~is_digit]).all() and ((digits >= 0) & (digits <= 9)).all()):
        return None
    year, month, day = digits[:, :4] @ (1000, 100, 10, 1), digits[:, 4:6] @ (10, 1), digits[:, 6:8] @ (10, 1)
    hour, minute, second = digits[:, 8:10] @ (10, 1), digits[:, 10:12] @ (10, 1), digits[:, 12:14] @ (10, 1)
    if not (
        (month >= 1) & (month <= 12) & (day >= 1) & (day <= 28) & (hour < 24) & (minute < 60) & (second < 60)
    ).all():
        return _calendar_checked(year, month, day, hour, minute, second)
    return _seconds_of(year, month, day, hour, minute, second)


def _calendar_checked(*fields: Ints) -> Floats | None:
    """Return the times if all of them are in the calendar."""
    year, month, day, hour, minute, second = fields
    if not ((month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60)).all():
        return None
    months = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (month - 1)
    month_days = ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(int)
    if not ((day >= 1) & (day <= month_days)).all():
        return None
    return _seconds_of(*fields)


def _seconds_of(year: Ints, month: Ints, day: Ints, hour: Ints, minute: Ints, second: Ints) -> Floats:
    months = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (month - 1)
    days = months.astype("datetime64[D]").astype(np.int64) + day - 1
    return (((days * 24 + hour) * 60 + minute) * 60 + second).astype(np.float64)


def _one_time(text: str) -> float:
    found = LENIENT_TIME.fullmatch(text.strip())
    if not found:
        return float("nan")
    year, month, day, hour, minute, second = (int(found[group]) for group in range(1, 7))
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return float("nan")
    offset_s = int(found[9] or 0) * 3600 + int(found[10] or 0) * 60
    return moment + float(found[7] or 0) - (offset_s if found[8] == "+" else -offset_s)
