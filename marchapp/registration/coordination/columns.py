"""What lists and files of participants can show about each, a column each."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from typing import Any, Protocol

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload, selectinload, undefer
from sqlalchemy.orm.strategy_options import _AbstractLoad

from marchapp.i18n import country, day, day_of, language
from marchapp.models import Guardian, March, Participant, PartyKind, Standing, TravelDocument
from marchapp.registration.words import CATEGORIES, PARTIES

Value = str | int | bool | date | datetime | None


class HasGroup(Protocol):
    """A stage that somebody walks, with the number of the group once there is one."""

    @property
    def group_number(self) -> int | None: ...


Walks = Mapping[int, HasGroup]

PARTY_KINDS = {PartyKind.PERSON: _l("One person"), **PARTIES}
STANDINGS = {
    Standing.PLACED: _l("Has a place"),
    Standing.WAITING: _l("Waits in line"),
    Standing.CANCELLED: _l("Cancelled"),
}


@dataclass(frozen=True)
class Column:
    """A column: its heading, and what it says of somebody.

    `words` writes a value in the reader's language; few values come for many people, so each is written once.
    `loads` names what the people are loaded with.
    """

    heading: Any
    value: Callable[[Participant], Any]
    words: Callable[[Any], str] | None = None
    loads: str = ""
    sort: str = ""


@dataclass(frozen=True)
class Heading:
    """A column as one list shows it, with its text in the reader's language."""

    name: str
    text: str
    sort: str
    value: Callable[[Participant, Walks], Value]


def _own(name: str, heading: Any, **options: Any) -> Column:
    return Column(heading, attrgetter(name), **options)


def _joined(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in values if value)


def _of_guardians(name: str) -> Callable[[Participant], str]:
    return lambda person: _joined(getattr(one, name) for one in person.guardians)


def _comes_from(person: Participant) -> str:
    return _joined((person.school, person.school_class, person.body, person.service, person.unit))


def _documents(person: Participant) -> str:
    return _joined(f"{one.issued_by} {one.number}" for one in person.documents)


# In the order of a file with all of them. A list shows the name beside what is chosen.
COLUMNS: dict[str, Column] = {
    "reference": _own("reference", _l("Reference")),
    "state": _own("standing", _l("State"), words=lambda standing: str(STANDINGS[standing])),
    "category": _own("category", _l("Category"), words=lambda one: str(CATEGORIES[one]), sort="category"),
    "given_name": _own("given_name", _l("Given name")),
    "family_name": _own("family_name", _l("Family name")),
    "native_name": _own("native_name", _l("Name in own letters")),
    "birth_date": _own("birth_date", _l("Born"), sort="born"),
    "age": Column(_l("Age on the first day"), lambda person: person.age_on(person.march.starts_on)),
    "country": _own("country", _l("Country"), words=country, sort="country"),
    "municipality": _own("municipality", _l("Home municipality")),
    "place": Column(_l("School, body or unit"), _comes_from),
    "school": _own("school", _l("School")),
    "school_class": _own("school_class", _l("Class")),
    "body": _own("body", _l("Municipality or public body")),
    "position": _own("position", _l("Position")),
    "service": _own("service", _l("Service")),
    "unit": _own("unit", _l("Unit")),
    "rank": _own("rank", _l("Rank")),
    "party": Column(_l("Party"), lambda person: person.party.name, loads="party"),
    "party_kind": _own(
        "party.kind", _l("Kind of party"), words=lambda kind: str(PARTY_KINDS[kind]), loads="party"
    ),
    "contact": _own("party.contact_name", _l("Contact of the party"), loads="party"),
    "mailbox": _own("mailbox", _l("Letters go to"), loads="party"),
    "email": _own("email", _l("E-mail")),
    "phone": _own("phone", _l("Phone")),
    "language": _own("language", _l("Language of the letters"), words=language),
    "spoken_languages": Column(
        _l("Languages spoken"),
        lambda person: tuple(person.spoken_languages),
        words=lambda codes: _joined(map(language, codes)),
    ),
    "may_take_part": _own("may_take_part", _l("Has consent to take part, or needs none")),
    "guardians": Column(_l("Guardians"), _of_guardians("name"), loads="guardians"),
    "guardian_phones": Column(_l("Phones of the guardians"), _of_guardians("phone"), loads="guardians"),
    "guardian_emails": Column(
        _l("E-mail addresses of the guardians"), _of_guardians("email"), loads="guardians"
    ),
    "emergency_name": _own("emergency_name", _l("Emergency contact")),
    "emergency_phone": _own("emergency_phone", _l("Phone of the emergency contact")),
    "knows_first_aid": _own("knows_first_aid", _l("Knows first aid")),
    "diet": _own("diet", _l("Diet")),
    "has_health_notes": _own("has_health_notes", _l("Has notes on health")),
    "registered_at": _own("registered_at", _l("Signed up"), sort="signed-up"),
    "waiting_since": _own("waiting_since", _l("Waits since")),
    "cancelled_at": _own("cancelled_at", _l("Cancelled")),
}
GROUPS = "groups"  # a column for each stage
# Only in files, and only for a reason that is recorded.
SECRETS: dict[str, Column] = {
    "health_notes": _own("health_notes", _l("Notes on health"), loads="health_notes"),
    "documents": Column(_l("Numbers of documents"), _documents, loads="documents"),
}
# What a list can show beside the name. The parts of `place` stand in files by themselves.
CHOICES = (
    *(
        "reference",
        "category",
        "birth_date",
        "age",
        "country",
        "municipality",
        "place",
        "party",
        GROUPS,
        "state",
    ),
    *("may_take_part", "guardians", "guardian_phones", "mailbox", "phone", "language", "spoken_languages"),
    *("emergency_name", "emergency_phone", "knows_first_aid", "diet", "has_health_notes", "registered_at"),
)
USUAL = ("category", "birth_date", "country", "place", GROUPS, "state")
ALL = tuple(name for name in (*COLUMNS, GROUPS) if name != "place")

