"""Background work: functions that the worker calls when they are sent, or by the clock."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import wraps
from pathlib import Path
from sqlite3 import OperationalError
from time import sleep
from typing import Any, TypeVar

from flask import Flask
from huey import RedisHuey, SqliteHuey, crontab
from huey.api import Huey
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

BETWEEN_TRIES_S = 2.0  # to reach a storage that does not answer
ENDS_WITHIN_S = 120.0  # deploy/march-worker.service waits for a little longer
LONGEST_NAP_S = 1.0  # after which the worker looks whether something was sent
QUEUE_ERRORS = (RedisError, OperationalError, OSError)  # what a storage raises that does not answer
WORKER_SEEN = "worker seen"
A_CLOCK_MAY_DIFFER_BY = timedelta(minutes=10)

Function = TypeVar("Function", bound=Callable[..., Any])


class Due(Enum):
    """When a function is due by the clock, in UTC: as huey asks it, and how to name one turn of it."""

    EVERY_MINUTE = (crontab(minute="*"), "%Y-%m-%d %H:%M")
    AT_NIGHT = (crontab(hour="1", minute="30"), "%Y-%m-%d")

    def turn(self, now: datetime) -> str:
        return now.strftime(self.value[1])


class TaskQueue:
    """Background work on huey: kept in an SQLite file, or in Redis where REDIS_URL names one.

    A function is declared with `@queue.task`, `@queue.every_minute` or `@queue.nightly` where it stands,
    called with `queue.send(function, …)`, and runs in the worker inside the application's context. What is
    due by the clock runs once a turn, however many workers there are.
    """

    def __init__(self) -> None:
        self._declared: dict[str, tuple[Callable[..., Any], Due | None]] = {}
        self._tasks: dict[str, Any] = {}
        self._storage: Huey | None = None

    def task(self, function: Function) -> Function:
        self._declared[function.__name__] = (function, None)
        return function

    def every_minute(self, function: Function) -> Function:
        self._declared[function.__name__] = (function, Due.EVERY_MINUTE)
        return function

    def nightly(self, function: Function) -> Function:
        self._declared[function.__name__] = (function, Due.AT_NIGHT)
        return function

    @property
    def huey(self) -> Huey:
        assert self._storage is not None, "the queue is opened in app.py"  # noqa: S101
        return self._storage

    def send(self, function: Callable[..., Any], **arguments: Any) -> None:
        """Send a function that is not looked for by the clock. Raises one of QUEUE_ERRORS."""
        self._tasks[function.__name__](**arguments)

    def send_once(self, function: Callable[..., Any]) -> None:
        """Send a function without arguments, unless it waits to begin anyway; it calls `begins` itself.

        This only wakes the worker sooner: what there is to do stands in the database, and is looked for
        every minute. So a queue that does not answer fails nothing.
        """
        key = f"{function.__name__} waits"
        try:
            if not self.huey.storage.has_data_for_key(key) and self.huey.put_if_empty(key, True):
                self.send(function)
        except QUEUE_ERRORS as error:
            log.warning("%s waits for its minute, as the queue does not answer: %s", function.__name__, error)

    def begins(self, function: Callable[..., Any]) -> None:
        """Note that a function has begun: whatever is stored from now on needs it to be sent again."""
        self.huey.delete(f"{function.__name__} waits")

    def count(self) -> int:
        """Return how many tasks wait to begin. Raises one of QUEUE_ERRORS if the storage does not answer."""
        return int(self.huey.pending_count())

    def worker_seen_at(self) -> datetime | None:
        """Return when a worker last did something by the clock. Raises one of QUEUE_ERRORS."""
        seen_s = self.huey.get(WORKER_SEEN, peek=True)
        return None if seen_s is None else datetime.fromtimestamp(seen_s, UTC)

    def note_done(self, function: Callable[..., Any]) -> None:
        """Note that a function came to its end, so that people can be told when it last did."""
        try:
            self.huey.put(f"{function.__name__} was done", datetime.now(UTC).timestamp())
        except QUEUE_ERRORS as error:
            log.warning("That %s is done is not noted, as the queue does not answer: %s", function, error)

    def done_at(self, function: Callable[..., Any]) -> datetime | None:
        """Return when a function last came to its end. Raises one of QUEUE_ERRORS."""
        done_s = self.huey.get(f"{function.__name__} was done", peek=True)
        return None if done_s is None else datetime.fromtimestamp(done_s, UTC)

    def work(self, *, threads: int) -> None:
        """Do what was sent, and what is due by the clock, until the process is told to end."""
        self._wait_for_the_storage()
        # Who is told to end finishes what is begun: else its letter would be sent a second time.
        self.huey.create_consumer(
            workers=threads,
            periodic=True,
            max_delay=LONGEST_NAP_S,
            graceful_signal="TERM",
            shutdown_timeout=ENDS_WITHIN_S,
        ).run()

    def init_app(self, app: Flask, *, redis_url: str, file: Path) -> None:
        # Nobody reads what a task returns, so it is not kept.
        self._storage = storage = (
            RedisHuey("march", url=redis_url, results=False)
            if redis_url
            else SqliteHuey("march", filename=str(file), results=False)
        )
        for name, (function, due) in self._declared.items():
            inside = _inside_application(app, function)
            declare = storage.periodic_task(due.value[0]) if due else storage.task()
            self._tasks[name] = declare(self._once_a_turn(inside, due) if due else inside)

    def _once_a_turn(self, function: Callable[..., Any], due: Due) -> Callable[..., Any]:
        """Run a function for the first of all workers whose clock says that it is due."""

        @wraps(function)
        def run() -> None:
            self._note_that_a_worker_is_here()
            if self._take_turn(function.__name__, due, datetime.now(UTC)):
                function()

        return run

    def _take_turn(self, name: str, due: Due, now: datetime) -> bool:
        """Tell whether a turn is ours: the storage lends the name of the last one to one worker at a time.

        One far ahead was taken by a clock that was wrong, and must not keep the work waiting until then.
        """
        key, turn = f"{name} was last due", due.turn(now)
        if self.huey.put_if_empty(key, turn):
            return True
        last = self.huey.get(key)  # takes it away
        if last is None:
            return False  # another worker is asking just now
        is_ours = last < turn or last > due.turn(now + A_CLOCK_MAY_DIFFER_BY)
        self.huey.put(key, turn if is_ours else last)
        return is_ours

    def _wait_for_the_storage(self) -> None:
        """Begin when the storage answers: a machine may start its worker before its Redis."""
        while True:
            try:
                return self._note_that_a_worker_is_here()
            except QUEUE_ERRORS as error:
                log.warning("The worker waits for the queue, which does not answer: %s", error)
                sleep(BETWEEN_TRIES_S)

    def _note_that_a_worker_is_here(self) -> None:
        self.huey.put(WORKER_SEEN, datetime.now(UTC).timestamp())


def _inside_application(app: Flask, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def run(**arguments: Any) -> Any:
        with app.app_context():
            return function(**arguments)

    return run
