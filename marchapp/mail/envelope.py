"""A row of the outbox as the e-mail that leaves the house."""

from datetime import datetime
from email.mime.text import MIMEText
from email.utils import formataddr, parseaddr
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import force_locale
from flask_mailman import EmailMultiAlternatives

from marchapp.i18n import local
from marchapp.mail.calendar import calendar_of
from marchapp.mail.marks import with_secret
from marchapp.models import Message


def envelope(message: Message, now: datetime) -> EmailMultiAlternatives:
    """Return the e-mail of a message, complete. Raises LinkClosed."""
    letter = EmailMultiAlternatives(
        message.subject,
        with_secret(message, message.text, now),
        from_email=_sender(message),
        to=[message.recipient],
        reply_to=[message.march.contact_email] if message.march and message.march.contact_email else None,
        headers=_headers(message),
    )
    letter.attach_alternative(with_secret(message, message.html, now), "text/html")
    if calendar := calendar_of(message):
        letter.attach(_attached(calendar, message))
    return letter


def _headers(message: Message) -> dict[str, str]:
    """Return headers by which a letter that is sent once more is known as the same, and as no human's."""
    host = urlsplit(current_app.config["SETTINGS"].base_url).hostname
    headers = {
        "Message-ID": f"<letter-{message.id}.{message.created_at:%Y%m%d%H%M%S}@{host}>",
        "Content-Language": message.language,
    }
    return headers if message.mailing_id else headers | {"Auto-Submitted": "auto-generated"}


def _sender(message: Message) -> str:
    sender: str = current_app.config["MAIL_DEFAULT_SENDER"]
    if message.march is None:
        return sender
    with force_locale(message.language):
        name = " ".join(local(message.march.name).split())  # a header is one line
        return formataddr((name, parseaddr(sender)[1]))


def _attached(calendar: str, message: Message) -> MIMEText:
    part = MIMEText(calendar, "calendar", "utf-8")
    part.set_param("method", message.calendar["method"])
    part.add_header("Content-Disposition", "attachment", filename="stages.ics")
    return part
