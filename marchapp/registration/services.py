"""Sign a party up, change it and reduce it: its people, their places and the letters, all or nothing."""

import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, delete, select, tuple_
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session, object_session, selectinload

from marchapp.models import (
    Account,
    Guardian,
    March,
    Membership,
    NotarisedConsent,
    Participant,
    Party,
    PrivateLink,
    StageEntry,
    Standing,
    TravelDocument,
)
from marchapp.models.audit import difference, record
from marchapp.models.link import close_links, last_day_of_links, link_of, new_link
from marchapp.models.names import name_key
from marchapp.models.quota import places_changed
from marchapp.registration import letters, places
from marchapp.registration.consent import services as consent
from marchapp.registration.consent.links import revoke_links
from marchapp.registration.noting import note
from marchapp.registration.own.lost_link import send_link
from marchapp.registration.people import PartyAnswers, Person, contact_of
from marchapp.registration.room import NotEnoughPlaces, Room

# Letters and figures that nobody mistakes for each other on the phone: no I and 1, no O and 0, no U and V.
CONTACT = ("name", "contact_name", "contact_email", "contact_phone", "language")  # of a party
REFERENCE_SIGNS = "ABCDEFGHJKLMNPQRSTWXYZ23456789"


class NotSignedUp(Exception):
    """Why a sign-up was not taken; the session then holds nothing of the attempt."""


class SignUpClosed(NotSignedUp):
    """The march does not take sign-ups now."""


class CategoryClosed(NotSignedUp):
    """The march has no places at all for somebody's category."""


class AlreadySignedUp(NotSignedUp):
    """Somebody of the same name and birth date is registered for the march; `people` says who."""

    def __init__(self, people: Collection[Person] = ()) -> None:
        super().__init__(len(people))
        self.people = tuple(people)


def sign_up(
    session: Session,
    *,
    march: March,
    party: PartyAnswers,
    form_key: UUID,
    now: datetime,
    is_list: bool = False,
) -> tuple[Party, PrivateLink]:
    """Sign a party up and write its letters; return it with the contact's private link.

    Everybody gets a place, or stands in line where there are too few. `form_key` names the form as it was
    first opened: the same form sent again for the same people gives the same party and no second letter;
    a list gives the same party whoever of it is sent first. What the session held is rolled back where the
    party is not stored. Raises SignUpClosed, CategoryClosed, AlreadySignedUp.
    """
    key = str(form_key) if is_list else _submission_key(form_key, party.people)
    try:
        room = places.look(session, march)
        if not room.has_plenty_for(party.people):
            room = places.hold(session, march)
        try:
            return _sign_up(session, room, party, key=key, now=now)
        except (NotEnoughPlaces, OperationalError):
            # Others were quicker; or somebody who held the places waited for us, and the database ended one.
            session.rollback()
            return _sign_up(session, places.hold(session, march), party, key=key, now=now)
    except (IntegrityError, SignUpClosed, CategoryClosed) as refusal:
        # Looked up only now: nearly every form comes once, and a new one is stored with a question less.
        session.rollback()
        if sent_before := find_submission(session, march, key):
            return sent_before
        known = [] if isinstance(refusal, NotSignedUp) else known_people(session, march, party.people)
        if known:
            raise AlreadySignedUp(known) from refusal
        raise


def _sign_up(
    session: Session, room: Room, answers: PartyAnswers, *, key: str, now: datetime
) -> tuple[Party, PrivateLink]:
    """Store a new party with its letters, and at the very end its places, which others wait for from then on.

    Raises SignUpClosed, CategoryClosed, NotEnoughPlaces if places that were only looked at are gone.
    """
    march = room.march
    _refuse_if_closed(room, answers.people, now)
    party = _new_party(march, answers, key=key, now=now)
    link = new_link(party, now=now, expires_at=last_day_of_links(march, now), nonce=f"{march.id} {key}")
    people = [_new_participant(party, person, now=now) for person in answers.people]
    session.add(link)
    asked = _store(session, room, people, now=now)
    _tell_of(session, people, asked, now=now)
    letters.received(session, party, people, link=link, now=now)
    places.write_newcomers(session, room, people)
    _hand_on_unlocked(session, march, now=now)
    return party, link


