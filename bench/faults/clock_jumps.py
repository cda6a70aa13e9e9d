"""The clock of web server and worker two hours ahead, then two hours behind, then right again."""

import tempfile
import time
from pathlib import Path

from bench.faults.scene import Scene

CLOCK = Path(tempfile.mkdtemp()) / "clock"
CLOCK.write_text("0")
SETTINGS = {"FAULT_CLOCK": str(CLOCK), "PYTHONPATH": str(Path(__file__).parent / "clock")}
SCENE = {"settings": SETTINGS}
JUMPS_S = (7200, -7200, 0)


def happen(_scene: Scene) -> dict[str, object]:
    for ahead_s in JUMPS_S:
        CLOCK.write_text(str(ahead_s))
        time.sleep(15)
    return {"jumps_s": JUMPS_S}
