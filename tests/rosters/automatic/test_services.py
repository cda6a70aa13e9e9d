"""Ask for a roster, stop it, throw it away: one open run a stage, held by the database."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marchapp.models import AssignmentRun, AuditEvent, RunState
from marchapp.rosters.automatic import services
from marchapp.rosters.automatic.choices import Choices, Keep
from tests.factories import Cast, make_group, make_march, make_stage
from tests.rosters.automatic.conftest import LONG_AGO

Ask = Callable[..., AssignmentRun]


def test_what_is_asked_waits_and_stands_in_the_history(session: Session, cast: Cast, ask: Ask) -> None:
    run = ask(children_per_adult=5)
    assert run.state == RunState.WAITING
    assert Choices.from_json(run.options) == Choices(keep=Keep.PRESENT, children_per_adult=5)
    event = session.query(AuditEvent).filter_by(action="roster.asked").one()
    assert (event.account_id, event.subject_id) == (cast.coordinator.id, cast.stage.id)


def test_a_stage_has_one_run_under_way(session: Session, ask: Ask) -> None:
    first = ask()
    with pytest.raises(services.UnderWay) as refusal:
        ask()
    assert refusal.value.run_id == first.id


def test_the_database_refuses_a_second_open_run(session: Session, cast: Cast, ask: Ask, now) -> None:
    ask()
    session.add(AssignmentRun(stage_id=cast.stage.id, asked_at=now, options={}))
    with pytest.raises(IntegrityError):
        session.flush()


def test_asking_again_throws_a_finished_run_away(session: Session, finished: Ask, ask: Ask) -> None:
    old = finished()
    new = ask()
    session.refresh(old)
    assert (old.state, new.state) == (RunState.DISCARDED, RunState.WAITING)


def test_other_stages_have_runs_of_their_own(session: Session, cast: Cast, ask: Ask) -> None:
    ask()
    other = make_stage(session, make_march(session))
    make_group(session, other)
    with pytest.raises(services.NothingToAssign):
        ask(other)


def test_without_open_groups_nothing_is_asked(session: Session, cast: Cast, ask: Ask) -> None:
    cast.group.is_locked = cast.other_group.is_locked = True
    session.flush()
    with pytest.raises(services.NothingToAssign):
        ask()


def test_stopping_what_has_not_begun_throws_it_away(session: Session, ask: Ask, now: datetime) -> None:
    run = ask()
    services.stop(session, run, now=now)
    assert run.state == RunState.DISCARDED


def test_stopping_what_is_computed_asks_for_the_best_found(session: Session, ask: Ask, now: datetime) -> None:
    run = ask()
    run.claimed_at = LONG_AGO
    session.flush()
    services.stop(session, run, now=now)
    assert run.state == RunState.STOPPING


def test_a_closed_run_cannot_be_thrown_away(session: Session, ask: Ask, now: datetime) -> None:
    run = ask()
    assert services.discard(session, run, now=now)
    assert not services.discard(session, run, now=now)


@pytest.mark.parametrize(
    ("walkers", "placed", "keep", "time_limit_s"),
    [
        (100, 90, Keep.PRESENT, 20),
        (100, 10, Keep.NOTHING, 20),
        (1_000, 0, Keep.NOTHING, 60),
        (47_000, 0, Keep.NOTHING, 300),
    ],
)
def test_what_is_offered_first_fits_how_many_walk_and_are_placed(
    session: Session, cast: Cast, walkers: int, placed: int, keep: Keep, time_limit_s: int
) -> None:
    cast.march.children_per_adult = 6
    first = services.first_choices(session, cast.stage, walkers=walkers, placed=placed)
    assert first == Choices(keep=keep, children_per_adult=6, time_limit_s=time_limit_s)


def test_where_a_stage_before_has_groups_people_are_kept_together_with_those(
    session: Session, cast: Cast
) -> None:
    stage = make_stage(session, cast.march, number=2)
    assert services.first_choices(session, stage, walkers=9, placed=0).keep == Keep.PREVIOUS
