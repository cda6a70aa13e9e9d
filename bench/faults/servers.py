"""The processes that a fault breaks: web server, worker, PostgreSQL and Redis of the bench's own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.meters import children_of

PROJECT = Path(__file__).parents[2]
POSTGRESQL = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(
    is_so: Callable[[], bool], *, seconds: float = 60, every_s: float = 0.1, what: str = "a server"
) -> None:
    """Wait for something to become true. Raises TimeoutError."""
    ends_at = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > ends_at:
            raise TimeoutError(f"{what} did not answer within {seconds:.0f} s")
        time.sleep(every_s)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Process:
    """A program of the project in a group of its own, to be killed with all its children."""

    def __init__(
        self, *command: str, environment: dict[str, str], log: Path, project: Path = PROJECT
    ) -> None:
        self.command, self.environment, self.log, self.project = command, environment, log, project
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-m", *self.command],
                env=os.environ | self.environment,
                cwd=self.project,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        assert self._running is not None  # noqa: S101
        return self._running.pid

    def children(self) -> list[int]:
        return children_of(self.pid)

    def kill(self) -> None:
        """End the process and its children as a failing machine does."""
        os.killpg(self.pid, signal.SIGKILL)
        assert self._running is not None  # noqa: S101
        self._running.wait()

    def stop(self) -> None:
        if self._running is not None and self._running.poll() is None:
            self._running.terminate()
            try:
                self._running.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill()


class Web(Process):
    """gunicorn as it is installed: two workers, unless WEB_WORKERS says otherwise."""

    def __init__(self, port: int, *, environment: dict[str, str], log: Path, project: Path = PROJECT) -> None:
        self.port = port
        command = ("gunicorn", "--bind", f"127.0.0.1:{port}", "wsgi:app")
        super().__init__(*command, environment=environment, log=log, project=project)

    def start(self) -> None:
        super().start()
        wait_until(lambda: is_open(self.port), what="the web server")


class Worker(Process):
    def __init__(self, *, environment: dict[str, str], log: Path, project: Path = PROJECT) -> None:
        super().__init__(
            "flask", "--app", "wsgi", "worker", environment=environment, log=log, project=project
        )


class Postgres:
    """A cluster in a folder of its own, run by the user postgres where the bench is run by root."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        folder.mkdir(parents=True, exist_ok=True)
        if self.as_user:
            shutil.chown(folder, "postgres", "postgres")
        self._run("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "postgres", "--no-sync")

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c max_connections=60"
        self._run(
            "pg_ctl",
            "-D",
            str(self.folder / "data"),
            "-w",
            "-l",
            f"{self.folder}/log",
            "-o",
            options,
            "start",
        )

    def stop(self, how: str = "immediate") -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", how, "stop", must=False)

    def is_running(self) -> bool:
        return self._run("pg_ctl", "-D", str(self.folder / "data"), "status", must=False) == 0

    def kill(self) -> None:
        """Kill the postmaster and what serves its connections, as a failing machine does."""
        for pid in (self.pid, *children_of(self.pid)):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not is_open(self.port), what="the end of PostgreSQL")
        (self.folder / "data" / "postmaster.pid").unlink()

    def _run(self, program: str, *arguments: str, must: bool = True) -> int:
        command = [*self.as_user, str(POSTGRESQL[-1] / program), *arguments]
        return subprocess.run(command, check=must, stdout=subprocess.DEVNULL, cwd="/").returncode


class Redis:
    """A Redis that keeps nothing on disk: who starts it again finds it empty."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        options = ["--port", str(self.port), "--save", "", "--dir", str(self.folder)]
        self._running = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        wait_until(lambda: is_open(self.port), what="Redis")

    def kill(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._running.wait()
            self._running = None
