"""Put secrets into a letter that is sent: the outbox holds only marks in their place."""

import re
from datetime import datetime

from marchapp.models import Message

SECRET_MARK = "the-secret-of-this-letter"  # noqa: S105 (only its place)
A_MARK_IN_AN_ADDRESS = re.compile(r"/private-link-\d+\b")


class LinkClosed(Exception):
    """The private link of a letter was revoked, has expired or is gone, so that the letter leads nowhere."""


def with_secret(message: Message, text: str, now: datetime) -> str:
    """Return a text of a letter with its secrets where their marks stand. Raises LinkClosed.

    Marks of other links, which somebody may have written into a name, stay what they are.
    """
    if message.secret:
        text = text.replace(SECRET_MARK, message.secret)
    link = message.link
    if link is None:
        if A_MARK_IN_AN_ADDRESS.search(text):
            raise LinkClosed
        return text
    if not link.is_open(now):
        raise LinkClosed
    return re.sub(rf"\b{link.mark}\b", link.secret, text)
