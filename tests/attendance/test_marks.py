"""Marks of a roll call: each key once, in whatever order they arrive, and clear answers to every badge."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from marchapp.attendance.calling import next_point, roll_of
from marchapp.attendance.points import Point, point_of, points_called, points_of
from marchapp.attendance.services import AnswerKind, SentMark, take_mark
from marchapp.extensions import db
from marchapp.models import (
    Account,
    Checkpoint,
    Group,
    Participant,
    RollMark,
    RollStanding,
    RollState,
    Stage,
    Standing,
)
from marchapp.models.attendance import Walked, walked_by_stage
from marchapp.models.audit import record
from tests.factories import START, Cast, make_group, make_mark, make_participant, make_stage

LATER = timedelta(minutes=10)


def point(stage: Stage, code: str = "start") -> Point:
    found = point_of(stage, code)
    assert found
    return found


def mark(session: Session, cast: Cast, now: datetime, key: str, state: str = "present", **given: Any):
    group, by, at = given.pop("group", cast.group), given.pop("by", cast.guide), given.pop("at", "start")
    if not given.get("badge"):
        given.setdefault("participant_id", cast.walker.id)
    sent = SentMark(key=f"key-{key:0>8}", state=RollState(state), **given)
    return take_mark(session, group=group, point=point(group.stage, at), sent=sent, by=by, now=now)


def states(session: Session, group: Group, code: str = "start") -> list[str]:
    session.expire_all()
    return [one.state for one in roll_of(session, group, point(group.stage, code)).people]


def marks_in_log(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(RollMark)) or 0


def test_a_mark_that_is_sent_twice_counts_once(session: Session, cast: Cast, now: datetime) -> None:
    first = mark(session, cast, now, "1")
    second = mark(session, cast, now + LATER, "1")
    assert (first.kind, second.kind) == (AnswerKind.COUNTED, AnswerKind.COUNTED)
    assert marks_in_log(session) == 1
    assert second.mark
    assert second.mark.marked_at == now


def test_a_second_scan_tells_when_and_by_whom_the_first_was_made(
    session: Session, cast: Cast, now: datetime
) -> None:
    mark(session, cast, now, "1", badge=cast.walker.reference)
    again = mark(session, cast, now + LATER, "2", badge=cast.walker.reference, by=cast.other_guide)
    third = mark(session, cast, now + 2 * LATER, "3", badge=cast.walker.reference)
    for answer in (again, third):
        assert answer.kind == AnswerKind.AGAIN
        assert answer.mark
        assert (answer.mark.marked_at, answer.mark.account) == (now, cast.guide)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_the_mark_that_was_made_last_holds_in_whatever_order_they_arrive(
    session: Session, cast: Cast, now: datetime, order: tuple[int, ...]
) -> None:
    made = [("present", 30), ("missing", 20), ("left", 10)]
    for arrival in order:
        state, minutes = made[arrival]
        mark(session, cast, now, str(arrival), state, made_ago=timedelta(minutes=minutes))
    assert states(session, cast.group) == ["left"]
    assert marks_in_log(session) == 3


@pytest.mark.parametrize("order", [("1", "2"), ("2", "1")])
def test_of_two_marks_of_one_moment_the_same_holds_in_either_order(
    session: Session, cast: Cast, now: datetime, order: tuple[str, str]
) -> None:
    for key in order:
        mark(session, cast, now, key, "present" if key == "1" else "missing")
    assert states(session, cast.group) == ["missing"]


def test_a_mark_is_never_later_than_now_and_never_older_than_a_march(
    session: Session, cast: Cast, now: datetime
) -> None:
    ahead = mark(session, cast, now, "1", made_ago=timedelta(hours=-5))
    old = mark(session, cast, now, "2", made_ago=timedelta(days=4000))
    assert ahead.mark
    assert ahead.mark.marked_at == now
    assert old.mark
    assert session.scalar(
        select(RollMark.marked_at).where(RollMark.client_key == "key-00000002")
    ) == now - timedelta(days=14)


def test_a_mark_can_be_taken_back(session: Session, cast: Cast, now: datetime) -> None:
    mark(session, cast, now, "1")
    mark(session, cast, now + LATER, "2", "not_yet")
    assert states(session, cast.group) == ["not_yet"]
    assert mark(session, cast, now + 2 * LATER, "3").kind == AnswerKind.COUNTED


def test_a_key_of_another_mark_is_not_taken_for_this_one(session: Session, cast: Cast, now: datetime) -> None:
    other = make_participant(session, cast.march, cast.stage, group=cast.group)
    mark(session, cast, now, "1")
    assert mark(session, cast, now, "1", participant_id=other.id).kind == AnswerKind.KEY_TAKEN
    assert marks_in_log(session) == 1


@pytest.mark.parametrize("written", ["k7f2m9q4t", " K7F 2M9 Q4T ", "k7f-2m9-q4t", "K7F–2M9–Q4T"])
def test_a_badge_may_be_typed_in_any_way(session: Session, cast: Cast, now: datetime, written: str) -> None:
    cast.walker.reference = "K7F-2M9-Q4T"
    session.flush()
    assert mark(session, cast, now, "1", badge=written).kind == AnswerKind.COUNTED


def test_a_badge_of_another_group_is_named_and_not_counted(
    session: Session, cast: Cast, now: datetime
) -> None:
    stranger = make_participant(session, cast.march, cast.stage, group=cast.other_group)
    answer = mark(session, cast, now, "1", badge=stranger.reference)
    assert (answer.kind, answer.person, answer.group) == (AnswerKind.ELSEWHERE, stranger, cast.other_group)
    assert marks_in_log(session) == 0


def test_a_number_of_another_group_names_nobody(session: Session, cast: Cast, now: datetime) -> None:
    stranger = make_participant(session, cast.march, cast.stage, group=cast.other_group)
    answer = mark(session, cast, now, "1", participant_id=stranger.id)
    assert (answer.kind, answer.person) == (AnswerKind.MOVED, None)


def test_a_late_mark_of_somebody_who_was_moved_meanwhile_still_counts(
    session: Session, cast: Cast, now: datetime
) -> None:
    mark(session, cast, now, "1")
    membership = cast.group.memberships[0]
    membership.group_id = cast.other_group.id
    session.flush()
    assert mark(session, cast, now, "2", at="finish").kind == AnswerKind.COUNTED


def test_unknown_cancelled_and_waiting_badges_and_those_of_another_stage_are_told_apart(
    session: Session, cast: Cast, now: datetime
) -> None:
    cancelled = make_participant(session, cast.march, cast.stage, cancelled_at=now)
    waiting = make_participant(session, cast.march, cast.stage, standing=Standing.WAITING, waiting_since=now)
    elsewhere = make_participant(session, cast.march, make_stage(session, cast.march, number=2))
    answers = [
        mark(session, cast, now, str(number), badge=badge).kind
        for number, badge in enumerate(
            ["NOBODY", cancelled.reference, waiting.reference, elsewhere.reference, "", "-"]
        )
        if badge
    ]
    assert answers == ["unknown", "cancelled", "waiting", "other_stage", "unknown"]
    assert marks_in_log(session) == 0


def test_a_badge_of_another_march_does_not_tell_whose_it_is(
    session: Session, cast: Cast, now: datetime
) -> None:
    stage = make_stage(session, cast.other_march)
    foreign = make_participant(session, cast.other_march, stage)
    by_badge = mark(session, cast, now, "1", badge=foreign.reference)
    by_number = mark(session, cast, now, "2", participant_id=foreign.id)
    assert (by_badge.kind, by_badge.person) == (AnswerKind.UNKNOWN, None)
    assert (by_number.kind, by_number.person) == (AnswerKind.MOVED, None)


def test_who_left_the_march_is_not_expected_at_later_points_and_stages(
    session: Session, cast: Cast, now: datetime
) -> None:
    second = make_stage(session, cast.march, number=2)
    both = make_participant(session, cast.march, cast.stage, second, group=cast.group)
    group = make_group(session, second, cast.guide)
    put_into(session, both, group)
    mark(session, cast, now, "1", "left", participant_id=both.id)
    finish = roll_of(session, cast.group, point(cast.stage, "finish"))
    next_day = roll_of(session, group, point(second))
    assert (finish.expected, next_day.expected) == (1, 0)
    assert next_day.people[0].left_at
    assert next_day.people[0].left_at.stage_number == 1


def test_who_left_can_come_back(session: Session, cast: Cast, now: datetime) -> None:
    mark(session, cast, now, "1", "left")
    mark(session, cast, now + LATER, "2", "not_yet")
    assert roll_of(session, cast.group, point(cast.stage, "finish")).expected == 1
    mark(session, cast, now + 2 * LATER, "3", "left")
    mark(session, cast, now + 3 * LATER, "4", at="finish")
    second = make_stage(session, cast.march, number=2)
    person = session.get(Participant, cast.walker.id)
    group = make_group(session, second)
    put_into(session, person, group)
    assert roll_of(session, group, point(second)).expected == 1


def put_into(session: Session, person: Participant, group: Group) -> None:
    from marchapp.models import Membership, StageEntry
    from tests.factories import publish_place

    if session.get(StageEntry, (person.id, group.stage_id)) is None:
        session.add(StageEntry(participant_id=person.id, stage_id=group.stage_id))
        session.flush()
    session.add(Membership(participant_id=person.id, stage_id=group.stage_id, group_id=group.id))
    session.flush()
    publish_place(session, person, group)


def test_a_handing_over_keeps_to_whom_and_the_database_does_not_show_it(
    session: Session, cast: Cast, now: datetime
) -> None:
    mark(session, cast, now, "1", "handed_over", at="finish", handed_to="Siri Nilsen, +47 400 00 001")
    stored = session.execute(select(RollMark.__table__.c.handed_to)).scalar_one()
    assert stored == "Siri Nilsen, +47 400 00 001"
    raw = session.connection().exec_driver_sql("SELECT handed_to FROM roll_mark").scalar_one()
    assert b"Siri" not in bytes(raw)


def test_a_roll_goes_on_when_the_checkpoints_of_the_route_are_made_anew(
    session: Session, cast: Cast, now: datetime
) -> None:
    add_checkpoints(session, cast.stage, "Bridge", "Hut")
    hut = points_of(cast.stage)[2]
    mark(session, cast, now, "1", at=hut.code)
    cast.stage.checkpoints = []
    session.flush()
    add_checkpoints(session, cast.stage, "Hut", "Lake")
    assert states(session, cast.group, hut.code) == ["present"]
    assert [one.position for one in points_of(cast.stage)][:2] == [0, 1]
    cast.stage.checkpoints = []
    session.flush()
    session.expire_all()
    former = [one for one in points_called(session, cast.stage) if not one.is_on_route]
    assert [one.name for one in former] == [{"": "Hut"}]


def add_checkpoints(session: Session, stage: Stage, *names: str) -> None:
    for position, name in enumerate(names, 1):
        session.add(
            Checkpoint(
                stage_id=stage.id, position=position, name=name, lat=69.5, lon=30.1, route_m=1000.0 * position
            )
        )
    session.flush()
    session.expire(stage, ["checkpoints"])


def test_the_next_roll_is_the_one_that_was_begun_or_the_one_after(
    session: Session, cast: Cast, now: datetime
) -> None:
    second = make_participant(session, cast.march, cast.stage, group=cast.group)
    points = points_of(cast.stage)
    assert next_point(session, cast.group, points).code == "start"
    mark(session, cast, now, "1")
    assert next_point(session, cast.group, points).code == "start"
    mark(session, cast, now, "2", participant_id=second.id)
    assert next_point(session, cast.group, points).code == "finish"


def test_who_started_and_finished_a_stage_is_counted(session: Session, cast: Cast, now: datetime) -> None:
    second = make_participant(session, cast.march, cast.stage, group=cast.group)
    mark(session, cast, now, "1")
    mark(session, cast, now, "2", participant_id=second.id)
    mark(session, cast, now, "3", at="finish")
    mark(session, cast, now, "4", "missing", at="finish", participant_id=second.id)
    assert walked_by_stage(session, [cast.stage.id]) == {cast.stage.id: Walked(started=2, finished=1)}


def test_the_same_mark_sent_by_eight_at_once_counts_once(app: Flask, session: Session, cast: Cast) -> None:
    ids = cast.group.id, cast.guide.id, cast.walker.id
    session.commit()

    def send(_number: int) -> str:
        with app.app_context():
            group, guide = db.session.get(Group, ids[0]), db.session.get(Account, ids[1])
            assert group
            assert guide
            sent = SentMark(key="at-the-same-time", state=RollState.PRESENT, participant_id=ids[2])
            answer = take_mark(
                db.session, group=group, point=point(group.stage), sent=sent, by=guide, now=START
            )
            db.session.commit()
            return answer.kind

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(send, range(8))) == {"counted"}
    assert marks_in_log(session) == 1
    assert session.scalar(select(func.count()).select_from(RollStanding)) == 1


def test_eight_who_scan_one_badge_at_once_are_told_of_one_first(
    app: Flask, session: Session, cast: Cast
) -> None:
    ids = cast.group.id, cast.guide.id
    badge = cast.walker.reference
    session.commit()

    def send(number: int) -> str:
        with app.app_context():
            group, guide = db.session.get(Group, ids[0]), db.session.get(Account, ids[1])
            assert group
            assert guide
            sent = SentMark(key=f"another-key-{number}", state=RollState.PRESENT, badge=badge)
            answer = take_mark(
                db.session, group=group, point=point(group.stage), sent=sent, by=guide, now=datetime.now(UTC)
            )
            db.session.commit()
            return answer.kind

    with ThreadPoolExecutor(8) as threads:
        kinds = list(threads.map(send, range(8)))
    assert set(kinds) <= {"counted", "again"}
    assert "counted" in kinds
    assert marks_in_log(session) == 8
    assert session.scalar(select(func.count()).select_from(RollStanding)) == 1


def test_who_walked_is_counted_again_after_a_mark_and_a_merging(session: Session, cast: Cast) -> None:
    wanted = [cast.stage.id]
    other = make_participant(session, cast.march, cast.stage, group=cast.group)
    make_mark(session, cast.walker, cast.stage)
    assert walked_by_stage(session, wanted)[cast.stage.id].started == 1
    make_mark(session, other, cast.stage)
    assert walked_by_stage(session, wanted)[cast.stage.id].started == 2
    session.execute(delete(RollStanding).where(RollStanding.participant_id == other.id))
    record(session, at=START, action="participant.merged", march_id=cast.march.id, account_id=None)
    session.flush()
    assert walked_by_stage(session, wanted)[cast.stage.id].started == 1


@pytest.mark.parametrize(("ago", "started"), [(timedelta(minutes=1), 2), (timedelta(hours=1), 1)])
def test_a_mark_that_comes_behind_a_later_one_is_counted(
    session: Session, cast: Cast, ago: timedelta, started: int
) -> None:
    """What is an hour old is not counted again; nothing comes behind it any more."""
    other = make_participant(session, cast.march, cast.stage, group=cast.group)
    behind = make_mark(session, other, cast.stage)
    make_mark(session, cast.walker, cast.stage)
    session.execute(update(RollMark).values(received_at=datetime.now(UTC) - ago))
    standing = session.get_one(RollStanding, (cast.stage.id, behind.point, other.id))
    state, standing.state = standing.state, RollState.NOT_YET  # as if it were not committed yet
    session.flush()
    assert walked_by_stage(session, [cast.stage.id])[cast.stage.id].started == 1
    standing.state = state
    session.flush()
    assert walked_by_stage(session, [cast.stage.id])[cast.stage.id].started == started