def is_stored(session: Session, *, march: March, party: PartyAnswers, form_key: UUID) -> bool:
    """Tell whether this form has signed the party up before."""
    return find_submission(session, march, _submission_key(form_key, party.people)) is not None


def add_people(
    session: Session, party: Party, people: Iterable[Person], *, now: datetime, by: Account | None = None
) -> list[Participant]:
    """Add people to a party that has signed up before, and write the letters.

    Raises SignUpClosed, CategoryClosed, AlreadySignedUp.
    """
    people = list(people)
    room = places.hold(session, party.march)
    _refuse_if_closed(room, people, now)
    try:
        with session.begin_nested():
            added = [_new_participant(party, person, now=now) for person in people]
            asked = _store(session, room, added, now=now)
            room.write(session)
    except IntegrityError as error:
        if known := known_people(session, party.march, people):
            raise AlreadySignedUp(known) from error
        raise
    _tell_of(session, added, asked, now=now, by=by)
    _hand_on_unlocked(session, party.march, now=now)
    letters.changed(session, party, added, now=now)
    return added


def change_person(
    session: Session,
    participant: Participant,
    person: Person,
    *,
    now: datetime,
    by: Account | None = None,
    reason: str = "",
) -> list[str]:
    """Write new answers about somebody and return the names of what changed.

    New stages or another category need their places: raises NotEnoughPlaces, AlreadySignedUp.
    """
    march = participant.march
    room = _hold_places(session, participant)
    had_place = participant.standing == Standing.PLACED
    before = _answers_of(participant)
    try:
        with session.begin_nested():
            if had_place:
                room.give_back([participant])
            _write(participant, person)
            if participant.party.is_one_person:
                _write_contact(session, participant.party, name="", **contact_of(person), now=now)
            session.flush()
            if had_place:
                room.take_in_turn([participant])
                room.write(session)
    except IntegrityError as error:
        if known := known_people(session, march, [person]):
            raise AlreadySignedUp(known) from error
        raise
    changed = _follow_up(session, participant, before, now=now, by=by, reason=reason)
    if changed:
        letters.changed(session, participant.party, [participant], now=now)
        hand_on_places(session, march, now=now)
    return changed


def change_contact(session: Session, party: Party, *, now: datetime, **contact: str) -> None:
    """Write whom letters about a party of several go to; a new address gets a new private link.

    Whoever of the party had the old address gets the new one, too: mostly it was misspelt once and copied.
    """
    address = party.contact_email
    _write_contact(session, party, now=now, **contact)
    if party.contact_email != address:
        letters.link_moved(session, party, link=link_of(session, party, now=now), now=now)
        for person in party.participants:
            if person.standing != Standing.CANCELLED:
                _move_address(session, person, address, party.contact_email, now=now)


def _move_address(
    session: Session, participant: Participant, address: str, new_address: str, *, now: datetime
) -> None:
    """Write the contact's new address wherever the old one stands with somebody of the party."""
    before = _answers_of(participant)
    everybody: list[Participant | Guardian] = [participant, *participant.guardians]
    for one in everybody:
        if one.email.casefold() == address.casefold():
            one.email = new_address
    session.flush()
    _follow_up(session, participant, before, now=now)


def _follow_up(
    session: Session,
    participant: Participant,
    before: Mapping[str, Any],
    *,
    now: datetime,
    by: Account | None = None,
    reason: str = "",
) -> list[str]:
    """Do what follows when answers have changed: close links, ask anew, record; return what has changed."""
    after = _answers_of(participant)
    changed = sorted(name for name, value in after.items() if before[name] != value)
    if not changed:
        return []
    _leave_groups_of_stages_not_walked(session, participant)
    if "email" in changed:
        close_links(session, participant, now=now)
    _close_links_of_moved(session, participant, before["guardians"], now=now)
    consent.refresh(session, participant, now=now)
    _record(
        session,
        participant,
        "participant.changed",
        now=now,
        by=by,
        changed=changed,
        before={name: recordable(name, before[name]) for name in changed},
        after={name: recordable(name, after[name]) for name in changed},
        reason=reason,
    )
    return changed


