"""A stage with a planned route, and recordings sent as a guide's browser sends them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marchapp.marches.routes import save_route
from marchapp.models import Group, Stage
from tests.factories import Cast
from tests.tracks.walks import STARTS_AT, route_gpx

Send = Callable[..., TestResponse]


@pytest.fixture
def stage(session: Session, cast: Cast, now: datetime) -> Stage:
    """The cast's stage with a planned route of 4 km, to be walked in an hour."""
    cast.stage.starts_at, cast.stage.finishes_at = STARTS_AT, STARTS_AT + timedelta(hours=1)
    cast.march.shows_comparisons = False
    save_route(session, stage=cast.stage, content=route_gpx(), by=cast.coordinator, now=now)
    session.commit()
    return cast.stage


@pytest.fixture
def send(client: FlaskClient) -> Send:
    """Send a file on the upload page: `send(group, content)`."""

    def upload(group: Group, content: bytes, name: str = "walk.gpx", **options: object) -> TestResponse:
        form = {"recording": (BytesIO(content), name)}
        return client.post(
            f"/groups/{group.id}/recording", data=form, content_type="multipart/form-data", **options
        )

    return upload
