"""Redis gone for 30 s, and empty when it is back."""

import time

from bench.faults.scene import Scene

GONE_S = 30
SCENE = {"with_redis": True}


def happen(scene: Scene) -> dict[str, object]:
    assert scene.redis is not None  # noqa: S101
    scene.redis.kill()
    time.sleep(GONE_S)
    scene.redis.start()
    return {"gone_s": GONE_S}
