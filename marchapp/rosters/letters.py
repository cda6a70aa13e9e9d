"""The letters about a published roster: to people, in one letter for a mailbox of a party, and to guides."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from marchapp.mail import messages
from marchapp.mail.calendar import Method, enclosed
from marchapp.models import (
    Account,
    March,
    Message,
    Participant,
    Party,
    PublishedGroup,
    PublishedGuide,
    PublishedPlace,
    RosterVersion,
)
from marchapp.models.link import link_of


@dataclass(frozen=True)
class Reader:
    """A mailbox of a party, and the lines that are told there."""

    name: str
    address: str
    language: str
    owner: Party | Participant
    party: Party
    places: list[PublishedPlace] = field(default_factory=list)

    @property
    def groups(self) -> list["Told"]:
        """The groups with the people of each, by number; who is in none stands first."""
        told: dict[int, Told] = {}
        for place in self.places:
            told.setdefault(place.group_id or 0, Told(place.group)).places.append(place)
        return sorted(told.values(), key=lambda one: one.group.number if one.group else 0)


@dataclass(frozen=True)
class Told:
    """A group, or none, and those of a letter's people who are in it."""

    group: PublishedGroup | None
    places: list[PublishedPlace] = field(default_factory=list)

    @property
    def changes(self) -> list[str]:
        """What is new of a group in which all of them were before, too."""
        stayed = self.group and all(place.change == "group" for place in self.places)
        return self.group.changes if self.group and stayed else []


def to_readers(march: March, places: Iterable[PublishedPlace]) -> Iterator[Reader]:
    """Yield who reads the lines: the party's contact those of minors and of who has no own address."""
    found: dict[tuple[int, str], Reader] = {}
    for place in places:
        reader = _reader(march, place.participant)
        found.setdefault((reader.party.id, reader.address.lower()), reader).places.append(place)
    yield from found.values()


def _reader(march: March, person: Participant) -> Reader:
    party = person.party
    is_contacts = march.is_minor(person.birth_date) or person.email.lower() in (
        "",
        party.contact_email.lower(),
    )
    if party.is_one_person and not is_contacts:
        return Reader(party.contact_name, person.email, party.language, party, party)
    if is_contacts:
        return Reader(party.contact_name, party.contact_email, party.language, party, party)
    return Reader(person.given_name, person.email, person.language, person, party)


def to_reader(session: Session, version: RosterVersion, reader: Reader, *, now: datetime) -> Message:
    """Return the letter that tells a reader the lines of a version."""
    stage = version.stage
    has_group = any(place.group_id for place in reader.places)
    return messages.compose(
        template="roster_published",
        recipient=reader.address,
        language=reader.language,
        now=now,
        march_id=stage.march_id,
        party_id=reader.party.id,
        participant_id=reader.owner.id if isinstance(reader.owner, Participant) else None,
        roster_version_id=version.id,
        link=link_of(session, reader.owner, now=now),
        calendar=enclosed(Method.PUBLISH, [stage]) if has_group else {},
        reader=reader,
        march=stage.march,
        stage=stage,
        version=version,
    )


def to_guide(
    version: RosterVersion, guide: Account, guided: list[PublishedGuide], *, now: datetime
) -> Message:
    """Return the letter that tells a guide that the own roster has changed."""
    stage = version.stage
    return messages.compose(
        template="roster_of_guide",
        recipient=guide.email,
        language=guide.language,
        now=now,
        march_id=stage.march_id,
        roster_version_id=version.id,
        guide=guide,
        guided=guided,
        march=stage.march,
        stage=stage,
        version=version,
    )
