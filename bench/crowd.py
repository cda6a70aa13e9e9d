"""Tens of thousands of invented people in a march, put into the tables at once."""

import random
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from marchapp.demo.names import NORWEGIAN, RUSSIAN, passport_name
from marchapp.extensions import db
from marchapp.models import (
    Category,
    Group,
    Guardian,
    March,
    Membership,
    NameWord,
    Participant,
    Party,
    PartyKind,
    Quota,
    QuotaKind,
    Stage,
    StageEntry,
    Standing,
    TravelDocument,
)
from marchapp.models.names import columns_of_word, name_key, search_words, words_of_belonging
from marchapp.models.participant import WHERE_SOMEBODY_BELONGS

SEED = 17
ROWS_AT_ONCE = 2_000
GROUP_SIZE = 30
OPENED_AT = datetime(2014, 1, 15, 8, tzinfo=UTC)
BEGINNINGS = re.findall(
    r"\w+", "Berg Bjørk Dal Eike Fjell Furu Gran Haug Holm Lund Myr Sand Skog Sol Stein Strand Vik Ås"
)
ENDINGS = re.findall(
    r"\w+", "bakken berg eide gård heim hus land li lund mo nes rud seter stad sund tveit vang vik"
)
SYLLABLES = re.findall(
    r"\w+", "ba bek dor el fan gri hol ist jar kve lin mar nor olv per rav sti tor ul ver yng østr"
)
COUNTRIES = ("NO",) * 11 + ("RU",) * 7 + ("FI", "SE")
CATEGORIES = (
    (Category.SCHOOLCHILD,) * 12
    + (Category.WALKER,) * 4
    + (Category.OFFICIAL,) * 2
    + (Category.BORDER_GUARD,) * 2
)
LANGUAGES = {"NO": "nb", "RU": "ru"}


def fill(session: Session, march: March, stages: list[Stage], size: int) -> None:
    """Add so many people with parties, guardians, papers, stages and groups, and count their places."""
    rng = random.Random(SEED)
    people = [_person(rng, march, number) for number in range(1, size + 1)]
    rows: dict[type[Any], Iterable[dict[str, Any]]] = {
        Party: (parties := [_party(person) for person in people if person["party_id"] == person["id"]]),
        Participant: people,
        NameWord: list(_words(people, {party["id"]: party["name"] for party in parties})),
        Guardian: [row for person in people for row in _guardians(person)],
        TravelDocument: [_document(person) for person in people if rng.random() < 0.7],
        StageEntry: (
            entries := [
                {"participant_id": person["id"], "stage_id": stage.id}
                for person in people
                for stage in stages
                if rng.random() < 0.85
            ]
        ),
        Group: list(_groups(stages, size)),
        Membership: list(_memberships(rng, entries, stages, size)),
    }
    for table, its_rows in rows.items():
        its_rows = list(its_rows)
        for start in range(0, len(its_rows), ROWS_AT_ONCE):
            session.execute(insert(table), its_rows[start : start + ROWS_AT_ONCE])
    _count_places(session, march, people, entries)
    session.commit()
    gather_statistics(session)


def _person(rng: random.Random, march: March, number: int) -> dict[str, Any]:
    country, category = rng.choice(COUNTRIES), rng.choice(CATEGORIES)
    given, family, native = _name(rng, country)
    is_child = category == Category.SCHOOLCHILD
    born = date(1996, 9, 20) if is_child else date(1945, 1, 1)
    born += timedelta(days=rng.randrange(4_300 if is_child else 19_000))
    standing = rng.choices(list(Standing), (92, 5, 3))[0]
    registered_at = OPENED_AT + timedelta(minutes=rng.randrange(200 * 24 * 60))
    reference = "".join(rng.choices("ABCDEFGHJKLMNPQRSTWXYZ23456789", k=9))
    reference = f"{reference[:3]}-{reference[3:6]}-{reference[6:]}"
    has_health_notes = rng.random() < 0.05
    return {
        "id": number,
        "march_id": march.id,
        "party_id": number - (number - 1) % 25 if number % 2_000 < 1_200 else number,
        "category": category,
        "given_name": given,
        "family_name": family,
        "native_name": native,
        "name_key": f"{name_key(given, family)}{number}",  # namesakes of one day would be refused
        "birth_date": born,
        "country": country,
        "language": LANGUAGES.get(country, "en"),
        "spoken_languages": [LANGUAGES.get(country, "en")],
        "municipality": f"{rng.choice(BEGINNINGS)}{rng.choice(ENDINGS)}",
        "email": "" if is_child else f"person{number}@example.org",
        "phone": "" if is_child else f"+47 400 {number // 100:05} {number % 100:02}",
        "emergency_name": "Ola Nordmann",
        "emergency_phone": "+47 400 00 000",
        "diet": "",
        "health_notes": "Asthma" if has_health_notes else "",
        "has_health_notes": has_health_notes,
        "knows_first_aid": rng.random() < 0.1,
        "school": f"{rng.choice(BEGINNINGS)}{rng.choice(ENDINGS)} skole" if is_child else "",
        "school_class": f"{rng.randint(5, 10)}{rng.choice('ABC')}" if is_child else "",
        "body": "Fjordbotn kommune" if category == Category.OFFICIAL else "",
        "service": "Grensevakten" if category == Category.BORDER_GUARD else "",
        "reference": reference,
        "registered_at": registered_at,
        "standing": standing,
        "waiting_since": registered_at if standing == Standing.WAITING else None,
        "cancelled_at": registered_at if standing == Standing.CANCELLED else None,
        "erasure_asked_at": registered_at if rng.random() < 0.001 else None,
        "may_take_part": not is_child or rng.random() < 0.8,
        "may_cross_border": True,
    }


