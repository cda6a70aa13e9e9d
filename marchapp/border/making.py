"""Make the manifest as a file, from a version as it was frozen."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.border.papers import MEASURES, foot_of, sheets_of, tables_of
from marchapp.border.services import difference, lines_of, version_of
from marchapp.files.kinds import CannotBeMade, FileKind, Made, Params, Progress, declare
from marchapp.i18n import figure
from marchapp.models import March, Stage
from marchapp.paper.tables import draw_tables
from marchapp.spreadsheets import XLSX, xlsx_of


def _make(session: Session, march: March, params: Params, progress: Progress) -> Made:
    """Draw or write a version. Raises CannotBeMade."""
    stage = session.scalar(select(Stage).where(Stage.id == params["stage_id"], Stage.march_id == march.id))
    version = version_of(session, stage.id, params["version"]) if stage else None
    if stage is None or version is None:
        raise CannotBeMade
    lines = lines_of(version)
    before = version_of(session, stage.id, version.number - 1)
    changes = difference(lines_of(before), lines) if before else None
    name = f"{march.slug}-stage-{stage.number}-manifest-{version.number}.{params['format']}"
    if params["format"] == "xlsx":
        content = xlsx_of(tables_of(version, lines, changes), _("Yes"))
        progress(len(lines), len(lines))
        return Made(name=name, media_type=XLSX, content=content)
    content = draw_tables(
        sheets_of(version, lines, changes),
        title=_("Border manifest"),
        foot=foot_of(version),
        measures=MEASURES,
        progress=progress,
    )
    return Made(name=name, media_type="application/pdf", content=content)


def _back(march: March, params: Params) -> tuple[str, str]:
    address = url_for("border.manifest", slug=march.slug, number=params["stage_number"])
    return address, _("Border manifest of stage %(number)s", number=params["stage_number"])


def _counted(done: int, total: int) -> str:
    return ngettext(
        "%(done)s of %(total)s line",
        "%(done)s of %(total)s lines",
        total,
        done=figure(done),
        total=figure(total),
    )


MANIFEST = declare(
    FileKind(
        name="manifest",
        make=_make,
        title=lambda params: _(
            "Border manifest of stage %(number)s, version %(version)s",
            number=params["stage_number"],
            version=params["version"],
        ),
        counted=_counted,
        back=_back,
    )
)
