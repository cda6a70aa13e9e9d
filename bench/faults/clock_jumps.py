"""The clock of web server and worker two hours ahead, then two hours behind. Needs libfaketime."""

import tempfile
import time
from pathlib import Path

from bench.faults.scene import Scene

LIBRARY = next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)
CLOCK = Path(tempfile.mkdtemp()) / "clock"
CLOCK.write_text("+0\n")
SETTINGS = {
    "LD_PRELOAD": str(LIBRARY or ""),
    "FAKETIME_TIMESTAMP_FILE": str(CLOCK),
    "FAKETIME_NO_CACHE": "1",
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
}
SCENE = {"settings": SETTINGS}


def happen(scene: Scene) -> dict[str, object]:
    if LIBRARY is None:
        raise SystemExit("clock_jumps needs libfaketime: apt install faketime")
    jumps = ("+7200", "-7200", "+0")
    for jump in jumps:
        CLOCK.write_text(f"{jump}\n")
        time.sleep(15)
    return {"jumps_s": list(jumps)}
