"""Invented people for tests and measurements of the assignment, the same for each seed."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from marchapp.rosters.assignment import GroupSize, Person

LANGUAGES = {"no": "no", "ru": "ru", "fi": "fi"}


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """staff: guides and first-aiders to each group, 1.2 is a fifth too many. uneven: classes of 3 to 60."""

    people: int
    groups: int
    staff: float = 1.2
    uneven: bool = False
    seed: int = 1
    min_size: int = 8
    max_size: int = 14


def crowd(asked: Crowd) -> tuple[list[Person], list[GroupSize]]:
    """Return people of whom seven of ten are children of a class, and groups that hold them."""
    rng = random.Random(asked.seed)
    groups = [
        GroupSize(id=str(number + 1), min_size=asked.min_size, max_size=asked.max_size)
        for number in range(asked.groups)
    ]
    staff = [*_staff(asked, rng)]
    adults = max(0, round(asked.people * 0.3) - len(staff))
    people = [*staff, *_parents(adults, rng)]
    people += _pupils(asked.people - len(people), asked, rng)
    people = _families(people, rng)
    rng.shuffle(people)
    return people, groups


def _staff(asked: Crowd, rng: random.Random) -> Iterator[Person]:
    """Guides, of whom three of ten know first aid, and those first-aiders who are missing then."""
    guides = round(asked.groups * asked.staff)
    both = round(guides * 0.3)
    for number in range(guides + guides - both):
        country = rng.choices(["no", "ru", "fi"], [5, 4, 1])[0]
        yield Person(
            id=f"s{number}",
            country=country,
            languages=frozenset(
                {country, *(["en"] if rng.random() < 0.6 else [])} | ({"ru"} if rng.random() < 0.3 else set())
            ),
            is_guide=number < guides,
            knows_first_aid=number < both or number >= guides,
        )


def _parents(count: int, rng: random.Random) -> Iterator[Person]:
    for number in range(count):
        country = rng.choices(["no", "ru", "fi"], [5, 4, 1])[0]
        languages = frozenset({country, *(["en"] if rng.random() < 0.4 else [])})
        yield Person(id=f"a{number}", country=country, languages=languages)


def _pupils(count: int, asked: Crowd, rng: random.Random) -> Iterator[Person]:
    number = school = 0
    while number < count:
        school += 1
        country = rng.choices(["no", "ru", "fi"], [5, 4, 1])[0]
        size = rng.choice([3, 5, 8, 13, 24, 35, 60]) if asked.uneven else rng.randint(14, 26)
        for _ in range(min(size, count - number)):
            languages = {country} | ({"en"} if rng.random() < 0.4 else set())
            yield Person(
                id=f"c{number}",
                school_class=f"{country}-{school}",
                country=country,
                languages=frozenset(languages),
                is_child=True,
            )
            number += 1


def _families(people: list[Person], rng: random.Random) -> list[Person]:
    """Let a tenth of the children walk with a parent or a friend."""
    adults = [index for index, person in enumerate(people) if not person.is_child]
    children = [index for index, person in enumerate(people) if person.is_child]
    sizes: Counter[str] = Counter()
    for number, child in enumerate(rng.sample(children, len(children) // 10)):
        other = rng.choice(adults if rng.random() < 0.7 else children)
        unit = people[other].unit or f"u{number}"
        if sizes[unit] < 3 and not people[child].unit:
            sizes[unit] += 1
            people[other] = replace(people[other], unit=unit)
            people[child] = replace(people[child], unit=unit)
    return people
