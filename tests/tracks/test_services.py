"""Recordings are kept once, joined, left out and taken back; a group has one track of those in use."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marchapp.extensions import db
from marchapp.geo.errors import NotGpx
from marchapp.models import AuditEvent, Group, Recording, Stage, Track
from marchapp.tracks import services, taking, worker
from marchapp.tracks.comparing import NoPlannedRoute, compare_whole
from tests.factories import Cast
from tests.tracks.walks import LENGTH_M, save_track, walk_gpx

MORNING, AFTERNOON = walk_gpx(to_m=1900), walk_gpx(from_m=2100)


def recordings(session: Session) -> list[Recording]:
    return list(session.scalars(select(Recording).order_by(Recording.id)))


def test_a_recording_is_kept_with_its_comparison(
    session: Session, stage: Stage, cast: Cast, now: datetime
) -> None:
    content = walk_gpx(off=(1000, 2000))
    track = save_track(session, group=cast.group, content=content, by=cast.guide, now=now)
    session.commit()
    [recording] = recordings(session)
    assert recording.is_used
    assert services.original_of(recording) == content
    assert recording.size_bytes == len(content)
    assert recording.points == content.count(b"<trkpt")
    assert recording.started_at == stage.starts_at
    kept = track.comparison
    assert kept.planned_m == pytest.approx(LENGTH_M, rel=0.01)
    assert kept.walked_m == pytest.approx(3000, abs=60)
    assert kept.off_route_count == 1
    assert kept.finish_late_s is not None
    assert kept.result["engine_version"] == kept.engine_version


def test_keeping_a_recording_is_audited(session: Session, stage: Stage, cast: Cast, now: datetime) -> None:
    save_track(session, group=cast.group, content=walk_gpx(), by=cast.guide, now=now)
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "recording.uploaded"))
    assert (event.subject_id, event.account_id, event.march_id) == (
        recordings(session)[0].id,
        cast.guide.id,
        cast.march.id,
    )


def test_the_same_file_again_is_recognised_in_its_group_only(
    session: Session, stage: Stage, cast: Cast, now: datetime
) -> None:
    save_track(session, group=cast.group, content=walk_gpx(), by=None, now=now)
    with pytest.raises(services.AlreadyUploaded) as known:
        save_track(session, group=cast.group, content=walk_gpx(), by=None, now=now)
    assert known.value.recording_id == recordings(session)[0].id
    save_track(session, group=cast.other_group, content=walk_gpx(), by=None, now=now)


def test_two_recordings_are_compared_as_one_walk(
    session: Session, stage: Stage, cast: Cast, now: datetime
) -> None:
    save_track(session, group=cast.group, content=AFTERNOON, now=now)
    track = save_track(session, group=cast.group, content=MORNING, now=now)
    session.commit()
    assert session.scalar(select(func.count()).select_from(Track)) == 1
    assert track.comparison.walked_m == pytest.approx(LENGTH_M - 200, abs=30)
    [gap] = track.comparison.result["gaps"]
    assert gap["jump_m"] == pytest.approx(200, abs=20)
    assert track.comparison.result["track"]["points_read"] == (MORNING + AFTERNOON).count(b"<trkpt")


def test_a_recording_of_the_same_time_fills_only_gaps(
    session: Session, stage: Stage, cast: Cast, now: datetime
) -> None:
    save_track(session, group=cast.group, content=walk_gpx(gap=(1000, 2000)), now=now)
    track = save_track(session, group=cast.group, content=walk_gpx(from_m=900, to_m=2500), now=now)
    assert track.comparison.walked_m == pytest.approx(LENGTH_M, abs=30)
    assert track.comparison.result["gaps"] == []
    assert track.comparison.result["track"]["points_dropped"]["recorded_twice"] > 50


def test_a_part_is_left_out_and_taken_back_and_the_file_stays(
    session: Session, stage: Stage, cast: Cast, now: datetime
) -> None:
    save_track(session, group=cast.group, content=MORNING, now=now)
    track = save_track(session, group=cast.group, content=AFTERNOON, now=now)
    session.commit()
    both_m = track.comparison.walked_m
    second = recordings(session)[1]
    taking.change_use(session, second, is_used=False, by=cast.guide, now=now)
    session.commit()
    assert track.comparison.walked_m == pytest.approx(1900, abs=30)
    assert services.original_of(second) == AFTERNOON
    taking.change_use(session, second, is_used=True, by=cast.guide, now=now)
    session.commit()
    assert track.comparison.walked_m == both_m
    actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions[-2:] == ["recording.left_out", "recording.taken_back"]


def test_without_a_recording_in_use_a_group_has_no_track(
    session: Session, stage: Stage, cast: Cast, now: datetime
) -> None:
    save_track(session, group=cast.group, content=MORNING, now=now)
    session.commit()
    [recording] = recordings(session)
    taking.change_use(session, recording, is_used=False, by=None, now=now)
    session.commit()
    assert services.track_of(session, cast.group) is None
    assert len(services.history_of(session, cast.group)) == 1
    taking.change_use(session, recording, is_used=True, by=None, now=now)
    session.commit()
    assert services.track_of(session, cast.group).comparison.verdict == "partly"


def test_a_recording_of_another_day_has_no_lateness(
    session: Session, stage: Stage, cast: Cast, now: datetime
) -> None:
    content = walk_gpx(starts_at=stage.starts_at - timedelta(days=400))
    track = save_track(session, group=cast.group, content=content, by=None, now=now)
    assert track.comparison.finish_late_s is None
    assert track.comparison.result["schedule"]["planned_start"] is None


def test_a_file_that_cannot_be_read_changes_nothing(
    session: Session, stage: Stage, cast: Cast, now: datetime
) -> None:
    save_track(session, group=cast.group, content=walk_gpx(), by=None, now=now)
    with pytest.raises(NotGpx):
        save_track(session, group=cast.group, content=b"<html></html>", by=None, now=now)
    assert len(recordings(session)) == 1


def test_a_stage_without_planned_route_takes_no_recording(
    session: Session, cast: Cast, now: datetime
) -> None:
    with pytest.raises(NoPlannedRoute):
        save_track(session, group=cast.group, content=walk_gpx(), by=None, now=now)


def test_of_two_uploads_at_once_both_are_kept_and_the_worker_joins_them(
    app: Flask, session: Session, stage: Stage, cast: Cast, now: datetime
) -> None:
    group_id = cast.group.id
    session.rollback()  # lets go of the database before the others take it
    both_compared = Barrier(2)

    def upload(content: bytes) -> None:
        with app.app_context():
            begun = services.begin(db.session, group=db.session.get_one(Group, group_id))
            db.session.rollback()
            found = begun.examine(content)
            comparison = compare_whole([found.part], begun.plan)
            both_compared.wait(timeout=30)
            services.keep(db.session, begun, [found], comparison, by=None, now=now)
            db.session.commit()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(upload, (MORNING, AFTERNOON)))
    assert [recording.is_used for recording in recordings(session)] == [True, True]
    track = session.scalars(select(Track)).one()
    assert track.waiting_since == now
    assert worker.compare_waiting() == 1
    assert track.comparison.walked_m == pytest.approx(LENGTH_M - 200, abs=30)
