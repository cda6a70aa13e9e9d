"""A bar on the terminal for those who wait longer than a second."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

BAR_AFTER_S = 1.0
BAR_WIDTH = 30
TO_LINE_START = "\r\x1b[K"


class Show(Protocol):
    """Shows the share that is done, 0 to 1, and a few words beside it."""

    def __call__(self, share: float, words: str = "") -> None: ...


def _nothing(share: float, words: str = "") -> None:
    """Show nothing: nobody watches."""


@contextmanager
def progress_bar() -> Iterator[Show]:
    """Show how much is done after a second, if somebody watches, and take it away at the end."""
    if not sys.stderr.isatty():
        yield _nothing
        return
    shown_after = time.monotonic() + BAR_AFTER_S

    def show(share: float, words: str = "") -> None:
        if time.monotonic() > shown_after:
            done = "#" * round(share * BAR_WIDTH)
            sys.stderr.write(f"{TO_LINE_START}{done:.<{BAR_WIDTH}} {share:4.0%}{words and '  '}{words}")
            sys.stderr.flush()

    try:
        yield show
    finally:
        if time.monotonic() > shown_after:
            sys.stderr.write(TO_LINE_START)
            sys.stderr.flush()
