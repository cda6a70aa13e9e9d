"""More web machines before one database: `python -m bench.machines`.

1, 2 and 4 web servers, each one process of WEB_THREADS (4), answer the same clients in turn, request by
request, on one PostgreSQL: SIGNUPS (400) people sign up and READS (2,000) pages are read on each. All of them
share the cores of this machine, so what more machines would bring follows from the processor time of a
sign-up in the web server beside that in the database, and from how long a sign-up keeps the places of its
march from all others.
"""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from statistics import mean, median
from typing import Any

from sqlalchemy import Engine, event, text

from bench.browsers import Browser, Lines
from bench.meanwhile import Meanwhile
from bench.meters import percentiles_ms
from bench.scene import WEB_THREADS, Meter, Scene, scene
from bench.signups import (
    SLUG,
    WARM_UP,
    fill_march,
    sign_up_all,
    sign_up_in_process,
    stage_ids_of_march,
)
from marchapp.extensions import db

MACHINES = (1, 2, 4)
SIGNUPS = int(os.environ.get("SIGNUPS", "400"))
READS = int(os.environ.get("READS", "2000"))
CLIENTS = int(os.environ.get("CLIENTS", "12"))
ALONE, WARM = 60, 5
PAGES = (f"/marches/{SLUG}", f"/marches/{SLUG}/stages/1", f"/marches/{SLUG}/sign-up")
A_LOOK_S = 0.05
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def measure_machines() -> Iterator[dict[str, object]]:
    """Yield a line for each number of web servers, and what a sign-up keeps from others."""
    with scene(lambda _stage: fill_march() and None) as stage:
        stage.environment["WEB_WORKERS"] = "1"
        stage_ids = stage_ids_of_march()
        first = 0
        for machines in MACHINES:
            with stage.serving(webs=machines, workers=0):
                sign_up_all(stage.ports, stage_ids, range(first, first + WARM_UP))
                numbers = range(first + WARM_UP, first + WARM_UP + SIGNUPS)
                yield {
                    "what": f"web servers before one PostgreSQL, each one process of {WEB_THREADS} threads, "
                    f"{CLIENTS} clients",
                    "web_servers": machines,
                    "sign_ups": signed_up(stage, stage_ids, numbers),
                    "page_reads": read(stage),
                }
                first = numbers.stop
        yield alone(stage, stage_ids, range(first, first + ALONE))


def signed_up(stage: Scene, stage_ids: list[str], numbers: range) -> dict[str, object]:
    with Meter(stage) as meter, Queue(db.engine) as queue:
        done = sign_up_all(stage.ports, stage_ids, numbers, clients=CLIENTS)
    return {
        "per_s": round(len(done) / meter.seconds, 1),
        **percentiles_ms([sum(one.steps) for one in done]),
        "not_acknowledged": sum(not one.is_acknowledged for one in done),
        "waiting_for_a_lock_on_average": round(mean(queue.lengths), 2),
        **carried(meter, len(done)),
    }


def read(stage: Scene) -> dict[str, object]:
    """Let everybody look at the pages of a march, in turn."""
    turns = iter(range(READS))

    def work(client: int) -> list[float]:
        browser = Browser(Lines(stage.ports), client)
        return [seconds_of(browser, PAGES[turn % len(PAGES)]) for turn in turns]

    with Meter(stage) as meter, ThreadPoolExecutor(CLIENTS) as pool:
        took = [one for done in pool.map(work, range(CLIENTS)) for one in done]
    return {"per_s": round(READS / meter.seconds, 1), **percentiles_ms(took), **carried(meter, READS)}


def seconds_of(browser: Browser, page: str) -> float:
    began = time.perf_counter()
    if (answer := browser.ask("GET", page)).status != 200:
        raise AssertionError(f"{page} answered {answer.status}")
    return time.perf_counter() - began


def carried(meter: Meter, count: int) -> dict[str, object]:
    """Say what things cost, and how many web machines keep a database machine of as many cores busy."""
    return meter.told(count) | {
        "a_core_of_the_database_carries_per_s": round(count / meter.cpu_s["postgresql"], 1),
        "web_cores_to_a_core_of_the_database": round(meter.cpu_s["web"] / meter.cpu_s["postgresql"], 1),
    }


class Queue(Meanwhile):
    """Looks now and then how many wait for a lock in PostgreSQL, as for the places of a march."""

    def __init__(self, engine: Engine) -> None:
        super().__init__([self._look])
        self.engine, self.lengths = engine, list[int]()

    def _look(self) -> None:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not self.ends.wait(A_LOOK_S):
                self.lengths.append(connection.scalar(WAITING) or 0)


def alone(stage: Scene, stage_ids: list[str], numbers: range) -> dict[str, object]:
    """Return how long a sign-up holds the places while nobody else signs up: one march takes no more."""
    # A thread of its own has no application context yet: each request opens and ends one.
    with Holding(db.engine) as holding, ThreadPoolExecutor(1) as apart:
        list(apart.map(lambda number: sign_up_in_process(stage.app, stage_ids, number), numbers))
    held_s = median(islice(holding.seconds, WARM, None))
    return {
        "what": "how long a sign-up keeps the places of its march from all others, alone",
        "held_p50_ms": round(held_s * 1000, 1),
        "of_it_web_cpu_p50_ms": round(median(islice(holding.cpu_seconds, WARM, None)) * 1000, 1),
        "statements_meanwhile": median(holding.statements),
        "most_signups_per_s_of_one_march": round(1 / held_s, 1),
        "load_average": round(os.getloadavg()[0], 2),
    }


class Holding:
    """Takes the time from the statement that locks the places until the commit, and counts statements."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.seconds, self.cpu_seconds, self.statements = list[float](), list[float](), list[int]()
        self._began: tuple[float, float] | None = None

    def __enter__(self) -> "Holding":
        event.listen(self.engine, "after_cursor_execute", self._note)
        event.listen(self.engine, "commit", self._end)
        return self

    def __exit__(self, *_error: object) -> None:
        event.remove(self.engine, "after_cursor_execute", self._note)
        event.remove(self.engine, "commit", self._end)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if self._began is not None:
            self.statements[-1] += 1
        elif "FOR UPDATE" in statement:
            self._began = time.perf_counter(), time.thread_time()
            self.statements.append(0)

    def _end(self, _connection: Any) -> None:
        if self._began is not None:
            began, cpu = self._began
            self.seconds.append(time.perf_counter() - began)
            self.cpu_seconds.append(time.thread_time() - cpu)
            self._began = None


if __name__ == "__main__":
    for line in measure_machines():
        print(json.dumps(line), flush=True)
