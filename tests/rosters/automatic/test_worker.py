"""The worker starts a process that computes, beside itself: letters do not wait for rosters."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from marchapp.models import AssignmentRun, RunState
from marchapp.rosters.automatic import worker
from marchapp.rosters.automatic.claims import CLAIM_EXPIRES, claim_next
from tests.factories import Cast, make_participant

Ask = Callable[..., AssignmentRun]
SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")


@pytest.fixture(autouse=True)
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[worker.Processes]:
    """The processes that a test starts, ended with it."""
    processes = worker.Processes()
    monkeypatch.setattr(worker, "_processes", processes)
    yield processes
    if processes.last:
        processes.last.kill()
        processes.last.wait()


def state_after(session: Session, run: AssignmentRun, *, is_reached: Callable[[RunState], bool]) -> RunState:
    give_up_at = monotonic() + 60
    while monotonic() < give_up_at:
        session.rollback()
        session.refresh(run)
        if is_reached(run.state):
            break
        session.rollback()
        sleep(0.1)
    return run.state


def test_without_a_roster_to_compute_no_process_is_started(session: Session, cast: Cast) -> None:
    assert not worker.start_computing()


def test_one_process_is_at_work_at_a_time(
    session: Session, ask: Ask, processes: worker.Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "COMMAND", SLEEP)
    ask()
    began = monotonic()
    assert worker.start_computing()
    assert not worker.start_computing()
    assert monotonic() - began < 5  # the worker does not wait for the process
    assert processes.last is not None
    processes.last.kill()
    processes.last.wait()
    worker.start_computing_what_is_left()
    assert processes.has_one_at_work()


def test_a_run_that_another_process_computes_starts_none(session: Session, ask: Ask) -> None:
    ask()
    claim_next(session, datetime.now(UTC))
    assert not worker.start_computing()


def test_a_process_computes_what_waits_and_a_killed_one_is_followed_by_another(
    app: Flask, session: Session, cast: Cast, ask: Ask, processes: worker.Processes
) -> None:
    for _person in range(5):
        make_participant(session, cast.march, cast.stage)
    run = ask(time_limit_s=10)
    assert worker.start_computing()
    state_after(session, run, is_reached=lambda state: state != RunState.WAITING)
    assert processes.last is not None
    os.kill(processes.last.pid, signal.SIGKILL)
    processes.last.wait()
    if run.state == RunState.COMPUTING:  # else it was done before it was killed
        run.heard_at = datetime.now(UTC) - CLAIM_EXPIRES - timedelta(seconds=1)
        session.commit()
        worker.start_computing_what_is_left()
    assert state_after(session, run, is_reached=lambda state: state == RunState.READY) == RunState.READY
    assert len(run.result["moves"]) == 5
