"""The scene of a fault: database, servers and people, and the count of what came of it."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import URL, create_engine, func, make_url, select, update
from sqlalchemy.exc import OperationalError

from bench.faults.clients import Crowd, Seen
from bench.faults.mail import MailServer
from bench.faults.servers import Postgres, Redis, Web, Worker, free_port, wait_until
from bench.signups import environment as signing_up
from bench.signups import answers_of, prepared, stage_ids_of_march
from marchapp.models import Message, Participant

DATABASES = ("SQLite", "PostgreSQL")
CLIENTS = int(os.environ.get("CLIENTS", "4"))
BEFORE_S, AFTER_S = 5.0, 8.0  # of signing up around a fault
LETTERS_WITHIN_S = 240
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
    database: str, *, with_redis: bool = False, disk: Path | None = None, **more: str
) -> Iterator[Scene]:
    """Set the scene: an open march, a web server, a worker, a mail server, and people who sign up.

    `disk` is where the database lies, else a temporary folder; `more` are settings of both processes.
    """
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        place = disk or folder
        postgres = redis = None
        url = f"sqlite:///{place}/march.sqlite"
        if database == "PostgreSQL":
            postgres = Postgres(place / "postgres")
            ends.callback(postgres.stop)
            postgres.start()
            url = postgres.url
        environment = (
            signing_up(url, place) | {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(free_port())} | more
        )
        if with_redis:
            redis = Redis(folder)
            ends.callback(redis.kill)
            redis.start()
            environment["REDIS_URL"] = redis.url
        app = prepared(url, place)
        with app.app_context():
            stage_ids = stage_ids_of_march()
        mail = MailServer(int(environment["MAIL_PORT"]))
        ends.callback(mail.stop)
        mail.start()
        web = Web(free_port(), environment=environment, log=folder / "web.log")
        worker = Worker(environment=environment, log=folder / "worker.log")
        for process in (web, worker):
            ends.callback(process.stop)
            process.start()
        crowd = Crowd(web.port, stage_ids, clients=CLIENTS)
        yield Scene(folder, environment, web, worker, mail, postgres, redis, crowd)


def break_under_load(
    name: str, database: str, happen: Callable[[Scene], dict[str, object] | None], **options: object
) -> dict[str, object]:
    """Let a fault happen while people sign up, and return what came of it."""
    with ExitStack() as ends:
        on_disk = options.pop("disk", None)
        disk = ends.enter_context(on_disk()) if callable(on_disk) else None
        stage = ends.enter_context(scene(database, disk=disk, **options))  # type: ignore[arg-type]
        with stage.crowd:
            time.sleep(BEFORE_S)
            told = happen(stage) or {}
            time.sleep(AFTER_S)
        url = make_url(stage.environment["DATABASE_URL"])
        _let_letters_go(url)
        return {"fault": name, "database": database} | _counted(url, stage.crowd.seen, stage.mail) | told


def _let_letters_go(url: URL) -> None:
    """Wait until the outbox is empty: what waits for its time, or for a worker that died, is due now."""
    engine = create_engine(url)
    long_ago = datetime.now(UTC) - timedelta(days=1)

    def is_empty() -> bool:
        try:
            with engine.begin() as connection:
                left = connection.scalar(select(func.count()).select_from(Message).where(*LEFT))
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


def _counted(url: URL, seen: Seen, mail: MailServer) -> dict[str, object]:
    engine = create_engine(url)
    with engine.connect() as connection:
        stored = connection.scalars(select(Participant.given_name)).all()
        letters = connection.scalar(select(func.count()).select_from(Message)) or 0
        received = connection.scalar(
            select(func.count(func.distinct(Message.party_id))).where(Message.kind == "received")
        )
    acknowledged = {str(answers_of(number, [])[1]["given_name"]) for number in seen.acknowledged}
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
        "answers_of_failure": dict(seen.answers),
        "given_up": len(seen.given_up),
        "wait_s_p50_max": [round(median(seen.waits_s), 2), round(max(seen.waits_s), 1)],
    }
