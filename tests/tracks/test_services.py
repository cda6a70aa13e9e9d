"""Recordings are kept once, and exactly one of a group is current."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marchapp.extensions import db
from marchapp.geo.errors import NotGpx
from marchapp.models import AuditEvent, Group, Stage, Track
from marchapp.tracks import services
from marchapp.tracks.comparing import NoPlannedRoute, compare_whole
from tests.factories import Cast
from tests.tracks.walks import LENGTH_M, walk_gpx


def test_a_recording_is_kept_with_its_comparison(
    session: Session, stage: Stage, cast: Cast, now: datetime
) -> None:
    content = walk_gpx(off=(1000, 2000))
    track = services.save_track(session, group=cast.group, content=content, by=cast.guide, now=now)
    session.commit()
    assert track.is_current
    assert services.original_of(track) == content
    assert track.size_bytes == len(content)
    kept = track.comparison
    assert kept.planned_m == pytest.approx(LENGTH_M, rel=0.01)
    assert kept.walked_m == pytest.approx(3000, abs=60)
    assert kept.off_route_count == 1
    assert kept.finish_late_s is not None
    assert kept.result["engine_version"] == kept.engine_version


def test_keeping_a_recording_is_audited(session: Session, stage: Stage, cast: Cast, now: datetime) -> None:
    track = services.save_track(session, group=cast.group, content=walk_gpx(), by=cast.guide, now=now)
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "track.uploaded"))
    assert (event.subject_id, event.account_id, event.march_id) == (track.id, cast.guide.id, cast.march.id)


def test_the_same_file_again_is_recognised_in_its_group_only(
    session: Session, stage: Stage, cast: Cast, now: datetime
) -> None:
    track = services.save_track(session, group=cast.group, content=walk_gpx(), by=None, now=now)
    with pytest.raises(services.AlreadyUploaded) as known:
        services.save_track(session, group=cast.group, content=walk_gpx(), by=None, now=now)
    assert known.value.track_id == track.id
    services.save_track(session, group=cast.other_group, content=walk_gpx(), by=None, now=now)


def test_a_new_recording_replaces_the_old_one_which_stays(
    session: Session, stage: Stage, cast: Cast, now: datetime
) -> None:
    old = services.save_track(session, group=cast.group, content=walk_gpx(to_m=2000), by=None, now=now)
    new = services.save_track(
        session, group=cast.group, content=walk_gpx(), by=None, now=now + timedelta(hours=1)
    )
    session.commit()
    assert services.current_of(session, cast.group) is new
    assert list(services.history_of(session, cast.group)) == [new, old]
    assert not old.is_current


def test_an_earlier_recording_can_be_shown_again(
    session: Session, stage: Stage, cast: Cast, now: datetime
) -> None:
    old = services.save_track(session, group=cast.group, content=walk_gpx(to_m=2000), by=None, now=now)
    new = services.save_track(session, group=cast.group, content=walk_gpx(), by=None, now=now)
    services.show_again(session, old, by=cast.guide, now=now)
    session.commit()
    assert services.current_of(session, cast.group) is old
    assert not new.is_current


def test_a_recording_of_another_day_has_no_lateness(
    session: Session, stage: Stage, cast: Cast, now: datetime
) -> None:
    content = walk_gpx(starts_at=stage.starts_at - timedelta(days=400))
    track = services.save_track(session, group=cast.group, content=content, by=None, now=now)
    assert track.comparison.finish_late_s is None
    assert track.comparison.result["schedule"]["planned_start"] is None


def test_a_file_that_cannot_be_read_changes_nothing(
    session: Session, stage: Stage, cast: Cast, now: datetime
) -> None:
    kept = services.save_track(session, group=cast.group, content=walk_gpx(), by=None, now=now)
    with pytest.raises(NotGpx):
        services.save_track(session, group=cast.group, content=b"<html></html>", by=None, now=now)
    assert services.current_of(session, cast.group) is kept


def test_a_stage_without_planned_route_takes_no_recording(
    session: Session, cast: Cast, now: datetime
) -> None:
    with pytest.raises(NoPlannedRoute):
        services.save_track(session, group=cast.group, content=walk_gpx(), by=None, now=now)


def test_two_uploads_at_once_leave_exactly_one_current(
    app: Flask, session: Session, stage: Stage, cast: Cast, now: datetime
) -> None:
    group_id = cast.group.id
    session.rollback()  # lets go of the database before the others take it
    compared, both_compared = [], Barrier(2)

    def upload(to_m: float) -> None:
        with app.app_context():
            group = db.session.get_one(Group, group_id)
            begun = services.begin_upload(db.session, group=group, content=walk_gpx(to_m=to_m))
            db.session.rollback()
            comparison = compare_whole(begun.content, begun.plan)
            both_compared.wait(timeout=30)
            services.keep_track(db.session, begun, comparison, by=None, now=now)
            db.session.commit()
            compared.append(to_m)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(upload, (3000.0, 4000.0)))
    tracks = select(func.count()).select_from(Track).where(Track.group_id == group_id)
    assert sorted(compared) == [3000.0, 4000.0]
    assert session.scalar(tracks) == 2
    assert session.scalar(tracks.where(Track.is_current)) == 1
