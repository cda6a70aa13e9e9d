"""What people write when they sign up, as plain values on the way from forms and lists to the services."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from marchapp.models import Category, DocumentKind, PartyKind, WhenFull
from marchapp.models.names import name_key
from marchapp.models.participant import NAME_KEY_LENGTH


@dataclass(frozen=True, kw_only=True)
class GuardianAnswers:
    """Who answers for a minor; without an address the consent is given on paper."""

    name: str
    email: str = ""
    phone: str = ""
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class DocumentAnswers:
    """A paper for the border, as it is written in it."""

    kind: DocumentKind
    number: str
    issued_by: str
    expires_on: date


@dataclass(frozen=True, kw_only=True)
class NotarisedAnswers:
    """For which days and states a notary confirmed a minor's journey."""

    valid_from: date
    valid_to: date
    states: str


@dataclass(frozen=True, kw_only=True)
class Person:
    """What is written about one person; what another category is asked stays empty."""

    category: Category
    stage_ids: frozenset[int]
    given_name: str
    family_name: str
    native_name: str = ""
    birth_date: date
    country: str
    language: str
    spoken_languages: tuple[str, ...] = ()
    municipality: str = ""
    email: str = ""
    phone: str = ""
    emergency_name: str
    emergency_phone: str
    diet: str = ""
    health_notes: str = ""
    knows_first_aid: bool = False
    school: str = ""
    school_class: str = ""
    body: str = ""
    position: str = ""
    service: str = ""
    unit: str = ""
    rank: str = ""
    guardians: tuple[GuardianAnswers, ...] = ()
    documents: tuple[DocumentAnswers, ...] = ()
    notarised: NotarisedAnswers | None = None

    @property
    def key(self) -> tuple[str, date]:
        """What makes somebody the same person as another: name and birth date."""
        return name_key(self.given_name, self.family_name)[:NAME_KEY_LENGTH], self.birth_date

    def columns(self) -> dict[str, Any]:
        """Return what is kept in the participant's own columns."""
        kept = {name: getattr(self, name) for name in COLUMNS}
        return kept | {
            "spoken_languages": list(self.spoken_languages),
            "has_health_notes": bool(self.health_notes),
        }


COLUMNS = (
    "category",
    "given_name",
    "family_name",
    "native_name",
    "birth_date",
    "country",
    "language",
    "municipality",
    "email",
    "phone",
    "emergency_name",
    "emergency_phone",
    "diet",
    "health_notes",
    "knows_first_aid",
    "school",
    "school_class",
    "body",
    "position",
    "service",
    "unit",
    "rank",
)


@dataclass(frozen=True, kw_only=True)
class PartyAnswers:
    """Who signs up together, and who speaks for them."""

    kind: PartyKind
    name: str = ""
    contact_name: str
    contact_email: str
    contact_phone: str = ""
    language: str
    when_full: WhenFull = WhenFull.ALL
    people: tuple[Person, ...] = field(default=())


def contact_of(person: Person) -> dict[str, str]:
    """Return who speaks for a party of one: the person, or the first guardian of a minor."""
    if person.guardians:
        guardian = person.guardians[0]
        name, email, phone, language = guardian.name, guardian.email, guardian.phone, guardian.language
    else:
        name, email, phone = f"{person.given_name} {person.family_name}", person.email, person.phone
        language = person.language
    return {
        "contact_name": name,
        "contact_email": email,
        "contact_phone": phone,
        "language": language or person.language,
    }
