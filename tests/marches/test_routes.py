"""A GPX file becomes the planned route of a stage, its waypoints the checkpoints."""

import gzip
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.geo.errors import NotGpx, TakesTooLong, TooLarge
from marchapp.geo.gpx import read_route
from marchapp.marches import routes
from marchapp.marches.routes import (
    draft_of,
    export_route,
    keep_draft,
    read_plan,
    save_draft,
    save_route,
)
from marchapp.models import AuditEvent, PlannedRoute, RouteDraft
from tests.factories import Cast
from tests.marches.gpx_files import LAT, east, route_file

NO_LIMIT = 10**9


def test_a_route_is_saved_with_its_figures_and_pictures(session: Session, cast: Cast, now: datetime) -> None:
    save_route(session, stage=cast.stage, content=route_file(("Ford", 1.0)), by=cast.coordinator, now=now)
    route = cast.stage.route
    assert route.length_m == pytest.approx(4000, abs=20)
    assert route.ascent_m == pytest.approx(60, abs=5)
    assert route.uploaded_by_id == cast.coordinator.id
    assert route.drawing["ele_m"][0] == 100.0
    assert route.basemap["land"]


def test_waypoints_become_checkpoints_in_order_along_the_route(
    session: Session, cast: Cast, now: datetime
) -> None:
    content = route_file(("Hut", 3.0), ("Ford", 1.0), ("", 2.0))
    save_route(session, stage=cast.stage, content=content, by=None, now=now)
    found = [(place.position, place.name, round(place.route_m, -2)) for place in cast.stage.checkpoints]
    assert found == [(1, "Ford", 1000), (2, "2.0 km", 2000), (3, "Hut", 3000)]


def test_a_waypoint_far_from_the_route_is_no_checkpoint_and_is_named(cast: Cast) -> None:
    plan = read_plan(route_file(("Ford", 1.0), ("Parking", 9.0)), cast.stage)
    assert [place.name for place in plan.checkpoints] == ["Ford"]
    assert plan.left_out == ("Parking",)


def test_a_file_without_waypoints_gets_start_and_finish(session: Session, cast: Cast, now: datetime) -> None:
    save_route(session, stage=cast.stage, content=route_file(), by=None, now=now)
    start, finish = cast.stage.checkpoints
    assert (start.name, finish.name) == ("Start", "Finish")
    assert (start.planned_at, finish.planned_at) == (cast.stage.starts_at, cast.stage.finishes_at)


def test_a_file_without_heights_has_no_ascent(cast: Cast) -> None:
    content = route_file().replace(b"<ele>", b"<!--").replace(b"</ele>", b"-->")
    assert read_plan(content, cast.stage).route.ascent_m is None


def test_a_new_route_keeps_the_times_of_checkpoints_with_the_same_name(
    session: Session, cast: Cast, now: datetime
) -> None:
    stage = cast.stage
    save_route(session, stage=stage, content=route_file(("Ford", 1.0), ("Hut", 3.0)), by=None, now=now)
    stage.checkpoints[1].planned_at = at_hut = stage.starts_at + timedelta(hours=2)
    save_route(session, stage=stage, content=route_file(("Hut", 2.0), ("Cairn", 3.0)), by=None, now=now)
    session.commit()
    assert [(place.name, place.planned_at) for place in stage.checkpoints] == [
        ("Hut", at_hut),
        ("Cairn", None),
    ]
    assert session.scalars(select(PlannedRoute)).one().stage_id == stage.id


def test_saving_a_route_is_recorded(session: Session, cast: Cast, now: datetime) -> None:
    save_route(session, stage=cast.stage, content=route_file(), by=cast.coordinator, now=now)
    event = session.scalars(select(AuditEvent)).one()
    assert (event.action, event.account_id, event.subject_id) == (
        "route.saved",
        cast.coordinator.id,
        cast.stage.id,
    )


def test_a_file_that_is_no_route_changes_nothing(session: Session, cast: Cast, now: datetime) -> None:
    save_route(session, stage=cast.stage, content=route_file(("Ford", 1.0)), by=None, now=now)
    session.commit()
    with pytest.raises(NotGpx):
        save_route(session, stage=cast.stage, content=b"<html></html>", by=None, now=now)
    session.commit()
    assert [place.name for place in cast.stage.checkpoints] == ["Ford"]


def test_a_draft_waits_until_its_sender_saves_it(session: Session, cast: Cast, now: datetime) -> None:
    who = {"stage": cast.stage, "by": cast.coordinator}
    draft = keep_draft(session, content=route_file(), limit_bytes=NO_LIMIT, now=now, **who)
    assert cast.stage.route is None
    assert draft_of(session, digest=draft.sha256, **who) is draft
    save_draft(session, draft=draft, now=now, **who)
    session.commit()
    assert cast.stage.route.sha256 == draft.sha256
    assert session.scalar(select(RouteDraft)) is None


def test_a_draft_is_that_of_its_sender_and_the_last_one_only(
    session: Session, cast: Cast, now: datetime
) -> None:
    mine = {"stage": cast.stage, "by": cast.coordinator}
    first = keep_draft(session, content=route_file(), limit_bytes=NO_LIMIT, now=now, **mine).sha256
    keep_draft(session, content=route_file(("Ford", 1.0)), limit_bytes=NO_LIMIT, now=now, **mine)
    assert draft_of(session, digest=first, **mine) is None
    assert draft_of(session, stage=cast.stage, by=cast.guide, digest=first) is None


def test_a_draft_larger_than_the_limit_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(TooLarge):
        keep_draft(
            session, stage=cast.stage, content=route_file(), limit_bytes=10, by=cast.coordinator, now=now
        )


def test_a_packed_file_is_read_as_well(cast: Cast) -> None:
    assert read_plan(gzip.compress(route_file(("Ford", 1.0))), cast.stage).checkpoints[0].name == "Ford"


def test_the_exported_route_holds_line_heights_and_checkpoints(
    session: Session, cast: Cast, now: datetime
) -> None:
    save_route(session, stage=cast.stage, content=route_file(("Ford", 1.0)), by=None, now=now)
    again = read_route(export_route(cast.stage, cast.stage.route, name="Victory: Stage 1"))
    assert again.name == "Victory: Stage 1"
    assert again.ele.tolist() == [100.0, 160.0, 120.0]
    assert [(place.name, place.lat) for place in again.waypoints] == [("Ford", LAT)]
    assert again.lon[-1] == pytest.approx(east(4.0))


def test_a_route_that_takes_too_long_to_read_is_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "MOST_TO_READ_S", -1.0)
    with pytest.raises(TakesTooLong):
        read_plan(route_file(), cast.stage)
