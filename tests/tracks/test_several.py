"""Several recordings of one group: sent at once, joined, left out and taken back, each by who may."""

from io import BytesIO

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marchapp.extensions import queue
from marchapp.models import Group, Recording, Stage
from marchapp.tracks import comparing, services, worker
from tests.factories import Cast
from tests.tracks.conftest import Send
from tests.tracks.test_upload import limited
from tests.tracks.walks import LENGTH_M, walk_gpx

__all__ = ["limited"]  # a fixture of that module
MORNING, NOON, EVENING = walk_gpx(to_m=1400), walk_gpx(from_m=1600, to_m=2600), walk_gpx(from_m=2800)
BOTH = "Added: the track now has 2 parts, 08:00–08:18 and 08:21–08:34."


def send_all(client: FlaskClient, group: Group, *files: tuple[str, bytes]) -> TestResponse:
    """Send several files with one form."""
    form = {"recording": [(BytesIO(content), name) for name, content in files]}
    return client.post(
        f"/groups/{group.id}/recording", data=form, content_type="multipart/form-data", follow_redirects=True
    )


def stranger_to(app: Flask) -> FlaskClient:
    """Return a client that nobody is signed in with."""
    g.pop("_login_user", None)  # the context around the test would keep who was signed in before
    return app.test_client()


def recordings(session: Session) -> list[Recording]:
    session.rollback()
    return list(session.scalars(select(Recording).order_by(Recording.started_at)))


@pytest.fixture
def two(cast: Cast, stage: Stage, session: Session, sign_in, send: Send) -> list[Recording]:
    """The recordings of the morning and of noon, both in use."""
    sign_in(cast.guide)
    send(cast.group, MORNING)
    send(cast.group, NOON)
    return recordings(session)


def test_several_files_are_sent_at_once_and_compared_as_one_walk(
    session: Session, cast: Cast, stage: Stage, sign_in
) -> None:
    client = sign_in(cast.guide)
    page = send_all(client, cast.group, ("c.gpx", EVENING), ("a.gpx", MORNING), ("b.gpx", NOON)).text
    assert "Added: the track now has 3 parts, 08:00–08:18, 08:21–08:34, and 08:37–08:53." in page
    track = services.track_of(session, cast.group)
    assert track.comparison.walked_m == pytest.approx(LENGTH_M - 400, abs=60)
    assert len(track.comparison.result["gaps"]) == 2


def test_a_bad_file_among_good_ones_is_named_and_the_others_are_kept(
    session: Session, cast: Cast, stage: Stage, sign_in
) -> None:
    files = ("a.gpx", MORNING), ("holiday.jpg", b"\x89PNG" + bytes(200)), ("b.gpx", NOON)
    page = send_all(sign_in(cast.guide), cast.group, *files).text
    assert "holiday.jpg: This is not a GPX, FIT or TCX file." in page
    assert BOTH in page
    assert len(recordings(session)) == 2


def test_the_same_file_twice_at_once_is_kept_once(
    session: Session, cast: Cast, stage: Stage, sign_in
) -> None:
    page = send_all(sign_in(cast.guide), cast.group, ("a.gpx", MORNING), ("copy.gpx", MORNING)).text
    assert "The recording is saved and compared" in page
    assert len(recordings(session)) == 1


def test_a_known_file_beside_a_new_one_does_not_keep_that_out(
    session: Session, cast: Cast, two: list[Recording], client: FlaskClient
) -> None:
    page = send_all(client, cast.group, ("a.gpx", MORNING), ("c.gpx", EVENING)).text
    assert "This recording is here already." in page
    assert "Added: the track now has 3 parts" in page
    assert len(recordings(session)) == 3


def test_a_known_file_that_is_left_out_says_that_it_can_be_taken_back(
    cast: Cast, two: list[Recording], client: FlaskClient, send: Send
) -> None:
    client.post(f"/recordings/{two[0].id}/leave-out")
    page = send(cast.group, MORNING).text
    assert "is left out now; below it can be taken back" in page
    assert f'action="/recordings/{two[0].id}/take-back"' in page


