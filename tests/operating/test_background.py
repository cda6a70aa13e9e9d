"""What is due by the clock runs once a turn, and a queue that is down fails no request."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from redis.exceptions import ConnectionError as RedisGone

from marchapp.background import Due, TaskQueue

A_WORKER = """
import sys, time
from pathlib import Path
from flask import Flask
from marchapp.background import TaskQueue
folder, queue = Path(sys.argv[1]), TaskQueue()

@queue.task
def take_a_while():
    (folder / "begun").touch()
    time.sleep(1)
    (folder / "done").touch()

queue.init_app(Flask("worker"), redis_url="", file=folder / "queue.sqlite")
queue.send(take_a_while)
queue.work(threads=1)
"""
A_MINUTE = datetime(2014, 9, 18, 6, 30, 5, tzinfo=UTC)


def workers(file: Path, calls: list[str]) -> list[TaskQueue]:
    """Return the queues of two workers that share a storage."""
    queues = []
    for name in ("one", "other"):
        queue = TaskQueue()

        @queue.every_minute
        def look(name: str = name) -> None:
            calls.append(name)

        @queue.task
        def wake() -> None:
            calls.append("woken")

        queue.init_app(Flask(name), redis_url="", file=file)
        queue.wake = wake  # type: ignore[attr-defined]
        queues.append(queue)
    return queues


def test_two_workers_take_each_turn_once(tmp_path: Path) -> None:
    one, other = workers(tmp_path / "queue", [])
    minutes = [A_MINUTE + timedelta(minutes=late) for late in range(10)]
    taken = [
        (one if i % 2 else other)._take_turn("look", Due.EVERY_MINUTE, now)
        for i, now in enumerate(minutes * 2)
    ]
    assert taken == [True] * 10 + [False] * 10


def test_a_turn_of_before_is_not_taken_again(tmp_path: Path) -> None:
    one, other = workers(tmp_path / "queue", [])
    assert one._take_turn("look", Due.EVERY_MINUTE, A_MINUTE + timedelta(minutes=1))
    assert not other._take_turn("look", Due.EVERY_MINUTE, A_MINUTE)
    assert other._take_turn("look", Due.EVERY_MINUTE, A_MINUTE + timedelta(minutes=2))


def test_a_clock_that_was_hours_ahead_keeps_no_work_waiting(tmp_path: Path) -> None:
    one, other = workers(tmp_path / "queue", [])
    assert one._take_turn("look", Due.EVERY_MINUTE, A_MINUTE + timedelta(hours=2))
    assert other._take_turn("look", Due.EVERY_MINUTE, A_MINUTE)
    assert not one._take_turn("look", Due.EVERY_MINUTE, A_MINUTE)


def test_turns_of_the_night_are_days() -> None:
    assert Due.AT_NIGHT.turn(A_MINUTE) == "2014-09-18"
    assert Due.EVERY_MINUTE.turn(A_MINUTE) == "2014-09-18 06:30"


def test_the_clock_says_that_a_worker_is_here(tmp_path: Path) -> None:
    calls: list[str] = []
    one, other = workers(tmp_path / "queue.sqlite", calls)
    assert other.worker_seen_at() is None
    one._tasks["look"].call_local()
    one._tasks["look"].call_local()
    seen_at = other.worker_seen_at()
    assert seen_at is not None
    assert abs((datetime.now(UTC) - seen_at).total_seconds()) < 60
    assert calls in (["one"], ["one", "one"])  # two if a minute began between the calls


def test_a_queue_that_is_down_wakes_nobody_and_fails_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one, _other = workers(tmp_path / "queue.sqlite", [])

    def gone(*_arguments: object, **_values: object) -> None:
        raise RedisGone("refused")

    monkeypatch.setattr(one.huey.storage, "has_data_for_key", gone)
    one.send_once(one.wake)  # type: ignore[attr-defined]
    assert "wake waits for its minute" in caplog.text


def test_a_worker_waits_for_a_queue_that_does_not_answer_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one, _other = workers(tmp_path / "queue.sqlite", [])
    answers = iter((RedisGone("refused"), RedisGone("refused"), None))
    put = one.huey.put

    def put_once_it_is_there(key: str, value: object) -> None:
        if error := next(answers):
            raise error
        put(key, value)

    monkeypatch.setattr(one.huey, "put", put_once_it_is_there)
    monkeypatch.setattr("marchapp.background.BETWEEN_TRIES_S", 0)
    one._wait_for_the_storage()
    assert caplog.text.count("does not answer") == 2
    assert one.worker_seen_at() is not None


def test_a_worker_that_is_told_to_end_finishes_what_it_has_begun(tmp_path: Path) -> None:
    worker = subprocess.Popen([sys.executable, "-c", A_WORKER, str(tmp_path)])
    give_up_at = time.monotonic() + 30
    while not (tmp_path / "begun").exists() and time.monotonic() < give_up_at:
        time.sleep(0.05)
    worker.terminate()
    worker.wait(timeout=30)
    assert (tmp_path / "done").exists()
