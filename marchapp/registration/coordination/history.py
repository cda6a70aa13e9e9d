"""What happened to somebody's sign-up, in words: acts, changes and letters."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from flask import current_app, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Text, and_, cast, or_, select
from sqlalchemy.orm import Session

from marchapp.access import participant_for_coordinator
from marchapp.deeds import reason_of, sentence
from marchapp.extensions import db
from marchapp.i18n import country, day, language
from marchapp.models import (
    Account,
    AuditEvent,
    Category,
    DocumentKind,
    Group,
    March,
    Message,
    Participant,
)
from marchapp.registration.coordination.columns import COLUMNS, shown
from marchapp.registration.words import CATEGORIES, DOCUMENTS

PEOPLE_MOVED = "people.moved"  # what the groups of a stage record
OF_ANSWERS = {
    "documents": _l("Documents"),
    "guardians": _l("Guardians"),
    "health_notes": _l("Notes on health"),
    "notarised": _l("Consent confirmed by a notary"),
    "stages": _l("Stages"),
}


@dataclass(frozen=True)
class Change:
    """An answer before and after; empty where it is kept encrypted."""

    heading: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """One thing that happened, who did it and why, and what it changed."""

    at: datetime
    sentence: str
    by: str
    reason: str
    changes: tuple[Change, ...] = ()


def participant_history(participant_id: int) -> str:
    person = participant_for_coordinator(participant_id, even_erased=True)
    return render_template(
        "registration/coordination/history.html",
        march=person.march,
        participant=person,
        entries=entries_of(db.session, person),
        letters=letters_of(db.session, person),
        sends_mail=bool(current_app.config["MAIL_SERVER"]),
    )


def entries_of(session: Session, person: Participant) -> list[Entry]:
    """Return what happened to a person, to those merged into it, and to its party, the latest first."""
    lives = lives_of(session, person)
    of_people = (
        (AuditEvent.subject == "participant") & (AuditEvent.subject_id == id_) & AuditEvent.at.between(*times)
        for id_, times in lives.items()
    )
    of_party = (AuditEvent.subject == "party") & (AuditEvent.subject_id == person.party_id)
    moves = (moves_of(person.march, id_) & AuditEvent.at.between(*times) for id_, times in lives.items())
    query = (
        select(AuditEvent, Account.name)
        .outerjoin(Account, Account.id == AuditEvent.account_id)
        .where(AuditEvent.march_id == person.march_id, or_(*of_people, of_party, *moves))
        .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
    )
    rows = session.execute(query).all()
    numbers = group_numbers(session, [event for event, _by in rows if event.action == PEOPLE_MOVED])
    return [_entry(person.march, event, by, lives.keys(), numbers) for event, by in rows]


def moves_of(march: March, participant_id: int) -> ColumnElement[bool]:
    """Return the condition that somebody was moved between groups: changes are [who, from, to]."""
    of_stage = AuditEvent.subject_id.in_([stage.id for stage in march.stages])
    among = cast(AuditEvent.facts, Text).contains(f"[{participant_id}, ", autoescape=True)
    return and_(AuditEvent.subject == "stage", of_stage, AuditEvent.action == PEOPLE_MOVED, among)


def group_numbers(session: Session, moves: Iterable[AuditEvent]) -> dict[int, int]:
    ids = {id_ for event in moves for _who, *places in event.details["changes"] for id_ in places if id_}
    rows = session.execute(select(Group.id, Group.number).where(Group.id.in_(ids)))
    return dict(rows.all())


def letters_of(session: Session, person: Participant) -> list[Message]:
    """Return the letters about a person and to the contact of its party, the latest first."""
    theirs = or_(
        Message.participant_id == person.id,
        and_(Message.party_id == person.party_id, Message.participant_id.is_(None)),
    )
    query = select(Message).where(Message.march_id == person.march_id, theirs)
    return list(session.scalars(query.order_by(Message.created_at.desc(), Message.id.desc())))


def lives_of(session: Session, person: Participant) -> dict[int, tuple[datetime, datetime]]:
    """Return the numbers that were a person's, with when: SQLite gives the number of a deleted row again."""
    always = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    lives = {person.id: (person.registered_at, always[1])}
    new = [person.id]
    while new:
        merged = session.scalars(
            select(AuditEvent).where(
                AuditEvent.action == "participant.merged",
                AuditEvent.subject == "participant",
                AuditEvent.subject_id.in_(new),
                AuditEvent.at >= person.registered_at,
            )
        )
        found = {event.details["merged"]: (always[0], event.at) for event in merged}
        new = [id_ for id_ in found if id_ not in lives]
        lives = found | lives
    return lives


def _entry(
    march: March, event: AuditEvent, by: str | None, ids: Collection[int], numbers: Mapping[int, int]
) -> Entry:
    details = event.details
    return Entry(
        event.at,
        _move(march, event, ids, numbers) if event.action == PEOPLE_MOVED else sentence(event.action),
        by or "",
        reason_of(details),
        () if event.action == PEOPLE_MOVED else tuple(_changes(march, details)),
    )


def _move(march: March, event: AuditEvent, ids: Collection[int], numbers: Mapping[int, int]) -> str:
    """Say into which group of which stage somebody was moved; groups that are gone have no number."""
    stage = next((stage.number for stage in march.stages if stage.id == event.subject_id), 0)
    goal = next((to_id for who, _from_id, to_id in event.details["changes"] if who in ids), None)
    if goal is None:
        return _("Taken out of the group on stage %(stage)s.", stage=stage)
    number = numbers.get(goal)
    if number is None:
        return _("Moved to a group on stage %(stage)s that is gone.", stage=stage)
    return _("Moved to group %(number)s on stage %(stage)s.", number=number, stage=stage)


def _changes(march: March, details: dict[str, Any]) -> Iterable[Change]:
    before, after = details.get("before", {}), details.get("after", {})
    if isinstance(before, str):  # the party that somebody left, and the one joined
        yield Change(_("Party"), before, str(after))
        return
    for name in details.get("changed", ()):
        column = COLUMNS.get(name)
        heading = str(OF_ANSWERS.get(name) or (column.heading if column else name))
        yield Change(heading, _words(march, name, before.get(name)), _words(march, name, after.get(name)))


def _words(march: March, name: str, value: Any) -> str:
    """Write a recorded answer as people read it."""
    if value in (None, "", [], False):
        return ""
    match name:
        case "category":
            return str(CATEGORIES[Category(value)])
        case "birth_date":
            return day(date.fromisoformat(value))
        case "country":
            return country(value)
        case "language":
            return language(value)
        case "spoken_languages":
            return ", ".join(map(language, value))
        case "stages":
            numbers = {stage.id: stage.number for stage in march.stages}
            return ", ".join(str(numbers[id_]) for id_ in value if id_ in numbers)
        case "guardians":
            return "; ".join(", ".join(part for part in guardian if part) for guardian in value)
        case "documents":
            return "; ".join(
                f"{DOCUMENTS[DocumentKind(kind)]}, {country(issued_by)}, {day(date.fromisoformat(expires))}"
                for kind, issued_by, expires in value
            )
        case "notarised":
            first, last, states = value
            return f"{day(date.fromisoformat(first))} – {day(date.fromisoformat(last))}, {states}"
    return shown(value, march.time_zone)
