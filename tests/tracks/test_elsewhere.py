"""A recording of another stage, or of several: the page says of which, and it can be put where it belongs."""

import re
from datetime import datetime, timedelta

import gpxpy
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.geo.gpx import write_gpx
from marchapp.marches.routes import save_route
from marchapp.models import Account, Group, Recording, Stage
from marchapp.tracks import services
from tests.factories import Cast, make_group, make_stage
from tests.tracks.conftest import Send
from tests.tracks.walks import LENGTH_M, STARTS_AT, route_gpx, walk_gpx

FAR, NEAR = 2.0, 0.05
LATER = STARTS_AT + timedelta(days=1)
NAMED = "This recording was made on stage 2, Stage 2. It is kept here, but left out."
HOLDS_BOTH = "The file also holds the walk of stage 2, Stage 2."


def plan_second(
    session: Session, cast: Cast, now: datetime, shift_degrees: float, *guides: Account, number: int = 1
) -> Group:
    """Plan a second stage on the next day that lies farther north, and return its group."""
    second = make_stage(session, cast.march, number=2)
    second.starts_at, second.finishes_at = LATER, LATER + timedelta(hours=1)
    content = route_gpx(shift_degrees=shift_degrees)
    save_route(session, stage=second, content=content, by=cast.coordinator, now=now)
    group = make_group(session, second, *guides, number=number)
    session.commit()
    return group


def both_days(shift_degrees: float = NEAR) -> bytes:
    """Return one recording of both stages, with a night between."""
    days = [walk_gpx(), walk_gpx(starts_at=LATER, shift_degrees=shift_degrees)]
    points = [point for day in days for point in gpxpy.parse(day.decode()).tracks[0].segments[0].points]
    return write_gpx(
        name="Both",
        lat=[point.latitude for point in points],
        lon=[point.longitude for point in points],
        time=[point.time.timestamp() for point in points],
    )


def of_group(session: Session, group: Group) -> list[Recording]:
    session.rollback()
    return list(session.scalars(select(Recording).where(Recording.group_id == group.id)))


def button_of(page: str) -> str:
    """Return the address of the only offer of a page."""
    [address] = re.findall(r'action="(/recordings/\d+/put-to/\d+)"', page)
    return address


@pytest.mark.parametrize("shift_degrees", [FAR, NEAR])
@pytest.mark.parametrize("starts_at", [STARTS_AT, LATER, LATER + timedelta(days=400)])
def test_a_recording_of_another_stage_is_left_out_and_put_there_by_one_button(
    session: Session,
    cast: Cast,
    stage: Stage,
    now: datetime,
    sign_in,
    send: Send,
    shift_degrees: float,
    starts_at: datetime,
) -> None:
    group = plan_second(session, cast, now, shift_degrees, cast.guide)
    client = sign_in(cast.guide)
    walk = walk_gpx(starts_at=starts_at, shift_degrees=shift_degrees)
    page = send(cast.group, walk, follow_redirects=True).text
    assert page.count(NAMED) == 1
    assert "Put it into group 1 of stage 2" in page
    assert services.track_of(session, cast.group) is None
    page = client.post(button_of(page), follow_redirects=True).text
    assert "The recording is saved and compared with the planned route." in page
    assert "Group 1 on stage 2" in page
    [put] = of_group(session, group)
    assert put.is_used
    assert put.uploaded_by_id == cast.guide.id
    [kept] = of_group(session, cast.group)
    again = client.post(f"/recordings/{kept.id}/put-to/{group.id}", follow_redirects=True)
    assert "This recording is here already." in again.text
    assert len(of_group(session, group)) == 1
    assert "put-to" not in client.get(f"/groups/{cast.group.id}/recording").text
    assert [one.is_used for one in of_group(session, cast.group)] == [False]


def test_a_recording_of_both_stages_is_cut_and_the_rest_is_put_to_the_other_group(
    session: Session, cast: Cast, stage: Stage, now: datetime, sign_in, send: Send
) -> None:
    group = plan_second(session, cast, now, NEAR, cast.guide)
    client = sign_in(cast.guide)
    page = send(cast.group, both_days(), follow_redirects=True).text
    assert "Only 08:00–08:53, the walk of this stage, is used here." in page
    assert HOLDS_BOTH in page
    track = services.track_of(session, cast.group)
    assert track.comparison.walked_m == pytest.approx(LENGTH_M, abs=20)
    assert track.comparison.result["after_finish"] is None
    page = client.post(button_of(page), follow_redirects=True).text
    assert "Group 1 on stage 2" in page
    assert "put-to" not in page
    track = services.track_of(session, group)
    assert track.comparison.walked_m == pytest.approx(LENGTH_M, abs=20)
    [first], [second] = of_group(session, cast.group), of_group(session, group)
    assert first.sha256 == second.sha256
    assert first.finished_at < second.started_at
    assert client.get(f"/recordings/{second.id}/original").data == both_days()


