"""The coordinator's pages of letters: what was written to whom, what became of it, and another try."""

from datetime import UTC, datetime

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug import Response as AnyResponse

from marchapp.access import march_for_coordinator
from marchapp.extensions import db, queue
from marchapp.mail.calendar import calendar_of
from marchapp.mail.listing import Letters, find_letters, mailings_of, try_again
from marchapp.mail.reading import as_framed_page, with_link
from marchapp.mail.worker import send_outbox
from marchapp.models import March, Message

blueprint = Blueprint("mail", __name__)


@blueprint.get("/marches/<slug>/letters")
def letters(slug: str) -> str:
    march = march_for_coordinator(slug)
    wanted = Letters.from_arguments(request.args)
    return render_template(
        "mail/letters.html",
        march=march,
        wanted=wanted,
        page=db.paginate(find_letters(march, wanted), page=wanted.page, per_page=Letters.ROWS_A_PAGE),
        mailings=mailings_of(db.session, march),
        sends_mail=_sends_mail(),
    )


@blueprint.post("/marches/<slug>/letters/failed")
def send_failed_again(slug: str) -> AnyResponse:
    """Try every letter again that was given up, or those of a mailing."""
    march = march_for_coordinator(slug)
    wanted = Letters.from_arguments(request.args | {"state": "failed"})
    return _try_again(march, wanted)


@blueprint.get("/marches/<slug>/letters/<int:message_id>")
def letter(slug: str, message_id: int) -> str:
    """Show a letter whole; its secrets only where no mail server is set, as nobody else can read it there."""
    march, message = _letter_for_coordinator(slug, message_id)
    return render_template(
        "mail/letter.html",
        march=march,
        message=message,
        text=_to_read(message, message.text),
        sends_mail=_sends_mail(),
    )


@blueprint.get("/marches/<slug>/letters/<int:message_id>/html")
def letter_html(slug: str, message_id: int) -> Response:
    _march, message = _letter_for_coordinator(slug, message_id)
    return as_framed_page(_to_read(message, message.html))


@blueprint.get("/marches/<slug>/letters/<int:message_id>/stages.ics")
def letter_calendar(slug: str, message_id: int) -> Response:
    _march, message = _letter_for_coordinator(slug, message_id)
    calendar = calendar_of(message) or abort(404)
    return Response(calendar, mimetype="text/calendar", headers={"Content-Disposition": "attachment"})


@blueprint.post("/marches/<slug>/letters/<int:message_id>/again")
def send_again(slug: str, message_id: int) -> AnyResponse:
    march, message = _letter_for_coordinator(slug, message_id)
    return _try_again(march, Letters(message_id=message.id, state="failed"))


def _try_again(march: March, wanted: Letters) -> AnyResponse:
    count = try_again(db.session, march, wanted, now=datetime.now(UTC))
    db.session.commit()
    queue.send_once(send_outbox)
    if count:
        flash(ngettext("%(num)s letter is tried again.", "%(num)s letters are tried again.", count), "done")
    else:
        flash(_("No letter was given up, so there is none to try again."), "info")
    return redirect(url_for("mail.letters", slug=march.slug, **wanted.arguments(state="", message_id=0)))


def _letter_for_coordinator(slug: str, message_id: int) -> tuple[March, Message]:
    march = march_for_coordinator(slug)
    message = db.session.scalar(select(Message).where(Message.id == message_id, Message.march_id == march.id))
    return march, message or abort(404)


def _to_read(message: Message, text: str) -> str:
    return text if _sends_mail() else with_link(message, text, datetime.now(UTC))


def _sends_mail() -> bool:
    return bool(current_app.config["MAIL_SERVER"])
