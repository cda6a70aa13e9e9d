"""`python -m marchapp assign PEOPLE.csv GROUPS.csv`: people into groups, and what no roster can give them."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from marchapp.commands import UNUSABLE
from marchapp.commands.bar import Show, progress_bar
from marchapp.rosters.assigning.tables import UnusableTable, read_groups, read_people
from marchapp.rosters.assignment import (
    Assignment,
    GroupSize,
    Nationality,
    Options,
    Person,
    Progress,
    Status,
    assign,
)

T = TypeVar("T")
SENTENCES = {
    Status.OPTIMAL: "All rules hold, and no roster fulfils more of the wishes.",
    Status.FEASIBLE: "All rules hold. A longer search may fulfil more of the wishes.",
    Status.RELAXED: "Not every rule can be kept by this roster.",
}


def run(options: argparse.Namespace) -> int:
    """Assign and print; 2 when a file or a row of it cannot be used, each named on a line of its own."""
    problems: list[str] = []
    groups = _read(options.groups, read_groups, problems)
    known = {group.id for group in groups or ()}
    people = _read(options.people, lambda content: read_people(content, known), problems, groups is None)
    if problems or people is None or groups is None:
        sys.stderr.write("".join(f"{problem}\n" for problem in problems))
        return UNUSABLE
    with progress_bar() as show:
        found = assign(people, groups, _options(options), progress=_telling(show))
    sys.stdout.write(_as_json(found) if options.json else "".join(_summary(found, people, groups)))
    return 0


def _read(
    path: Path, read: Callable[[bytes], list[T]], problems: list[str], without_locks: bool = False
) -> list[T] | None:
    """Return the rows of a file, or note what is wrong; without_locks: of locks nothing."""
    try:
        return read(path.read_bytes())
    except OSError as error:
        problems.append(f"{path}: {error.strerror}.")
    except UnusableTable as error:
        told = [text for text in error.problems if not (without_locks and "not among the groups" in text)]
        problems += [f"{path}: {text}" for text in told]
    return None


def _options(options: argparse.Namespace) -> Options:
    return Options(
        children_per_adult=options.children_per_adult,
        nationality=Nationality(options.nationality),
        time_limit_s=options.time_limit,
        seed=options.seed,
    )


def _telling(show: Show) -> Callable[[Progress], bool]:
    def tell(progress: Progress) -> bool:
        show(progress.done / progress.of, f"{progress.phase}, cost {progress.cost:,.0f}")
        return True

    return tell


def _as_json(found: Assignment) -> str:
    answer = {
        "status": found.status.value,
        "cost": found.cost,
        "bound": found.bound,
        "seconds": round(found.seconds, 3),
        "cost_by_rule": found.cost_by_rule,
        "broken": [
            {"rule": fact.rule.value, "group": fact.group, "text": fact.text, "count": fact.count}
            for fact in found.broken
        ],
        "assignments": found.assignments,
    }
    return json.dumps(answer, indent=2, ensure_ascii=False) + "\n"


def _summary(found: Assignment, people: Sequence[Person], groups: Sequence[GroupSize]) -> Iterator[str]:
    yield f"{SENTENCES[found.status]}\n"
    yield f"Cost {found.cost:,.0f}, at least {found.bound:,.0f} for any roster; {found.seconds:.1f} s.\n"
    costs = [f"{rule} {cost:,.0f}" for rule, cost in found.cost_by_rule.items() if cost]
    if costs:
        yield f"By rule: {', '.join(costs)}.\n"
    if found.broken:
        yield "\n"
        yield from (f"{fact.text}\n" for fact in found.broken)
    yield "\nGroup, people, children, who walks in it\n"
    of_group: dict[str | None, list[Person]] = {}
    for person in people:
        of_group.setdefault(found.assignments[person.id], []).append(person)
    for group in groups:
        yield _line(group.id, of_group.get(group.id, []))
    if None in of_group:
        yield _line("none", of_group[None])


def _line(name: str, people: list[Person]) -> str:
    children = Counter(person.is_child for person in people)[True]
    return f"{name}\t{len(people)}\t{children}\t{' '.join(person.id for person in people)}\n"