def _close_links_of_moved(
    session: Session, child: Participant, before: Iterable[tuple[str, ...]], *, now: datetime
) -> None:
    """Close the links of guardians who have another address now, those that were used, too."""
    addresses = {name: email for name, email, *_rest in before}
    for guardian in child.guardians:
        if addresses.get(guardian.name, guardian.email) != guardian.email:
            revoke_links(session, guardian, now=now)


def _write_contact(
    session: Session,
    party: Party,
    *,
    name: str,
    contact_name: str,
    contact_email: str,
    contact_phone: str,
    language: str,
    now: datetime,
) -> None:
    written = (name, contact_name, contact_email, contact_phone, language)
    before = {column: getattr(party, column) for column in CONTACT}
    changes = difference(before, dict(zip(CONTACT, written, strict=True)))
    if not changes["changed"]:
        return
    if "contact_email" in changes["changed"]:
        close_links(session, party, now=now)
    for column, value in zip(CONTACT, written, strict=True):
        setattr(party, column, value)
    if "name" in changes["changed"]:
        find_by_new_name(session, party)
    record(
        session,
        at=now,
        action="party.contact_changed",
        march_id=party.march_id,
        account_id=None,
        subject="party",
        subject_id=party.id,
        **changes,
    )


def find_by_new_name(session: Session, party: Party) -> None:
    """Let the people of a party be found by what it is called now."""
    people = select(Participant).where(Participant.party_id == party.id)
    for person in session.scalars(people.options(selectinload(Participant.words))):
        person.refresh_keys()


def send_link_again(session: Session, march: March, people: Collection[Person], *, now: datetime) -> None:
    """Send the contacts of people who are registered already their links.

    Who tried to sign them up again may be a stranger, and learns nothing.
    """
    for party in _parties_of(session, march, people):
        send_link(session, party, now=now)


def cancel(
    session: Session,
    participant: Participant,
    *,
    now: datetime,
    by: Account | None = None,
    reason: str = "",
) -> list[Participant]:
    """Take somebody off the march, or out of the line; a free place is handed on at once.

    Returns who got a place.
    """
    if not take_off(session, participant, now=now):
        return []
    _record(session, participant, "participant.cancelled", now=now, by=by, reason=reason)
    letters.cancelled(session, participant, now=now)
    return hand_on_places(session, participant.march, now=now)


def take_off(session: Session, participant: Participant, *, now: datetime) -> bool:
    """Give somebody's place back, for `hand_on_places` to hand on; return whether there was one."""
    room = _hold_places(session, participant)
    if participant.standing == Standing.CANCELLED:
        return False
    if participant.standing == Standing.PLACED:
        room.give_back([participant])
    participant.standing, participant.waiting_since = Standing.CANCELLED, None
    participant.cancelled_at, participant.place_held_until = now, None
    room.write(session)
    session.flush()
    return True


def restore(
    session: Session, participant: Participant, *, now: datetime, by: Account, reason: str = ""
) -> None:
    """Take a cancellation back: a place if there is one, else the end of the line. Raises AlreadySignedUp."""
    room = _hold_places(session, participant)
    if participant.standing != Standing.CANCELLED:
        return
    participant.standing, participant.waiting_since = Standing.WAITING, now
    participant.cancelled_at = None
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError as error:
        raise AlreadySignedUp from error
    places.settle(session, room, participant.party, [participant])
    consent.refresh(session, participant, now=now)
    _record(session, participant, "participant.restored", now=now, by=by, reason=reason)
    letters.changed(session, participant.party, [participant], now=now)
    hand_on_places(session, participant.march, now=now)


def hand_on_places(session: Session, march: March, *, now: datetime) -> list[Participant]:
    """Give what is free to the line, and tell whoever gets a place; return who."""
    if promoted := places.hand_on(session, march, now=now):
        letters.promoted(session, promoted, now=now)
    return promoted


@places_changed.connect
def _follow_new_numbers(session: Session, *, march: March, now: datetime) -> None:
    """Count and hand on anew after coordinators changed how many may walk, or who counts as a child."""
    places.recount_children(session, march)
    hand_on_places(session, march, now=now)


