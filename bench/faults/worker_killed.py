"""kill -9 of the worker in the middle of its jobs, and a new one in its place."""

import time

from bench.faults.scene import Scene

TIMES = 6


def happen(scene: Scene) -> dict[str, object]:
    for _time in range(TIMES):
        scene.worker.kill()
        scene.worker.start()
        time.sleep(5)
    return {"killed": TIMES}
