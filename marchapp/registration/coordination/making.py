"""The list of participants as a workbook: made at once while it is short, else by the worker."""

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from marchapp.files.kinds import FileKind, Made, Params, Progress, declare
from marchapp.files.words import people_done
from marchapp.models import March
from marchapp.registration.coordination.export import xlsx_of_people
from marchapp.registration.coordination.listing import Selection
from marchapp.spreadsheets import XLSX


def _make(session: Session, march: March, params: Params, progress: Progress) -> Made:
    selection = Selection.from_arguments(params["arguments"])
    content = xlsx_of_people(session, march, selection, params["columns"], progress)
    return Made(name=f"{march.slug}-participants.xlsx", media_type=XLSX, content=content)


def _back(march: March, params: Params) -> tuple[str, str]:
    return url_for("registration.participants", slug=march.slug, **params["arguments"]), _("Participants")


PARTICIPANTS = declare(
    FileKind(
        name="participants",
        make=_make,
        title=lambda _params: _("List of participants"),
        counted=people_done,
        back=_back,
    )
)
