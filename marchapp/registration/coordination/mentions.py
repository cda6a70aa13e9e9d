"""Where somebody is named besides the own rows: in the log, and in letters to many and to others."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from marchapp.models import AuditEvent, Mailing, Message, Participant
from marchapp.models.audit import take_personal_out
from marchapp.models.names import folded_words, without_names

SHORTEST = 4  # letters of what is looked for: shorter ones stand in many words


def names_of(person: Participant, events: Iterable[AuditEvent]) -> list[str]:
    """Return what tells that a text is about somebody, the longest first; not what others use, too.

    `events` are those about the person, the latest first: they hold earlier names.
    """
    shared = {person.party.contact_email.lower(), person.party.contact_phone}
    names = {person.reference}
    for was in _as_it_was(person, events):
        given, family = was["given_name"], was["family_name"]
        names |= {f"{given} {family}", f"{family} {given}", f"{family}, {given}", was["native_name"]}
        names |= {reach for reach in (was["email"], was["phone"]) if reach and reach.lower() not in shared}
    return sorted((name for name in names if len(name) >= SHORTEST), key=len, reverse=True)


def _as_it_was(person: Participant, events: Iterable[AuditEvent]) -> Iterator[dict[str, str]]:
    """Yield what somebody is called and reached by, now and before each change."""
    columns = ("given_name", "family_name", "native_name", "email", "phone")
    was = {name: getattr(person, name) or "" for name in columns}
    yield was
    for event in events:
        before = event.details.get("before")
        if isinstance(before, dict) and (known := before.keys() & was.keys()):
            was = was | {name: str(before[name] or "") for name in known}
            yield was


def is_named_in(letter: type[Message], names: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a letter names somebody."""
    return or_(
        *(text.contains(name, autoescape=True) for text in (letter.subject, letter.text) for name in names)
    )


def forget_in_log(session: Session, march_id: int, names: Sequence[str]) -> None:
    """Take what names people out of the events that name somebody, whatever they are about."""
    take_personal_out(session, AuditEvent.march_id == march_id, _holds(AuditEvent.personal, names))


def forget_in_letters_to_many(session: Session, march_id: int, names: Sequence[str], reference: str) -> None:
    """Take names out of letters to many, and out of the search that says to whom they go."""
    columns = (Mailing.subject, Mailing.text)
    holds = or_(*(_holds(column, names) for column in columns), cast(Mailing.selection, Text).contains('"q"'))
    for mailing in session.scalars(select(Mailing).where(Mailing.march_id == march_id, holds)):
        mailing.subject = {code: without_names(text, names) for code, text in mailing.subject.items()}
        mailing.text = {code: without_names(text, names) for code, text in mailing.text.items()}
        if _searches(str(mailing.selection.get("q", "")), names):
            mailing.selection = mailing.selection | {"q": reference}  # whom it went to, and nobody else


def _searches(text: str, names: Sequence[str]) -> bool:
    typed = set(folded_words(text))
    return any(set(folded_words(name)) <= typed for name in names)


def _holds(column: InstrumentedAttribute[Any], names: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that JSON holds a name, as the database keeps it: without letters but English."""
    return or_(*(cast(column, Text).contains(way, autoescape=True) for way in _as_json(names)))


def _as_json(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield from dict.fromkeys((json.dumps(name)[1:-1], name))
