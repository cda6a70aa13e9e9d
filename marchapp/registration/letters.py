"""The letters that signing up causes, each in the language of whoever gets it."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from marchapp.mail import messages
from marchapp.mail.calendar import Method, enclosed, entered_by
from marchapp.models import Erasing, Guardian, Message, Participant, Party, PrivateLink, Stage, Standing
from marchapp.models.link import lasting_link, link_of
from marchapp.registration.own.standing import Missing, missing_papers


def received(
    session: Session, party: Party, people: Collection[Participant], *, link: PrivateLink, now: datetime
) -> None:
    """Tell the contact that the party is signed up: who has a place and who waits.

    People with an address of their own get a letter of their own.
    """
    roll = Roll.of(people)
    _write(
        session,
        "received" if roll.placed else "waiting",
        _contact(party, link),
        now=now,
        roll=roll,
        publishes=roll,
    )
    _give_own_links(session, party, people, now=now)


def changed(session: Session, party: Party, people: Collection[Participant], *, now: datetime) -> None:
    """Tell the contact that people were added to the party, changed, or restored.

    Those with an address of their own are told how they stand, or get their own link where they have none.
    """
    contact = _contact(party, link_of(session, party, now=now))
    _write_changed(session, contact, Roll.of(_who_is_left(session, party)), people, now=now)
    welcomed = _give_own_links(session, party, people, now=now)
    for person in people:
        if _has_own_reader(person) and person not in welcomed:
            own = _own(person, link_of(session, person, now=now))
            _write_changed(session, own, Roll.of([person]), [person], now=now)


def cancelled(session: Session, participant: Participant, *, now: datetime) -> None:
    """Tell the contact, and the participant, that somebody is not signed up any more."""
    party = participant.party
    left = Roll.of(_who_is_left(session, party))
    contact = _contact(party, link_of(session, party, now=now) if left.people else None)
    write = partial(_write, session, "cancelled", now=now, person=participant)
    write(contact, roll=left, cancels=_walked_alone(participant, left))
    if _has_own_reader(participant):
        write(_own(participant, None), roll=Roll.of(()), cancels=_stages_of([participant]))


def erased(session: Session, participant: Participant, *, is_last: bool, now: datetime) -> None:
    """Tell the contact, and the participant, that the data are erased.

    Written while the name is there still; once sent, these letters go the same way. `is_last` where nobody
    else of the party is left.
    """
    left = Roll.of(_who_is_left(session, participant.party))
    write = partial(_write, session, "erased", now=now, person=participant, is_last=is_last)
    words = Erasing.ALL if is_last else Erasing.WORDS
    write(_contact(participant.party, None), cancels=_walked_alone(participant, left), erasing=words)
    if _has_own_reader(participant):
        write(_own(participant, None), cancels=_stages_of([participant]), erasing=Erasing.ALL)


def promoted(session: Session, people: Collection[Participant], *, now: datetime) -> None:
    """Tell each party who of it has got a place from the line."""
    by_party: dict[Party, list[Participant]] = {}
    for person in people:
        by_party.setdefault(person.party, []).append(person)
    for theirs in by_party.values():
        for reader, about in _readers(session, theirs, now=now):
            roll = Roll.of(about)
            _write(session, "promoted", reader, now=now, roll=roll, publishes=roll)


def consent_asked(session: Session, guardian: Guardian, *, link: PrivateLink, now: datetime) -> None:
    """Ask a guardian for consent, with a link of the guardian's own; without an address, on paper."""
    if guardian.email:
        child = guardian.participant
        roll = Roll.of([child])
        _write(session, "consent_asked", _guardian(guardian, link), now=now, person=child, roll=roll)


def consent_reminder(
    session: Session, guardian: Guardian, *, number: int, link: PrivateLink, now: datetime
) -> None:
    """Remind a guardian, for the first or the second time, until when the place is held."""
    if guardian.email:
        child = guardian.participant
        until = f"{child.place_held_until:%Y%m%d}" if child.place_held_until else "any"
        _write(
            session,
            "consent_reminder",
            _guardian(guardian, link),
            now=now,
            only_once=f"consent-reminder {guardian.id} {until} {number}",
            person=child,
            roll=Roll.of([child]),
            number=number,
        )


