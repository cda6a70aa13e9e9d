"""About a hundred invented people who walk the demo march, the same every time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Literal

import numpy as np

from marchapp.demo.names import NORWEGIAN, RUSSIAN, NameBook, mailbox, passport_name
from marchapp.demo.script import SEED, SIGNUP_OPENS_AT

ALL_STAGES = (1, 2, 3)
SIGNUP_DAYS = 100
LANGUAGES = {"NO": "nb", "RU": "ru"}
SOME_STAGES_ONLY = (
    ("7B", 1, (3,)),
    ("10A", 0, (2, 3)),
    ("Norwegian officials", 0, (3,)),
    ("Norwegian officials", 4, (2, 3)),
    ("Russian officials", 2, (1,)),
    ("Russian officials", 7, (1, 2)),
)
CANCELLED = (("7B", 8), ("Russian guards", 3))

# Numbers that Sweden keeps free for films and books; neither Norway nor Russia sets any aside.
FICTIONAL_PHONES = (
    ("+46 70 174 06 {:02}", range(5, 100)),
    ("+46 980 31 92 {:02}", range(100)),
    ("+46 40 628 04 {:02}", range(100)),
)


@dataclass(frozen=True, kw_only=True)
class Person:
    """What somebody writes when signing up; fields of other categories stay empty."""

    category: Literal["schoolchild", "official", "border_guard", "walker"]
    given_name: str
    family_name: str
    native_name: str
    birth_date: date
    country: str
    language: str
    municipality: str
    email: str
    phone: str
    emergency_name: str
    emergency_phone: str
    school: str = ""
    school_class: str = ""
    guardian_name: str = ""
    guardian_phone: str = ""
    body: str = ""
    position: str = ""
    service: str = ""
    unit: str = ""
    rank: str = ""
    stages: tuple[int, ...] = ALL_STAGES
    registered_at: datetime
    cancelled_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Party:
    """People who come together: a school class, the officials of a municipality, a company of guards."""

    size: int
    category: Literal["schoolchild", "official", "border_guard"]
    country: str
    municipality: str
    born_between: tuple[date, date]
    school: str = ""
    school_class: str = ""
    body: str = ""
    positions: tuple[str, ...] = ("",)
    service: str = ""
    unit: str = ""
    ranks: tuple[str, ...] = ("",)


PARTIES = {
    "7B": Party(
        size=15,
        category="schoolchild",
        country="NO",
        municipality="Sør-Varanger",
        born_between=(date(2001, 9, 25), date(2002, 9, 10)),
        school="Lyngbekken skole",
        school_class="7B",
    ),
    "10A": Party(
        size=16,
        category="schoolchild",
        country="NO",
        municipality="Sør-Varanger",
        born_between=(date(1998, 9, 25), date(1999, 9, 10)),
        school="Fjordbotn ungdomsskole",
        school_class="10A",
    ),
    "8Б": Party(
        size=15,
        category="schoolchild",
        country="RU",
        municipality="Печенгский район",
        born_between=(date(1999, 10, 1), date(2001, 8, 31)),
        school="Школа «Северная сопка»",
        school_class="8Б",
    ),
    "11А": Party(
        size=14,
        category="schoolchild",
        country="RU",
        municipality="Печенгский район",
        born_between=(date(1996, 9, 25), date(1998, 3, 31)),
        school="Лицей «Озёрный»",
        school_class="11А",
    ),
    "Norwegian officials": Party(
        size=10,
        category="official",
        country="NO",
        municipality="Sør-Varanger",
        born_between=(date(1954, 1, 1), date(1988, 12, 31)),
        body="Fjordbotn kommune",
        positions=("Rådgiver", "Rektor", "Kulturkonsulent", "Lege", "Kommunestyremedlem"),
    ),
    "Russian officials": Party(
        size=11,
        category="official",
        country="RU",
        municipality="Печенгский район",
        born_between=(date(1954, 1, 1), date(1988, 12, 31)),
        body="Администрация посёлка Озёрный",
        positions=("Главный специалист", "Директор школы", "Консультант", "Врач", "Депутат"),
    ),
    "Norwegian guards": Party(
        size=10,
        category="border_guard",
        country="NO",
        municipality="Sør-Varanger",
        born_between=(date(1979, 1, 1), date(1995, 8, 31)),
        service="Grensevakten",
        unit="Grensestasjon Tyttebær",
        ranks=("Menig", "Menig", "Korporal", "Sersjant", "Løytnant"),
    ),
    "Russian guards": Party(
        size=11,
        category="border_guard",
        country="RU",
        municipality="Печенгский район",
        born_between=(date(1974, 1, 1), date(1994, 8, 31)),
        service="Пограничная служба",
        unit="Застава «Морошка»",
        ranks=("Ефрейтор", "Сержант", "Прапорщик", "Лейтенант", "Капитан"),
    ),
}


def _of_the_family(given_name: str, born: date, guardian: str = "") -> Person:
    return Person(
        category="walker",
        given_name=given_name,
        family_name="Mikkelborg",
        native_name="",
        birth_date=born,
        country="NO",
        language="nb",
        municipality="Sør-Varanger",
        email="gro.mikkelborg@example.org",
        phone="" if guardian else "+46 40 628 04 90",
        emergency_name="Aslak Mikkelborg",
        emergency_phone="+46 40 628 04 91",
        guardian_name=guardian,
        guardian_phone="+46 40 628 04 90" if guardian else "",
        registered_at=SIGNUP_OPENS_AT + timedelta(days=SIGNUP_DAYS + 3),
    )


# Two of them are minors, whose mother answers for them.
FAMILY = [
    _of_the_family("Gro", date(1972, 4, 2)),
    _of_the_family("Isak", date(1970, 11, 23)),
    _of_the_family("Elle", date(2003, 2, 14), guardian="Gro Mikkelborg"),
    _of_the_family("Mattis", date(2006, 6, 30), guardian="Gro Mikkelborg"),
]


def invent_people() -> list[Person]:
    """Invent everybody, in the order in which they signed up."""
    rng = np.random.default_rng(SEED)
    phones = (form.format(last) for form, lasts in FICTIONAL_PHONES for last in lasts)
    names = {"NO": _draw_names(NORWEGIAN, rng), "RU": _draw_names(RUSSIAN, rng)}
    parties = {
        title: [_sign_up(party, rng, next(names[party.country]), phones) for _ in range(party.size)]
        for title, party in PARTIES.items()
    }
    _make_special_cases(parties)
    return sorted(chain.from_iterable(parties.values()), key=lambda person: person.registered_at)


def _draw_names(book: NameBook, rng: np.random.Generator) -> Iterator[tuple[str, str, str]]:
    """Yield given name, family name and the whole name of a relative; no name comes twice."""
    drawn: set[tuple[str, str]] = set()
    while True:
        for family in rng.permutation(book.families):
            own, relative = (_draw_name(book, rng, str(family)) for _ in range(2))
            if own != relative and not {own, relative} & drawn:
                drawn |= {own, relative}
                yield *own, " ".join(relative)


def _draw_name(book: NameBook, rng: np.random.Generator, family: str) -> tuple[str, str]:
    if rng.random() < 0.5:
        return str(rng.choice(book.women)), book.womens_form(family)
    return str(rng.choice(book.men)), family


def _sign_up(
    party: Party, rng: np.random.Generator, names: tuple[str, str, str], phones: Iterator[str]
) -> Person:
    latin = passport_name if party.country == "RU" else str
    given, family, relative = (latin(name) for name in names)
    first, last = party.born_between
    own_phone, relatives_phone = next(phones), next(phones)
    is_child = party.category == "schoolchild"
    writer = relative if is_child else f"{given} {family}"
    return Person(
        category=party.category,
        given_name=given,
        family_name=family,
        native_name=f"{names[0]} {names[1]}",
        birth_date=first + timedelta(days=int(rng.integers((last - first).days))),
        country=party.country,
        language=LANGUAGES[party.country],
        municipality=party.municipality,
        email=f"{mailbox(writer)}@example.{'com' if party.country == 'RU' else 'org'}",
        phone=own_phone,
        emergency_name=relative,
        emergency_phone=relatives_phone,
        school=party.school,
        school_class=party.school_class,
        guardian_name=relative if is_child else "",
        guardian_phone=relatives_phone if is_child else "",
        body=party.body,
        position=str(rng.choice(party.positions)),
        service=party.service,
        unit=party.unit,
        rank=str(rng.choice(party.ranks)),
        registered_at=SIGNUP_OPENS_AT + timedelta(minutes=int(rng.integers(SIGNUP_DAYS * 24 * 60))),
    )


def _make_special_cases(parties: dict[str, list[Person]]) -> None:
    """Put in what real lists of participants hold, too."""
    younger, older = parties["7B"][3], parties["10A"][5]
    parties["10A"][5] = replace(  # siblings, signed up from one address
        older,
        family_name=younger.family_name,
        native_name=f"{older.given_name} {younger.family_name}",
        email=younger.email,
        guardian_name=younger.guardian_name,
        guardian_phone=younger.guardian_phone,
        emergency_name=younger.emergency_name,
        emergency_phone=younger.emergency_phone,
    )
    namesake = parties["8Б"][2]
    parties["11А"][4] = replace(
        parties["11А"][4],
        given_name=namesake.given_name,
        family_name=namesake.family_name,
        native_name=namesake.native_name,
    )
    for title, number, stages in SOME_STAGES_ONLY:
        parties[title][number] = replace(parties[title][number], stages=stages)
    for title, number in CANCELLED:
        person = parties[title][number]
        parties[title][number] = replace(
            person, cancelled_at=person.registered_at + timedelta(days=19, hours=5)
        )