def _name(rng: random.Random, country: str) -> tuple[str, str, str]:
    """Invent a name: some hundred frequent family names, and thousands of rare ones."""
    if country == "RU":
        is_woman = rng.random() < 0.5
        family = rng.choice(RUSSIAN.families) if rng.random() < 0.7 else f"{_rare(rng, 'бвгдклмнпрст')}ов"
        native = (
            (rng.choice(RUSSIAN.women), RUSSIAN.womens_form(family))
            if is_woman
            else (rng.choice(RUSSIAN.men), family)
        )
        return passport_name(native[0]), passport_name(native[1]), " ".join(native)
    given = rng.choice(NORWEGIAN.women + NORWEGIAN.men)
    draw = rng.random()
    if draw < 0.4:
        return given, rng.choice(NORWEGIAN.families), ""
    if draw < 0.8:
        return given, rng.choice(BEGINNINGS) + rng.choice(ENDINGS), ""
    return given, "".join(rng.choices(SYLLABLES, k=3)).title(), ""


def _rare(rng: random.Random, consonants: str) -> str:
    return "".join(f"{rng.choice(consonants)}{rng.choice('аеиоу')}" for _ in range(2)).title() + rng.choice(
        consonants
    )


def _party(person: dict[str, Any]) -> dict[str, Any]:
    of_many = person["id"] % 2_000 < 1_200
    return {
        "id": person["id"],
        "march_id": person["march_id"],
        "kind": PartyKind.SCHOOL_CLASS if of_many else PartyKind.PERSON,
        "name": f"{person['school'] or 'Class'} {person['id']}" if of_many else "",
        "contact_name": "Tiril Teacher",
        "contact_email": f"contact{person['id']}@example.org",
        "contact_phone": "",
        "language": person["language"],
        "submission_key": f"key {person['id']}",
        "signed_up_at": person["registered_at"],
    }


def _words(people: Iterable[dict[str, Any]], parties: dict[int, str]) -> Iterator[dict[str, Any]]:
    for person in people:
        names = (person["given_name"], person["family_name"], person["native_name"], person["reference"])
        belonging = (person.get(name, "") for name in WHERE_SOMEBODY_BELONGS)
        words = [(word, True) for word in search_words(*names)]
        words += [(word, False) for word in words_of_belonging(*belonging, parties[person["party_id"]])]
        for word, of_person in words:
            yield {"participant_id": person["id"], "of_person": of_person} | columns_of_word(word)


def _guardians(person: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if person["category"] == Category.SCHOOLCHILD:
        for position in range(1, 2 + person["id"] % 2):
            yield {
                "participant_id": person["id"],
                "position": position,
                "name": f"Guardian {person['family_name']}",
                "email": f"guardian{position}.{person['id']}@example.org",
                "phone": "+47 400 00 001",
                "language": person["language"],
            }


def _document(person: dict[str, Any]) -> dict[str, Any]:
    return {
        "participant_id": person["id"],
        "kind": "passport",
        "number": f"P{person['id']:08}",
        "issued_by": person["country"],
        "expires_on": date(2016, 5, 17),
    }


def _groups(stages: list[Stage], size: int) -> Iterator[dict[str, Any]]:
    for stage, number in product(stages, range(1, size // GROUP_SIZE + 2)):
        yield {"stage_id": stage.id, "number": number, "name": "", "min_size": 1, "max_size": 60}


def _memberships(
    rng: random.Random, entries: list[dict[str, Any]], stages: list[Stage], size: int
) -> Iterator[dict[str, Any]]:
    """Put seven of ten into a group; the groups have their numbers in the order in which they are made."""
    of_stage = size // GROUP_SIZE + 1
    first = {stage.id: 1 + place * of_stage for place, stage in enumerate(stages)}
    for entry in entries:
        if rng.random() < 0.7:
            yield entry | {"group_id": first[entry["stage_id"]] + entry["participant_id"] % of_stage}


def _count_places(
    session: Session, march: March, people: list[dict[str, Any]], entries: list[dict[str, Any]]
) -> None:
    placed = [person for person in people if person["standing"] == Standing.PLACED]
    ids = {person["id"] for person in placed}
    for quota in march.quotas:
        match quota.kind:
            case QuotaKind.MARCH:
                taken = len(placed)
            case QuotaKind.CATEGORY:
                taken = sum(person["category"] == quota.category for person in placed)
            case QuotaKind.STAGE:
                walked = [entry for entry in entries if entry["stage_id"] == quota.stage_id]
                taken = sum(entry["participant_id"] in ids for entry in walked)
            case QuotaKind.CHILDREN:
                taken = sum(march.is_minor(person["birth_date"]) for person in placed)
        session.execute(update(Quota).where(Quota.id == quota.id).values(taken=taken, capacity=None))


def gather_statistics(session: Session) -> None:
    """Let PostgreSQL do at once what it does by itself after a while; SQLite does nothing of the kind."""
    if session.get_bind().dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