def paper_missing(session: Session, party: Party, people: Collection[Participant], *, now: datetime) -> None:
    """Remind the contact of consents that are given on paper, for want of the guardians' addresses."""
    contact = _contact(party, link_of(session, party, now=now))
    _write(session, "paper_missing", contact, now=now, people=people, roll=Roll.of(people))


def confirmed(session: Session, participant: Participant, *, now: datetime) -> None:
    """Tell the contact, and the participant, that all consents that are needed are there."""
    roll = Roll.of([participant])
    closed = [stage for stage in roll.stages if stage.crosses_border and not participant.may_cross_border]
    for reader, _about in _readers(session, [participant], now=now):
        _write(
            session,
            "confirmed",
            reader,
            now=now,
            person=participant,
            roll=roll,
            closed=closed,
            publishes=roll,
        )


def place_lost(session: Session, participant: Participant, *, now: datetime) -> None:
    """Tell the contact, and the participant, that a place was given on for want of consents."""
    left = Roll.of(_who_is_left(session, participant.party))
    for reader, _about in _readers(session, [participant], now=now):
        stages = _walked_alone(participant, left) if reader.is_contact else _stages_of([participant])
        _write(session, "place_lost", reader, now=now, person=participant, cancels=stages)


def document_expires(session: Session, participant: Participant, *, now: datetime) -> None:
    """Tell the contact, and the participant, which documents expire before the crossing."""
    crossings = [stage for stage in _stages_of([participant]) if stage.crosses_border]
    if not crossings:
        return
    documents = [one for one in participant.documents if one.expires_on < crossings[-1].day]
    for reader, _about in _readers(session, [participant], now=now) if documents else ():
        which = " ".join(f"{one.kind} {one.expires_on:%Y%m%d}" for one in documents)
        _write(
            session,
            "document_expires",
            reader,
            now=now,
            only_once=f"document {participant.id} {'contact' if reader.is_contact else 'own'} {which}",
            person=participant,
            documents=documents,
            crossing=crossings[-1],
        )


def link_again(session: Session, party: Party, *, link: PrivateLink, now: datetime) -> None:
    """Send the contact a private link once more."""
    _write(session, "link_again", _contact(party, link), now=now)


def link_moved(session: Session, party: Party, *, link: PrivateLink, now: datetime) -> None:
    """Send the contact's new address a new link: those that went to the old one are closed."""
    _write(session, "link_moved", _contact(party, link), now=now)


def own_link(session: Session, participant: Participant, *, link: PrivateLink, now: datetime) -> None:
    """Send a participant the link of the own page."""
    roll = Roll.of([participant])
    reader = _own(participant, link)
    _write(session, "own_link", reader, now=now, person=participant, roll=roll, publishes=roll)


@dataclass(frozen=True)
class Reader:
    """Who gets a letter, in which language, and with which private link."""

    name: str
    address: str
    language: str
    party: Party
    participant: Participant | None = None
    guardian: Guardian | None = None
    link: PrivateLink | None = None

    @property
    def is_contact(self) -> bool:
        return self.participant is None and self.guardian is None


@dataclass(frozen=True)
class Roll:
    """How people stand, as a letter names them.

    `stages` are those that somebody walks; `fewer` holds the numbers of the stages of who does not walk all
    of them, by the person's id. `undecided` lack consents, and `held_until` is when the first place is lost.
    """

    people: list[Participant]
    placed: list[Participant]
    waiting: list[Participant]
    undecided: list[Participant]
    held_until: datetime | None
    stages: list[Stage]
    fewer: dict[int, list[int]]

    @cached_property
    def papers(self) -> list[tuple[Participant, list[Missing]]]:
        """Those who lack what the border asks for, with what that is; their papers are read for it."""
        return [(person, found) for person in self.people if (found := list(missing_papers(person)))]

    @classmethod
    def of(cls, people: Iterable[Participant]) -> "Roll":
        people = [person for person in people if person.standing != Standing.CANCELLED]
        stages = _stages_of(people)
        undecided = [person for person in people if not person.may_take_part]
        return cls(
            people=people,
            placed=[person for person in people if person.standing == Standing.PLACED],
            waiting=[person for person in people if person.standing == Standing.WAITING],
            undecided=undecided,
            held_until=min((one.place_held_until for one in undecided if one.place_held_until), default=None),
            stages=stages,
            fewer={
                person.id: [stage.number for stage in _stages_of([person])]
                for person in people
                if len(person.entries) < len(stages)
            },
        )


