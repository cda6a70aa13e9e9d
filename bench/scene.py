"""The scene of a whole measurement: PostgreSQL, Redis, mail server, web servers and workers of its own.

Nothing else on the machine is asked, and what each of them takes can be told apart. WEB_WORKERS (2) and
WEB_THREADS (4) are those of each web server, WORKERS the number of workers.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

from bench.crowd import gather_statistics
from bench.faults.mail import MailServer
from bench.faults.servers import Postgres, Process, Redis, Web, Worker, free_port
from bench.meters import children_of, cpu_seconds, peak_mib
from bench.signups import environment as served_with
from marchapp.app import create_app
from marchapp.extensions import db
from marchapp.models import Account
from tests.signing_in import cookie_of

WEB_WORKERS = int(os.environ.get("WEB_WORKERS", "2"))
WEB_THREADS = int(os.environ.get("WEB_THREADS", "4"))


@dataclass
class Scene:
    folder: Path
    environment: dict[str, str]
    app: Flask
    postgres: Postgres
    mail: MailServer
    webs: list[Web] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=list)

    @property
    def ports(self) -> list[int]:
        return [web.port for web in self.webs]

    @contextmanager
    def serving(self, *, webs: int = 1, workers: int = 1) -> Iterator[None]:
        """Run so many web servers and workers for a while."""
        given = {"environment": self.environment, "log": self.folder / "log"}
        self.webs = [Web(free_port(), **given) for _number in range(webs)]
        self.workers = [Worker(**given) for _number in range(workers)]
        processes: list[Process] = [*self.webs, *self.workers]
        try:
            for process in processes:
                process.start()
            yield
        finally:
            for process in processes:
                process.stop()

    def cpu_seconds(self) -> dict[str, float]:
        """Return the processor time so far; that of the clients has the mail server's in it."""
        return {
            "web": cpu_seconds(*(web.pid for web in self.webs)),
            "worker": cpu_seconds(*(worker.pid for worker in self.workers)),
            "postgresql": cpu_seconds(self.postgres.pid),
            "clients": time.process_time(),
        }

    def peak_mib(self) -> dict[str, list[int]]:
        return {
            "web": [peak_mib(child) for web in self.webs for child in children_of(web.pid)],
            "worker": [peak_mib(worker.pid) for worker in self.workers],
        }

    def database_mib(self) -> float:
        size = db.session.scalar(select(func.pg_database_size(func.current_database()))) or 0
        return round(size / 2**20, 1)

    def cookie(self, account: Account) -> str:
        """Return the cookie of somebody who has signed in; the row of it joins the session."""
        signer: Any = self.app.session_interface
        return f"session={signer.get_signing_serializer(self.app).dumps(cookie_of(db.session, account))}"


@contextmanager
def scene(prepare: Callable[[Scene], None]) -> Iterator[Scene]:
    """Set a scene whose tables hold what `prepare` puts there; web servers and workers do not run yet."""
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)  # for the user that runs PostgreSQL
        postgres, redis, mail = Postgres(folder / "postgres"), Redis(folder), MailServer(free_port())
        for server, end in ((postgres, postgres.stop), (redis, redis.kill), (mail, mail.stop)):
            ends.callback(end)
            server.start()
        environment = served_with(postgres.url, folder) | {
            "REDIS_URL": redis.url,
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(mail.port),
            "WEB_WORKERS": str(WEB_WORKERS),
            "WEB_THREADS": str(WEB_THREADS),
        }
        app = create_app(environment, RATELIMIT_ENABLED=False)
        stage = Scene(folder, environment, app, postgres, mail)
        with app.app_context():
            upgrade()
            prepare(stage)
            db.session.commit()
            gather_statistics(db.session)
            yield stage
            db.session.close()
            db.engine.dispose()


class Meter:
    """What a stretch of a measurement took: `with Meter(scene) as meter`."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def __enter__(self) -> "Meter":
        self.load = os.getloadavg()[0]
        self.began, self.before = time.perf_counter(), self.scene.cpu_seconds()
        return self

    def __exit__(self, *_error: object) -> None:
        after = self.scene.cpu_seconds()
        self.seconds = time.perf_counter() - self.began
        self.cpu_s = {name: used - self.before[name] for name, used in after.items()}

    def told(self, count: int) -> dict[str, object]:
        """Return the processor time of each of `count` things, and how busy the machine was before."""
        each = {name: round(used * 1000 / count, 1) for name, used in self.cpu_s.items()}
        cores = sum(self.cpu_s.values()) / self.seconds
        return {
            "cpu_ms_each": each,
            "cores_used": round(cores, 2),
            "load_average_before": round(self.load, 2),
        }
