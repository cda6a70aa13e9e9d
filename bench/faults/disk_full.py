"""The disk of the database full for 20 s: a small one, filled to the last byte. Needs root, to mount it."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.faults.scene import Scene

FULL_S = 20
SIZE = "160m"


@contextmanager
def small_disk() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "march-small-disk", folder], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


SCENE = {"disk": small_disk}


def happen(scene: Scene) -> dict[str, object]:
    filler = Path(scene.environment["DATA_FOLDER"]) / "filler"
    ends_at = time.monotonic() + FULL_S
    with filler.open("wb", buffering=0) as file:
        while time.monotonic() < ends_at:  # again and again: what the database frees is taken, too
            try:
                file.write(bytes(4096))
            except OSError:
                time.sleep(0.01)
    filler.unlink()
    stopped = scene.postgres is not None and not scene.postgres.is_running()
    if scene.postgres is not None and stopped:
        scene.postgres.start()
    return {"full_s": FULL_S, "database_had_to_be_started": stopped}
