"""What a march keeps no longer goes in the night after it is due, and only that; its figures stay."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marchapp.border.services import lines_of, versions_of
from marchapp.border.worker import forget_in_manifests
from marchapp.extensions import db, queue
from marchapp.models import (
    AuditEvent,
    ConsentAnswer,
    ConsentScan,
    March,
    Membership,
    Participant,
    Recording,
    Stage,
    Standing,
    Track,
    TrackComparison,
    TravelDocument,
)
from marchapp.models.retention import DEFAULT_DAYS, Kept, is_due
from marchapp.models.track import compare_anew
from marchapp.registration import forgetting
from marchapp.registration.coordination.counting import count
from marchapp.retention.services import carry_out, due
from marchapp.retention.worker import REMOVERS, last_looked_at, take_out_what_is_due
from marchapp.tracks.services import parts_of, save_recording
from tests.factories import Cast, make_document, make_participant
from tests.registration.consent.conftest import Family
from tests.registration.coordination.test_nothing_is_left import (  # noqa: F401 - the family is a fixture
    columns_that_hold_the_canary,
    family,
)
from tests.tracks.walks import route_gpx, walk_gpx

SignIn = Any


def night_after(march: March, kind: Kept) -> datetime:
    """Return a moment of the first day on which a kind of data is kept no longer."""
    day = march.ends_on + timedelta(days=DEFAULT_DAYS[kind] + 1)
    return datetime(day.year, day.month, day.day, 1, 30, tzinfo=UTC)


def run(app: Flask, session: Session, now: datetime) -> dict[Kept, int]:
    """Take out what is due and return how many of each kind went."""
    gone = {
        removal.kind: removal.count for _march, removal in carry_out(session, app.extensions[REMOVERS], now)
    }
    session.expire_all()
    return gone


def let_stages_be_over(session: Session) -> None:
    for stage in session.scalars(select(Stage)):
        stage.day, stage.starts_at = date(2014, 9, 18), datetime(2014, 9, 18, 6, tzinfo=UTC)
        stage.finishes_at = stage.starts_at + timedelta(hours=6)
    session.commit()


def test_nothing_goes_a_day_early(app: Flask, session: Session, family: Family) -> None:  # noqa: F811
    for kind in (Kept.DOCUMENTS, Kept.HEALTH, Kept.CONSENTS, Kept.NAMES):
        before = night_after(family.march, kind) - timedelta(days=1)
        assert not is_due(family.march, kind, before)
        assert kind not in run(app, session, before)
        assert is_due(family.march, kind, before + timedelta(days=1))


def test_papers_go_first_from_frozen_manifests_too(
    app: Flask,
    session: Session,
    family: Family,  # noqa: F811
) -> None:
    let_stages_be_over(session)
    family.march.ends_on = date(2014, 9, 19)
    family.march.starts_on = date(2014, 9, 18)
    family.march.kept_days = dict.fromkeys(("health", "consents", "names"), 3650 * 3)
    session.commit()
    assert run(app, session, datetime.now(UTC)) == {Kept.DOCUMENTS: 1}
    assert not session.scalars(select(TravelDocument.kind)).all()
    forget_in_manifests()
    session.expire_all()
    [version] = versions_of(session, family.abroad)
    [line] = lines_of(version)
    assert (line.papers, line.notary) == ((), "")
    assert line.name == family.child.name


def test_health_goes_with_what_people_eat(app: Flask, session: Session, family: Family) -> None:  # noqa: F811
    gone = run(app, session, night_after(family.march, Kept.HEALTH))
    assert gone == {Kept.DOCUMENTS: 1, Kept.HEALTH: 1}
    child = family.child
    assert (child.health_notes, child.has_health_notes, child.diet) == ("", False, "")
    assert child.emergency_phone


def test_scans_go_and_what_was_consented_stays(app: Flask, session: Session, cast: Cast) -> None:
    cast.march.kept_days = {"names": 2000}
    scan = ConsentScan(
        participant_id=cast.walker.id, media_type="image/png", content=b"scan", uploaded_at=datetime.now(UTC)
    )
    session.add(scan)
    session.commit()
    gone = run(app, session, night_after(cast.march, Kept.CONSENTS))
    assert gone == {Kept.CONSENTS: 1}
    assert session.scalar(select(func.count()).select_from(ConsentScan)) == 0


def test_with_the_names_everything_goes_that_names_or_describes_somebody(
    app: Flask,
    session: Session,
    family: Family,  # noqa: F811
) -> None:
    let_stages_be_over(session)
    answers = session.execute(
        select(ConsentAnswer.purpose, ConsentAnswer.answer, ConsentAnswer.text_id)
    ).all()
    run(app, session, night_after(family.march, Kept.NAMES))
    forget_in_manifests()
    assert columns_that_hold_the_canary(session) == set()
    stay = select(ConsentAnswer.purpose, ConsentAnswer.answer, ConsentAnswer.text_id)
    assert sorted(session.execute(stay).all()) == sorted(answers)
    assert answers


def test_statistics_stay_when_names_go(app: Flask, session: Session, cast: Cast) -> None:
    make_participant(session, cast.march, cast.stage, cancelled_at=datetime.now(UTC))
    make_document(session, cast.walker)
    session.commit()
    before, groups = count(session, cast.march), session.execute(select(Membership.group_id)).all()
    assert run(app, session, night_after(cast.march, Kept.NAMES))[Kept.NAMES] == 2
    after = count(session, cast.march)
    assert after.standings == before.standings
    assert (after.categories, after.countries, after.bands) == (
        before.categories,
        before.countries,
        before.bands,
    )
    assert session.execute(select(Membership.group_id)).all() == groups
    walker = session.get_one(Participant, cast.walker.id)
    assert (walker.name, walker.standing) == (f"– {walker.reference}", Standing.PLACED)
    assert walker.party.contact_email == ""


@pytest.mark.parametrize("portion", [1, 3])
def test_portions_are_committed_one_by_one(
    app: Flask, session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch, portion: int
) -> None:
    """Who is broken off goes on the next time, and everybody is counted once."""
    monkeypatch.setattr(forgetting, "PEOPLE_AT_ONCE", portion)
    for _number in range(4):
        make_document(session, make_participant(session, cast.march, cast.stage))
    session.commit()
    removing, now = app.extensions[REMOVERS][Kept.DOCUMENTS], night_after(cast.march, Kept.DOCUMENTS)
    assert removing.steps[0](session, cast.march, now) == portion
    session.commit()
    session.rollback()
    assert removing.count(session, cast.march) == 4 - portion
    assert run(app, session, now) == {Kept.DOCUMENTS: 4 - portion}
    assert run(app, session, now) == {}


def test_recordings_go_and_the_figures_of_the_comparison_stay(
    app: Flask, session: Session, cast: Cast, sign_in: SignIn
) -> None:
    from marchapp.marches.routes import save_route

    now = datetime.now(UTC)
    save_route(session, stage=cast.stage, content=route_gpx(), by=cast.coordinator, now=now)
    save_recording(session, group=cast.group, content=walk_gpx(interval_s=30), by=cast.guide, now=now)
    session.commit()
    track_id = session.scalars(select(Track.id)).one()
    columns = (TrackComparison.walked_m, TrackComparison.max_offset_m, TrackComparison.verdict)
    figures = session.execute(select(*columns)).one()
    client = sign_in(cast.coordinator)
    assert client.get(f"/tracks/{track_id}.gpx").status_code == 200

    assert run(app, session, night_after(cast.march, Kept.RECORDINGS))[Kept.RECORDINGS] == 1

    assert session.execute(select(*columns)).one() == figures
    recording = session.scalars(select(Recording)).one()
    assert (recording.content_gz, recording.is_kept) == (b"", False)
    page = client.get(f"/tracks/{track_id}")
    assert page.status_code == 200
    assert "kept no longer" in page.text
    for gone in ("gpx", "csv", "map.json", "line.json"):
        separator = "/" if "json" in gone else "."
        assert client.get(f"/tracks/{track_id}{separator}{gone}").status_code == 404
    assert client.get(f"/recordings/{recording.id}/original").status_code == 404
    assert client.post(f"/recordings/{recording.id}/leave-out").status_code == 404
    written = client.get(f"/tracks/{track_id}.json").json
    planned = {"route", "checkpoints"}
    assert not any("'lat'" in repr(value) for name, value in written.items() if name not in planned)
    for address in (f"/groups/{cast.group.id}/recording", "/marches/victory/stages/1/tracks"):
        assert client.get(address).status_code == 200
    assert client.get("/marches/victory/stages/1/tracks/map.json").json["tracks"] == []


def test_a_track_without_points_is_not_compared_again(app: Flask, session: Session, cast: Cast) -> None:
    from marchapp.marches.routes import save_route

    now = datetime.now(UTC)
    save_route(session, stage=cast.stage, content=route_gpx(), by=cast.coordinator, now=now)
    save_recording(session, group=cast.group, content=walk_gpx(interval_s=30), by=cast.guide, now=now)
    session.commit()
    run(app, session, night_after(cast.march, Kept.RECORDINGS))
    compare_anew(session, stage_id=cast.stage.id, now=now)
    session.commit()
    assert session.scalars(select(Track.waiting_since)).one() is None
    assert parts_of(session, cast.group.id) == {}


def test_a_demo_march_keeps_everything(app: Flask, session: Session, cast: Cast) -> None:
    cast.march.is_demo = True
    make_document(session, cast.walker)
    session.commit()
    assert run(app, session, datetime.now(UTC)) == {}


def test_the_nightly_job_does_it_and_the_log_says_what_and_how_many(session: Session, cast: Cast) -> None:
    make_document(session, cast.walker)
    session.commit()
    take_out_what_is_due()
    session.expire_all()
    events = session.scalars(select(AuditEvent).where(AuditEvent.action == "retention.carried_out")).all()
    found = {event.facts["kind"]: event.facts["removed"] for event in events}
    assert found["documents"] == 1
    assert found["names"] == 1
    assert all(event.personal is None and event.march_id for event in events)


def test_a_dry_run_says_what_is_due_and_changes_nothing(app: Flask, session: Session, cast: Cast) -> None:
    make_document(session, cast.walker)
    session.commit()
    told = app.test_cli_runner().invoke(args=["retention", "--dry-run"])
    assert "victory: Travel documents: 1, kept until 2014-10-03; due." in told.output
    assert len(due(session, app.extensions[REMOVERS], datetime.now(UTC))) == 2
    session.expire_all()
    assert cast.walker.erased_at is None
    assert cast.walker.documents
    session.commit()
    done = app.test_cli_runner().invoke(args=["retention"])
    assert "victory: Travel documents: 1 taken out." in done.output
    assert "Nothing is due." in app.test_cli_runner().invoke(args=["retention", "--dry-run"]).output


@pytest.fixture
def coordinator(cast: Cast, sign_in: SignIn) -> FlaskClient:
    return sign_in(cast.coordinator)


PAGE = "/marches/victory/kept"
DAYS = {kind.value: days for kind, days in DEFAULT_DAYS.items()}


def test_the_page_shows_what_is_kept_until_when_and_what_went(
    app: Flask, session: Session, coordinator: FlaskClient, cast: Cast
) -> None:
    make_document(session, cast.walker)
    session.commit()
    page = coordinator.get(PAGE).text
    assert "goes tonight" in page
    assert "3 October 2014" in page
    run(app, session, datetime.now(UTC))
    page = coordinator.get(PAGE).text
    assert "goes tonight" not in page
    assert "1 person" in page.split("What went")[1]


def test_the_page_says_when_the_program_last_looked_even_if_nothing_went(
    coordinator: FlaskClient, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    cast.march.is_demo = True
    db.session.commit()
    assert "It has not noted yet" in coordinator.get(PAGE).text
    with time_machine.travel(datetime(2026, 11, 28, 1, 30, tzinfo=UTC)), caplog.at_level("INFO"):
        take_out_what_is_due()
    assert "nothing was due" in caplog.text
    assert "Last looked for what is due: 28 November 2026, 02:30" in coordinator.get(PAGE).text


def test_a_run_by_hand_counts_as_a_look_and_a_dry_one_does_not(app: Flask, cast: Cast) -> None:
    app.test_cli_runner().invoke(args=["retention", "--dry-run"])
    assert last_looked_at() is None
    app.test_cli_runner().invoke(args=["retention"])
    assert last_looked_at() is not None


def test_a_queue_that_does_not_answer_hides_nothing_but_the_time(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_given: Any, **_named: Any) -> None:
        raise OSError("gone")

    monkeypatch.setattr(queue.huey, "put", silent)
    monkeypatch.setattr(queue.huey, "get", silent)
    take_out_what_is_due()
    assert last_looked_at() is None
    session.expire_all()
    assert cast.walker.erased_at is not None


def test_a_coordinator_decides_the_days_and_the_log_says_so(
    session: Session, coordinator: FlaskClient, cast: Cast
) -> None:
    assert coordinator.post(PAGE, data=DAYS | {"documents": "60"}).status_code == 302
    session.expire_all()
    assert cast.march.kept_days["documents"] == 60
    assert is_due(cast.march, Kept.DOCUMENTS, datetime(2014, 11, 18, 12, tzinfo=UTC)) is False
    assert is_due(cast.march, Kept.DOCUMENTS, datetime(2014, 11, 19, 12, tzinfo=UTC)) is True
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "retention.changed")).one()
    assert (event.account_id, event.details["after"]) == (cast.coordinator.id, {"documents": 60})


@pytest.mark.parametrize("written", ["", "0", "-3", "many", "3651"])
def test_what_is_no_number_of_days_is_said_and_changes_nothing(
    session: Session, coordinator: FlaskClient, cast: Cast, written: str
) -> None:
    answer = coordinator.post(PAGE, data=DAYS | {"names": written})
    assert answer.status_code == 200
    assert "Write a whole number of days from 1 to 3650." in answer.text
    session.expire_all()
    assert cast.march.kept_days == {}


def test_names_take_all_else_with_them(session: Session, cast: Cast) -> None:
    cast.march.kept_days = {"names": 10}
    assert is_due(cast.march, Kept.RECORDINGS, datetime(2014, 9, 30, 12, tzinfo=UTC))
