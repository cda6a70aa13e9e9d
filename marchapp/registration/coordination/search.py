"""Find people by name or where they belong: either script, no accents, typing mistakes forgiven."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, select, union_all
from sqlalchemy.orm import Session

from marchapp.models import March, NameWord, Participant
from marchapp.models.names import folded_words, sound
from marchapp.models.participant import in_range

FEW = 5  # who finds fewer has perhaps mistyped
MOST_WORDS = 6
MOST_NAMES = 500  # names that are similar to one word; more are no help to anybody


@dataclass(frozen=True)
class Search:
    """Who is found. Where similar names count, too, `exact` says who is called just so; they come first."""

    found: ColumnElement[bool]
    exact: ColumnElement[bool] | None = None


def search(session: Session, march: March, text: str) -> Search:
    """Return who is found by all words of `text`; if these are few, who has similar names, too."""
    text = " ".join(text.split()[:MOST_WORDS])
    exact = Participant.is_called(text)
    words = folded_words(text)
    if not words or _are_many(session, march, exact):
        return Search(exact)
    alike = _names_like(session, words)
    return Search(Participant.is_called(text, alike), exact)


def _are_many(session: Session, march: March, condition: ColumnElement[bool]) -> bool:
    query = select(Participant.id).where(Participant.march_id == march.id, condition)
    return len(session.scalars(query.limit(FEW)).all()) == FEW


def _names_like(session: Session, words: Iterable[str]) -> dict[str, list[str]]:
    """Return the sounds of names in the database that are similar to each of these words, in one query."""
    heard = {word: sound(word) for word in words}
    names = session.scalars(union_all(*_candidates(set(heard.values())))).all()
    return {
        word: [name for name in dict.fromkeys(names) if begins_nearly(name, sound_, forgiven(sound_))][
            :MOST_NAMES
        ]
        for word, sound_ in heard.items()
    }


def _candidates(sounds: Iterable[str]) -> Iterator[Select[str]]:
    """Yield the queries of names that share the beginning or the end with a sound.

    Of a word with one mistake one half is right, with two mistakes one third.
    """
    for heard in sounds:
        part = len(heard) // (forgiven(heard) + 1)
        yield select(NameWord.heard).where(in_range(NameWord.heard, heard[:part])).distinct()
        if forgiven(heard):
            end = in_range(NameWord.backwards, heard[::-1][:part])
            yield select(NameWord.heard).where(end).distinct()


def forgiven(word: str) -> int:
    """Return how many mistakes are forgiven in a word: none in a short one, two in a long one."""
    return 0 if len(word) < 4 else 1 if len(word) < 8 else 2


def begins_nearly(name: str, typed: str, mistakes: int) -> bool:
    """Tell whether a name begins as it was typed, with so many mistakes at most.

    A mistake is a letter too many, too few or another one, or two that changed places.

    >>> [begins_nearly("nilsen", typed, 1) for typed in ("nilsn", "nisl", "nulsen", "olsen")]
    [True, True, True, False]
    """
    if mistakes == 0 or name.startswith(typed):
        return name.startswith(typed)
    same = 0
    while name[same : same + 1] == typed[same : same + 1]:
        same += 1
    name, typed = name[same:], typed[same:]
    return (
        begins_nearly(name, typed[1:], mistakes - 1)
        or begins_nearly(name[1:], typed, mistakes - 1)
        or begins_nearly(name[1:], typed[1:], mistakes - 1)
        or (name[:2] == typed[1::-1] and begins_nearly(name[2:], typed[2:], mistakes - 1))
    )
