"""Who may be signed up twice: similar names, and the same birth date or one that is off by one mistake."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations

from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import March, NameWord, Participant, Standing
from marchapp.models.names import folded_words, sound
from marchapp.registration.coordination.search import forgiven

MOST_PAIRS = 50
MOST_ALIKE = 5


@dataclass(frozen=True)
class Pair:
    """Two sign-ups that may be of one person, the older first."""

    older: Participant
    newer: Participant


def likely_same(session: Session, person: Participant) -> list[Participant]:
    """Return who of the march may be the same person, cancelled sign-ups left out."""
    if person.standing == Standing.CANCELLED:
        return []
    is_called = NameWord.heard.in_(_heard(person.name)) & NameWord.of_person
    query = select(Participant).where(
        Participant.march_id == person.march_id,
        Participant.id != person.id,
        Participant.standing != Standing.CANCELLED,
        Participant.birth_date.in_(near_dates(person.birth_date)),
        Participant.id.in_(select(NameWord.participant_id).where(is_called)),
    )
    found = [one for one in session.scalars(query) if are_alike(person.name, one.name)]
    return found[:MOST_ALIKE]


def find_pairs(session: Session, march: March) -> list[Pair]:
    """Return sign-ups of the march that may be of one person, some at most."""
    ids = sorted(set(_pairs_of_ids(session, march)))[:MOST_PAIRS]
    wanted = {id_ for pair in ids for id_ in pair}
    people = {one.id: one for one in session.scalars(select(Participant).where(Participant.id.in_(wanted)))}
    return [Pair(*in_order(people[one], people[other])) for one, other in ids]


def in_order(one: Participant, other: Participant) -> tuple[Participant, Participant]:
    """Return two sign-ups with the older first."""
    older, newer = sorted((one, other), key=lambda person: (person.registered_at, person.id))
    return older, newer


def _pairs_of_ids(session: Session, march: March) -> Iterator[tuple[int, int]]:
    """Yield pairs that share a birth date and a name, or the whole name and nearly the birth date."""
    columns = (Participant.id, Participant.given_name, Participant.family_name, Participant.birth_date)
    query = select(*columns).where(
        Participant.march_id == march.id, Participant.standing != Standing.CANCELLED
    )
    same_day: dict[tuple[date, str], list[tuple[int, str]]] = defaultdict(list)
    same_name: dict[tuple[str, ...], list[tuple[int, date]]] = defaultdict(list)
    for id_, given, family, born in session.execute(query):
        name = f"{given} {family}"
        words = name.casefold().split()
        for word in words:
            same_day[born, word].append((id_, name))
        same_name[tuple(sorted(words))].append((id_, born))
    for namesakes in same_day.values():
        for (one, name), (other, other_name) in combinations(namesakes, 2):
            if are_alike(name, other_name):
                yield min(one, other), max(one, other)
    for born_near in same_name.values():
        for (one, born), (other, other_born) in combinations(born_near, 2):
            if born != other_born and are_near(born, other_born):
                yield min(one, other), max(one, other)


def are_alike(name: str, other: str) -> bool:
    """Tell whether each word of the shorter name is nearly one of the other, in any order.

    >>> are_alike("Kari Anne Nilsen", "Nilsn Kari"), are_alike("Kari Nilsen", "Kari Olsen")
    (True, False)
    """
    few, many = sorted((_heard(name), _heard(other)), key=len)
    return len(few) > 1 and all(any(_are_nearly(word, one) for one in many) for word in few)


def _heard(name: str) -> Sequence[str]:
    return [sound(word) for word in folded_words(name)]


def _are_nearly(word: str, other: str) -> bool:
    return word == other or _mistakes_apart(word, other, forgiven(min(word, other, key=len)))


def _mistakes_apart(word: str, other: str, most: int) -> bool:
    """Tell whether two words are so many mistakes apart at most, up to their ends."""
    if word == other or most == 0:
        return word == other
    same = 0
    while word[same : same + 1] == other[same : same + 1]:
        same += 1
    word, other = word[same:], other[same:]
    return (
        _mistakes_apart(word[1:], other, most - 1)
        or _mistakes_apart(word, other[1:], most - 1)
        or _mistakes_apart(word[1:], other[1:], most - 1)
        or (word[:2] == other[1::-1] and _mistakes_apart(word[2:], other[2:], most - 1))
    )


def are_near(born: date, other: date) -> bool:
    """Tell whether two birth dates differ by one digit, by a day, or by day and month changed round."""
    if abs(born - other) <= timedelta(days=1):
        return True
    is_swapped = (born.year, born.month, born.day) == (other.year, other.day, other.month)
    return is_swapped or sum(a != b for a, b in zip(f"{born}", f"{other}", strict=True)) == 1


def near_dates(born: date) -> list[date]:
    """Return all dates that `are_near` a birth date, itself among them."""
    near = {born, born - timedelta(days=1), born + timedelta(days=1)}
    text = f"{born}"
    written = [text[:place] + digit + text[place + 1 :] for place in range(10) for digit in "0123456789"]
    for one in (*written, f"{born.year}-{born.day:02}-{born.month:02}"):
        try:
            near.add(date.fromisoformat(one))
        except ValueError:  # such as the 32nd, or a digit in place of a hyphen
            continue
    return sorted(near)