def test_what_is_cut_is_cut_again_when_it_is_compared_again(
    session: Session, cast: Cast, stage: Stage, now: datetime
) -> None:
    plan_second(session, cast, now, NEAR, cast.guide)
    services.save_recording(session, group=cast.group, content=both_days(), by=None, now=now)
    session.commit()
    [part] = services.parts_of(session, cast.group.id).values()
    assert len(part.walked) == walk_gpx().count(b"<trkpt")


def test_several_groups_of_the_guide_there_are_all_offered(
    session: Session, cast: Cast, stage: Stage, now: datetime, sign_in, send: Send
) -> None:
    group = plan_second(session, cast, now, NEAR, cast.guide)
    make_group(session, group.stage, cast.guide, number=2)
    make_group(session, group.stage, cast.other_guide, number=3)
    session.commit()
    sign_in(cast.guide)
    page = send(cast.group, both_days(), follow_redirects=True).text
    assert "Put it into group 1 of stage 2" in page
    assert "Put it into group 2 of stage 2" in page
    assert "Put it into group 3 of stage 2" not in page


def test_a_coordinator_is_offered_the_group_of_the_same_guide(
    session: Session, cast: Cast, stage: Stage, now: datetime, sign_in, send: Send
) -> None:
    group = plan_second(session, cast, now, NEAR, cast.guide)
    make_group(session, group.stage, cast.other_guide, number=2)
    session.commit()
    client = sign_in(cast.coordinator)
    page = send(cast.group, both_days(), follow_redirects=True).text
    assert client.post(button_of(page)).status_code == 302
    assert len(of_group(session, group)) == 1


def test_without_a_group_there_the_stage_is_only_named(
    session: Session, cast: Cast, stage: Stage, now: datetime, sign_in, send: Send
) -> None:
    group = plan_second(session, cast, now, NEAR, cast.other_guide)
    client = sign_in(cast.guide)
    page = send(cast.group, walk_gpx(shift_degrees=NEAR), follow_redirects=True).text
    assert NAMED in page
    assert "put-to" not in page
    [recording] = of_group(session, cast.group)
    assert client.post(f"/recordings/{recording.id}/put-to/{group.id}").status_code == 403
    assert of_group(session, group) == []


def test_nobody_puts_a_recording_that_is_not_theirs_anywhere(
    session: Session, cast: Cast, stage: Stage, now: datetime, client: FlaskClient, sign_in, send: Send
) -> None:
    group = plan_second(session, cast, now, NEAR, cast.guide, cast.other_guide)
    sign_in(cast.guide)
    send(cast.group, both_days())
    [recording] = of_group(session, cast.group)
    for stranger in (cast.other_guide, cast.other_coordinator):
        answer = sign_in(stranger).post(f"/recordings/{recording.id}/put-to/{group.id}")
        assert answer.status_code == 403
    assert of_group(session, group) == []


def test_a_recording_is_not_put_to_a_group_of_a_stage_that_it_does_not_hold(
    session: Session, cast: Cast, stage: Stage, now: datetime, sign_in, send: Send
) -> None:
    group = plan_second(session, cast, now, NEAR, cast.guide)
    client = sign_in(cast.guide)
    send(cast.group, walk_gpx())
    [recording] = of_group(session, cast.group)
    assert client.post(f"/recordings/{recording.id}/put-to/{group.id}").status_code == 404


def test_a_recording_that_was_left_out_for_its_stage_can_be_used_all_the_same(
    session: Session, cast: Cast, stage: Stage, now: datetime, sign_in, send: Send
) -> None:
    plan_second(session, cast, now, NEAR, cast.guide)
    client = sign_in(cast.guide)
    page = send(cast.group, walk_gpx(shift_degrees=NEAR), follow_redirects=True).text
    assert "Use it here" in page
    [recording] = of_group(session, cast.group)
    client.post(f"/recordings/{recording.id}/take-back")
    track = services.track_of(session, cast.group)
    assert track.comparison.verdict == "not_this_route"


@pytest.mark.parametrize("shift_degrees", [FAR, NEAR])
def test_a_recording_of_no_stage_says_nothing_of_another(
    session: Session, cast: Cast, stage: Stage, now: datetime, sign_in, send: Send, shift_degrees: float
) -> None:
    plan_second(session, cast, now, -shift_degrees, cast.guide)
    sign_in(cast.guide)
    page = send(cast.group, walk_gpx(shift_degrees=shift_degrees), follow_redirects=True).text
    assert "This recording was made on stage" not in page
    is_refused = 'id="recording-error"' in page
    assert is_refused == (shift_degrees == FAR)


def test_a_short_recording_beside_another_stage_stays_where_it_was_sent(
    session: Session, cast: Cast, stage: Stage, now: datetime, sign_in, send: Send
) -> None:
    plan_second(session, cast, now, NEAR, cast.guide)
    sign_in(cast.guide)
    page = send(cast.group, walk_gpx(to_m=300), follow_redirects=True).text
    assert "saved and compared with the planned route" in page
