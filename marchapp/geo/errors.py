"""Why a file or a pair of files cannot be compared, each reason under its own name."""


class UnusableInput(ValueError):
    """Base of everything that `marchapp.geo` refuses; `str()` is a whole English sentence."""


class UnreadableGpx(UnusableInput):
    """Base of the reasons why a file gives no usable points."""


class EmptyFile(UnreadableGpx):
    """The file has no content."""

    def __init__(self) -> None:
        super().__init__("The file is empty: export it again and send the new file.")


class NotGpx(UnreadableGpx):
    """The content is not a GPX document, nor another recording that is read here."""

    def __init__(self) -> None:
        super().__init__(
            "This is not a GPX, TCX or FIT file: export the recording as GPX and send that file."
        )


class TruncatedGpx(UnreadableGpx):
    """The document stops in the middle, at `line`."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(
            f"The file breaks off at line {line}: export or copy it again and send the whole file."
        )


class MalformedGpx(UnreadableGpx):
    """The XML is damaged at `line`."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(f"The file is damaged at line {line}: export it again and send the new file.")


class DamagedFit(UnreadableGpx):
    """The FIT recording is damaged or breaks off."""

    def __init__(self) -> None:
        super().__init__(
            "The FIT file is damaged or breaks off: "
            "copy it from the watch again, or export the recording as GPX."
        )


class ForbiddenDoctype(UnreadableGpx):
    """The document has a DOCTYPE, which no GPX needs and which can hide an attack."""

    def __init__(self) -> None:
        super().__init__(
            "The file has a DOCTYPE, which GPX does not use: remove that line or export the file again."
        )


class TooLarge(UnreadableGpx):
    """The unpacked content is larger than `limit_bytes`."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        limit_mib = limit_bytes // 2**20
        super().__init__(
            f"The unpacked file is larger than {limit_mib} MiB: send the recording of one stage only."
        )


class TakesTooLong(UnusableInput):
    """The work took more than `most_s` seconds of a processor."""

    def __init__(self, most_s: float) -> None:
        self.most_s = most_s
        super().__init__(
            f"The file takes more than {most_s:.0f} seconds of work: "
            "send the recording of one stage only, or export it again with fewer points."
        )


class NoPoints(UnreadableGpx):
    """The file holds fewer than two usable points; `points_read` and `dropped` say what it did hold."""

    def __init__(self, points_read: int = 0, dropped: int = 0) -> None:
        self.points_read = points_read
        self.dropped = dropped
        super().__init__(
            f"The file has too few usable points ({points_read - dropped} of {points_read}): "
            "send a file that holds the whole track."
        )


class NoTimes(UnreadableGpx):
    """Of `points` usable points only `timed` have a time of their own."""

    def __init__(self, points: int, timed: int) -> None:
        self.points = points
        self.timed = timed
        super().__init__(
            f"Only {timed} of the {points} points have a time of their own: "
            "export the recording with times, not as a planned route."
        )


class TooFarAway(UnusableInput):
    """The track comes nowhere nearer to the route than `distance_m` metres."""

    def __init__(self, distance_m: float) -> None:
        self.distance_m = distance_m
        super().__init__(
            f"The track is {distance_m / 1000:.0f} km away from the planned route: "
            "choose the recording of this stage or the right planned route."
        )
