"""Write a letter into the outbox, in the language of whoever gets it."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import current_app, render_template
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.mail.marks import SECRET_MARK
from marchapp.models import Erasing, Message, PrivateLink


def write(session: Session, *, only_once: str | None = None, **values: Any) -> Message | None:
    """Compose a letter and add it to the session.

    It is sent once the session's transaction is committed, and never if that is rolled back. `only_once`
    names it: one that was written before is not written again, and None returned.
    """
    if only_once and session.scalar(select(Message.id).where(Message.only_once == only_once)):
        return None
    message = compose(**values)
    message.only_once = only_once
    session.add(message)
    return message


def compose(
    *,
    template: str,
    recipient: str,
    language: str,
    now: datetime,
    march_id: int | None = None,
    party_id: int | None = None,
    participant_id: int | None = None,
    mailing_id: int | None = None,
    roster_version_id: int | None = None,
    link: PrivateLink | None = None,
    secret: str = "",
    calendar: Mapping[str, Any] | None = None,
    erasing: Erasing | None = None,
    **values: Any,
) -> Message:
    """Render templates/emails/<template>/ in a language.

    The templates get `values`, and `absolute` and `link_to` for the addresses that they name; of `link` they
    write only its mark, and of a `secret` the mark that they get as `token`.
    """
    folder = f"emails/{template}"
    values |= {"absolute": absolute, "link_to": link_to}
    values |= {"link": link, "token": SECRET_MARK if secret else None}
    with force_locale(language):
        subject = " ".join(render_template(f"{folder}/subject.txt", **values).split())
        return Message(
            march_id=march_id,
            party_id=party_id,
            participant_id=participant_id,
            mailing_id=mailing_id,
            roster_version_id=roster_version_id,
            link_id=link.id if link else None,
            secret=secret,
            kind=template,
            recipient=recipient,
            language=language,
            subject=subject[:200],
            text=_tidy(render_template(f"{folder}/body.txt", **values)),
            html=render_template(f"{folder}/body.html", subject=subject, **values),
            calendar=dict(calendar or {}),
            erasing=erasing,
            created_at=now,
            next_attempt_at=now,
        )


def _tidy(text: str) -> str:
    """Leave no more than one empty line between paragraphs: templates are laid out for their readers."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


def absolute(path: str) -> str:
    """Return the whole address of a path: a letter is read far from this site."""
    return f"{current_app.config['SETTINGS'].base_url}{path}"


def link_to(endpoint: str, **values: Any) -> str:
    """Return the whole address of a page, also where no request is at hand, as in the worker."""
    return absolute(current_app.url_map.bind("").build(endpoint, values))
