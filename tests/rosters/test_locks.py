"""What is locked stays where it is until somebody unlocks it."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import AuditEvent, Barrier, Membership, Participant
from marchapp.rosters.locks import lock_group, lock_person
from marchapp.rosters.moves import (
    GroupLocked,
    MayNotWalk,
    MovedMeanwhile,
    NoSuchGroup,
    NotWalking,
    PeopleLocked,
    undo_move,
)
from marchapp.rosters.services import copy_groups
from marchapp.rosters.words import why_not_moved
from tests.factories import Cast, make_document, make_group, make_participant, make_stage
from tests.rosters.test_moves import group_of, move


def lock_walker(session: Session, cast: Cast, now: datetime, *, is_locked: bool = True) -> int:
    return lock_person(
        session,
        stage=cast.stage,
        participant_id=cast.walker.id,
        seen_in=cast.group.id,
        is_locked=is_locked,
        by=cast.coordinator,
        now=now,
    )


def lock(session: Session, cast: Cast, group_id: int, now: datetime, *, is_locked: bool = True) -> int:
    return lock_group(
        session, stage=cast.stage, group_id=group_id, is_locked=is_locked, by=cast.coordinator, now=now
    )


def is_locked(session: Session, person: Participant) -> bool | None:
    return session.scalar(select(Membership.is_locked).where(Membership.participant_id == person.id))


def test_somebody_locked_is_not_moved_until_unlocked(
    app: Flask, session: Session, cast: Cast, now: datetime
) -> None:
    lock_walker(session, cast, now)
    for goal in (cast.other_group, None):
        with pytest.raises(PeopleLocked) as refusal:
            move(session, cast, goal, (cast.walker, cast.group), now=now)
        with app.test_request_context():
            assert f"{cast.walker.name} is locked" in why_not_moved(refusal.value)
    assert group_of(session, cast.walker, cast.stage) == cast.group.id
    lock_walker(session, cast, now, is_locked=False)
    move(session, cast, cast.other_group, (cast.walker, cast.group), now=now)
    assert is_locked(session, cast.walker) is False


def test_a_locked_group_takes_nobody_in_and_lets_nobody_out(
    app: Flask, session: Session, cast: Cast, now: datetime
) -> None:
    newcomer = make_participant(session, cast.march, cast.stage)
    lock(session, cast, cast.group.id, now)
    for goal, person in ((cast.other_group, (cast.walker, cast.group)), (cast.group, (newcomer, None))):
        with pytest.raises(GroupLocked) as refusal:
            move(session, cast, goal, person, now=now)
        with app.test_request_context():
            assert "group 1 is locked" in why_not_moved(refusal.value)
    lock(session, cast, cast.group.id, now, is_locked=False)
    move(session, cast, cast.group, (newcomer, None), now=now)


def test_undo_moves_nobody_who_was_locked_since(session: Session, cast: Cast, now: datetime) -> None:
    move_id = move(session, cast, cast.other_group, (cast.walker, cast.group), now=now)
    lock(session, cast, cast.other_group.id, now)
    with pytest.raises(GroupLocked):
        undo_move(session, stage=cast.stage, move_id=move_id, by=cast.coordinator, now=now)


def test_a_lock_holds_for_the_group_that_was_seen(session: Session, cast: Cast, now: datetime) -> None:
    move(session, cast, cast.other_group, (cast.walker, cast.group), now=now)
    with pytest.raises(MovedMeanwhile):
        lock_walker(session, cast, now)
    assert is_locked(session, cast.walker) is False


def test_people_and_groups_of_another_march_are_not_locked(
    session: Session, cast: Cast, now: datetime
) -> None:
    foreign_stage = make_stage(session, cast.other_march)
    foreign_group = make_group(session, foreign_stage)
    foreigner = make_participant(session, cast.other_march, foreign_stage, group=foreign_group)
    with pytest.raises(NoSuchGroup):
        lock(session, cast, foreign_group.id, now)
    with pytest.raises(NotWalking):
        lock_person(
            session,
            stage=cast.stage,
            participant_id=foreigner.id,
            seen_in=foreign_group.id,
            is_locked=True,
            by=cast.coordinator,
            now=now,
        )
    assert is_locked(session, foreigner) is False


def test_locks_are_recorded_and_copied_to_the_next_stage(session: Session, cast: Cast, now: datetime) -> None:
    second = make_stage(session, cast.march, number=2)
    person = make_participant(session, cast.march, cast.stage, second, group=cast.group)
    lock_person(
        session,
        stage=cast.stage,
        participant_id=person.id,
        seen_in=cast.group.id,
        is_locked=True,
        by=cast.coordinator,
        now=now,
    )
    lock(session, cast, cast.group.id, now)
    actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions == ["people.locked", "group.locked"]
    copy_groups(session, source=cast.stage, target=second, by=cast.coordinator, now=now)
    copied = session.scalars(
        select(Membership).where(Membership.stage_id == second.id, Membership.participant_id == person.id)
    ).one()
    assert copied.is_locked
    assert copied.group.is_locked


@pytest.mark.parametrize(
    ("papers", "barrier"),
    [((), Barrier.DOCUMENT), ((-1,), Barrier.DOCUMENT_EXPIRES)],
)
def test_nobody_comes_into_a_crossing_group_without_a_valid_document(
    app: Flask, session: Session, cast: Cast, now: datetime, papers: tuple[int, ...], barrier: Barrier
) -> None:
    cast.stage.crosses_border = True
    person = make_participant(session, cast.march, cast.stage)
    for _days in papers:
        make_document(session, person, expires_on=cast.march.starts_on.replace(year=2010))
    with pytest.raises(MayNotWalk) as refusal:
        move(session, cast, cast.group, (person, None), now=now)
    assert refusal.value.people == [(person.name, barrier)]
    with app.test_request_context():
        assert f"{person.name} has no travel document" in why_not_moved(refusal.value)
    assert group_of(session, person, cast.stage) is None


def test_a_minor_of_a_country_that_asks_for_it_needs_the_notarised_consent(
    session: Session, cast: Cast, now: datetime
) -> None:
    cast.stage.crosses_border = True
    person = make_participant(session, cast.march, cast.stage, country="RU")
    make_document(session, person)
    with pytest.raises(MayNotWalk) as refusal:
        move(session, cast, cast.group, (person, None), now=now)
    assert refusal.value.people == [(person.name, Barrier.NOTARISED_CONSENT)]


def test_whose_document_is_gone_stays_and_can_be_taken_out(
    session: Session, cast: Cast, now: datetime
) -> None:
    cast.stage.crosses_border = True
    move(session, cast, None, (cast.walker, cast.group), now=now)
    assert group_of(session, cast.walker, cast.stage) is None
