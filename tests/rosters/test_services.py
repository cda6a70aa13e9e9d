"""Groups are made, changed, deleted and copied within the rules of their stage."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import AuditEvent, Group, Membership, Recording
from marchapp.rosters.board import group_sizes
from marchapp.rosters.services import (
    GroupInUse,
    GroupPlan,
    GuideBusy,
    NotAGuide,
    NumberTaken,
    StageHasGroups,
    change_group,
    copy_groups,
    delete_group,
    make_group,
    next_number,
)
from tests.factories import Cast, make_account, make_participant, make_stage
from tests.factories import make_group as have_group


def plan(**given: Any) -> GroupPlan:
    values: dict[str, Any] = {"number": 3, "name": "", "min_size": 1, "max_size": 12}
    return GroupPlan(**values | given)


def test_the_next_number_fills_a_gap(session: Session, cast: Cast) -> None:
    assert next_number(session, cast.stage) == 3
    have_group(session, cast.stage, number=4)
    assert next_number(session, cast.stage) == 3


def test_a_group_is_made_with_its_guides_and_recorded(session: Session, cast: Cast, now: datetime) -> None:
    free = make_account(session, "Fia Free", cast.march)
    group = make_group(
        session,
        stage=cast.stage,
        plan=plan(name="Pasvik", guide_ids=frozenset({free.id})),
        by=cast.coordinator,
        now=now,
    )
    assert (group.number, group.name, group.guides) == (3, "Pasvik", [free])
    assert session.scalar(select(AuditEvent.action).where(AuditEvent.subject_id == group.id)) == "group.made"


def test_a_number_that_is_taken_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(NumberTaken):
        make_group(session, stage=cast.stage, plan=plan(number=2), by=cast.coordinator, now=now)


def test_the_guide_of_another_group_of_the_stage_is_refused(
    session: Session, cast: Cast, now: datetime
) -> None:
    wish = plan(number=1, guide_ids=frozenset({cast.guide.id, cast.other_guide.id}))
    with pytest.raises(GuideBusy) as refusal:
        change_group(session, group=cast.group, plan=wish, by=cast.coordinator, now=now)
    assert (refusal.value.name, refusal.value.number) == ("Oleg Other", 2)
    assert cast.group.guides == [cast.guide]


def test_the_same_guide_may_guide_on_another_stage(session: Session, cast: Cast, now: datetime) -> None:
    stage = make_stage(session, cast.march, number=2)
    group = make_group(
        session, stage=stage, plan=plan(guide_ids=frozenset({cast.guide.id})), by=cast.coordinator, now=now
    )
    assert group.guides == [cast.guide]


def test_somebody_who_is_no_guide_of_the_march_is_refused(
    session: Session, cast: Cast, now: datetime
) -> None:
    for stranger in (cast.coordinator, make_account(session, "Sten Stranger", cast.other_march)):
        with pytest.raises(NotAGuide):
            make_group(
                session,
                stage=cast.stage,
                plan=plan(guide_ids=frozenset({stranger.id})),
                by=cast.coordinator,
                now=now,
            )


def test_a_changed_group_keeps_its_people(session: Session, cast: Cast, now: datetime) -> None:
    change_group(session, group=cast.group, plan=plan(number=9, max_size=4), by=cast.coordinator, now=now)
    assert (cast.group.number, cast.group.guides) == (9, [])
    assert group_sizes(session, [cast.group.id]) == {cast.group.id: 1}


def test_an_empty_group_is_deleted(session: Session, cast: Cast, now: datetime) -> None:
    group_id = cast.other_group.id
    delete_group(session, group=cast.other_group, by=cast.coordinator, now=now)
    assert session.scalar(select(Group).where(Group.id == group_id)) is None


def test_a_group_with_people_stays(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(GroupInUse):
        delete_group(session, group=cast.group, by=cast.coordinator, now=now)


def test_a_group_with_recordings_stays(session: Session, cast: Cast, now: datetime) -> None:
    session.add(
        Recording(
            group_id=cast.other_group.id, sha256="0" * 64, content_gz=b"", size_bytes=0, uploaded_at=now
        )
    )
    with pytest.raises(GroupInUse):
        delete_group(session, group=cast.other_group, by=cast.coordinator, now=now)


def test_groups_are_copied_with_guides_and_whoever_also_walks(
    session: Session, cast: Cast, now: datetime
) -> None:
    second = make_stage(session, cast.march, number=2)
    both = make_participant(session, cast.march, cast.stage, second, group=cast.group)
    make_participant(session, cast.march, cast.stage, second, group=cast.group, cancelled_at=now)
    assert copy_groups(session, source=cast.stage, target=second, by=cast.coordinator, now=now) == 2
    copies = session.scalars(select(Group).where(Group.stage_id == second.id).order_by(Group.number)).all()
    assert [(copy.number, copy.guides) for copy in copies] == [(1, [cast.guide]), (2, [cast.other_guide])]
    placed = session.execute(
        select(Membership.participant_id, Membership.group_id).where(Membership.stage_id == second.id)
    ).all()
    assert placed == [(both.id, copies[0].id)]


def test_groups_are_not_copied_over_others(session: Session, cast: Cast, now: datetime) -> None:
    second = make_stage(session, cast.march, number=2)
    have_group(session, second)
    with pytest.raises(StageHasGroups):
        copy_groups(session, source=cast.stage, target=second, by=cast.coordinator, now=now)
