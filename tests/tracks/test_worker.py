"""Recordings wait, are claimed and compared; none is lost, and none is compared by two at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import UTC, datetime, time, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marchapp.extensions import db, queue
from marchapp.geo.errors import TooFarAway
from marchapp.geo.gpx import write_gpx
from marchapp.marches.routes import save_route
from marchapp.marches.services import StagePlan, change_stage, plan_timetable
from marchapp.models import Recording, Stage, Track
from marchapp.models.timetable import on_the_way
from marchapp.tracks import comparing, services, taking, worker
from tests.factories import Cast
from tests.tracks.conftest import Send
from tests.tracks.walks import LENGTH_M, places, route_gpx, save_track, walk_gpx

WALK = walk_gpx()


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Callable[..., object]]:
    """What was sent to the queue; nothing runs unless the test runs it."""
    sent: list[Callable[..., object]] = []
    monkeypatch.setattr(queue, "send", sent.append)
    return sent


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a short walk count as a large recording."""
    monkeypatch.setattr(comparing, "MOST_POINTS_AT_ONCE", 100)


@pytest.fixture
def waiting(session: Session, stage: Stage, cast: Cast, now: datetime) -> Track:
    """A recording that is kept and not yet compared."""
    begun = services.begin(session, group=cast.group)
    services.keep(session, begun, [begun.examine(WALK)], None, by=cast.guide, now=now)
    session.commit()
    return session.scalars(select(Track)).one()


def claim(track: Track, at: datetime) -> None:
    track.claimed_at, track.attempts = at, track.attempts + 1
    db.session.commit()


def original(session: Session, client: FlaskClient) -> bytes:
    recording_id = session.scalars(select(Recording.id)).one()
    return client.get(f"/recordings/{recording_id}/original").data


def fail(*_given: object, **_named: object) -> None:
    raise RuntimeError("a mistake of ours")


def route_elsewhere() -> bytes:
    lat, lon = places([0.0, LENGTH_M])
    return write_gpx(name="Elsewhere", lat=lat - 20, lon=lon)


@pytest.mark.usefixtures("few_at_once", "stage")
def test_a_large_recording_is_kept_at_once_and_compared_by_the_worker(
    session: Session, cast: Cast, sign_in, send: Send, sent: list[Callable[..., object]]
) -> None:
    client = sign_in(cast.guide)
    address = send(cast.group, WALK).location
    assert sent == [worker.compare_waiting]
    page = client.get(address).text
    assert "Waiting its turn" in page
    assert "it is the next one" in page
    assert worker.compare_waiting() == 1
    assert 'class="verdict"' in client.get(address).text
    track = session.scalars(select(Track)).one()
    assert (track.waiting_since, track.claimed_at, track.attempts, track.problem) == (None, None, 0, {})


@pytest.mark.usefixtures("few_at_once", "stage")
@pytest.mark.parametrize("content", [walk_gpx(shift_degrees=-30.0), walk_gpx(is_timed=False), WALK[:-500]])
def test_a_large_recording_that_cannot_be_compared_is_refused_at_once(
    session: Session, cast: Cast, sign_in, send: Send, content: bytes
) -> None:
    sign_in(cast.guide)
    assert 'id="recording-error"' in send(cast.group, content).text
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Recording)) == 0


def test_the_page_says_how_many_points_are_compared(
    session: Session, waiting: Track, cast: Cast, sign_in
) -> None:
    claim(waiting, datetime.now(UTC))
    client = sign_in(cast.guide)
    waiting.points_done = 300
    session.commit()
    page = client.get(f"/tracks/{waiting.id}").text
    assert "Reading" in page
    assert "300 of 641 points" in page
    waiting.points_done, waiting.points_total = 41_000, 72_000
    session.commit()
    page = client.get(f"/tracks/{waiting.id}").text
    assert "Comparing" in page
    assert "41,000 of 72,000 points" in page
    assert '<progress value="41000" max="72000"' in page


