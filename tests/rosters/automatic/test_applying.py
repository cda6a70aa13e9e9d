"""A computed roster is applied in one step, never over somebody else's move, and can be taken back."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from marchapp.models import AssignmentRun, AuditEvent, Membership, Participant, RunState
from marchapp.rosters.automatic import applying
from marchapp.rosters.automatic.applying import ChangedMeanwhile, NobodyLeft, NotOpen, Obstacle
from marchapp.rosters.moves import GroupFull, move_people, undo_move
from tests.factories import Cast, make_participant
from tests.rosters.automatic.conftest import Solver

Finish = Callable[..., AssignmentRun]


@pytest.fixture
def newcomer(session: Session, cast: Cast) -> Participant:
    return make_participant(session, cast.march, cast.stage, given_name="Nora", family_name="Ny")


@pytest.fixture
def swap(
    session: Session, cast: Cast, solver: Solver, finished: Finish, newcomer: Participant
) -> AssignmentRun:
    """A finished run that moves the walker to the other group and the newcomer to the walker's."""
    solver.puts(cast.walker, into=cast.other_group)
    solver.puts(newcomer, into=cast.group)
    return finished()


def where(session: Session, *people: Participant) -> list[int | None]:
    return [
        session.scalar(select(Membership.group_id).where(Membership.participant_id == one.id))
        for one in people
    ]


@pytest.fixture
def apply(session: Session, cast: Cast, now: datetime) -> Callable[..., int]:
    def apply(run: AssignmentRun, act: Callable[..., int] = applying.apply, *, rest: bool = False) -> int:
        try:
            moved = act(session, run, only_the_rest=rest, by=cast.coordinator, now=now)
        except Exception:
            session.rollback()
            raise
        session.commit()
        return moved

    return apply


def move(
    session: Session, cast: Cast, who: Participant, seen: int | None, to: int | None, now: datetime
) -> int:
    move_id = move_people(
        session, stage=cast.stage, to_group_id=to, people={who.id: seen}, by=cast.coordinator, now=now
    )
    session.commit()
    return move_id


def test_applying_moves_everybody_in_one_move_that_can_be_undone(
    session: Session, cast: Cast, swap: AssignmentRun, newcomer: Participant, apply, now: datetime
) -> None:
    assert apply(swap) == 2
    assert where(session, cast.walker, newcomer) == [cast.other_group.id, cast.group.id]
    assert (swap.state, swap.applied_at) == (RunState.APPLIED, now)
    events = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert events == ["roster.asked", "people.moved", "roster.applied"]
    undo_move(session, stage=cast.stage, move_id=swap.move_id, by=cast.coordinator, now=now)
    assert where(session, cast.walker, newcomer) == [cast.group.id, None]


def test_a_roster_is_applied_once(session: Session, swap: AssignmentRun, apply) -> None:
    apply(swap)
    with pytest.raises(NotOpen):
        apply(swap)


def test_what_was_thrown_away_cannot_be_applied(session: Session, swap: AssignmentRun, apply, now) -> None:
    swap.closed_at = now
    session.commit()
    with pytest.raises(NotOpen):
        apply(swap)


def test_taking_back_restores_the_roster_of_before(
    session: Session, cast: Cast, swap: AssignmentRun, newcomer: Participant, apply
) -> None:
    apply(swap)
    assert apply(swap, applying.take_back) == 2
    assert where(session, cast.walker, newcomer) == [cast.group.id, None]
    assert swap.state == RunState.TAKEN_BACK
    with pytest.raises(NotOpen):
        apply(swap, applying.take_back)


def test_what_was_not_applied_cannot_be_taken_back(swap: AssignmentRun, apply) -> None:
    with pytest.raises(NotOpen):
        apply(swap, applying.take_back)


def test_who_was_moved_meanwhile_is_refused_by_name_and_nobody_is_moved(
    session: Session, cast: Cast, swap: AssignmentRun, newcomer: Participant, apply, now: datetime
) -> None:
    move(session, cast, newcomer, None, cast.other_group.id, now)
    with pytest.raises(ChangedMeanwhile) as refusal:
        apply(swap)
    assert refusal.value.obstacles == [Obstacle("elsewhere", "Nora Ny", 2)]
    assert where(session, cast.walker, newcomer) == [cast.group.id, cast.other_group.id]
    assert swap.state == RunState.READY


def test_the_rest_can_be_applied(
    session: Session, cast: Cast, swap: AssignmentRun, newcomer: Participant, apply, now: datetime
) -> None:
    move(session, cast, newcomer, None, cast.other_group.id, now)
    assert apply(swap, rest=True) == 1
    assert where(session, cast.walker, newcomer) == [cast.other_group.id, cast.other_group.id]


def test_the_rest_can_be_taken_back(
    session: Session, cast: Cast, swap: AssignmentRun, newcomer: Participant, apply, now: datetime
) -> None:
    apply(swap)
    move(session, cast, newcomer, cast.group.id, None, now)
    with pytest.raises(ChangedMeanwhile):
        apply(swap, applying.take_back)
    assert apply(swap, applying.take_back, rest=True) == 1
    assert where(session, cast.walker, newcomer) == [cast.group.id, None]


def test_when_nobody_of_it_is_left_to_move_nothing_is_applied(
    session: Session, cast: Cast, swap: AssignmentRun, newcomer: Participant, apply, now: datetime
) -> None:
    move(session, cast, newcomer, None, cast.other_group.id, now)
    move(session, cast, cast.walker, cast.group.id, None, now)
    with pytest.raises(NobodyLeft):
        apply(swap, rest=True)
    assert swap.state == RunState.READY


def lock_walker(session: Session, cast: Cast) -> None:
    session.execute(
        update(Membership).where(Membership.participant_id == cast.walker.id).values(is_locked=True)
    )


def lock_other_group(_session: Session, cast: Cast) -> None:
    cast.other_group.is_locked = True


def withdraw_consent(_session: Session, cast: Cast) -> None:
    cast.walker.may_take_part = False


def cancel(_session: Session, cast: Cast) -> None:
    cast.walker.standing, cast.walker.cancelled_at = "cancelled", cast.stage.starts_at


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lock_walker, "locked"),
        (lock_other_group, "group_closed"),
        (withdraw_consent, "not_allowed"),
        (cancel, "away"),
    ],
)
def test_who_may_not_be_moved_any_more_stays(
    session: Session, cast: Cast, swap: AssignmentRun, newcomer: Participant, apply, change, kind: str
) -> None:
    change(session, cast)
    session.commit()
    with pytest.raises(ChangedMeanwhile) as refusal:
        apply(swap)
    assert refusal.value.obstacles == [Obstacle(kind, cast.walker.name, cast.group.number)]
    assert apply(swap, rest=True) == 1
    assert where(session, cast.walker, newcomer) == [cast.group.id, cast.group.id]


def test_a_group_that_has_become_smaller_refuses_all(
    session: Session, cast: Cast, swap: AssignmentRun, newcomer: Participant, apply, now: datetime
) -> None:
    cast.other_group.max_size = 1
    make_participant(session, cast.march, cast.stage, group=cast.other_group)
    session.commit()
    with pytest.raises(GroupFull):
        apply(swap)
    assert (swap.state, swap.applied_at) == (RunState.READY, None)
