"""What was done about somebody, and which letters there were."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marchapp.models import Account, AuditEvent, Message, Participant
from marchapp.registration.coordination.history import PEOPLE_MOVED, group_numbers, lives_of, moves_of
from marchapp.registration.own.plain import plain

OF_LETTER = ("kind", "recipient", "language", "created_at", "sent_at", "failed_at")
# Who looked into the notes is said by name, as one may ask of a doctor's journal, too.
NAMED = ("participant.health_notes_opened",)


def letters_to(session: Session, participant: Participant) -> list[dict[str, Any]]:
    """Return the letters to the person or about the person alone, and when others went to the whole party.

    What a letter to several says is about the others, too.
    """
    is_own = Message.participant_id == participant.id
    if participant.party.is_one_person:
        is_own |= Message.party_id == participant.party_id
    of_party = Message.participant_id.is_(None) & (Message.party_id == participant.party_id)
    query = select(Message, is_own).where(or_(is_own, of_party)).order_by(Message.id)
    return [
        plain(letter, (*OF_LETTER, "subject", "text"))
        if own
        else plain(letter, ("kind", "created_at", "sent_at")) | {"to": "the party"}
        for letter, own in session.execute(query)
    ]


def acts_about(session: Session, participant: Participant, *, to_be_read: bool) -> list[dict[str, Any]]:
    """Return what was done about somebody, and about who was merged into this sign-up, the first first."""
    lives, march_id = lives_of(session, participant), participant.march_id
    about = [
        (AuditEvent.subject == "participant") & (AuditEvent.subject_id == id_) & AuditEvent.at.between(*times)
        for id_, times in lives.items()
    ]
    if participant.party.is_one_person:
        about.append((AuditEvent.subject == "party") & (AuditEvent.subject_id == participant.party_id))
    moves = [moves_of(participant.march, id_) & AuditEvent.at.between(*times) for id_, times in lives.items()]
    query = (
        select(AuditEvent, Account)
        .outerjoin(Account, Account.id == AuditEvent.account_id)
        .where(AuditEvent.march_id == march_id, or_(*about, *moves))
        .order_by(AuditEvent.at, AuditEvent.id)
    )
    rows = session.execute(query).all()
    numbers = group_numbers(session, [event for event, _by in rows if event.action == PEOPLE_MOVED])
    return [
        plain(event, ("at", "action"))
        | {"by": _who(account, march_id)}
        | (
            _moves(event, lives, numbers)
            if event.action == PEOPLE_MOVED
            else _details(event, account, to_be_read=to_be_read)
        )
        for event, account in rows
    ]


def _moves(event: AuditEvent, lives: Collection[int], numbers: Mapping[int, int]) -> dict[str, Any]:
    """Say from which group to which somebody was moved; the same event tells of others, too."""
    theirs = [places for who, *places in event.details["changes"] if who in lives]
    return {
        "moves": [
            {"from_group": numbers.get(before), "to_group": numbers.get(after)} for before, after in theirs
        ]
    }


def _who(account: Account | None, march_id: int) -> str:
    """Say in which role somebody acted, by the roles that they hold now."""
    if account is None:
        return "the person, a guardian, the contact or the program"
    roles = {held.role.value for held in account.appointments if held.march_id == march_id}
    return ", ".join(sorted(roles)) or "somebody who has no role any more"


def _details(event: AuditEvent, account: Account | None, *, to_be_read: bool) -> dict[str, Any]:
    details = event.details
    said: dict[str, Any] = {
        name: details[name] for name in ("why", "changed", "before", "after") if name in details
    }
    if account and event.action in NAMED:
        said["name"] = account.name
    if to_be_read:
        said |= {"reason": details["reason"]} if details.get("reason") else {}
        said |= {"address": event.address} if event.address and account is None else {}
    return said
