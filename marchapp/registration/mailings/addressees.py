"""Who gets a letter to many: one letter for each mailbox of a party, whoever of it shares it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session, joinedload, load_only

from marchapp.models import March, Participant, Party
from marchapp.registration.coordination.listing import Selection, select_ids, select_people

MAILBOX = func.lower(case((Participant.email == "", Party.contact_email), else_=Participant.email))
LANGUAGE = case((func.lower(Party.contact_email) == MAILBOX, Party.language), else_=Participant.language)
IS_THERE = Participant.erased_at.is_(None)

ONLY_NAMES = load_only(
    Participant.party_id,
    Participant.march_id,
    Participant.given_name,
    Participant.family_name,
    Participant.email,
    Participant.language,
)


@dataclass(frozen=True)
class Reach:
    """How many people a letter is about, and how many letters that makes."""

    people: int
    letters: int


@dataclass(frozen=True)
class Addressee:
    """A mailbox, and the people of one party whose letter goes there."""

    name: str
    address: str
    language: str
    owner: Party | Participant
    people: list[Participant] = field(default_factory=list)


def reach_of(session: Session, march: March, selection: Selection) -> Reach:
    """Count the people of a selection and their mailboxes, in one pass over them."""
    people = _chosen(session, march, selection)
    of_mailbox = people.with_only_columns(func.count().label("people")).join_from(Participant, Party)
    mailboxes = of_mailbox.group_by(Participant.party_id, MAILBOX).subquery()
    counts = select(func.coalesce(func.sum(mailboxes.c.people), 0), func.count()).select_from(mailboxes)
    return Reach(*map(int, session.execute(counts).one()))


def one_of_each_language(session: Session, march: March, selection: Selection) -> list[Addressee]:
    """Return the first addressee of each language."""
    people = _chosen(session, march, selection)
    of_each = people.with_only_columns(func.min(Participant.party_id)).join_from(Participant, Party)
    parties = list(session.scalars(of_each.group_by(LANGUAGE)))
    first: dict[str, Addressee] = {}
    for addressee in addressees_in(session, march, selection, parties):
        first.setdefault(addressee.language, addressee)
    return list(first.values())


def next_parties(
    session: Session, march: March, selection: Selection, *, after_id: int, most: int
) -> list[int]:
    """Return the ids of the next parties with people of the selection, in order."""
    parties = _chosen(session, march, selection).with_only_columns(Participant.party_id).distinct()
    following = parties.where(Participant.party_id > after_id).order_by(Participant.party_id)
    return list(session.scalars(following.limit(most)))


def addressees_in(
    session: Session, march: March, selection: Selection, party_ids: list[int]
) -> Iterator[Addressee]:
    """Yield who of these parties gets a letter."""
    people = select_people(session, march, selection).where(Participant.party_id.in_(party_ids), IS_THERE)
    in_order = people.order_by(None).order_by(Participant.party_id, Participant.id)
    yield from _by_mailbox(session.scalars(in_order.options(joinedload(Participant.party), ONLY_NAMES)))


def _chosen(session: Session, march: March, selection: Selection) -> Select[Any]:
    return select_ids(session, march, selection).where(IS_THERE).order_by(None)


def _by_mailbox(people: Iterable[Participant]) -> Iterator[Addressee]:
    found: dict[tuple[int, str], Addressee] = {}
    for person in people:
        key = (person.party_id, person.mailbox.lower())
        if key not in found:
            found[key] = _addressee(person)
        found[key].people.append(person)
    yield from found.values()


def _addressee(person: Participant) -> Addressee:
    party, address = person.party, person.mailbox
    if party.is_one_person or address.lower() == party.contact_email.lower():
        return Addressee(party.contact_name, address, party.language, party)
    return Addressee(person.given_name, address, person.language, person)
