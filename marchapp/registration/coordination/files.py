"""Pages that hand the list of participants out as a file."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, abort, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug import Response as AnyResponse
from wtforms import BooleanField, RadioField, SelectChoice
from wtforms.validators import ValidationError

from marchapp.access import fresh_account, march_for_coordinator, signed_in_account
from marchapp.extensions import db, from_replica
from marchapp.files.answering import attached, hand_out, streamed
from marchapp.files.kinds import no_progress
from marchapp.forms import BaseForm, Text
from marchapp.i18n import locale_code
from marchapp.models import AuditEvent, March
from marchapp.models.audit import record
from marchapp.registration.coordination.columns import ALL, SECRETS
from marchapp.registration.coordination.export import csv_lines
from marchapp.registration.coordination.listing import Selection, count_people
from marchapp.registration.coordination.making import PARTICIPANTS

NAMES = ("reference", "given_name", "family_name", "native_name")
MOST_AT_ONCE = 1_000  # people of a workbook that is made in the request
OPEN_FOR = timedelta(minutes=10)  # how long a file with secrets can be fetched after its reason was written


class ExportForm(BaseForm):
    """What goes into the file; health notes and numbers of documents only for a reason."""

    people = RadioField(
        _l("People"),
        choices=[
            SelectChoice("selection", _l("Those who are listed now")),
            SelectChoice("all", _l("Everybody, cancelled ones too")),
        ],
        default="selection",
    )
    columns = RadioField(
        _l("Columns"),
        choices=[
            SelectChoice("all", _l("All")),
            SelectChoice("shown", _l("Name, reference and those that are listed now")),
        ],
        default="all",
    )
    format = RadioField(
        _l("File"), choices=[SelectChoice("xlsx", "Excel (XLSX)"), SelectChoice("csv", "CSV")], default="xlsx"
    )
    health_notes = BooleanField(_l("Notes on health"))
    documents = BooleanField(_l("Numbers of documents"))
    reason = Text(_l("What for"), most=300, optional=True)

    def validate_reason(self, field: Text) -> None:
        if self.secrets and not field.data:
            raise ValidationError(_l("Write what the notes or numbers are needed for. It is recorded."))

    @property
    def secrets(self) -> list[str]:
        return [name for name in SECRETS if self[name].data]


def _march_to_take_along(slug: str) -> March:
    """Return a march to its coordinator, who wrote the password not long ago."""
    march = march_for_coordinator(slug)
    fresh_account()
    return march


def export(slug: str) -> str | AnyResponse:
    march = _march_to_take_along(slug)
    selection = Selection.from_arguments(request.args)
    form = ExportForm()
    if form.validate_on_submit():
        wanted = Selection(standing="any") if form.people.data == "all" else selection
        columns = ALL if form.columns.data == "all" else (*NAMES, *selection.shown_columns)
        wanted_arguments = wanted.arguments(columns=",".join(columns))
        event = _record(march, wanted_arguments, form) if form.secrets else None
        if form.format.data == "xlsx" and _is_long(march, wanted):
            return _order(march, wanted_arguments, [*columns, *form.secrets], is_secret=event is not None)
        if event:
            return redirect(url_for("registration.exported", slug=slug, event_id=event.id))
        endpoint = f"registration.participants_{form.format.data}"
        return redirect(url_for(endpoint, slug=slug, **wanted_arguments))
    return render_template(
        "registration/coordination/export.html", march=march, selection=selection, form=form
    )


def _record(march: March, arguments: dict[str, Any], form: ExportForm) -> AuditEvent:
    """Record who takes what for which reason."""
    event = record(
        db.session,
        at=datetime.now(UTC),
        action="participants.exported",
        march_id=march.id,
        account_id=signed_in_account().id,
        subject="march",
        subject_id=march.id,
        arguments=arguments,
        secrets=form.secrets,
        reason=form.reason.data,
        format=form.format.data,
    )
    db.session.commit()
    return event


def _is_long(march: March, selection: Selection) -> bool:
    """Tell whether a workbook takes so long that the worker makes it; CSV is written while it is read."""
    return count_people(db.session, march, selection) > MOST_AT_ONCE


def _order(
    march: March, arguments: dict[str, Any], columns: Sequence[str], *, is_secret: bool
) -> AnyResponse:
    return hand_out(
        PARTICIPANTS,
        march=march,
        params={"arguments": arguments, "columns": list(columns)},
        language=locale_code(),
        at_once=False,
        only_for_its_maker=is_secret,
    )


def exported(slug: str, event_id: int) -> Response:
    """Hand out the file of a recorded export, to who wrote the reason and for some minutes."""
    march = _march_to_take_along(slug)
    event = db.session.get(AuditEvent, event_id)
    if event is None or event.action != "participants.exported" or event.march_id != march.id:
        abort(404)
    if event.account_id != signed_in_account().id:
        abort(403)
    if datetime.now(UTC) - event.at > OPEN_FOR:
        abort(410)
    arguments = event.details["arguments"]
    columns = (*arguments["columns"].split(","), *event.details["secrets"])
    return _file(march, Selection.from_arguments(arguments), columns, event.details["format"])


def participants_csv(slug: str) -> AnyResponse:
    march = _march_to_take_along(slug)
    return _file(march, Selection.from_arguments(request.args), _named_columns(), "csv")


def participants_xlsx(slug: str) -> AnyResponse:
    """Hand out a short list; a long one is asked for on the page that has the worker make it."""
    march, selection = _march_to_take_along(slug), Selection.from_arguments(request.args)
    if _is_long(march, selection):
        return redirect(url_for("registration.export", slug=slug, **selection.arguments()))
    return _file(march, selection, _named_columns(), "xlsx")


def _named_columns() -> Sequence[str]:
    """Return the columns that the address names, else all; those with secrets are never named there."""
    named = request.args.get("columns", "").split(",")
    return [name for name in named if name in ALL or name == "place"] or ALL


def _file(march: March, selection: Selection, columns: Sequence[str], form: str) -> Response:
    if form == "xlsx":
        params = {"arguments": selection.arguments(), "columns": list(columns)}
        with from_replica():
            return attached(PARTICIPANTS.make(db.session, march, params, no_progress))
    return streamed(f"{march.slug}-participants.csv", csv_lines(db.session, march.id, selection, columns))
