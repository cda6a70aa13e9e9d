"""Every real file ends in a comparison or in one clear sentence."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests.factories import Cast
from tests.tracks.real_files import FOLDER, Outcome, files, send_along_itself, send_elsewhere

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="needs the real recordings in ../shared/data/gpx")


def name_of(file: Path) -> str:
    return file.relative_to(FOLDER).as_posix()


def assert_clear(outcome: Outcome) -> None:
    assert outcome.status == 200
    assert outcome.said.endswith(".")
    assert len(outcome.said) < 200


@pytest.mark.parametrize("file", files(), ids=name_of)
def test_a_real_file_ends_in_a_comparison_or_a_sentence(
    session: Session, cast: Cast, sign_in, file: Path
) -> None:
    client = sign_in(cast.guide)
    for outcome in (
        send_along_itself(session, client, cast, file),
        send_elsewhere(session, client, cast, file),
    ):
        if outcome:
            assert_clear(outcome)
