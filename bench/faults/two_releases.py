"""Two releases at once, as during an upgrade: the one before goes on serving while the tables change.

The release before is RELEASE_BEFORE, a commit, by default the one before the newest migration. Tables are
brought up to date under load; then web servers and workers of both releases work side by side, each request
of a sign-up being answered by the one or the other; then those of the release before end.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.faults.scene import Scene
from bench.faults.servers import PROJECT, Web, Worker, free_port

TOGETHER_S = 15


def release_before() -> str:
    newest = max((PROJECT / "migrations" / "versions").glob("[0-9]*.py"))
    added = _git("log", "-1", "--format=%h", "--diff-filter=A", "--", str(newest)).decode().strip()
    return os.environ.get("RELEASE_BEFORE") or f"{added}^"


@contextmanager
def checked_out() -> Iterator[Path]:
    """Lend a folder with the release before, and nothing else of its repository."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["tar", "-x", "-C", folder], input=_git("archive", release_before()), check=True)
        yield Path(folder)


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=PROJECT, check=True, capture_output=True).stdout


SCENE = {"release": checked_out}


def happen(scene: Scene) -> dict[str, object]:
    before = (scene.web, scene.worker)
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"],
        cwd=PROJECT,
        env=os.environ | scene.environment,
        check=True,
        capture_output=True,
    )
    upgrade_s = round(time.monotonic() - began, 1)
    scene.web = Web(free_port(), environment=scene.environment, log=scene.folder / "new web.log")
    scene.worker = Worker(environment=scene.environment, log=scene.folder / "new worker.log")
    scene.web.start()
    scene.worker.start()
    scene.crowd.ports.append(scene.web.port)
    time.sleep(TOGETHER_S)
    scene.crowd.ports.remove(before[0].port)
    time.sleep(2)
    for process in before:
        process.stop()
    return {"before": release_before(), "upgrade_s": upgrade_s}
