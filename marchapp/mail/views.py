"""The coordinator's page of letters: what was written, to whom, and what became of it."""

from datetime import UTC, datetime

from flask import Blueprint, abort, current_app, render_template, request
from sqlalchemy import select

from marchapp.access import march_for_coordinator
from marchapp.extensions import db
from marchapp.mail.marks import LinkClosed, with_secret
from marchapp.models import Message

blueprint = Blueprint("mail", __name__)
ROWS_A_PAGE = 50
LAST_PAGE = 1_000_000  # far beyond any list, and within what a database counts


@blueprint.get("/marches/<slug>/letters")
def letters(slug: str) -> str:
    march = march_for_coordinator(slug)
    page = db.paginate(
        select(Message).where(Message.march_id == march.id).order_by(Message.id.desc()),
        page=min(request.args.get("page", 1, type=int), LAST_PAGE),
        per_page=ROWS_A_PAGE,
    )
    return render_template("mail/letters.html", march=march, page=page, sends_mail=_sends_mail())


@blueprint.get("/marches/<slug>/letters/<int:message_id>")
def letter(slug: str, message_id: int) -> str:
    """Show a letter whole, only where no mail server is set: it may hold somebody's private link."""
    march = march_for_coordinator(slug)
    message = db.session.get(Message, message_id)
    if message is None or message.march_id != march.id or _sends_mail():
        abort(404)
    return render_template("mail/letter.html", march=march, message=message, text=_to_read(message))


def _to_read(message: Message) -> str:
    """Return the text with its link as it would be sent, or with its mark where the link is closed."""
    try:
        return with_secret(message, message.text, datetime.now(UTC))
    except LinkClosed:
        return message.text


def _sends_mail() -> bool:
    return bool(current_app.config["MAIL_SERVER"])