def _stages_of(people: Collection[Participant]) -> list[Stage]:
    walked = {entry.stage_id for person in people for entry in person.entries}
    return [stage for stage in next(iter(people)).march.stages if stage.id in walked] if people else []


def _walked_alone(participant: Participant, left: Roll) -> list[Stage]:
    """Return the stages that nobody else of the party walks: the contact's calendar keeps the others."""
    kept = _stages_of([person for person in left.placed if person is not participant])
    return [stage for stage in _stages_of([participant]) if stage not in kept]


def _who_is_left(session: Session, party: Party) -> list[Participant]:
    session.flush()
    query = select(Participant).where(
        Participant.party_id == party.id, Participant.standing != Standing.CANCELLED
    )
    return list(session.scalars(query.options(selectinload(Participant.entries)).order_by(Participant.id)))


def _contact(party: Party, link: PrivateLink | None) -> Reader:
    return Reader(party.contact_name, party.contact_email, party.language, party, link=link)


def _guardian(guardian: Guardian, link: PrivateLink) -> Reader:
    child = guardian.participant
    return Reader(
        guardian.name, guardian.email, guardian.language, child.party, child, guardian=guardian, link=link
    )


def _own(participant: Participant, link: PrivateLink | None) -> Reader:
    address, language = participant.mailbox, participant.language
    return Reader(participant.given_name, address, language, participant.party, participant, link=link)


def _has_own_reader(participant: Participant) -> bool:
    """Tell whether a participant gets letters beside the contact: one of several, with another address."""
    party = participant.party
    return not party.is_one_person and participant.email.casefold() not in (
        "",
        party.contact_email.casefold(),
    )


def _readers(
    session: Session, people: list[Participant], *, now: datetime
) -> Iterator[tuple[Reader, list[Participant]]]:
    """Yield who is to know of something about people of one party, and of whom each."""
    party = people[0].party
    yield _contact(party, link_of(session, party, now=now)), people
    for person in people:
        if _has_own_reader(person):
            yield _own(person, link_of(session, person, now=now)), [person]


def _give_own_links(
    session: Session, party: Party, people: Collection[Participant], *, now: datetime
) -> list[Participant]:
    """Send everybody with an own address the own link who has none yet; return who."""
    with_address = [person for person in people if _has_own_reader(person)]
    if not with_address:
        return []
    theirs = PrivateLink.participant_id.in_([person.id for person in with_address])
    have_one = set(session.scalars(select(PrivateLink.participant_id).where(theirs)))
    welcomed = [person for person in with_address if person.id not in have_one]
    for person in welcomed:
        own_link(session, person, link=lasting_link(session, person, now=now), now=now)
    return welcomed


def _write_changed(
    session: Session, reader: Reader, roll: Roll, new: Collection[Participant], *, now: datetime
) -> None:
    """Write how all stand now; stages that nobody walks any more are struck out of the calendar."""
    earlier = select(Message.calendar).where(
        Message.party_id == reader.party.id, Message.recipient == reader.address
    )
    entered = entered_by(session.scalars(earlier.order_by(Message.id)))
    struck = entered - {stage.id for stage in _stages_of(roll.placed)}
    _write(session, "changed", reader, now=now, roll=roll, new=new, publishes=roll, struck=struck)


def _write(
    session: Session,
    template: str,
    reader: Reader,
    *,
    now: datetime,
    only_once: str | None = None,
    publishes: Roll | None = None,
    cancels: Iterable[Stage] = (),
    struck: Collection[int] = (),
    **values: Any,
) -> None:
    """Write a letter; `publishes` or `cancels`, and `struck`, are for the reader's calendar."""
    stages = _stages_of(publishes.placed) if publishes else ()
    messages.write(
        session,
        template=template,
        recipient=reader.address,
        language=reader.language,
        now=now,
        march_id=reader.party.march_id,
        party_id=reader.party.id,
        participant_id=reader.participant.id if reader.participant else None,
        link=reader.link,
        calendar=enclosed(Method.PUBLISH, stages, struck=struck) or enclosed(Method.CANCEL, cancels),
        only_once=only_once,
        reader=reader,
        march=reader.party.march,
        party=reader.party,
        **values,
    )
