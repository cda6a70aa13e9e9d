"""Draft a letter to many, look at it, and send it."""

import re
from collections.abc import Mapping
from datetime import datetime

from flask_babel import force_locale
from sqlalchemy import update
from sqlalchemy.orm import Session

from marchapp.i18n import local
from marchapp.mail import messages
from marchapp.models import Account, Mailing, March, Message
from marchapp.models.audit import record
from marchapp.models.conditional import rows_changed
from marchapp.registration.coordination.listing import Selection
from marchapp.registration.letters import link_of
from marchapp.registration.mailings.addressees import Addressee, reach_of

PLACEHOLDERS = ("name", "people", "march", "link")
A_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def draft(
    session: Session,
    march: March,
    *,
    subject: Mapping[str, str],
    text: Mapping[str, str],
    selection: Selection,
    by: Account,
    now: datetime,
) -> Mailing:
    """Keep a letter to the people of a selection, to be looked at before it is sent."""
    mailing = Mailing(
        march_id=march.id,
        subject=dict(subject),
        text=dict(text),
        selection=selection.filters,
        recipients=0,
        written_by_id=by.id,
        created_at=now,
    )
    session.add(mailing)
    session.flush()
    return mailing


def selection_of(mailing: Mailing) -> Selection:
    return Selection.from_arguments(mailing.selection)


def start(session: Session, mailing: Mailing, march: March, *, by: Account, now: datetime) -> bool:
    """Let the worker write the letters; tell whether it was not started before."""
    reach = reach_of(session, march, selection_of(mailing))
    is_draft = (Mailing.id == mailing.id, Mailing.started_at.is_(None))
    begin = update(Mailing).where(*is_draft).values(started_at=now, recipients=reach.letters)
    if rows_changed(session, begin) == 0:
        return False
    record(
        session,
        at=now,
        action="mailing.sent",
        march_id=march.id,
        account_id=by.id,
        subject="mailing",
        subject_id=mailing.id,
        letters=reach.letters,
    )
    return True


def letter_to(
    session: Session, mailing: Mailing, march: March, addressee: Addressee, *, now: datetime, is_real: bool
) -> Message:
    """Return the letter for one addressee, in a language that it is written in.

    Only a real one gets a link: one to look at shows where it will stand.
    """
    language = language_for(mailing, addressee)
    subject, text = mailing.subject[language], mailing.text[language]
    link = link_of(session, addressee.owner, now=now) if is_real and "{link}" in text else None
    with force_locale(language):
        words = {
            "name": addressee.name,
            "people": ", ".join(person.name for person in addressee.people),
            "march": local(march.name),
            "link": messages.link_to(
                "registration.confirmation", token=link.mark if link else "private-link"
            ),
        }
    return messages.compose(
        template="mailing",
        recipient=addressee.address,
        language=language,
        now=now,
        march_id=march.id,
        party_id=addressee.people[0].party_id,
        participant_id=addressee.owner.id if addressee.owner is addressee.people[0] else None,
        mailing_id=mailing.id,
        link=link,
        march=march,
        words=fill(subject, words),
        text=fill(text, words),
    )


def language_for(mailing: Mailing, addressee: Addressee) -> str:
    """Return the reader's language, or the first that the letter is written in."""
    return addressee.language if addressee.language in mailing.text else next(iter(mailing.text))


def fill(text: str, words: Mapping[str, str]) -> str:
    """Put words in the place of {name} and the like, once: what they hold is left as it is.

    >>> fill("Hello {name}, {other}", {"name": "{name}"})
    'Hello {name}, {other}'
    """
    return A_PLACEHOLDER.sub(lambda found: words.get(found[1], found[0]), text)


def unknown_placeholders(text: str) -> list[str]:
    return [word for word in A_PLACEHOLDER.findall(text) if word not in PLACEHOLDERS]
