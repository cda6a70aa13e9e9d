"""Who gets a letter to many: one letter for each mailbox of a party, whoever of it shares it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session, joinedload

from marchapp.models import March, Participant, Party
from marchapp.registration.coordination.listing import Selection, select_ids

MAILBOX = func.lower(case((Participant.email == "", Party.contact_email), else_=Participant.email))
LANGUAGE = case((func.lower(Party.contact_email) == MAILBOX, Party.language), else_=Participant.language)


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
    """Count the people of a selection and their mailboxes."""
    chosen = _chosen(session, march, selection)
    mailboxes = select(Participant.party_id, MAILBOX).join(Party).where(Participant.id.in_(chosen)).distinct()
    people = session.scalar(select(func.count()).select_from(chosen.subquery()))
    return Reach(people or 0, session.scalar(select(func.count()).select_from(mailboxes.subquery())) or 0)


def one_of_each_language(session: Session, march: March, selection: Selection) -> list[Addressee]:
    """Return the first addressee of each language."""
    query = (
        select(func.min(Participant.party_id))
        .join(Party)
        .where(Participant.id.in_(_chosen(session, march, selection)))
        .group_by(LANGUAGE)
    )
    first: dict[str, Addressee] = {}
    for addressee in addressees_in(session, march, selection, list(session.scalars(query))):
        first.setdefault(addressee.language, addressee)
    return list(first.values())


def next_parties(
    session: Session, march: March, selection: Selection, *, after_id: int, most: int
) -> list[int]:
    """Return the ids of the next parties with people of the selection, in order."""
    chosen = Participant.id.in_(_chosen(session, march, selection))
    query = select(Participant.party_id).distinct().where(chosen, Participant.party_id > after_id)
    return list(session.scalars(query.order_by(Participant.party_id).limit(most)))


def addressees_in(
    session: Session, march: March, selection: Selection, party_ids: list[int]
) -> Iterator[Addressee]:
    """Yield who of these parties gets a letter."""
    query = (
        select(Participant)
        .where(Participant.party_id.in_(party_ids), Participant.id.in_(_chosen(session, march, selection)))
        .options(joinedload(Participant.party))
        .order_by(Participant.party_id, Participant.id)
    )
    yield from _by_mailbox(session.scalars(query))


def _chosen(session: Session, march: March, selection: Selection) -> Select[int]:
    ids = select_ids(session, march, selection)
    return ids.order_by(None)


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