def _hold_places(session: Session, participant: Participant) -> Room:
    """Hold the places, and read anew how somebody stands: another may have changed it meanwhile."""
    room = places.hold(session, participant.march)
    session.refresh(participant)
    return room


def _refuse_if_closed(room: Room, people: Iterable[Person], now: datetime) -> None:
    if not room.march.takes_signups(now):
        raise SignUpClosed
    closed = {quota.category for quota in room.quotas if quota.capacity == 0}
    if any(person.category in closed for person in people):
        raise CategoryClosed


def _submission_key(form_key: UUID, people: Iterable[Person]) -> str:
    """Return what is the same whenever a form is sent for the same people; siblings may share a form."""
    names = sorted(f"{name} {born}" for name, born in (person.key for person in people))
    return str(uuid5(form_key, " ".join(names)))


def find_submission(session: Session, march: March, key: str) -> tuple[Party, PrivateLink] | None:
    query = (
        select(Party, PrivateLink)
        .join(PrivateLink, PrivateLink.party_id == Party.id)
        .where(Party.march_id == march.id, Party.submission_key == key)
        .order_by(PrivateLink.id)
        .limit(1)
    )
    row = session.execute(query).first()
    return (row[0], row[1]) if row else None


def _new_party(march: March, answers: PartyAnswers, *, key: str, now: datetime) -> Party:
    return Party(
        march=march,
        kind=answers.kind,
        name=answers.name,
        contact_name=answers.contact_name,
        contact_email=answers.contact_email,
        contact_phone=answers.contact_phone,
        language=answers.language,
        when_full=answers.when_full,
        submission_key=key,
        signed_up_at=now,
    )


def _new_participant(party: Party, person: Person, *, now: datetime) -> Participant:
    """Return somebody who stands at the end of the line, to be stored."""
    participant = Participant(
        march=party.march,
        party=party,
        reference=draw_reference(),
        registered_at=now,
        standing=Standing.WAITING,
        waiting_since=now,
        place_held_until=None,
    )
    _write(participant, person)
    return participant


def _store(
    session: Session, room: Room, people: Collection[Participant], *, now: datetime
) -> list[PrivateLink]:
    """Store new people of a party, with a place or in line, and what guardians are asked; return their links.

    All of it in one flush. The places themselves are written by whoever calls this.
    """
    places.place_newcomers(room, next(iter(people)).party, people)
    session.add_all(people)
    asked = consent.ask_new(session, people, now=now)
    session.flush()
    return asked


def _tell_of(
    session: Session,
    people: Collection[Participant],
    asked: Iterable[PrivateLink],
    *,
    now: datetime,
    by: Account | None = None,
) -> None:
    """Note who has come, and write to guardians who are asked."""
    for participant in people:
        _record(session, participant, "participant.signed_up", now=now, by=by)
    for link in asked:
        if link.guardian:
            letters.consent_asked(session, link.guardian, link=link, now=now)


def _hand_on_unlocked(session: Session, march: March, *, now: datetime) -> None:
    """Give on the child places that adults who came now unlock."""
    if march.children_per_adult is not None:
        hand_on_places(session, march, now=now)


def _write(participant: Participant, person: Person) -> None:
    """Write what was answered about somebody into the row and those that belong to it."""
    for name, value in person.columns().items():
        setattr(participant, name, value)
    participant.refresh_keys()
    kept = {entry.stage_id: entry for entry in participant.entries}
    participant.entries = [
        kept.get(stage_id) or StageEntry(stage_id=stage_id) for stage_id in sorted(person.stage_ids)
    ]
    _write_guardians(participant, person)
    documents = {document.kind: document for document in participant.documents}
    participant.documents = [
        _filled(documents.get(written.kind) or TravelDocument(), written) for written in person.documents
    ]
    participant.notarised_consent = (
        _filled(participant.notarised_consent or NotarisedConsent(), person.notarised)
        if person.notarised
        else None
    )


