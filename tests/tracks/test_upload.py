"""The upload page: what it takes, and what it refuses in one sentence, changing nothing."""

import gzip
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marchapp.geo import gpx
from marchapp.models import Recording, Stage
from tests.factories import Cast, make_group, make_stage
from tests.geo.watch_files import fit_file, tcx_file
from tests.tracks.conftest import Send
from tests.tracks.walks import walk_gpx

WALK = walk_gpx()
REFUSED = {
    "nothing": (b"", "The file is empty."),
    "a web page": (b"<!DOCTYPE html><html><body>Hi</body></html>", "DOCTYPE"),
    "another XML": (b"<html><body>Hi</body></html>", "This is not a GPX, FIT or TCX file."),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(200), "Export"),
    "half a file": (WALK[: len(WALK) // 2], "The file breaks off at line"),
    "damaged": (WALK.replace(b"</ele>", b"</ile>", 1), "The file is damaged at line"),
    "no points": (b'<gpx xmlns="http://www.topografix.com/GPX/1/1"></gpx>', "There is no route and no track"),
    "no times": (walk_gpx(is_timed=False), "Export the recording with its times."),
    "another continent": (walk_gpx(shift_degrees=-100.0), "away from the planned route"),
    "a bomb": (b'<!DOCTYPE x [<!ENTITY a "aa">]><gpx>&a;</gpx>', "DOCTYPE"),
}


def count(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Recording)) or 0


def test_the_page_names_group_stage_and_limit(cast: Cast, stage: Stage, sign_in) -> None:
    page = sign_in(cast.guide).get(f"/groups/{cast.group.id}/recording").text
    assert "Recordings of group 1" in page
    assert "Stage 1" in page
    assert "up to 64 MiB" in page


def test_a_recording_leads_to_its_comparison(
    session: Session, cast: Cast, stage: Stage, sign_in, send: Send
) -> None:
    sign_in(cast.guide)
    page = send(cast.group, WALK, follow_redirects=True)
    assert page.status_code == 200
    assert "saved and compared with the planned route" in page.text
    assert "of the planned route, never left it, and came in" in page.text
    assert count(session) == 1


def test_a_zipped_recording_is_read_too(cast: Cast, stage: Stage, sign_in, send: Send) -> None:
    sign_in(cast.guide)
    assert send(cast.group, gzip.compress(WALK)).status_code == 302


@pytest.mark.parametrize(("ending", "written"), [("fit", fit_file), ("tcx", tcx_file)])
def test_a_recording_is_read_as_the_watch_wrote_it(
    cast: Cast, stage: Stage, sign_in, send: Send, ending: str, written: Callable[[gpx.Recording], bytes]
) -> None:
    client = sign_in(cast.guide)
    assert "GPX, FIT or TCX file" in client.get(f"/groups/{cast.group.id}/recording").text
    page = send(cast.group, written(gpx.read_track(WALK)), f"walk.{ending}", follow_redirects=True)
    assert "saved and compared with the planned route" in page.text
    assert "of the planned route, never left it, and came in" in page.text


def test_the_upload_script_is_told_where_the_comparison_is(
    cast: Cast, stage: Stage, sign_in, send: Send
) -> None:
    sign_in(cast.guide)
    answer = send(cast.group, WALK, headers={"X-Requested-With": "XMLHttpRequest"})
    assert answer.status_code == 201
    assert "/tracks/" in answer.headers["Location"]


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_gets_one_sentence_and_changes_nothing(
    session: Session, cast: Cast, stage: Stage, sign_in, send: Send, name: str
) -> None:
    content, sentence = REFUSED[name]
    sign_in(cast.guide)
    page = send(cast.group, content)
    assert page.status_code == 200
    assert sentence in page.text
    assert 'id="recording-error"' in page.text
    assert count(session) == 0


def test_no_file_at_all_is_said_beside_the_field(cast: Cast, stage: Stage, sign_in) -> None:
    page = sign_in(cast.guide).post(f"/groups/{cast.group.id}/recording")
    assert "Choose the file of the recording." in page.text


def test_a_file_above_the_limit_is_refused(
    session: Session, cast: Cast, stage: Stage, sign_in, send: Send, limited: int
) -> None:
    sign_in(cast.guide)
    page = send(cast.group, WALK + b" " * limited)
    assert page.status_code == 200
    assert "The file is larger than 1 MiB." in page.text
    assert count(session) == 0


def test_a_body_far_above_the_limit_is_refused_unread_on_the_same_page(
    session: Session, cast: Cast, stage: Stage, sign_in, send: Send, limited: int
) -> None:
    sign_in(cast.guide)
    page = send(cast.group, WALK + b" " * (3 * limited))
    assert page.status_code == 413
    assert "The file is larger than 1 MiB." in page.text
    assert "Recordings of group 1" in page.text
    assert count(session) == 0


@pytest.fixture
def limited(app: Flask, monkeypatch: pytest.MonkeyPatch) -> int:
    """The limit for uploads, lowered to 1 MiB."""
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], upload_limit_mib=1))
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 2 * 1024 * 1024)
    return 1024 * 1024


def test_the_same_file_again_is_recognised(
    session: Session, cast: Cast, stage: Stage, sign_in, send: Send
) -> None:
    sign_in(cast.guide)
    first = send(cast.group, WALK).headers["Location"]
    page = send(cast.group, WALK)
    assert "This recording is here already." in page.text
    assert f'href="{first}"' in page.text
    assert count(session) == 1


def test_a_second_file_is_joined_to_the_first(cast: Cast, stage: Stage, sign_in, send: Send) -> None:
    sign_in(cast.guide)
    send(cast.group, walk_gpx(to_m=1900))
    page = send(cast.group, walk_gpx(from_m=2100), follow_redirects=True)
    assert "Added: the track now has 2 parts, 08:00–08:25 and 08:28–08:53." in page.text
    assert "2 recordings" not in page.text


def test_without_planned_route_the_page_says_so(session: Session, cast: Cast, sign_in, send: Send) -> None:
    client = sign_in(cast.guide)
    words = "The planned route of this stage is not here yet"
    assert words in client.get(f"/groups/{cast.group.id}/recording").text
    assert words in send(cast.group, WALK).text
    assert count(session) == 0


def test_only_guides_of_the_group_and_coordinators_upload(
    session: Session, cast: Cast, stage: Stage, client: FlaskClient, sign_in, send: Send
) -> None:
    assert send(cast.group, WALK).status_code == 302
    assert count(session) == 0
    for stranger in (cast.other_guide, cast.other_coordinator):
        sign_in(stranger)
        assert client.get(f"/groups/{cast.group.id}/recording").status_code == 403
        assert send(cast.group, WALK).status_code == 403
    assert count(session) == 0
    sign_in(cast.coordinator)
    assert "/tracks/" in send(cast.group, WALK).headers["Location"]


def test_a_group_that_is_not_there_is_not_found(cast: Cast, sign_in) -> None:
    assert sign_in(cast.guide).get("/groups/999999/recording").status_code == 404


def test_a_guide_of_another_stage_cannot_upload(
    session: Session, cast: Cast, stage: Stage, sign_in, send: Send
) -> None:
    second = make_stage(session, cast.march, number=2)
    elsewhere = make_group(session, second, cast.other_guide)
    session.commit()
    sign_in(cast.guide)
    assert send(elsewhere, WALK).status_code == 403
