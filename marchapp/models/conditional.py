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
    Update,
    any_,
    func,
    literal,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session


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
