"""What goes on in threads while something else is measured or broken."""

import threading
from collections.abc import Callable, Iterable
from typing import Self


class Meanwhile:
    """Work of some threads, each of which looks whether it `ends`: `with Meanwhile([work]): …`."""

    def __init__(self, works: Iterable[Callable[[], None]]) -> None:
        self.ends = threading.Event()
        self._threads = [threading.Thread(target=work) for work in works]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.ends.set()
        for thread in self._threads:
            thread.join()
