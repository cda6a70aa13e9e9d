"""kill -9 of everything at once, as when the power fails, and a start of all of it."""

import time

from bench.faults.scene import Scene

TIMES = 3
SCENE = {"with_redis": True}


def happen(scene: Scene) -> dict[str, object]:
    for _time in range(TIMES):
        scene.web.kill()
        scene.worker.kill()
        if scene.postgres is not None:
            scene.postgres.kill()
        if scene.redis is not None:
            scene.redis.kill()
        time.sleep(2)
        scene.start_all()
        time.sleep(8)
    return {"killed": TIMES}
