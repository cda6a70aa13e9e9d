"""The page that shows how far a file is, and the file once it is there."""

from datetime import UTC, datetime

from flask import Blueprint, Response, redirect, render_template, url_for
from werkzeug import Response as AnyResponse

from marchapp.access import prepared_file_for_coordinator, signed_in_account
from marchapp.extensions import db, now_write
from marchapp.files.answering import attached
from marchapp.files.kinds import KINDS, Made
from marchapp.files.services import KEPT_FOR, note_download
from marchapp.models import FileState

blueprint = Blueprint("files", __name__)


@blueprint.get("/files/<int:file_id>")
def prepared(file_id: int) -> str:
    file = prepared_file_for_coordinator(file_id)
    kind = KINDS[file.kind]
    return render_template(
        "files/prepared.html",
        march=file.march,
        file=file,
        title=kind.title(file.params),
        counted=kind.counted(file.done, file.total),
        back_to=kind.back(file.march, file.params),
        goes_at=file.asked_at + KEPT_FOR,
    )


@blueprint.get("/files/<int:file_id>/download")
def download(file_id: int) -> Response | AnyResponse:
    """Hand out a file that is made, and note who took it."""
    file = prepared_file_for_coordinator(file_id)
    if file.state != FileState.READY or file.content is None:
        return redirect(url_for(".prepared", file_id=file_id))
    made = Made(name=file.name, media_type=file.media_type, content=file.content)
    db.session.expunge(file)  # it still says what was taken once the writing begins
    account_id = signed_in_account().id
    now_write()
    note_download(
        db.session,
        kind=file.kind,
        march_id=file.march_id,
        params=file.params,
        language=file.language,
        account_id=account_id,
        now=datetime.now(UTC),
    )
    db.session.commit()
    return attached(made)
