"""A table of a stage as a file: CSV written while it is read, XLSX at once while it is short, else later."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug import Response

from marchapp.access import signed_in_account
from marchapp.extensions import db, now_write, only_read
from marchapp.files.answering import hand_out, streamed
from marchapp.files.kinds import CannotBeMade, FileKind, Made, Params, Progress, declare, no_progress
from marchapp.files.services import note_download
from marchapp.i18n import locale_code
from marchapp.models import March, Stage
from marchapp.spreadsheets import XLSX, Table, csv_lines, xlsx_of

MOST_AT_ONCE = 1_000  # rows of a workbook that is made in the request

TableOf = Callable[[Session, Stage, Progress], Table]


@dataclass(frozen=True)
class StageTable:
    """A kind of file, the table that it holds, and how its files are called."""

    kind: FileKind
    table_of: TableOf
    file_name: str


def declare_table(
    name: str,
    table_of: TableOf,
    *,
    file_name: str,
    title: Callable[[int], str],
    counted: Callable[[int, int], str],
    endpoint: str,
) -> StageTable:
    """Make a table of a stage known to the worker; `endpoint` is that of the page that leads to it."""

    def make(session: Session, march: March, params: Params, progress: Progress) -> Made:
        stage = session.get(Stage, params["stage_id"])
        if stage is None or stage.march_id != march.id:
            raise CannotBeMade
        content = xlsx_of([table_of(session, stage, progress)], _("Yes"))
        return Made(name=_named(stage, file_name, "xlsx"), media_type=XLSX, content=content)

    def back(march: March, params: Params) -> tuple[str, str]:
        number = params["stage_number"]
        return url_for(endpoint, slug=march.slug, number=number), title(number)

    kind = FileKind(
        name=name,
        make=make,
        title=lambda params: title(params["stage_number"]),
        counted=counted,
        back=back,
    )
    return StageTable(declare(kind), table_of, file_name)


def take_along(table: StageTable, stage: Stage, *, is_csv: bool, rows: int) -> Response:
    """Hand a table out in the reader's language, and note it. The view had better say `only_read()` first."""
    params: dict[str, Any] = {"stage_id": stage.id, "stage_number": stage.number}
    if not is_csv:
        at_once = rows <= MOST_AT_ONCE
        return hand_out(table.kind, march=stage.march, params=params, language=locale_code(), at_once=at_once)
    name = _named(stage, table.file_name, "csv")
    now_write()
    note_download(
        db.session,
        kind=table.kind.name,
        march_id=stage.march_id,
        params=params,
        language=locale_code(),
        account_id=signed_in_account().id,
        now=datetime.now(UTC),
    )
    db.session.commit()
    only_read()
    return streamed(name, _lines(table, params["stage_id"]))


def _lines(table: StageTable, stage_id: int) -> Iterator[str]:
    """Yield a table as CSV; all is read here, after the view has closed its session."""
    stage = db.session.get_one(Stage, stage_id)
    yield from csv_lines(table.table_of(db.session, stage, no_progress), _("Yes"))


def _named(stage: Stage, what: str, ending: str) -> str:
    return f"{stage.march.slug}-stage-{stage.number}-{what}.{ending}"
