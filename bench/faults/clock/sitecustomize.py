"""Let the clock of a Python process follow a file, which holds how many seconds it is ahead."""

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

FILE = os.environ.get("FAULT_CLOCK", "")
real_time, real_sleep = time.time, time.sleep


def follow(file: Path) -> None:
    held, travel = "0", None
    while True:
        said = file.read_text().strip() or held
        if said != held:
            if travel is not None:
                travel.stop()
            moment = datetime.fromtimestamp(real_time(), UTC) + timedelta(seconds=int(said))
            travel = time_machine.travel(moment, tick=True)
            travel.start()
            held = said
        real_sleep(0.1)


if FILE:
    threading.Thread(target=follow, args=(Path(FILE),), daemon=True).start()
