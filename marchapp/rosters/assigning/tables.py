"""People and groups from CSV files, each row that cannot be used named by its line."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from marchapp.rosters.assigning.values import GroupSize, Person

PEOPLE_COLUMNS = (
    "id",
    "unit",
    "class",
    "country",
    "languages",
    "child",
    "guide",
    "first_aid",
    "previous_group",
    "locked_group",
)
GROUP_COLUMNS = ("id", "min_size", "max_size")
T = TypeVar("T")
FLAGS = {"0": False, "1": True, "": False}


class UnusableTable(Exception):
    """A file or rows of it cannot be used: `problems` says of each what is wrong, in a sentence."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class _Row:
    line: int
    cells: dict[str, str]


def read_groups(content: bytes) -> list[GroupSize]:
    """Return the groups of a file with the columns `id,min_size,max_size`; raise UnusableTable."""
    problems: list[str] = []
    groups = []
    for row in _rows(content, GROUP_COLUMNS, problems):
        wrong = [*_wrong_id(row), *_wrong_sizes(row)]
        problems += [f"line {row.line}: {text}" for text in wrong]
        if not wrong:
            cells = row.cells
            groups.append(
                GroupSize(id=cells["id"], min_size=int(cells["min_size"]), max_size=int(cells["max_size"]))
            )
    return _all_good(groups, problems)


def read_people(content: bytes, groups: set[str]) -> list[Person]:
    """Return the people of a file with PEOPLE_COLUMNS; raise UnusableTable. groups: their ids."""
    problems: list[str] = []
    people = []
    for row in _rows(content, PEOPLE_COLUMNS, problems):
        wrong = [*_wrong_id(row), *_wrong_flags(row), *_wrong_lock(row, groups)]
        problems += [f"line {row.line}: {text}" for text in wrong]
        if not wrong:
            people.append(_person(row.cells))
    return _all_good(people, problems)


def _all_good(read: list[T], problems: list[str]) -> list[T]:
    if problems:
        raise UnusableTable(problems)
    return read


def _rows(content: bytes, columns: tuple[str, ...], problems: list[str]) -> Iterator[_Row]:
    """Yield rows with exactly these columns, ids not twice; note what is wrong with the others."""
    reader = csv.reader(
        io.StringIO(text := _text(content), newline=""), delimiter=_delimiter(text), strict=True
    )
    seen: dict[str, int] = {}
    line = 1
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _check_header(header, columns)
        for cells in reader:
            first_line, line = line + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                problems.append(
                    f"line {first_line}: {len(cells)} values, but the header has {len(header)} columns."
                )
                continue
            row = _Row(first_line, {name: cell.strip() for name, cell in zip(header, cells, strict=True)})
            if (name := row.cells["id"]) in seen:
                problems.append(f"line {first_line}: the id {name} is on line {seen[name]}, too.")
                continue
            if name:
                seen[name] = first_line
            yield row
    except csv.Error as error:
        problems.append(f"line {reader.line_num}: not readable as CSV: {error}.")


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UnusableTable([f"line {line}: not UTF-8 text. Save the file as CSV UTF-8."]) from error
    if not text.strip():
        raise UnusableTable(["line 1: the file is empty."])
    return text


def _delimiter(text: str) -> str:
    header = text.lstrip().partition("\n")[0]
    return max(",;\t", key=header.count)


def _check_header(header: list[str], columns: tuple[str, ...]) -> None:
    missing = [name for name in columns if name not in header]
    twice = sorted({name for name in header if name in columns and header.count(name) > 1})
    problems = []
    if missing:
        wanted = ",".join(columns)
        problems.append(f"line 1: the header lacks {', '.join(missing)}. It has to be {wanted}.")
    if twice:
        problems.append(f"line 1: the header names {', '.join(twice)} twice.")
    if problems:
        raise UnusableTable(problems)


def _wrong_id(row: _Row) -> Iterator[str]:
    if not row.cells["id"]:
        yield "the id is missing."


def _wrong_sizes(row: _Row) -> Iterator[str]:
    bad = [name for name in ("min_size", "max_size") if not _is_size(row.cells[name])]
    for name in bad:
        yield f"{name} is {row.cells[name]!r}; it has to be a whole number from 0 to 100000."
    if not bad and int(row.cells["min_size"]) > int(row.cells["max_size"]):
        yield f"min_size {row.cells['min_size']} is more than max_size {row.cells['max_size']}."


def _is_size(cell: str) -> bool:
    return cell.isascii() and cell.isdecimal() and len(cell) <= 6 and int(cell) <= 100_000


def _wrong_flags(row: _Row) -> Iterator[str]:
    for name in ("child", "guide", "first_aid"):
        if row.cells[name] not in FLAGS:
            yield f"{name} is {row.cells[name]!r}; it has to be 0 or 1."


def _wrong_lock(row: _Row, groups: set[str]) -> Iterator[str]:
    locked = row.cells["locked_group"]
    if locked and locked not in groups:
        yield f"locked_group {locked} is not among the groups."


def _person(cells: dict[str, str]) -> Person:
    return Person(
        id=cells["id"],
        unit=cells["unit"],
        school_class=cells["class"],
        country=cells["country"],
        languages=frozenset(cells["languages"].split()),
        is_child=FLAGS[cells["child"]],
        is_guide=FLAGS[cells["guide"]],
        knows_first_aid=FLAGS[cells["first_aid"]],
        previous_group=cells["previous_group"],
        locked_group=cells["locked_group"],
    )
