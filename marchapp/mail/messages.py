"""Write a letter into the outbox, in the language of whoever gets it."""

from datetime import datetime
from typing import Any

from flask import render_template
from flask_babel import force_locale
from sqlalchemy.orm import Session

from marchapp.models import Message


def write(
    session: Session,
    *,
    template: str,
    recipient: str,
    language: str,
    now: datetime,
    march_id: int | None = None,
    **values: Any,
) -> Message:
    """Render templates/emails/<template>/ and add the letter to the session.

    It is sent once the session's transaction is committed, and never if that is rolled back.
    """
    folder = f"emails/{template}"
    with force_locale(language):
        message = Message(
            march_id=march_id,
            kind=template,
            recipient=recipient,
            language=language,
            subject=" ".join(render_template(f"{folder}/subject.txt", **values).split())[:200],
            text=render_template(f"{folder}/body.txt", **values),
            html=render_template(f"{folder}/body.html", **values),
            created_at=now,
            next_attempt_at=now,
        )
    session.add(message)
    return message
