"""Which column of a list is what: headings in any of our languages, as people write them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from itertools import product
from pathlib import Path

from marchapp.models.names import folded_words
from marchapp.registration.lists.sheets import Line, Sheet

LINES_LOOKED_AT = 15  # a title and some remarks may stand above the headings
LIKENESS = 0.86  # of a heading with a slip of the pen
SHORTEST_WITH_SLIP = 5  # a shorter one is too soon like another

FIRST = ", 1, first, mother, første, mor, первый, первого, мать, матери, мама"
SECOND = "2, second, father, other, andre, far, annen, второй, второго, отец, отца, папа, другой, другого"
PARENTS = "mother, father, mor, far, мать, матери, мама, отец, отца, папа"  # these need no word for guardian
GUARDIANS = (
    ", guardian, guardians, parent, foresatt, foresatte, foresattes, forelder, verge, родитель, родителя"
    ", опекун, опекуна, представитель, представителя, законный представитель, законного представителя"
)
OF_GUARDIANS = {
    "name": ", name, navn, имя, фио, имя фамилия",
    "email": "e mail, email, mail, email address, epost, e post, e postadresse"
    ", почта, электронная почта, эл почта, имейл",
    "phone": "phone, telephone, mobile, phone number, telefon, mobil, tlf"
    ", телефон, мобильный, номер телефона, тел",
    "language": "language, language letters, språk, språk brev, язык, язык писем",
}

Words = frozenset[str]
Phrases = dict[Words, tuple[str, ...]]


@dataclass(frozen=True)
class Headings:
    """The line of headings of a sheet: which column, counted from 0, is what, and which nobody knows.

    `other_sheets` have headings, too.
    """

    sheet: Sheet
    line: Line
    columns: dict[int, str]
    unknown: tuple[str, ...]
    other_sheets: tuple[str, ...]

    def answers(self, asked: Iterable[str]) -> list[tuple[int, dict[str, str]]]:
        """Return each row below the headings: its number, and what it holds of the columns asked for."""
        wanted = {place: name for place, name in self.columns.items() if name in set(asked)}
        below = self.sheet.lines[self.sheet.lines.index(self.line) + 1 :]
        rows = [
            (
                line.number,
                {name: line.cells[place] for place, name in wanted.items() if place < len(line.cells)},
            )
            for line in below
        ]
        return [(number, cells) for number, cells in rows if any(cells.values())]


def find_headings(
    sheets: Sequence[Sheet], asked: Iterable[str], labels: dict[str, set[str]]
) -> Headings | None:
    """Return the line that names most of the columns asked for; None where none names two.

    `labels` are the words of our own templates, in all languages, by column.
    """
    asked = set(asked)
    known = _phrases(frozenset((name, frozenset(words)) for name, words in labels.items()))
    lines = ((sheet, line) for sheet in sheets for line in sheet.lines[:LINES_LOOKED_AT])
    named = [(sheet, line, _columns(line, known, asked)) for sheet, line in lines]
    sheet, line, columns = max(named, key=lambda found: len(found[2]))
    if len(columns) < 2:
        return None
    columns = _with_slips(line, columns, known, asked)
    unknown = tuple(cell for place, cell in enumerate(line.cells) if cell and place not in columns)
    others = {
        other.name: None for other, _line, of_other in named if len(of_other) > 2 and other is not sheet
    }
    return Headings(sheet, line, columns, unknown, tuple(others))


def _columns(line: Line, known: Phrases, asked: set[str]) -> dict[int, str]:
    """Return what the cells of a line name; the first of two columns of the same name counts."""
    columns: dict[int, str] = {}
    for place, cell in enumerate(line.cells):
        free = [name for name in _meant(cell, known) if name in asked and name not in columns.values()]
        if free:
            columns[place] = free[0]
    return columns


def _meant(heading: str, known: Phrases) -> tuple[str, ...]:
    """Return the columns that a heading can mean, the likeliest first; a remark in brackets may follow."""
    return known.get(_words(heading)) or known.get(_words(heading.partition("(")[0]), ())


def _with_slips(line: Line, columns: dict[int, str], known: Phrases, asked: set[str]) -> dict[int, str]:
    """Add the columns whose headings are almost right."""
    found = dict(columns)
    free = asked - set(columns.values())
    by_text = {
        " ".join(sorted(words)): name for words, names in known.items() for name in names if name in free
    }
    for place, cell in enumerate(line.cells):
        written = " ".join(sorted(_words(cell.partition("(")[0])))
        if place in found or len(written) < SHORTEST_WITH_SLIP:
            continue
        # Two headings that differ in the number of a guardian differ in all that matters.
        alike = get_close_matches(written, by_text, n=1, cutoff=LIKENESS)
        if alike and _figures(alike[0]) == _figures(written) and by_text[alike[0]] not in found.values():
            found[place] = by_text[alike[0]]
    return found


def _figures(text: str) -> set[str]:
    return {sign for sign in text if sign.isdigit()}


def _words(text: str) -> Words:
    words = frozenset(folded_words(text))
    return words - _passed_over() or words


@cache
def _passed_over() -> Words:
    return frozenset("".join(folded_words(word)) for name, word in _written() if name == "passed over")


@cache
def _phrases(labels: frozenset[tuple[str, frozenset[str]]]) -> Phrases:
    """Return the columns that each phrase can mean; what our own templates write comes first."""
    found: Phrases = {}
    own = ((name, phrase) for name, phrases in labels for phrase in phrases)
    for name, phrase in (*own, *_written(), *_of_guardians()):
        words = _words(phrase)
        if words and name not in found.get(words, ()):
            found[words] = (*found.get(words, ()), name)
    return found


@cache
def _written() -> tuple[tuple[str, str], ...]:
    """Return the columns and phrases of headings.txt."""
    lines = Path(__file__).with_name("headings.txt").read_text(encoding="utf-8").splitlines()
    parts = (line.partition(": ") for line in lines if line and not line.startswith("#"))
    return tuple((name, phrase) for name, _sign, phrases in parts for phrase in phrases.split(", "))


def _of_guardians() -> Iterator[tuple[str, str]]:
    """Yield what columns of the two guardians are called, such as Phone of guardian 2, or Mor e-post."""
    for position, numbers in (("guardian", FIRST), ("guardian2", SECOND)):
        for number, guardian in product(numbers.split(", "), GUARDIANS.split(", ")):
            if guardian or number in PARENTS.split(", "):
                for field, names in OF_GUARDIANS.items():
                    for name in names.split(", "):
                        yield f"{position}_{field}", f"{guardian} {number} {name}"
