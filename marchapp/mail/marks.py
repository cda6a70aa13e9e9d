"""Put the secret of its private link into a letter that is sent: the outbox holds only a mark."""

import re
from datetime import datetime

from marchapp.models import Message

A_MARK_IN_AN_ADDRESS = re.compile(r"/private-link-\d+\b")


class LinkClosed(Exception):
    """The private link of a letter was revoked, has expired or is gone, so that the letter leads nowhere."""


def with_secret(message: Message, text: str, now: datetime) -> str:
    """Return a text of a letter with the secret where its own mark stands. Raises LinkClosed.

    Marks of other links, which somebody may have written into a name, stay what they are.
    """
    link = message.link
    if link is None:
        if A_MARK_IN_AN_ADDRESS.search(text):
            raise LinkClosed
        return text
    if not link.is_open(now):
        raise LinkClosed
    return re.sub(rf"\b{link.mark}\b", link.secret, text)
