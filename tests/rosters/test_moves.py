"""People are moved all or none, within the sizes, and never over somebody else's move."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marchapp.models import AuditEvent, Group, Membership, Participant, Stage
from marchapp.rosters.moves import (
    AlreadyThere,
    GroupFull,
    MayNotCrossYet,
    MovedMeanwhile,
    NoSuchGroup,
    NotAllowedYet,
    NothingToUndo,
    NotWalking,
    move_people,
    moved_by,
    undo_move,
)
from marchapp.rosters.services import copy_groups
from marchapp.rosters.words import why_not_moved
from tests.factories import Cast, make_document, make_group, make_participant, make_stage


def group_of(session: Session, person: Participant, stage: Stage) -> int | None:
    return session.scalar(
        select(Membership.group_id).where(
            Membership.participant_id == person.id, Membership.stage_id == stage.id
        )
    )


def move(
    session: Session, cast: Cast, to: Group | None, *people: tuple[Participant, Group | None], now: datetime
) -> int:
    return move_people(
        session,
        stage=cast.stage,
        to_group_id=to.id if to else None,
        people={person.id: seen_in.id if seen_in else None for person, seen_in in people},
        by=cast.coordinator,
        now=now,
    )


def test_people_of_several_groups_are_moved_at_once(session: Session, cast: Cast, now: datetime) -> None:
    newcomer = make_participant(session, cast.march, cast.stage)
    move(session, cast, cast.other_group, (cast.walker, cast.group), (newcomer, None), now=now)
    assert group_of(session, cast.walker, cast.stage) == cast.other_group.id
    assert group_of(session, newcomer, cast.stage) == cast.other_group.id


def test_somebody_is_taken_out_of_the_group(session: Session, cast: Cast, now: datetime) -> None:
    move_id = move(session, cast, None, (cast.walker, cast.group), now=now)
    assert group_of(session, cast.walker, cast.stage) is None
    assert moved_by(session, stage=cast.stage, move_id=move_id).number is None


def test_a_move_is_recorded(session: Session, cast: Cast, now: datetime) -> None:
    move_id = move(session, cast, cast.other_group, (cast.walker, cast.group), now=now)
    event = session.get(AuditEvent, move_id)
    assert event is not None
    assert (event.action, event.account_id, event.at) == ("people.moved", cast.coordinator.id, now)
    assert event.details == {"changes": [[cast.walker.id, cast.group.id, cast.other_group.id]]}


def test_more_people_than_places_left_are_refused(session: Session, cast: Cast, now: datetime) -> None:
    small = make_group(session, cast.stage, max_size=2)
    make_participant(session, cast.march, cast.stage, group=small)
    people = [make_participant(session, cast.march, cast.stage) for _ in range(2)]
    with pytest.raises(GroupFull) as refusal:
        move(session, cast, small, *((person, None) for person in people), now=now)
    assert (refusal.value.left, refusal.value.coming) == (1, 2)
    assert [group_of(session, person, cast.stage) for person in people] == [None, None]


def test_cancelled_people_take_no_place(session: Session, cast: Cast, now: datetime) -> None:
    small = make_group(session, cast.stage, max_size=1)
    make_participant(session, cast.march, cast.stage, group=small, cancelled_at=now)
    move(session, cast, small, (cast.walker, cast.group), now=now)
    assert group_of(session, cast.walker, cast.stage) == small.id


def test_two_people_cannot_share_the_last_place(session: Session, cast: Cast, now: datetime) -> None:
    small = make_group(session, cast.stage, max_size=1)
    first, second = (make_participant(session, cast.march, cast.stage) for _ in range(2))
    move(session, cast, small, (first, None), now=now)
    with pytest.raises(GroupFull):
        move(session, cast, small, (second, None), now=now)


def test_somebody_moved_meanwhile_is_not_moved_over(session: Session, cast: Cast, now: datetime) -> None:
    third = make_group(session, cast.stage, number=3)
    move(session, cast, third, (cast.walker, cast.group), now=now)
    with pytest.raises(MovedMeanwhile) as refusal:
        move(session, cast, cast.other_group, (cast.walker, cast.group), now=now)
    assert refusal.value.places == [(cast.walker.name, 3)]
    assert group_of(session, cast.walker, cast.stage) == third.id


def test_somebody_taken_out_meanwhile_is_told(session: Session, cast: Cast, now: datetime) -> None:
    move(session, cast, None, (cast.walker, cast.group), now=now)
    with pytest.raises(MovedMeanwhile) as refusal:
        move(session, cast, cast.other_group, (cast.walker, cast.group), now=now)
    assert refusal.value.places == [(cast.walker.name, None)]


def test_whoever_does_not_walk_the_stage_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    at_home = make_participant(session, cast.march)
    with pytest.raises(NotWalking):
        move(session, cast, cast.group, (at_home, None), now=now)


def test_somebody_of_another_march_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    foreign_stage = make_stage(session, cast.other_march)
    foreigner = make_participant(session, cast.other_march, foreign_stage)
    with pytest.raises(NotWalking):
        move(session, cast, cast.group, (foreigner, None), now=now)


def test_a_cancelled_person_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    gone = make_participant(session, cast.march, cast.stage, cancelled_at=now)
    with pytest.raises(NotWalking):
        move(session, cast, cast.group, (gone, None), now=now)


def test_a_group_of_another_stage_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    elsewhere = make_group(session, make_stage(session, cast.march, number=2))
    with pytest.raises(NoSuchGroup):
        move(session, cast, elsewhere, (cast.walker, cast.group), now=now)


def test_a_move_to_where_all_are_changes_nothing(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(AlreadyThere):
        move(session, cast, cast.group, (cast.walker, cast.group), now=now)


def test_undo_brings_everybody_back(session: Session, cast: Cast, now: datetime) -> None:
    newcomer = make_participant(session, cast.march, cast.stage)
    move_id = move(session, cast, cast.other_group, (cast.walker, cast.group), (newcomer, None), now=now)
    back_id = undo_move(session, stage=cast.stage, move_id=move_id, by=cast.coordinator, now=now)
    assert group_of(session, cast.walker, cast.stage) == cast.group.id
    assert group_of(session, newcomer, cast.stage) is None
    assert moved_by(session, stage=cast.stage, move_id=back_id).is_mixed


def test_undo_does_not_overwrite_a_later_move(session: Session, cast: Cast, now: datetime) -> None:
    move_id = move(session, cast, cast.other_group, (cast.walker, cast.group), now=now)
    move(session, cast, None, (cast.walker, cast.other_group), now=now)
    with pytest.raises(MovedMeanwhile):
        undo_move(session, stage=cast.stage, move_id=move_id, by=cast.coordinator, now=now)


def test_undo_of_a_deleted_group_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    group = make_group(session, cast.stage, is_published=False)
    session.execute(update(Membership).values(group_id=group.id))
    move_id = move(session, cast, cast.other_group, (cast.walker, group), now=now)
    session.execute(delete(Group).where(Group.id == group.id))
    with pytest.raises(NoSuchGroup):
        undo_move(session, stage=cast.stage, move_id=move_id, by=cast.coordinator, now=now)


def test_a_move_of_another_stage_cannot_be_undone_here(session: Session, cast: Cast, now: datetime) -> None:
    move_id = move(session, cast, None, (cast.walker, cast.group), now=now)
    other_stage = make_stage(session, cast.march, number=2)
    with pytest.raises(NothingToUndo):
        undo_move(session, stage=other_stage, move_id=move_id, by=cast.coordinator, now=now)


def test_the_database_holds_one_group_for_each_person_and_stage(session: Session, cast: Cast) -> None:
    session.add(
        Membership(participant_id=cast.walker.id, stage_id=cast.stage.id, group_id=cast.other_group.id)
    )
    with pytest.raises(IntegrityError):
        session.flush()


def test_nobody_comes_into_a_group_without_consent_for_taking_part(
    app: Flask, session: Session, cast: Cast, now: datetime
) -> None:
    child = make_participant(session, cast.march, cast.stage, given_name="Liv", may_take_part=False)
    with pytest.raises(NotAllowedYet) as refusal:
        move(session, cast, cast.other_group, (child, None), (cast.walker, cast.group), now=now)
    assert refusal.value.names == [child.name]
    with app.test_request_context():
        assert child.name in why_not_moved(refusal.value)
    assert group_of(session, cast.walker, cast.stage) == cast.group.id


def test_who_lost_consent_can_be_taken_out_of_a_group(session: Session, cast: Cast, now: datetime) -> None:
    cast.walker.may_take_part = False
    move(session, cast, None, (cast.walker, cast.group), now=now)
    assert group_of(session, cast.walker, cast.stage) is None


def test_nobody_comes_over_the_border_without_consent_to_that(
    app: Flask, session: Session, cast: Cast, now: datetime
) -> None:
    child = make_participant(session, cast.march, cast.stage, given_name="Liv", may_cross_border=False)
    move(session, cast, cast.other_group, (child, None), now=now)
    cast.stage.crosses_border = True
    with pytest.raises(MayNotCrossYet) as refusal:
        move(session, cast, cast.group, (child, cast.other_group), now=now)
    with app.test_request_context():
        assert child.name in why_not_moved(refusal.value)
    move(session, cast, None, (child, cast.other_group), now=now)
    assert group_of(session, child, cast.stage) is None


def test_groups_that_are_copied_leave_behind_who_has_no_consent(
    session: Session, cast: Cast, now: datetime
) -> None:
    abroad = make_stage(session, cast.march, number=2, crosses_border=True)
    people = [
        make_participant(session, cast.march, cast.stage, abroad, group=cast.group, **may)
        for may in ({}, {"may_cross_border": False}, {"may_take_part": False})
    ]
    for one in people:
        make_document(session, one)
    copy_groups(session, source=cast.stage, target=abroad, by=cast.coordinator, now=now)
    assert [group_of(session, one, abroad) is not None for one in people] == [True, False, False]
