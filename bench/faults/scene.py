"""The scene of a fault: database, servers and people, and the count of what came of it."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, func, make_url, select, update
from sqlalchemy.exc import OperationalError

from bench.faults.clients import Crowd, Seen
from bench.faults.mail import MailServer
from bench.faults.servers import PROJECT, Postgres, Redis, Web, Worker, free_port, wait_until
from bench.signups import answers_of
from bench.signups import environment as signing_up
from marchapp.models import Message, Participant, Stage

Lent = Callable[[], AbstractContextManager[Path]] | None
DATABASES = ("SQLite", "PostgreSQL")
CLIENTS = int(os.environ.get("CLIENTS", "4"))
BEFORE_S, AFTER_S = 5.0, 8.0  # of signing up around a fault
LETTERS_WITHIN_S = 900
LEFT = (Message.sent_at.is_(None), Message.failed_at.is_(None), Message.erased_at.is_(None))


@dataclass
class Scene:
    """What a fault can break; `environment` is that of web server and worker."""

    folder: Path
    environment: dict[str, str]
    web: Web
    worker: Worker
    mail: MailServer
    postgres: Postgres | None
    redis: Redis | None
    crowd: Crowd

    def stop(self) -> None:
        self.worker.stop()
        self.web.stop()

    def start_all(self) -> None:
        """Start whatever does not run, as systemd does after a machine has failed."""
        if self.postgres is not None and not self.postgres.is_running():
            self.postgres.start()
        if self.redis is not None:
            self.redis.start()
        self.web.start()
        self.worker.start()


@contextmanager
def scene(
    database: str,
    *,
    with_redis: bool = False,
    disk: Lent = None,
    release: Lent = None,
    settings: dict[str, str] | None = None,
) -> Iterator[Scene]:
    """Set the scene: an open march, a web server, a worker, a mail server, and people who sign up.

    `disk` lends the folder of the database, else it lies in a temporary one; `release` that of the program
    that serves at first, else it is this one; `settings` are further ones of both processes.
    """
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        place = ends.enter_context(disk()) if disk else folder
        project = ends.enter_context(release()) if release else PROJECT
        postgres = redis = None
        url = f"sqlite:///{place}/march.sqlite"
        if database == "PostgreSQL":
            postgres = Postgres(place / "postgres")
            ends.callback(postgres.stop)
            postgres.start()
            url = postgres.url
        mail = MailServer(free_port())
        ends.callback(mail.stop)
        mail.start()
        environment = signing_up(url, place) | (settings or {})
        environment |= {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(mail.port)}
        if with_redis:
            redis = Redis(folder)
            ends.callback(redis.kill)
            redis.start()
            environment["REDIS_URL"] = redis.url
        stage_ids = _prepared(project, url, place)
        web = Web(free_port(), environment=environment, log=folder / "web.log", project=project)
        worker = Worker(environment=environment, log=folder / "worker.log", project=project)
        crowd = Crowd(web.port, stage_ids, clients=CLIENTS)
        stage = Scene(folder, environment, web, worker, mail, postgres, redis, crowd)
        ends.callback(stage.stop)
        web.start()
        worker.start()
        yield stage


def _prepared(project: Path, url: str, place: Path) -> list[str]:
    """Let a release make its tables and an open march; return the numbers of the stages."""
    prepare = "import sys; from pathlib import Path; from bench.signups import prepared;"
    prepare += "prepared(sys.argv[1], Path(sys.argv[2]))"
    command = [sys.executable, "-c", prepare, url, str(place)]
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    engine = create_engine(url)
    with engine.connect() as connection:
        stage_ids = [str(number) for number in connection.scalars(select(Stage.id).order_by(Stage.id))]
    engine.dispose()
    return stage_ids


def break_under_load(
    name: str, database: str, happen: Callable[[Scene], dict[str, object] | None], **options: Any
) -> dict[str, object]:
    """Let a fault happen while people sign up, and return what came of it."""
    with scene(database, **options) as stage:
        with stage.crowd:
            time.sleep(BEFORE_S)
            told = happen(stage) or {}
            time.sleep(AFTER_S)
        url = make_url(stage.environment["DATABASE_URL"])
        _let_letters_go(url)
        counts = counted(url, stage.crowd.seen.acknowledged, stage.mail)
        return {"fault": name, "database": database} | counts | _told(stage.crowd.seen) | told


def _let_letters_go(url: URL) -> None:
    """Wait until the outbox is empty: what waits for its time, or for a worker that died, is due now."""
    engine = create_engine(url)
    long_ago = datetime.now(UTC) - timedelta(days=1)

    def is_empty() -> bool:
        try:
            with engine.begin() as connection:
                left = _left(connection)
                is_held = (Message.next_attempt_at > long_ago) & (
                    Message.claimed_at < datetime.now(UTC) - timedelta(minutes=1)
                )
                connection.execute(
                    update(Message).where(*LEFT, is_held).values(next_attempt_at=long_ago, claimed_at=None)
                )
        except OperationalError:
            return False
        return left == 0

    with suppress(TimeoutError):  # what is left is counted as lost
        wait_until(is_empty, seconds=LETTERS_WITHIN_S, what="the outbox")
    engine.dispose()


def letters_left(engine: Engine) -> int:
    """Return how many letters were not sent yet."""
    with engine.connect() as connection:
        return _left(connection)


def _left(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(Message).where(*LEFT)) or 0


def counted(url: str | URL, numbers: Iterable[int], mail: MailServer) -> dict[str, int]:
    """Count what the database and the mail server hold of people who were acknowledged, by their numbers."""
    engine = create_engine(url)
    with engine.connect() as connection:
        stored = connection.scalars(select(Participant.given_name)).all()
        letters = connection.scalar(select(func.count()).select_from(Message)) or 0
        received = connection.scalar(
            select(func.count(func.distinct(Message.party_id))).where(
                Message.kind.in_(("received", "waiting"))
            )
        )
    acknowledged = {str(answers_of(number, [])[1]["given_name"]) for number in numbers}
    engine.dispose()
    return {
        "acknowledged": len(acknowledged),
        "stored": len(stored),
        "lost": len(acknowledged - set(stored)),
        "doubled": len(stored) - len(set(stored)),
        "without_letter": len(stored) - (received or 0),
        "letters": letters,
        "letters_lost": letters - len(mail.taken),
        "letters_sent_twice": sum(times - 1 for times in mail.taken.values()),
    }


def _told(seen: Seen) -> dict[str, object]:
    return {
        "answers_of_failure": dict(seen.answers),
        "given_up": len(seen.given_up),
        "wait_s_p50_max": [round(median(seen.waits_s), 2), round(max(seen.waits_s), 1)],
    }
