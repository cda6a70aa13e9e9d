"""Change rows where a condition still holds, and learn how many; ask for many rows by their ids."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    CursorResult,
    Delete,
    Integer,
    Select,
    SelectBase,
    Update,
    any_,
    except_,
    exists,
    func,
    literal,
    select,
    text,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

Rows = Select[*tuple[Any, ...]]


def rows_changed(session: Session, change: Update | Delete) -> int:
    """Execute an UPDATE or DELETE and return how many rows it changed: two who want the same take turns."""
    result = session.execute(change)
    assert isinstance(result, CursorResult)  # noqa: S101 (what each of them gives)
    return result.rowcount


def pairs(session: Session, values: Iterable[tuple[int, int]], *between: int) -> Select[Any]:
    """Select pairs of numbers as rows, each with the same numbers between its two, however many."""
    rows = list(values)
    fixed = [literal(number, Integer) for number in between]
    if session.get_bind().dialect.name == "postgresql":
        first, second = ([row[place] for row in rows] for place in (0, 1))
        columns = (func.unnest(literal(numbers, ARRAY(Integer))) for numbers in (first, second))
        return select(next(columns), *fixed, next(columns))
    listed = func.json_each(json.dumps(rows)).table_valued("value")
    columns = (func.json_extract(listed.c.value, f"$[{place}]") for place in (0, 1))
    return select(next(columns), *fixed, next(columns))


def only_in(session: Session, these: Rows, *those: Rows) -> SelectBase:
    """Select the rows of one list that are in none of the others; all are read from indexes in one order.

    SQLite walks ordered lists side by side, for which PostgreSQL would sort them: it looks each row up.
    """
    if session.get_bind().dialect.name == "sqlite":
        places = range(1, 1 + len(these.selected_columns))
        return except_(these, *those).order_by(*(text(str(place)) for place in places))
    here = these.subquery()
    found = select(here)
    for other in those:
        there = other.subquery()
        same = [mine == its for mine, its in zip(here.c, there.c, strict=True)]
        found = found.where(~exists().where(*same))
    return found


def changed_between(session: Session, before: Rows, after: Rows) -> SelectBase:
    """Select the keys (first column) of two lists of pairs whose value differs, or that one list lacks.

    SQLite walks the ordered lists side by side; PostgreSQL joins both once.
    """
    if session.get_bind().dialect.name == "sqlite":
        one, other = (only_in(session, *lists).subquery() for lists in ((before, after), (after, before)))
        return union(select(one.c[0]), select(other.c[0]))
    one, other = before.subquery(), after.subquery()
    both = one.join(other, one.c[0] == other.c[0], full=True)
    key = func.coalesce(one.c[0], other.c[0]).label(one.c[0].name)
    return select(key).select_from(both).where(one.c[1].is_distinct_from(other.c[1]))


def among(
    session: Session,
    column: InstrumentedAttribute[int] | InstrumentedAttribute[int | None],
    ids: Iterable[int],
) -> ColumnElement[bool]:
    """Return the condition that a column holds one of the ids, which travel as one value, however many."""
    wanted = list(ids)
    if session.get_bind().dialect.name == "postgresql":
        return column == any_(literal(wanted, ARRAY(Integer)))
    listed = func.json_each(json.dumps(wanted)).table_valued("value")
    return column.in_(select(listed.c.value))