def _write_guardians(participant: Participant, person: Person) -> None:
    """Keep the rows of guardians who stay: their answers hang on them. Another name is another person."""
    known = {(one.position, name_key(one.name, "")): one for one in participant.guardians}
    written = [replace(one, language=one.language or person.language) for one in person.guardians]
    rows = [known.get((position, name_key(one.name, ""))) for position, one in enumerate(written, start=1)]
    if gone := set(participant.guardians) - set(rows):
        participant.guardians = [one for one in participant.guardians if one not in gone]
        _session_of(participant).flush()  # whoever comes takes the number of whoever goes
    participant.guardians = [
        _filled(row or Guardian(position=position), one)
        for position, (row, one) in enumerate(zip(rows, written, strict=True), start=1)
    ]


def _session_of(participant: Participant) -> Session:
    session = object_session(participant)
    assert session is not None  # noqa: S101 (only who is stored has guardians who could go)
    return session


def _filled(row: Any, written: Any) -> Any:
    for name in written.__dataclass_fields__:
        setattr(row, name, getattr(written, name))
    return row


def _answers_of(participant: Participant) -> dict[str, Any]:
    """Return what is kept of somebody's answers, to tell what a change changes."""
    return {
        name: getattr(participant, name) for name in (*Person.__dataclass_fields__,) if name in _PLAIN_ANSWERS
    } | {
        "stages": sorted(entry.stage_id for entry in participant.entries),
        "guardians": [(one.name, one.email, one.phone, one.language) for one in participant.guardians],
        "documents": [(one.kind, one.number, one.issued_by, one.expires_on) for one in participant.documents],
        "notarised": participant.notarised_consent
        and (
            participant.notarised_consent.valid_from,
            participant.notarised_consent.valid_to,
            participant.notarised_consent.states,
        ),
    }


def recordable(name: str, value: Any) -> Any:
    """Return an answer as the record of changes holds it: as JSON, and without what is kept encrypted."""
    match name, value:
        case "health_notes", _:
            return None
        case "documents", _:
            return [[kind, issued_by, f"{expires_on}"] for kind, _number, issued_by, expires_on in value]
        case _, date():
            return value.isoformat()
        case _, tuple() | list():
            return [recordable("", one) for one in value]
    return value


_PLAIN_ANSWERS = set(Person.__dataclass_fields__) - {"stage_ids", "guardians", "documents", "notarised"}


def _leave_groups_of_stages_not_walked(session: Session, participant: Participant) -> None:
    walked = [entry.stage_id for entry in participant.entries]
    session.execute(
        delete(Membership).where(
            Membership.participant_id == participant.id, Membership.stage_id.not_in(walked)
        )
    )


def draw_reference() -> str:
    """Draw a reference as K7F-2M9-Q4T, short enough for the phone and too long to meet another."""
    return "-".join("".join(secrets.choice(REFERENCE_SIGNS) for _ in range(3)) for _ in range(3))


def _parties_of(session: Session, march: March, people: Collection[Person]) -> list[Party]:
    query = select(Party).join(Participant).where(*_are_known(march, people)).distinct()
    return list(session.scalars(query))


def known_people(session: Session, march: March, people: Collection[Person]) -> list[Person]:
    """Return who of these people is registered already, or is among them twice."""
    counts = Counter(person.key for person in people)
    query = select(Participant.name_key, Participant.birth_date).where(*_are_known(march, people))
    known = {(key, born) for key, born in session.execute(query)}
    return [person for person in people if person.key in known or counts[person.key] > 1]


def _are_known(march: March, people: Collection[Person]) -> tuple[ColumnElement[bool], ...]:
    keys = {person.key for person in people}
    return (
        Participant.march_id == march.id,
        Participant.standing != Standing.CANCELLED,
        tuple_(Participant.name_key, Participant.birth_date).in_(keys),
    )


def _record(
    session: Session,
    participant: Participant,
    action: str,
    *,
    now: datetime,
    by: Account | None,
    **details: Any,
) -> None:
    note(
        session,
        participant,
        action,
        now=now,
        by=by,
        **{name: value for name, value in details.items() if value},
    )


def is_open_to(march: March, category: Any, now: datetime) -> bool:
    """Tell whether somebody of the category may sign up now, for a place or in line."""
    is_offered = any(quota.category == category and quota.capacity != 0 for quota in march.category_quotas)
    return march.takes_signups(now) and bool(march.stages) and is_offered
