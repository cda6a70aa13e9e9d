"""Answer who asks for a file: with the file if it is a small one, else with the page that counts."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from flask import Response, make_response, redirect, stream_with_context, url_for
from flask_babel import force_locale
from werkzeug import Response as AnyResponse

from marchapp.access import signed_in_account
from marchapp.extensions import db, from_replica, now_write, queue
from marchapp.files.kinds import FileKind, Made, no_progress
from marchapp.files.services import note_download, order_file
from marchapp.files.worker import make_waiting_files
from marchapp.models import March


def hand_out(
    kind: FileKind,
    *,
    march: March,
    params: dict[str, Any],
    language: str,
    at_once: bool,
    only_for_its_maker: bool = False,
) -> AnyResponse:
    """Hand a file out in a language, and note it: at once, or over the page that shows the worker's progress.

    A view that was posted to calls it once it has authorised; it had better say `only_read()` first, so that
    no writer waits while the file is made. It commits. Raises CannotBeMade.
    """
    account_id, march_id = signed_in_account().id, march.id
    if not at_once:
        return _order(kind, march_id, params, language, account_id, only_for_its_maker)
    with force_locale(language):
        made = kind.make(db.session, march, params, no_progress)
    now_write()
    note_download(
        db.session,
        kind=kind.name,
        march_id=march_id,
        params=params,
        language=language,
        account_id=account_id,
        now=datetime.now(UTC),
    )
    db.session.commit()
    return attached(made)


def _order(
    kind: FileKind,
    march_id: int,
    params: dict[str, Any],
    language: str,
    account_id: int,
    only_for_its_maker: bool,
) -> AnyResponse:
    now_write()
    file = order_file(
        db.session,
        kind,
        march_id=march_id,
        params=params,
        language=language,
        only_for_its_maker=only_for_its_maker,
        account_id=account_id,
        now=datetime.now(UTC),
    )
    db.session.commit()
    queue.send_once(make_waiting_files)
    return redirect(url_for("files.prepared", file_id=file.id), 303)


def attached(made: Made) -> Response:
    """Return the response that saves a file under its name."""
    answer = make_response(made.content)
    answer.headers["Content-Type"] = made.media_type
    answer.headers.set("Content-Disposition", "attachment", filename=made.name)
    return answer


def streamed(name: str, lines: Iterable[str]) -> Response:
    """Return the response that saves CSV while it is still written, read from the replica if there is one."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(stream_with_context(_from_replica(lines)), mimetype="text/csv", headers=headers)


def _from_replica(lines: Iterable[str]) -> Iterator[str]:
    with from_replica():
        yield from lines
