"""Pages that hand the list of participants out as a file."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryFile
from typing import Any

from flask import Response, abort, redirect, render_template, request, send_file, stream_with_context, url_for
from flask_babel import lazy_gettext as _l
from werkzeug import Response as AnyResponse
from wtforms import BooleanField, RadioField, SelectChoice
from wtforms.validators import ValidationError

from marchapp.access import march_for_coordinator, signed_in_account
from marchapp.extensions import db
from marchapp.forms import BaseForm, Text
from marchapp.models import AuditEvent, March
from marchapp.models.audit import record
from marchapp.registration.coordination.columns import ALL, SECRETS
from marchapp.registration.coordination.export import csv_lines, write_xlsx
from marchapp.registration.coordination.listing import Selection
from marchapp.spreadsheets import XLSX

NAMES = ("reference", "given_name", "family_name", "native_name")
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


def export(slug: str) -> str | AnyResponse:
    march = march_for_coordinator(slug)
    selection = Selection.from_arguments(request.args)
    form = ExportForm()
    if form.validate_on_submit():
        wanted = Selection(standing="any") if form.people.data == "all" else selection
        columns = ALL if form.columns.data == "all" else (*NAMES, *selection.shown_columns)
        wanted_arguments = wanted.arguments(columns=",".join(columns))
        if form.secrets:
            return _recorded(march, wanted_arguments, form)
        endpoint = f"registration.participants_{form.format.data}"
        return redirect(url_for(endpoint, slug=slug, **wanted_arguments))
    return render_template(
        "registration/coordination/export.html", march=march, selection=selection, form=form
    )


def _recorded(march: March, arguments: dict[str, Any], form: ExportForm) -> AnyResponse:
    """Record who takes what for which reason, and lead to the file."""
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
    return redirect(url_for("registration.exported", slug=march.slug, event_id=event.id))


def exported(slug: str, event_id: int) -> Response:
    """Hand out the file of a recorded export, to who wrote the reason and for some minutes."""
    march = march_for_coordinator(slug)
    event = db.session.get(AuditEvent, event_id)
    if event is None or event.action != "participants.exported" or event.march_id != march.id:
        abort(404)
    if event.account_id != signed_in_account().id:
        abort(403)
    if datetime.now(UTC) - event.at > OPEN_FOR:
        abort(410)
    arguments = event.details["arguments"]
    columns = (*arguments["columns"].split(","), *event.details["secrets"])
    answer = _file(march, Selection.from_arguments(arguments), columns, event.details["format"])
    answer.headers["Cache-Control"] = "no-store"
    return answer


def participants_csv(slug: str) -> Response:
    return _plain(slug, "csv")


def participants_xlsx(slug: str) -> Response:
    return _plain(slug, "xlsx")


def _plain(slug: str, form: str) -> Response:
    """Hand out the selection of the address with the columns that it names, else with all."""
    march = march_for_coordinator(slug)
    named = [name for name in request.args.get("columns", "").split(",") if name in ALL or name == "place"]
    return _file(march, Selection.from_arguments(request.args), named or ALL, form)


def _file(march: March, selection: Selection, columns: Sequence[str], form: str) -> Response:
    name = f"{march.slug}-participants.{form}"
    if form == "csv":
        lines = csv_lines(db.session, march.id, selection, columns)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(stream_with_context(lines), mimetype="text/csv", headers=headers)
    file = TemporaryFile()  # noqa: SIM115 (the response closes it)
    write_xlsx(file, db.session, march, selection, columns)
    file.seek(0)
    return send_file(file, mimetype=XLSX, as_attachment=True, download_name=name)
