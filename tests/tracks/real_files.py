"""Real GPX files sent on the upload page, for the test and for bench/real_files.py."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from pathlib import Path

import numpy as np
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marchapp.geo.errors import UnusableInput
from marchapp.geo.gpx import read_track
from marchapp.marches.routes import save_route
from marchapp.models import Group, Stage, Track
from tests.factories import Cast, make_group, make_stage
from tests.tracks.walks import route_gpx

DAY_S = 86_400
# Where the page says how a file ended: compared, or refused, or left out because it is of another stage.
VERDICT = r'class="verdict">(.*?)<'
REFUSED_OR_LEFT_OUT = r'(?:id="recording-error">.*?<span>|<div>\s*<p[^>]*>)\s*(.*?)\s*</'
FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "gpx"


@dataclass(frozen=True)
class Outcome:
    """What the guide saw: the verdict of a comparison (with the status of its map), or why not."""

    status: int
    is_compared: bool
    said: str


def files() -> list[Path]:
    return sorted(FOLDER.rglob("*.gpx"))


def send_elsewhere(session: Session, client: FlaskClient, cast: Cast, file: Path) -> Outcome:
    """Send a file for a stage in the far north whose planned route is of our own making."""
    return _send(session, client, _group(session, cast, route_gpx()), file)


def send_along_itself(session: Session, client: FlaskClient, cast: Cast, file: Path) -> Outcome | None:
    """Send a file for a stage on the day it was recorded whose planned route is the file's own line.

    None where the file cannot be a planned route.
    """
    content = file.read_bytes()
    try:
        group = _group(session, cast, content)
    except UnusableInput:
        session.rollback()
        return None
    _set_on_the_day(group.stage, content)
    session.commit()
    return _send(session, client, group, file)


def _group(session: Session, cast: Cast, route: bytes) -> Group:
    number = session.query(Group).count() + 10
    stage = make_stage(session, cast.march, number=number)
    save_route(session, stage=stage, content=route, by=None, now=datetime.now(UTC))
    group = make_group(session, stage, cast.guide)
    session.commit()
    return group


def _set_on_the_day(stage: Stage, content: bytes) -> None:
    """Let the stage start and finish with the recording, on the day that most of it was made."""
    times = read_track(content).time
    times = np.sort(times[np.isfinite(times)])
    if len(times):
        day_s = times[len(times) // 2] // DAY_S * DAY_S
        of_the_day = times[(times >= day_s) & (times < day_s + DAY_S)]
        stage.starts_at = datetime.fromtimestamp(of_the_day.min(), UTC)
        stage.finishes_at = datetime.fromtimestamp(of_the_day.max() + 1, UTC)


def _send(session: Session, client: FlaskClient, group: Group, file: Path) -> Outcome:
    form = {"recording": (BytesIO(file.read_bytes()), file.name)}
    page = client.post(
        f"/groups/{group.id}/recording",
        data=form,
        content_type="multipart/form-data",
        follow_redirects=True,
    )
    session.rollback()
    track = session.query(Track).filter_by(group_id=group.id).one_or_none()
    found = re.search(VERDICT if track else REFUSED_OR_LEFT_OUT, page.text, re.DOTALL)
    said = unescape(re.sub("<[^>]+>", "", found[1])).replace("\u202f", " ") if found else ""
    status = client.get(f"/tracks/{track.id}/map.json").status_code if track else page.status_code
    return Outcome(status, track is not None, said)
