"""Counts of tries where there is no Redis: each process of the web server keeps its own.

The storage of the library that has them in memory begins a thread after nearly every try, which looks through
all of them for what is over: some 4 % of the time of a sign-up, and more the more people have come.
"""

from threading import Lock
from time import time

from limits.storage import Storage

KEPT_AT_FIRST = 1000


class OwnCounts(Storage):
    """Counts in fixed windows; those that are over are forgotten when as many have come as were kept."""

    URI = "own://"
    STORAGE_SCHEME = ["own"]
    base_exceptions = ValueError

    def __init__(self, uri: str | None = None, *, wrap_exceptions: bool = False, **_options: str) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self._windows: dict[str, tuple[int, float]] = {}  # how many, and when the window ends
        self._most = KEPT_AT_FIRST
        self._lock = Lock()

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        with self._lock:
            count, ends_at = self._window(key)
            self._windows[key] = (count + amount, ends_at if count else time() + expiry)
            if len(self._windows) > self._most:
                self._forget()
            return count + amount

    def get(self, key: str) -> int:
        return self._window(key)[0]

    def get_expiry(self, key: str) -> float:
        return self._window(key)[1]

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        with self._lock:
            count = len(self._windows)
            self._windows.clear()
            return count

    def clear(self, key: str) -> None:
        with self._lock:
            self._windows.pop(key, None)

    def _window(self, key: str) -> tuple[int, float]:
        """Return a window that is not over, else a new one that has no count and ends now."""
        now = time()
        count, ends_at = self._windows.get(key, (0, now))
        return (count, ends_at) if ends_at > now else (0, now)

    def _forget(self) -> None:
        now = time()
        self._windows = {key: window for key, window in self._windows.items() if window[1] > now}
        self._most = KEPT_AT_FIRST + 2 * len(self._windows)
