"""Files are made at once or by the worker, counted while they are made, and fetched by who may."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask_babel import gettext as _
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from marchapp.extensions import db
from marchapp.files import kinds, worker
from marchapp.files.kinds import CannotBeMade, FileKind, Made
from marchapp.files.services import order_file
from marchapp.files.worker import claim_next, look_after_files, make_claimed, make_waiting_files
from marchapp.models import AuditEvent, FileState, PreparedFile
from tests.factories import Cast
from tests.queries import queries_of

SECRET = b"X1234567"


def make(session, march, params, progress) -> Made:
    for done in range(params["of"]):
        progress(done + 1, params["of"])
    return Made(name="liste-Печенга.txt", media_type="text/plain", content=SECRET + _("Yes").encode())


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> FileKind:
    kind = FileKind(
        name="lines",
        make=make,
        title=lambda _params: "Lines",
        counted=lambda done, total: f"{done} of {total} lines",
        back=lambda march, _params: (f"/marches/{march.slug}", "The march"),
    )
    monkeypatch.setitem(kinds.KINDS, "lines", kind)
    monkeypatch.setattr(worker, "LEAST_BETWEEN_NOTES_S", 0.0)
    return kind


def order(session: Session, cast: Cast, kind: FileKind, **given) -> PreparedFile:
    values = {"params": {"of": 3}, "language": "nb", "only_for_its_maker": False} | given
    file = order_file(
        session,
        kind,
        march_id=cast.march.id,
        account_id=cast.coordinator.id,
        now=datetime.now(UTC),
        **values,
    )
    session.commit()
    return file


def test_the_worker_makes_a_file_in_its_language(session: Session, cast: Cast, kind: FileKind) -> None:
    file = order(session, cast, kind)
    assert make_waiting_files() == 1
    session.refresh(file)
    assert (file.state, file.done, file.total, file.attempts) == (FileState.READY, 3, 3, 1)
    assert file.content == SECRET + b"Ja"
    assert file.size_bytes == len(file.content)


def test_the_database_holds_a_file_encrypted(session: Session, cast: Cast, kind: FileKind) -> None:
    order(session, cast, kind)
    make_waiting_files()
    stored = bytes(session.scalar(text("SELECT content FROM prepared_file")))
    assert stored
    assert SECRET not in stored


def test_a_file_that_is_claimed_is_not_claimed_again(session: Session, cast: Cast, kind: FileKind) -> None:
    order(session, cast, kind)
    now = datetime.now(UTC)
    assert claim_next(session, now)
    assert claim_next(session, now) is None
    assert claim_next(session, now + timedelta(minutes=11))


def test_who_lost_the_claim_writes_nothing(session: Session, cast: Cast, kind: FileKind) -> None:
    file = order(session, cast, kind)
    now = datetime.now(UTC)
    late = claim_next(session, now - timedelta(minutes=11))
    assert claim_next(session, now)
    assert not make_claimed(session, late)
    session.refresh(file)
    assert file.state == FileState.WAITING


def test_a_file_that_cannot_be_made_says_so(session: Session, cast: Cast, kind: FileKind, sign_in) -> None:
    def refuse(*_given: object) -> Made:
        raise CannotBeMade

    file = order(session, cast, kind)
    kinds.KINDS["lines"] = FileKind(**{**vars(kind), "make": refuse})
    assert make_waiting_files() == 0
    page = sign_in(cast.coordinator).get(f"/files/{file.id}")
    assert "The file could not be made" in page.text


def test_a_page_counts_until_the_file_is_ready(session: Session, cast: Cast, kind: FileKind, sign_in) -> None:
    file = order(session, cast, kind)
    client = sign_in(cast.coordinator)
    assert "Waiting its turn" in client.get(f"/files/{file.id}").text
    file.claimed_at, file.done, file.total = datetime.now(UTC), 1, 3
    session.commit()
    assert "1 of 3 lines" in client.get(f"/files/{file.id}").text
    file.claimed_at = None
    session.commit()
    make_waiting_files()
    assert f"/files/{file.id}/download" in client.get(f"/files/{file.id}").text


def test_a_download_is_recorded(session: Session, cast: Cast, kind: FileKind, sign_in) -> None:
    file = order(session, cast, kind)
    client = sign_in(cast.coordinator)
    assert client.get(f"/files/{file.id}/download").status_code == 302
    make_waiting_files()
    answer = client.get(f"/files/{file.id}/download")
    assert answer.data.startswith(SECRET)
    assert "no-store" in answer.headers["Cache-Control"]
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "lines.downloaded"))
    assert event.account_id == cast.coordinator.id


@pytest.mark.parametrize("page", ["", "/download"])
def test_only_coordinators_of_the_march_see_a_file(
    session: Session, cast: Cast, kind: FileKind, sign_in, page: str
) -> None:
    address = f"/files/{order(session, cast, kind).id}{page}"
    make_waiting_files()
    for stranger in (cast.guide, cast.other_coordinator):
        assert sign_in(stranger).get(address).status_code == 403


def test_who_is_not_signed_in_is_asked_to(session: Session, cast: Cast, kind: FileKind, client) -> None:
    assert "/sign-in" in client.get(f"/files/{order(session, cast, kind).id}").headers["Location"]


def test_some_files_are_for_their_maker_only(session: Session, cast: Cast, kind: FileKind, sign_in) -> None:
    file = order(session, cast, kind, only_for_its_maker=True)
    file.account_id = cast.guide.id
    session.commit()
    assert sign_in(cast.coordinator).get(f"/files/{file.id}").status_code == 403


def test_files_are_forgotten_after_a_day(session: Session, cast: Cast, kind: FileKind) -> None:
    old, new = order(session, cast, kind), order(session, cast, kind)
    old.asked_at = datetime.now(UTC) - timedelta(hours=25)
    session.commit()
    new_id = new.id
    look_after_files()
    assert list(session.scalars(select(PreparedFile.id))) == [new_id]


def test_a_ready_file_without_content_is_refused_by_the_database(
    session: Session, cast: Cast, kind: FileKind
) -> None:
    file = order(session, cast, kind)
    file.state = FileState.READY
    with pytest.raises(Exception, match="ready_with_content"):
        session.flush()


def test_the_worker_keeps_no_writer_waiting_while_it_reads(
    app: Flask, session: Session, cast: Cast, kind: FileKind
) -> None:
    """Somebody else writes in the middle of a file that is made."""

    def make_beside_a_writer(of_worker: Session, march, params, progress) -> Made:
        of_worker.scalar(select(PreparedFile.id))
        progress(1, 2)
        return Made(name="a.txt", media_type="text/plain", content=b"a")

    kinds.KINDS["lines"] = FileKind(**{**vars(kind), "make": make_beside_a_writer})
    order(session, cast, kind)
    assert make_waiting_files() == 1
    db.session.rollback()


def test_the_page_of_a_file_asks_few_questions(session: Session, cast: Cast, kind: FileKind, sign_in) -> None:
    file = order(session, cast, kind)
    make_waiting_files()
    assert queries_of(sign_in(cast.coordinator), f"/files/{file.id}") <= 8