_LOADS: dict[str, tuple[_AbstractLoad, ...]] = {
    "party": (joinedload(Participant.party),),
    "guardians": (
        selectinload(Participant.guardians).load_only(Guardian.name, Guardian.phone, Guardian.email),
    ),
    "documents": (selectinload(Participant.documents).options(undefer(TravelDocument.number)),),
    "health_notes": (undefer(Participant.health_notes),),
}


def read_columns(arguments: Mapping[str, Any]) -> str:
    """Return the columns that an address names, once for each or all at once, else the usual ones."""
    if "columns" not in arguments:
        return ",".join(USUAL)
    given = arguments.getlist("columns") if hasattr(arguments, "getlist") else [arguments["columns"]]
    wished = set(",".join(map(str, given)).split(","))
    return ",".join(name for name in CHOICES if name in wished)


def heading_of(name: str) -> str:
    """Return the heading of a column; of the groups, what they are in one."""
    return _("Groups") if name == GROUPS else str((COLUMNS | SECRETS)[name].heading)


def headings(march: March, names: Iterable[str]) -> list[Heading]:
    """Return the columns of a list, those of the groups for each stage of the march."""
    found: list[Heading] = []
    for name in names:
        if name == GROUPS:
            found += [_group_on(stage.id, stage.number) for stage in march.stages]
        else:
            column = (COLUMNS | SECRETS)[name]
            found.append(Heading(name, str(column.heading), column.sort, _value_of(column)))
    return found


def _value_of(column: Column) -> Callable[[Participant, Walks], Value]:
    if column.words is None:
        return lambda person, _walks: column.value(person)
    words = cache(column.words)
    return lambda person, _walks: words(column.value(person))


def _group_on(stage_id: int, number: int) -> Heading:
    none_yet = _("none yet")

    def group(_person: Participant, walks: Walks) -> Value:
        """Return the number of the group on the stage; nothing for who does not walk it."""
        walk = walks.get(stage_id)
        return None if walk is None else walk.group_number or none_yet

    return Heading(GROUPS, _("Group on stage %(number)s", number=number), "", group)


def loads_of(names: Iterable[str]) -> list[_AbstractLoad]:
    """Return how people are loaded so that no column asks the database for each of them."""
    known = COLUMNS | SECRETS
    wished = {known[name].loads for name in names if name in known}
    return [load for name, loads in _LOADS.items() if name in wished for load in loads]


def said_of(person: Participant, name: str) -> Value:
    """Return what a column says of one person."""
    column = COLUMNS[name]
    return column.words(column.value(person)) if column.words else column.value(person)


def shown(value: Value, time_zone: str) -> str:
    """Write what a column says for the screen."""
    match value:
        case None:
            return "–"
        case bool():
            return _("Yes") if value else ""
        case datetime():
            return day_of(value, time_zone)
        case date():
            return day(value)
    return str(value)
