"""kill -9 of the workers of the web server, one after the other, under load."""

import os
import signal
import time
from contextlib import suppress

from bench.faults.scene import Scene

TIMES = 6


def happen(scene: Scene) -> dict[str, object]:
    for number in range(TIMES):
        children = scene.web.children()
        with suppress(ProcessLookupError):
            os.kill(children[number % len(children)], signal.SIGKILL)
        time.sleep(4)
    return {"killed": TIMES}
