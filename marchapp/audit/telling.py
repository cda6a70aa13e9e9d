"""Events as coordinators read them: who did what to whom, from where, and what it changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.deeds import FIELDS, reason_of, sentence
from marchapp.models import Account, AuditEvent, March, Participant


@dataclass(frozen=True)
class Deed:
    """One event in words; `url` leads to whom or what it is about."""

    at: datetime
    who: str
    sentence: str
    about: str
    url: str
    reason: str
    changes: tuple[tuple[str, str, str], ...]  # what, before, after; both empty where it is secret
    address: str


def told(session: Session, march: March, events: Iterable[AuditEvent]) -> list[Deed]:
    """Put events into words, with two queries for all names."""
    events = list(events)
    people = _people(session, {event.subject_id for event in events if event.subject == "participant"})
    accounts = {event.account_id for event in events} | {
        event.subject_id for event in events if event.subject == "account"
    }
    names = dict(session.execute(select(Account.id, Account.name).where(Account.id.in_(accounts))).all())
    return [_deed(march, event, people, names) for event in events]


def _people(session: Session, ids: set[int | None]) -> dict[int, Any]:
    columns = (Participant.id, Participant.given_name, Participant.family_name, Participant.registered_at)
    return {row.id: row for row in session.execute(select(*columns).where(Participant.id.in_(ids)))}


def _deed(march: March, event: AuditEvent, people: Mapping[int, Any], names: Mapping[int, str]) -> Deed:
    about, url = _about(march, event, people, names)
    details = event.details
    return Deed(
        at=event.at,
        who=names.get(event.account_id or 0, ""),
        sentence=sentence(event.action),
        about=about,
        url=url,
        reason=reason_of(details),
        changes=tuple(_changes(details)),
        address=event.address,
    )


def _about(
    march: March, event: AuditEvent, people: Mapping[int, Any], names: Mapping[int, str]
) -> tuple[str, str]:
    match event.subject:
        case "participant":
            person = people.get(event.subject_id or 0)
            # SQLite gives the number of a row that was merged away to the next one.
            if person is None or event.at < person.registered_at:
                return _("Somebody who is not listed any more"), ""
            url = url_for("registration.participant_history", participant_id=person.id)
            return f"{person.given_name} {person.family_name}", url
        case "account":
            return names.get(event.subject_id or 0, ""), ""
        case "stage":
            stage = next((stage for stage in march.stages if stage.id == event.subject_id), None)
            if stage is None:
                return "", ""
            url = url_for("marches.stage", slug=march.slug, number=stage.number)
            return _("Stage %(number)s", number=stage.number), url
        case "group":
            where = {"group": event.facts.get("number"), "stage": event.facts.get("stage")}
            return _("Group %(group)s of stage %(stage)s", **where), ""
    return "", ""


def _changes(details: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    before, after = details.get("before") or {}, details.get("after") or {}
    if not isinstance(before, Mapping):  # the party that somebody left, and the one joined
        yield _("Party"), str(before), str(after)
        return
    for name in details.get("changed", ()):
        yield str(FIELDS.get(name, name)), _plain(before.get(name)), _plain(after.get(name))


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_plain(one)}" for name, one in value.items() if one)
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value)
    return "" if value is None else str(value)
