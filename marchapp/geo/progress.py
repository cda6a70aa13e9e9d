"""How much of a long piece of work is done, told to whoever waits for it."""

from collections.abc import Callable
from time import thread_time

from marchapp.geo.errors import TakesTooLong

# Takes the share that is done, 0 to 1. What it raises ends the work; nothing is left half done.
Progress = Callable[[float], None]


def untold(share: float) -> None:
    """Tell nobody."""


def part_of(progress: Progress, from_share: float, to_share: float) -> Progress:
    """Return what tells the progress of a part as that of the whole.

    >>> part_of(print, 0.5, 1.0)(0.5)
    0.75
    """
    return lambda share: progress(from_share + share * (to_share - from_share))


def within(most_s: float, progress: Progress = untold) -> Progress:
    """Return what ends the work, with TakesTooLong, when it has taken so many seconds of a processor.

    What other threads and programs do meanwhile does not count: a busy machine refuses nobody's file.
    """
    ends_at = thread_time() + most_s

    def tell(share: float) -> None:
        if thread_time() > ends_at:
            raise TakesTooLong(most_s)
        progress(share)

    return tell


def only_forward(progress: Progress) -> Progress:
    """Return what leaves out shares that were reached before, as in a second attempt.

    >>> tell = only_forward(print)
    >>> tell(0.5), tell(0.2), tell(0.6)
    0.5
    0.6
    (None, None, None)
    """
    reached = -1.0

    def tell(share: float) -> None:
        nonlocal reached
        if share > reached:
            reached = share
            progress(share)

    return tell