def test_the_worker_writes_down_how_far_it_is_without_holding_the_database(
    session: Session, waiting: Track, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = worker.claim_next(session, now)
    assert found is not None
    monkeypatch.setattr(worker, "LEAST_BETWEEN_NOTES_S", 0.0)
    noted = []

    def compare_slowly(_parts: object, _plan: object, *, progress: Callable[[int, int], None]) -> None:
        for done in (0, 300, 500):
            progress(done, 640)
            assert not session().in_transaction()
            noted.append((waiting.points_done, waiting.points_total))
            session.rollback()
        raise RuntimeError("enough")

    monkeypatch.setattr(worker, "compare_whole", compare_slowly)
    worker.compare_claimed(session, found)
    assert noted == [(0, 640), (300, 640), (500, 640)]


def test_progress_is_written_down_twice_a_second_at_most(
    session: Session, waiting: Track, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = worker.claim_next(session, now)
    assert found is not None
    clock = [100.0]
    monkeypatch.setattr(worker, "monotonic", lambda: clock[0])
    changes = []
    monkeypatch.setattr(worker, "rows_changed", lambda *_given: changes.append(clock[0]) or 1)
    note = worker.Notes(session, found)
    for _told in range(100):
        note(1, 1000)
        clock[0] += 0.01
    assert changes == [100.0, pytest.approx(100.5)]


def test_a_comparison_whose_claim_is_lost_ends_at_once(
    session: Session, waiting: Track, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = worker.claim_next(session, now)
    assert found is not None
    other = services.begin(session, group=waiting.group)
    services.keep(session, other, [other.examine(walk_gpx(to_m=500))], None, by=None, now=now)
    session.commit()
    with pytest.raises(worker.ClaimLost):
        worker.Notes(session, found)(0, 640)
    assert not worker.compare_claimed(session, found)
    assert (waiting.claimed_at, waiting.problem) == (None, {})
    assert worker.compare_waiting() == 1


@pytest.mark.parametrize("limit", ["MOST_TO_READ_S", "MOST_TO_COMPARE_S"])
def test_a_recording_that_takes_too_long_is_kept_and_said_to(
    session: Session, waiting: Track, now: datetime, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    found = worker.claim_next(session, now)
    assert found is not None
    monkeypatch.setattr(comparing, limit, -1.0)

    assert not worker.compare_claimed(session, found)

    assert waiting.problem["en"].startswith("The file takes too long to read.")
    assert (waiting.waiting_since, waiting.claimed_at) == (None, None)
    assert len(services.history_of(session, waiting.group)) == 1


def test_a_track_that_is_gone_is_not_compared(
    session: Session, waiting: Track, cast: Cast, now: datetime
) -> None:
    found = worker.claim_next(session, now)
    assert found is not None
    recording = services.history_of(session, waiting.group)[0]
    taking.change_use(session, recording, is_used=False, by=None, now=now)
    session.commit()
    assert not worker.compare_claimed(session, found)


def test_a_recording_that_waits_has_no_files_of_results_but_its_own(
    session: Session, waiting: Track, cast: Cast, sign_in
) -> None:
    client = sign_in(cast.guide)
    for ending in ("/map.json", ".json", ".csv", ".gpx"):
        assert client.get(f"/tracks/{waiting.id}{ending}").status_code == 404
    assert original(session, client) == WALK


def test_a_recording_that_waits_stands_in_every_list(
    session: Session, waiting: Track, cast: Cast, sign_in
) -> None:
    for account, address in (
        (cast.guide, "/my-groups"),
        (cast.guide, f"/groups/{cast.group.id}"),
        (cast.coordinator, "/marches/victory/stages/1"),
    ):
        assert "Being compared" in sign_in(account).get(address).text, address
    assert "1 of 2" in sign_in(cast.coordinator).get("/marches/victory/overview").text


def test_of_several_workers_one_compares(app: Flask, session: Session, waiting: Track) -> None:
    session.rollback()

    def work(_worker: int) -> int:
        with app.app_context():
            return worker.compare_waiting()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(work, range(4))) == [0, 0, 0, 1]


def test_what_a_crash_left_claimed_is_compared_when_the_claim_is_old(waiting: Track) -> None:
    claim(waiting, datetime.now(UTC) - timedelta(minutes=1))
    assert worker.compare_waiting() == 0
    claim(waiting, datetime.now(UTC) - worker.CLAIM_EXPIRES)
    worker.compare_what_is_left()
    assert waiting.comparison is not None


def test_what_breaks_the_worker_off_again_and_again_is_given_up(waiting: Track, cast: Cast, sign_in) -> None:
    for _attempt in range(worker.MOST_ATTEMPTS):
        claim(waiting, datetime.now(UTC) - worker.CLAIM_EXPIRES)
    assert worker.compare_waiting() == 0
    assert waiting.waiting_since is None
    assert (
        "The comparison broke off. The file is kept" in sign_in(cast.guide).get(f"/tracks/{waiting.id}").text
    )


def test_a_mistake_in_the_worker_is_one_sentence_on_the_page_and_the_file_is_kept(
    session: Session, waiting: Track, cast: Cast, sign_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "compare_whole", fail)
    assert worker.compare_waiting() == 0
    client = sign_in(cast.guide)
    page = client.get(f"/tracks/{waiting.id}").text
    assert "The comparison broke off. The file is kept" in page
    assert "look-again.js" not in page
    assert "Could not be compared" in client.get("/my-groups").text
    assert original(session, client) == WALK
    assert set(waiting.problem) == {"en", "nb", "ru"}


def test_a_refusal_in_the_worker_is_said_in_the_words_of_the_upload(
    waiting: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: object, **_named: object) -> None:
        raise TooFarAway(700_000.0)

    monkeypatch.setattr(worker, "compare_whole", refuse)
    worker.compare_waiting()
    assert "away from the planned route" in waiting.problem["en"]


def test_a_result_is_thrown_away_when_the_plan_changed_meanwhile(
    session: Session, waiting: Track, now: datetime
) -> None:
    found = worker.claim_next(session, now)
    assert found is not None
    save_route(session, stage=waiting.group.stage, content=route_gpx(), by=None, now=now)
    session.commit()
    assert not worker.compare_claimed(session, found)
    assert waiting.comparison is None
    assert worker.compare_waiting() == 1
    assert waiting.comparison is not None


def test_a_changed_route_or_timetable_has_its_recordings_compared_again(
    session: Session, stage: Stage, cast: Cast, now: datetime, sent: list[Callable[..., object]], sign_in
) -> None:
    track = save_track(session, group=cast.group, content=WALK, by=None, now=now)
    session.commit()
    late_before = track.comparison.finish_late_s
    assert sent == []
    clocks = {place.id: time(8, 10) for place in on_the_way(stage)}
    plan_timetable(session, stage, clocks=clocks, by=None, now=now)
    session.commit()
    assert sent == [worker.compare_waiting]
    page = sign_in(cast.guide).get(f"/tracks/{track.id}").text
    assert "is being compared again; until then, this is how it compared before" in page
    assert worker.compare_waiting() == 1
    assert track.comparison.finish_late_s == late_before
    assert "is being compared again" not in sign_in(cast.guide).get(f"/tracks/{track.id}").text
    planned = {one["name"]: one["planned_at"] for one in track.comparison.result["checkpoints"]}
    assert planned["Bridge"] == "2014-09-18T06:10:00Z"


def test_a_recording_that_no_longer_fits_the_route_keeps_its_comparison_and_says_so(
    session: Session, stage: Stage, cast: Cast, now: datetime, sign_in
) -> None:
    track = save_track(session, group=cast.group, content=WALK, by=None, now=now)
    save_route(session, stage=stage, content=route_elsewhere(), by=None, now=now)
    session.commit()
    assert worker.compare_waiting() == 0
    page = sign_in(cast.guide).get(f"/tracks/{track.id}").text
    assert "The track could not be compared again." in page
    assert "away from the planned route" in page
    assert 'class="verdict"' in page


def test_a_rollback_wakes_nobody(
    session: Session, stage: Stage, cast: Cast, now: datetime, sent: list[Callable[..., object]]
) -> None:
    begun = services.begin(session, group=cast.group)
    services.keep(session, begun, [begun.examine(WALK)], None, by=None, now=now)
    session.rollback()
    session.commit()
    assert sent == []


def test_the_command_compares_again_what_an_older_engine_compared(
    app: Flask, session: Session, stage: Stage, cast: Cast, now: datetime
) -> None:
    old = save_track(session, group=cast.group, content=WALK, by=None, now=now)
    save_track(session, group=cast.other_group, content=WALK, by=None, now=now)
    old.comparison.engine_version, old.comparison.verdict = "0.1", "partly"
    session.commit()
    run = app.test_cli_runner().invoke
    assert "1 of 1 recordings compared" in run(args=["compare-again"]).output
    session.expire_all()
    assert (old.comparison.engine_version, old.comparison.verdict) == (worker.ENGINE_VERSION, "walked")
    session.rollback()
    assert "0 of 0 recordings compared" in run(args=["compare-again"]).output
    assert "2 of 2 recordings compared" in run(args=["compare-again", "--all"]).output


def test_a_stage_that_starts_later_has_its_recordings_compared_again_and_one_renamed_has_not(
    session: Session, stage: Stage, cast: Cast, now: datetime, sent: list[Callable[..., object]]
) -> None:
    track = save_track(session, group=cast.group, content=WALK, by=None, now=now)
    session.commit()
    late_before_s = track.comparison.finish_late_s
    as_it_is = StagePlan(**{one.name: getattr(stage, one.name) for one in fields(StagePlan)})
    change_stage(session, stage, replace(as_it_is, name={"en": "Another name"}), by=None, now=now)
    session.commit()
    assert sent == []
    later = replace(as_it_is, finishes_at=stage.finishes_at + timedelta(minutes=10))
    change_stage(session, stage, later, by=None, now=now)
    session.commit()
    assert sent == [worker.compare_waiting]
    assert worker.compare_waiting() == 1
    assert track.comparison.finish_late_s == pytest.approx(late_before_s - 600)
