"""The mail server down, then slow, then refusing: ten minutes by default, MAIL_DOWN_S=60 for less."""

import os
import time

from bench.faults.scene import Scene

DOWN_S = float(os.environ.get("MAIL_DOWN_S", "600"))
SLOW_S = 5.0


def happen(scene: Scene) -> dict[str, object]:
    scene.mail.stop()
    time.sleep(DOWN_S)
    scene.mail.start()
    scene.mail.slow_s = SLOW_S
    time.sleep(30)
    scene.mail.slow_s = 0
    scene.mail.refuses = True
    time.sleep(70)  # a turn of the clock is within
    scene.mail.refuses = False
    return {"down_s": DOWN_S, "asked": scene.mail.asked}
