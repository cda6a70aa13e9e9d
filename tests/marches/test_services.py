"""What coordinators decide about a march holds together, and is recorded."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.marches.routes import save_route
from marchapp.marches.services import (
    FewerPlacesThanTaken,
    MarchSettings,
    NoTimeToWalk,
    OutOfOrder,
    StageOutsideMarch,
    StagePlan,
    add_stage,
    change_march,
    change_stage,
    plan_timetable,
)
from marchapp.models import AuditEvent, Category, March, Stage
from marchapp.models.timetable import stops
from tests.factories import Cast, quota_of
from tests.marches.gpx_files import route_file


def settings_of(march: March) -> MarchSettings:
    names = MarchSettings.__dataclass_fields__
    return MarchSettings(**{name: getattr(march, name) for name in names})


def plan_of(stage: Stage) -> StagePlan:
    return StagePlan(**{name: getattr(stage, name) for name in StagePlan.__dataclass_fields__})


@pytest.fixture
def stage(session: Session, cast: Cast, now: datetime) -> Stage:
    """A stage from 08:00 to 14:00 in Oslo, with start, two checkpoints and finish."""
    content = route_file(("Start", 0.0), ("Ford", 1.0), ("Hut", 3.0), ("Finish", 4.0))
    save_route(session, stage=cast.stage, content=content, by=None, now=now)
    return cast.stage


def clocks(stage: Stage, *values: time | None) -> dict[int, time | None]:
    return dict(zip([place.id for place in stage.checkpoints[1:-1]], values, strict=True))


def test_settings_are_changed_and_recorded(session: Session, cast: Cast, now: datetime) -> None:
    settings = replace(settings_of(cast.march), name={"en": "New name"}, is_public=False)
    change_march(session, cast.march, settings, capacities={}, by=cast.coordinator, now=now)
    session.commit()
    event = session.scalars(select(AuditEvent)).one()
    assert cast.march.name == {"en": "New name"}
    assert event.action == "march.changed"
    assert sorted(event.details["changed"]) == ["is_public", "name"]


def test_places_never_fall_below_those_taken(session: Session, cast: Cast, now: datetime) -> None:
    quota = quota_of(cast.march, Category.SCHOOLCHILD)
    with pytest.raises(FewerPlacesThanTaken) as refusal:
        change_march(session, cast.march, settings_of(cast.march), capacities={quota.id: 0}, by=None, now=now)
    assert refusal.value.quota is quota


def test_places_can_be_as_many_as_are_taken(session: Session, cast: Cast, now: datetime) -> None:
    quota = quota_of(cast.march, Category.SCHOOLCHILD)
    change_march(session, cast.march, settings_of(cast.march), capacities={quota.id: 1}, by=None, now=now)
    session.expire_all()
    assert quota.left == 0


def test_dates_that_leave_a_stage_outside_are_refused(session: Session, cast: Cast, now: datetime) -> None:
    settings = replace(settings_of(cast.march), starts_on=cast.stage.day + timedelta(days=1))
    with pytest.raises(StageOutsideMarch) as refusal:
        change_march(session, cast.march, settings, capacities={}, by=None, now=now)
    assert refusal.value.stage is cast.stage


def test_a_new_time_zone_keeps_the_clocks(session: Session, stage: Stage, cast: Cast, now: datetime) -> None:
    plan_timetable(session, stage, clocks=clocks(stage, time(9), None), by=None, now=now)
    settings = replace(settings_of(cast.march), time_zone="Europe/Moscow")
    change_march(session, cast.march, settings, capacities={}, by=None, now=now)
    session.commit()
    # 08:00 was UTC+2 in Oslo and is UTC+4 in Moscow, in September 2014.
    assert stage.starts_at == datetime(2014, 9, 18, 4, 0, tzinfo=UTC)
    assert stage.checkpoints[1].planned_at == datetime(2014, 9, 18, 5, 0, tzinfo=UTC)


def test_a_stage_is_added_after_the_last(session: Session, cast: Cast, now: datetime) -> None:
    plan = replace(plan_of(cast.stage), day=cast.march.ends_on)
    stage = add_stage(session, cast.march, plan, by=cast.coordinator, now=now)
    session.commit()
    assert (stage.number, stage.march_id) == (2, cast.march.id)
    assert session.scalars(select(AuditEvent.action)).all() == ["stage.added"]


def test_a_stage_outside_the_march_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    plan = replace(plan_of(cast.stage), day=date(2014, 9, 30))
    with pytest.raises(StageOutsideMarch):
        add_stage(session, cast.march, plan, by=None, now=now)
    with pytest.raises(StageOutsideMarch):
        change_stage(session, cast.stage, plan, by=None, now=now)


def test_checkpoints_move_with_the_start(session: Session, stage: Stage, now: datetime) -> None:
    plan_timetable(session, stage, clocks=clocks(stage, time(9), None), by=None, now=now)
    half_an_hour = timedelta(minutes=30)
    before = stage.checkpoints[1].planned_at
    plan = replace(plan_of(stage), starts_at=stage.starts_at + half_an_hour)
    change_stage(session, stage, plan, by=None, now=now)
    session.commit()
    start, ford, hut, finish = stage.checkpoints
    assert (start.planned_at, finish.planned_at) == (stage.starts_at, stage.finishes_at)
    assert ford.planned_at == before + half_an_hour
    assert hut.planned_at is None


def test_clocks_are_those_of_the_march_zone(session: Session, stage: Stage, now: datetime) -> None:
    plan_timetable(session, stage, clocks=clocks(stage, time(9, 30), time(13, 5)), by=None, now=now)
    session.commit()
    assert [place.planned_at for place in stage.checkpoints[1:-1]] == [
        datetime(2014, 9, 18, 7, 30, tzinfo=UTC),
        datetime(2014, 9, 18, 11, 5, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ((time(12), time(11)), [2]),
        ((time(12), time(12)), [2]),
        ((time(7), None), [1]),
        ((None, time(15)), [2]),
        ((time(8), None), [1]),
        ((time(15), time(7)), [1, 2]),
        ((time(15), time(12)), [1]),
    ],
)
def test_every_time_out_of_order_is_refused(
    session: Session, stage: Stage, now: datetime, values: tuple[time | None, time | None], wrong: list[int]
) -> None:
    with pytest.raises(OutOfOrder) as refusal:
        plan_timetable(session, stage, clocks=clocks(stage, *values), by=None, now=now)
    assert refusal.value.checkpoints == [stage.checkpoints[position] for position in wrong]


def oslo(*of: int) -> datetime:
    return datetime(*of, tzinfo=ZoneInfo("Europe/Oslo")).astimezone(UTC)


@pytest.fixture
def night(session: Session, stage: Stage) -> Stage:
    """The stage from 22:00 on 29 March 2014 to 05:00, while clocks go from 02:00 to 03:00."""
    stage.march.starts_on = stage.day = date(2014, 3, 29)
    stage.march.ends_on = date(2014, 3, 31)
    stage.starts_at, stage.finishes_at = oslo(2014, 3, 29, 22), oslo(2014, 3, 30, 5)
    session.flush()
    return stage


def test_times_after_midnight_are_on_the_next_day(session: Session, night: Stage, now: datetime) -> None:
    plan_timetable(session, night, clocks=clocks(night, time(23, 30), time(3, 15)), by=None, now=now)
    assert [place.planned_at for place in night.checkpoints[1:-1]] == [
        datetime(2014, 3, 29, 22, 30, tzinfo=UTC),
        datetime(2014, 3, 30, 1, 15, tzinfo=UTC),  # summer time began at 1:00 UTC
    ]
    assert [stop.is_next_day for stop in stops(night)] == [False, False, True, True]


@pytest.mark.parametrize(
    ("values", "wrong"), [((time(0, 30), time(23)), 2), ((time(21), None), 1), ((None, time(5)), 2)]
)
def test_times_past_midnight_are_kept_in_order(
    session: Session, night: Stage, now: datetime, values: tuple[time | None, time | None], wrong: int
) -> None:
    with pytest.raises(OutOfOrder) as refusal:
        plan_timetable(session, night, clocks=clocks(night, *values), by=None, now=now)
    assert refusal.value.checkpoints == [night.checkpoints[wrong]]


def test_clocks_stay_when_a_stage_leaves_the_night_of_summer_time(
    session: Session, night: Stage, now: datetime
) -> None:
    plan_timetable(session, night, clocks=clocks(night, time(23), time(4)), by=None, now=now)
    a_day_later = {
        "day": date(2014, 3, 30),
        "starts_at": oslo(2014, 3, 30, 22),
        "finishes_at": oslo(2014, 3, 31, 5),
    }
    change_stage(session, night, replace(plan_of(night), **a_day_later), by=None, now=now)
    assert [place.planned_at for place in night.checkpoints] == [
        oslo(2014, 3, 30, 22),
        oslo(2014, 3, 30, 23),
        oslo(2014, 3, 31, 4),
        oslo(2014, 3, 31, 5),
    ]


def test_a_stage_needs_time_between_start_and_finish(session: Session, night: Stage, now: datetime) -> None:
    # 02:45 is not shown that night: a clock put forward shows 03:45 then.
    skipped = {"starts_at": oslo(2014, 3, 30, 2, 45), "finishes_at": oslo(2014, 3, 30, 3, 30)}
    for wrong in (skipped, {"finishes_at": night.starts_at}):
        with pytest.raises(NoTimeToWalk):
            change_stage(session, night, replace(plan_of(night), **wrong), by=None, now=now)
        with pytest.raises(NoTimeToWalk):
            add_stage(session, night.march, replace(plan_of(night), **wrong), by=None, now=now)


def test_a_new_route_keeps_times_of_the_next_day(session: Session, night: Stage, now: datetime) -> None:
    plan_timetable(session, night, clocks=clocks(night, None, time(4)), by=None, now=now)
    content = route_file(("Start", 0.0), ("Hut", 2.0), ("Finish", 4.0))
    save_route(session, stage=night, content=content, by=None, now=now)
    assert [place.planned_at for place in night.checkpoints] == [
        night.starts_at,
        oslo(2014, 3, 30, 4),
        night.finishes_at,
    ]


def test_a_march_that_moves_takes_its_stages_along(session: Session, night: Stage, now: datetime) -> None:
    plan_timetable(session, night, clocks=clocks(night, None, time(4)), by=None, now=now)
    march, week = night.march, timedelta(days=7)
    settings = replace(settings_of(march), starts_on=march.starts_on + week, ends_on=march.ends_on + week)
    change_march(session, march, settings, capacities={}, by=None, now=now)
    session.commit()
    assert (night.day, night.starts_at) == (date(2014, 4, 5), oslo(2014, 4, 5, 22))
    assert [place.planned_at for place in night.checkpoints[2:]] == [oslo(2014, 4, 6, 4), oslo(2014, 4, 6, 5)]
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "march.changed")).one()
    assert event.details["stages_moved_days"] == 7


@pytest.mark.parametrize(("change", "is_looked_at"), [({"adult_age": 16}, True), ({"assent_age": 15}, False)])
def test_consents_are_looked_at_anew_when_others_become_minors(
    session: Session, cast: Cast, now: datetime, change: dict[str, int], is_looked_at: bool
) -> None:
    settings = replace(settings_of(cast.march), **change)
    change_march(session, cast.march, settings, capacities={}, by=cast.coordinator, now=now)
    assert (cast.march.consents_checked_to == 0) == is_looked_at


def test_consents_are_looked_at_anew_when_a_stage_crosses_the_border(
    session: Session, stage: Stage, now: datetime
) -> None:
    change_stage(session, stage, replace(plan_of(stage), crosses_border=True), by=None, now=now)
    assert stage.march.consents_checked_to == 0