def test_files_above_the_limit_together_are_refused(
    session: Session, cast: Cast, stage: Stage, sign_in, limited: int
) -> None:
    half = MORNING + b" " * (limited // 2)
    page = send_all(sign_in(cast.guide), cast.group, ("a.gpx", half), ("b.gpx", NOON + half)).text
    assert "larger than 1 MiB" in page
    assert recordings(session) == []


def test_large_recordings_are_joined_by_the_worker(
    session: Session, cast: Cast, two: list[Recording], client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "send", lambda _task: None)
    monkeypatch.setattr(comparing, "MOST_POINTS_AT_ONCE", 400)
    page = send_all(client, cast.group, ("c.gpx", EVENING)).text
    assert "Added: the track now has 3 parts" in page
    assert "The track is being compared again; until then, this is how it compared before." in page
    assert worker.compare_waiting() == 1
    track = services.track_of(session, cast.group)
    assert track.comparison.result["track"]["points_read"] == sum(one.points for one in recordings(session))


def test_a_part_is_left_out_and_taken_back(
    session: Session, cast: Cast, two: list[Recording], client: FlaskClient
) -> None:
    page = client.post(f"/recordings/{two[1].id}/leave-out", follow_redirects=True).text
    assert "Left out: the track now has 1 part, 08:00–08:18." in page
    assert "Take back" in page
    page = client.post(f"/recordings/{two[1].id}/take-back", follow_redirects=True).text
    assert "Taken back: the track now has 2 parts, 08:00–08:18 and 08:21–08:34." in page
    assert all(one.is_used for one in recordings(session))


def test_a_group_whose_last_recording_is_left_out_sent_nothing(
    cast: Cast, two: list[Recording], client: FlaskClient, sign_in
) -> None:
    for one in two:
        page = client.post(f"/recordings/{one.id}/leave-out", follow_redirects=True).text
    assert "Left out. No recording of this group is in use now." in page
    assert page.count("Take back") == 2
    assert "No recording yet" in sign_in(cast.coordinator).get("/marches/victory/stages/1/tracks").text


@pytest.mark.parametrize("act", ["leave-out", "take-back"])
def test_others_neither_leave_out_nor_take_back(
    session: Session, cast: Cast, two: list[Recording], app: Flask, sign_in, act: str
) -> None:
    cast.march.shows_comparisons = True
    session.commit()
    address = f"/recordings/{two[0].id}/{act}"
    assert stranger_to(app).post(address).status_code == 302
    for stranger in (cast.other_guide, cast.other_coordinator):
        assert sign_in(stranger).post(address).status_code == 403
    assert sign_in(cast.coordinator).post(f"/recordings/999999/{act}").status_code == 404
    assert all(one.is_used for one in recordings(session))


def test_files_are_handed_back_to_guides_and_coordinators_only(
    session: Session, cast: Cast, two: list[Recording], app: Flask, sign_in
) -> None:
    cast.march.shows_comparisons = True
    session.commit()
    address = f"/recordings/{two[1].id}/original"
    assert stranger_to(app).get(address).status_code == 302
    assert sign_in(cast.other_guide).get(address).status_code == 403
    answer = sign_in(cast.coordinator).get(address)
    assert answer.data == NOON
    assert f"victory-stage-1-group-1-recording-{two[1].id}.gpx" in answer.headers["Content-Disposition"]


def test_readers_of_a_public_march_see_the_track_and_not_its_recordings(
    session: Session, cast: Cast, two: list[Recording], app: Flask
) -> None:
    cast.march.shows_comparisons = True
    session.commit()
    track = services.track_of(session, cast.group)
    page = stranger_to(app).get(f"/tracks/{track.id}").text
    assert 'class="verdict"' in page
    assert "Recordings of this group" not in page
    assert "Leave out" not in page


def test_recordings_of_the_same_time_are_joined_and_it_is_said(
    cast: Cast, stage: Stage, sign_in, two: list[Recording]
) -> None:
    words = "Some of the recordings were made at the same time"
    client = sign_in(cast.guide)
    assert words not in send_all(client, cast.group, ("c.gpx", EVENING)).text
    assert words in send_all(client, cast.group, ("whole.gpx", walk_gpx(to_m=2400))).text
