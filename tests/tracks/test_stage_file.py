"""The tracks of a stage as a file: a line for every group, its figures as numbers."""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import Account, AuditEvent, Stage
from tests.factories import Cast
from tests.tracks.walks import save_track, walk_gpx

SignIn = Callable[[Account], FlaskClient]
PAGE = "/marches/victory/stages/1/tracks"
FILE = f"{PAGE}/file"


@pytest.fixture
def walked(session: Session, stage: Stage, cast: Cast, now: datetime) -> Stage:
    """The first group left the route, the other one has sent nothing."""
    cast.other_group.name = "=cmd"
    save_track(session, group=cast.group, content=walk_gpx(off=(800, 1800)), now=now)
    session.commit()
    return stage


def test_each_group_is_a_line_with_numbers(walked: Stage, cast: Cast, sign_in: SignIn) -> None:
    answer = sign_in(cast.coordinator).post(FILE, data={"format": "xlsx"})
    _heading, first, other = load_workbook(BytesIO(answer.data)).active.iter_rows(values_only=True)
    assert first[0] == cast.group.number
    assert 3 < first[3] < 5
    assert first[5] == 1
    assert other[2] == "No recording yet"
    assert other[1] == "=cmd"


def test_the_csv_calculates_nothing_and_is_noted(
    session: Session, walked: Stage, cast: Cast, sign_in: SignIn
) -> None:
    answer = sign_in(cast.coordinator).post(FILE, data={"format": "csv"})
    assert "'=cmd" in answer.get_data(as_text=True)
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "tracks.downloaded"))
    assert (event.account_id, event.subject_id) == (cast.coordinator.id, walked.id)


def test_coordinators_take_it_along_and_guides_do_not(walked: Stage, cast: Cast, sign_in: SignIn) -> None:
    assert f'action="{FILE}"' in sign_in(cast.coordinator).get(PAGE).text
    client = sign_in(cast.guide)
    assert f'action="{FILE}"' not in client.get(PAGE).text
    assert client.post(FILE, data={"format": "csv"}).status_code == 403
