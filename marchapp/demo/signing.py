"""Sign the invented people up as if it had been done long ago: classes, delegations, units and a family."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from uuid import uuid4

import numpy as np
from sqlalchemy.orm import Session

from marchapp.demo import script
from marchapp.demo.people import FAMILY, Person, invent_people
from marchapp.models import (
    Category,
    DocumentKind,
    Guardian,
    March,
    Participant,
    Party,
    PartyKind,
    Stage,
    StageEntry,
    Standing,
    TravelDocument,
)
from marchapp.registration import places
from marchapp.registration.services import REFERENCE_SIGNS

OWN_COLUMNS = [
    field.name for field in fields(Person) if field.name not in ("stages", "guardian_name", "guardian_phone")
]
SPOKEN = {"NO": ["no", "en"], "RU": ["ru"]}
FIRST_AID_OF_EACH = 7
EVERY_WITHOUT_DOCUMENT = 23
EXPIRED_BEFORE_CROSSING = 40  # counted in the order of the sign-ups


@dataclass(frozen=True)
class Contact:
    """Who speaks for a party of the demo."""

    kind: PartyKind
    name: str
    email: str


CONTACTS = {
    "7B": Contact(PartyKind.SCHOOL_CLASS, "Ragnhild Solbakk", "ragnhild.solbakk@example.org"),
    "10A": Contact(PartyKind.SCHOOL_CLASS, "Torbjørn Eide", "torbjorn.eide@example.org"),
    "8Б": Contact(PartyKind.SCHOOL_CLASS, "Nadezhda Orekhova", "nadezhda.orekhova@example.com"),
    "11А": Contact(PartyKind.SCHOOL_CLASS, "Pavel Gromov", "pavel.gromov@example.com"),
}


def sign_up_all(session: Session, march: March, stages: list[Stage]) -> list[Participant]:
    """Add everybody with their places, parties, guardians and papers; no letter goes out to them."""
    rng = np.random.default_rng(script.SEED)
    parties: dict[str, Party] = {}
    walkers = []
    for number, person in enumerate([*invent_people(), *FAMILY]):
        party = parties.setdefault(_party_name(person), _party_of(person, march))
        walker = _participant(person, march, party, stages, reference=_draw_reference(rng))
        if number % EVERY_WITHOUT_DOCUMENT:
            walker.documents = [_document(rng, person, is_expired=number == EXPIRED_BEFORE_CROSSING)]
        walker.knows_first_aid = not walker.guardians and number % FIRST_AID_OF_EACH == 0
        walkers.append(walker)
    session.add_all(walkers)
    session.flush()
    places.take_places(session, march, [walker for walker in walkers if not walker.cancelled_at])
    return walkers


def _party_name(person: Person) -> str:
    of_school = f"{person.school_class}, {person.school}" if person.school else ""
    return of_school or person.body or person.unit or person.family_name


def _party_of(person: Person, march: March) -> Party:
    """Return the party of which a person is the first; the contact is a teacher, or that person."""
    own = Contact(_kind(person), f"{person.given_name} {person.family_name}", person.email)
    contact = CONTACTS.get(person.school_class, own)
    return Party(
        march=march,
        kind=contact.kind,
        name=_party_name(person),
        contact_name=contact.name,
        contact_email=contact.email,
        contact_phone=person.phone if contact is own else "",
        language=person.language,
        submission_key=str(uuid4()),
        signed_up_at=person.registered_at,
    )


def _kind(person: Person) -> PartyKind:
    kinds = {
        Category.OFFICIAL: PartyKind.DELEGATION,
        Category.BORDER_GUARD: PartyKind.UNIT,
        Category.WALKER: PartyKind.FAMILY,
    }
    return kinds.get(Category(person.category), PartyKind.SCHOOL_CLASS)


def _participant(
    person: Person, march: March, party: Party, stages: Iterable[Stage], *, reference: str
) -> Participant:
    walker = Participant(
        **{name: getattr(person, name) for name in OWN_COLUMNS},
        march=march,
        party=party,
        guardians=[_guardian_of(person)] if person.guardian_name else [],
        spoken_languages=SPOKEN[person.country],
        standing=Standing.CANCELLED if person.cancelled_at else Standing.PLACED,
        entries=[StageEntry(stage_id=stage.id) for stage in stages if stage.number in person.stages],
        reference=reference,
    )
    walker.refresh_keys()
    return walker


def _guardian_of(person: Person) -> Guardian:
    return Guardian(
        position=1,
        name=person.guardian_name,
        email=person.email,
        phone=person.guardian_phone,
        language=person.language,
    )


def _document(rng: np.random.Generator, person: Person, *, is_expired: bool) -> TravelDocument:
    """Invent a passport that is valid beyond the march, unless it is the one that is not."""
    valid_days = -14 if is_expired else int(rng.integers(200, 3_000))
    return TravelDocument(
        kind=DocumentKind.PASSPORT,
        number=f"X{int(rng.integers(10**6, 10**7))}",
        issued_by=person.country,
        expires_on=date(2014, 9, 17) + timedelta(days=valid_days),
    )


def _draw_reference(rng: np.random.Generator) -> str:
    return "-".join("".join(rng.choice(list(REFERENCE_SIGNS), 3)) for _ in range(3))
