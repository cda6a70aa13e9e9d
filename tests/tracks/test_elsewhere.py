"""A recording of another stage: the page says of which, and leads a guide of that stage there."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marchapp.marches.routes import save_route
from marchapp.models import Account, Group, Stage
from marchapp.tracks import elsewhere
from tests.factories import Cast, make_account, make_group, make_stage
from tests.tracks.conftest import Send
from tests.tracks.walks import route_gpx, walk_gpx

FAR, NEAR = 2.0, 0.05
ONLY_NAMED = "This recording was made on stage 2, Stage 2."


def plan_second(session: Session, cast: Cast, now: datetime, shift_degrees: float, *guides: Account) -> Group:
    """Plan a second stage that lies farther north, and return its group."""
    second = make_stage(session, cast.march, number=2)
    content = route_gpx(shift_degrees=shift_degrees)
    save_route(session, stage=second, content=content, by=cast.coordinator, now=now)
    group = make_group(session, second, *guides)
    session.commit()
    return group


def link_to(group: Group) -> str:
    words = "This recording was made on stage 2, Stage 2: upload it there."
    return f'<a href="/groups/{group.id}/recording">{words}</a>'


@pytest.mark.parametrize("shift_degrees", [FAR, NEAR])
def test_a_guide_is_led_to_their_own_group_on_that_stage(
    session: Session, cast: Cast, stage: Stage, now: datetime, sign_in, send: Send, shift_degrees: float
) -> None:
    group = plan_second(session, cast, now, shift_degrees, cast.guide)
    sign_in(cast.guide)
    page = send(cast.group, walk_gpx(shift_degrees=shift_degrees), follow_redirects=True).text
    is_refused = 'id="recording-error"' in page
    assert is_refused == (shift_degrees == FAR)
    assert ("This is not the planned route" in page) != is_refused
    assert link_to(group) in page


@pytest.mark.parametrize("shift_degrees", [FAR, NEAR])
def test_without_a_group_there_the_stage_is_only_named(
    session: Session, cast: Cast, stage: Stage, now: datetime, sign_in, send: Send, shift_degrees: float
) -> None:
    plan_second(session, cast, now, shift_degrees, cast.other_guide)
    sign_in(cast.guide)
    page = send(cast.group, walk_gpx(shift_degrees=shift_degrees), follow_redirects=True).text
    assert ONLY_NAMED in page
    assert "upload it there" not in page


def test_readers_are_not_led_to_an_upload(
    session: Session, cast: Cast, stage: Stage, now: datetime, client: FlaskClient, sign_in, send: Send
) -> None:
    cast.march.shows_comparisons = True
    plan_second(session, cast, now, NEAR, cast.guide)
    sign_in(cast.guide)
    address = send(cast.group, walk_gpx(shift_degrees=NEAR)).headers["Location"]
    reader = make_account(session, "Rita Reader")
    session.commit()
    page = sign_in(reader).get(address).text
    assert ONLY_NAMED in page
    assert "upload it there" not in page


@pytest.mark.parametrize("shift_degrees", [FAR, NEAR])
def test_a_recording_of_no_stage_says_nothing_of_another(
    session: Session, cast: Cast, stage: Stage, now: datetime, sign_in, send: Send, shift_degrees: float
) -> None:
    plan_second(session, cast, now, -shift_degrees, cast.guide)
    sign_in(cast.guide)
    page = send(cast.group, walk_gpx(shift_degrees=shift_degrees), follow_redirects=True).text
    assert "This recording was made on stage" not in page


def test_a_good_recording_loads_no_other_route(
    session: Session,
    cast: Cast,
    stage: Stage,
    now: datetime,
    sign_in,
    send: Send,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan_second(session, cast, now, NEAR, cast.guide)
    monkeypatch.delattr(elsewhere, "which_stage")
    sign_in(cast.guide)
    page = send(cast.group, walk_gpx(), follow_redirects=True)
    assert page.status_code == 200
    assert "This recording was made on stage" not in page.text
