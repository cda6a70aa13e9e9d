"""A recorded track as columns, and how they grow while a file is read."""

from array import array
from dataclasses import dataclass, field

import numpy as np

from marchapp.geo.results import Floats, Ints


@dataclass(frozen=True)
class Recording:
    """A recorded track as columns of equal length, in the order of the file.

    lat, lon: degrees, always usable. ele: metres. time: Unix seconds in UTC. accuracy: metres as the recorder
    reports it. These three are nan where missing. segment: 0, 1, … for every track segment of the file.
    points_read counts every point of the file; dropped says why some of them are not here.
    """

    lat: Floats
    lon: Floats
    ele: Floats
    time: Floats
    segment: Ints
    accuracy: Floats
    points_read: int
    dropped: dict[str, int]

    def __len__(self) -> int:
        return len(self.lat)


@dataclass
class Columns:
    """The growing columns of one reading, one entry for every point of the file."""

    lat: "array[float]" = field(default_factory=lambda: array("d"))
    lon: "array[float]" = field(default_factory=lambda: array("d"))
    ele: "array[float]" = field(default_factory=lambda: array("d"))
    time: "array[float]" = field(default_factory=lambda: array("d"))
    accuracy: "array[float]" = field(default_factory=lambda: array("d"))
    segment: "array[int]" = field(default_factory=lambda: array("q"))

    def __len__(self) -> int:
        return len(self.lat)

    def recording(self) -> Recording:
        """Return the points with a usable position, and count the others by reason."""
        lat, lon = np.frombuffer(self.lat), np.frombuffer(self.lon)
        missing = ~(np.isfinite(lat) & np.isfinite(lon))
        outside = ~missing & ((np.abs(lat) > 90) | (np.abs(lon) > 180))
        # Phones log (0, 0) until the first fix.
        no_fix = (lat == 0) & (lon == 0)
        counts = {"no_position": missing, "outside_the_earth": outside, "no_fix": no_fix}
        keep = ~(missing | outside | no_fix)
        rows = slice(None) if keep.all() else keep
        return Recording(
            lat[rows],
            lon[rows],
            np.frombuffer(self.ele)[rows],
            np.frombuffer(self.time)[rows],
            np.frombuffer(self.segment, np.int64)[rows],
            np.frombuffer(self.accuracy)[rows],
            len(self),
            {reason: int(which.sum()) for reason, which in counts.items() if which.any()},
        )
