"""A letter as coordinators read it in a page."""

from datetime import datetime

from flask import Response

from marchapp.mail.marks import LinkClosed, with_secret
from marchapp.models import Message

# A letter brings its own style and nothing else: no script, no picture, no form works in its frame, and its
# links open beside it.
ONLY_ITS_STYLE = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


def as_framed_page(html: str) -> Response:
    """Return the HTML of a letter as a page for a frame, in which nothing can run."""
    html = html.replace("<head>", '<head><base target="_blank">', 1)
    return Response(html, headers={"Content-Security-Policy": ONLY_ITS_STYLE})


def with_link(message: Message, text: str, now: datetime) -> str:
    """Return a text with its link as it would be sent, or with its mark where the link is closed."""
    try:
        return with_secret(message, text, now)
    except LinkClosed:
        return text
