"""Runs are claimed, computed and written down; none is lost, and none is computed by two at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from marchapp.models import AssignmentRun, RunState
from marchapp.rosters.assigning.values import Broken, Progress, Rule
from marchapp.rosters.automatic import computing, services
from marchapp.rosters.automatic.claims import CLAIM_EXPIRES, claim_next
from marchapp.rosters.automatic.facts import GroupFacts
from marchapp.rosters.automatic.results import BrokenRule, Proposal
from marchapp.rosters.moves import Change
from tests.factories import Cast, make_participant
from tests.rosters.automatic.conftest import Solver, progress

Ask = Callable[..., AssignmentRun]


def again(session: Session, run: AssignmentRun) -> AssignmentRun:
    session.rollback()
    session.refresh(run)
    return run


def test_a_run_proposes_who_moves_and_what_groups_become(
    session: Session, cast: Cast, solver: Solver, ask: Ask
) -> None:
    newcomer = make_participant(session, cast.march, cast.stage)
    make_participant(session, cast.march, cast.stage, group=cast.other_group)
    solver.puts(newcomer, into=cast.group)
    solver.broken = (Broken(rule=Rule.FIRST_AID, group=str(cast.group.id), proven=True),)
    run = ask(children_per_adult=1)
    assert computing.compute_waiting(session) == 1
    run = again(session, run)
    assert (run.state, run.status, run.cost, run.bound) == (RunState.READY, "relaxed", 7.0, 3.0)
    assert (run.people, run.groups, run.seconds) == (3, 2, 1.5)
    proposal = Proposal.from_json(run.result)
    assert proposal.moves == [Change(newcomer.id, None, cast.group.id)]
    assert proposal.broken == [BrokenRule(rule="first_aid", group_id=cast.group.id, proven=True)]
    assert proposal.cost_by_rule == {"sizes": 7.0}
    assert (proposal.unplaced_before, proposal.unplaced_after, proposal.newly_placed) == (1, 0, 1)
    outlook = proposal.outlooks[0]
    assert outlook.before == GroupFacts(
        size=1, children=1, adults=1, lacks=("first_aid", "languages"), languages=("nb",)
    )
    assert outlook.after == GroupFacts(
        size=2, children=2, adults=1, lacks=("children", "first_aid", "languages"), languages=("nb",)
    )


def test_the_choices_reach_the_solver(solver: Solver, finished: Ask) -> None:
    finished(nationality="mixed", children_per_adult=5, time_limit_s=10)
    assert solver.asked is not None
    options = solver.asked[2]
    assert (options.nationality, options.children_per_adult, options.time_limit_s) == ("mixed", 5, 10.0)
    assert (options.repair, options.keep_previous) == (True, False)


def test_of_several_processes_one_computes(app: Flask, session: Session, solver: Solver, ask: Ask) -> None:
    ask()
    session.rollback()

    def work(_process: int) -> int:
        with app.app_context():
            from marchapp.extensions import db

            return computing.compute_waiting(db.session)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(work, range(4))) == [0, 0, 0, 1]


def test_progress_is_written_down_without_holding_the_database(
    session: Session, solver: Solver, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computing, "LEAST_BETWEEN_NOTES_S", 0.0)
    noted = []

    def during(tell: Callable[[Progress], bool]) -> None:
        for told in (progress(1, float("inf"), 0), progress(2, 9, 2)):
            assert tell(told)
            assert not session().in_transaction()
            noted.append((run.seconds, run.cost, run.bound, run.phase, run.people))
            session.rollback()

    solver.during = during
    run = ask()
    computing.compute_waiting(session)
    assert noted == [(1, None, 0, "improving", 1), (2, 9, 2, "improving", 1)]


def test_progress_is_written_down_twice_a_second_at_most(
    session: Session, solver: Solver, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, notes = [100.0], []
    monkeypatch.setattr(computing, "monotonic", lambda: clock[0])

    def during(tell: Callable[[Progress], bool]) -> None:
        for told in range(100):
            tell(progress(seconds=told))
            clock[0] += 0.01
            notes.append(run.seconds)
            session.rollback()

    solver.during = during
    run = ask()
    computing.compute_waiting(session)
    assert sorted(set(notes)) == [0, 50]


def test_a_stopped_run_ends_with_the_best_found(
    session: Session, solver: Solver, ask: Ask, now: datetime
) -> None:
    answers = []

    def during(tell: Callable[[Progress], bool]) -> None:
        services.stop(session, run, now=now)
        session.commit()
        answers.append(tell(progress()))

    solver.during = during
    run = ask()
    assert computing.compute_waiting(session) == 1
    assert answers == [False]
    assert again(session, run).state == RunState.READY


def test_a_run_that_is_thrown_away_stops_and_proposes_nothing(
    session: Session, solver: Solver, ask: Ask, now: datetime
) -> None:
    answers = []

    def during(tell: Callable[[Progress], bool]) -> None:
        services.discard(session, run, now=now)
        session.commit()
        answers.append(tell(progress()))

    solver.during = during
    run = ask()
    assert computing.compute_waiting(session) == 0
    assert answers == [False]
    run = again(session, run)
    assert (run.state, run.result) == (RunState.DISCARDED, {})


def test_what_a_crash_left_is_computed_when_it_has_been_silent_for_long(
    session: Session, solver: Solver, ask: Ask
) -> None:
    run = ask()
    assert claim_next(session, datetime.now(UTC)) is not None
    assert computing.compute_waiting(session) == 0
    run.heard_at = datetime.now(UTC) - CLAIM_EXPIRES - timedelta(seconds=1)
    session.commit()
    assert computing.compute_waiting(session) == 1
    assert (run.state, run.attempts) == (RunState.READY, 2)


def test_a_sign_of_life_keeps_the_claim(session: Session, solver: Solver, ask: Ask) -> None:
    run = ask()
    began = datetime.now(UTC) - 2 * CLAIM_EXPIRES
    claim = claim_next(session, began)
    assert claim is not None
    tell = computing.Notes(session, claim, computing.Gathered([], [], {}))
    assert tell(progress())
    assert claim_next(session, datetime.now(UTC)) is None
    assert run.claimed_at == began


def test_who_was_silent_for_too_long_does_not_write_over_the_next(
    session: Session, solver: Solver, ask: Ask
) -> None:
    run = ask()
    silent = claim_next(session, datetime.now(UTC) - 2 * CLAIM_EXPIRES)
    assert silent is not None
    assert claim_next(session, datetime.now(UTC)) is not None
    assert not computing.compute_claimed(session, silent)
    assert again(session, run).state == RunState.COMPUTING


def test_what_breaks_off_again_and_again_is_given_up(session: Session, solver: Solver, ask: Ask) -> None:
    run = ask()
    for _attempt in range(computing.MOST_ATTEMPTS):
        assert claim_next(session, datetime.now(UTC)) is not None
        run.heard_at = datetime.now(UTC) - 2 * CLAIM_EXPIRES
        session.commit()
    assert computing.compute_waiting(session) == 0
    assert (run.state, run.problem) == (RunState.FAILED, "broke_off")


def test_a_mistake_of_ours_ends_the_run_and_leaves_the_stage_free(
    session: Session, solver: Solver, ask: Ask
) -> None:
    def fail(_tell: object) -> None:
        raise RuntimeError("a mistake of ours")

    solver.during = fail
    run = ask()
    assert computing.compute_waiting(session) == 0
    assert (run.state, run.problem) == (RunState.FAILED, "broke_off")
    solver.during = lambda _tell: None
    ask()
    assert computing.compute_waiting(session) == 1


def test_when_everybody_has_gone_meanwhile_the_run_says_so(
    session: Session, cast: Cast, solver: Solver, ask: Ask
) -> None:
    run = ask()
    cast.walker.may_take_part = False
    cast.group.is_locked = True
    session.commit()
    assert computing.compute_waiting(session) == 0
    assert (run.state, run.problem) == (RunState.FAILED, "nothing_to_assign")
    assert solver.asked is None


def test_a_process_whose_worker_has_gone_lets_the_run_go(
    session: Session, solver: Solver, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    parents = iter([17, 1])
    monkeypatch.setattr(computing.Notes.__init__, "__kwdefaults__", {"parent": lambda: next(parents)})
    solver.during = lambda tell: tell(progress())
    run = ask()
    with pytest.raises(computing.WorkerGone):
        computing.compute_waiting(session)
    assert (run.state, run.attempts) == (RunState.WAITING, 0)
