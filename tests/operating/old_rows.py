"""Rows for a database of any earlier version, made from what the database itself says of its tables."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Enum, MetaData, Table, column, inspect
from sqlalchemy import table as table_of
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine

from marchapp.extensions import db
from marchapp.models.encrypted import EncryptedText

DAY = date(2014, 9, 18)
MOMENT = datetime(2014, 9, 18, 6, tzinfo=UTC)
LATER = MOMENT + timedelta(hours=6)
Row = Mapping[str, Any]
Rows = dict[str, list[Row]]

# Two small worlds that share nothing. In the first all that may be left out is there, in the second nothing.
FULL, BARE = 0, 1
IDS = (11, 12)
# What a row must say to be one that the program would have written: checks of its table, and what it means.
SAID: dict[str, dict[str, Any]] = {
    "account": {"language": "ru"},
    "checkpoint": {"position": 1},
    "guardian": {"position": 1},
    "march": {
        "slug": ("full", "bare"),
        "signup_closes_at": LATER,
        "time_zone": "Europe/Oslo",
        "kept_days": {},
    },
    "message": {"calendar": {}, "claimed_at": None, "sent_at": LATER},
    "name_word": {"word": ("kari", "pjotr")},
    "participant": {
        "standing": ("placed", "cancelled"),
        "waiting_since": None,
        "cancelled_at": (None, LATER),
        "erased_at": None,
        "merged_into_id": None,
        "category": "schoolchild",
    },
    "planned_route": {"profile": []},
    "prepared_file": {"state": ("ready", "waiting")},
    "private_link": {"kind": "party", "party_id": IDS, "participant_id": None, "guardian_id": None},
    "quota": {"kind": "march", "category": None, "stage_id": None, "capacity": 40},
    "recording": {"other_stages": []},
    "stage": {"finishes_at": LATER},
    "stage_group": {"min_size": 1, "max_size": 12},
    "track": {"problem": {}, "is_current": True},
    "track_comparison": {
        "result": {"track": {"points_read": 3, "started_at": MOMENT.isoformat(), "finished_at": None}}
    },
}


def fill(connection: Connection) -> Rows:
    """Add a row of each world to every table, and return them as they were given."""
    tables = MetaData()
    tables.reflect(connection)
    allowed = _allowed_words(connection, tables)
    made: Rows = {}
    for table in tables.sorted_tables:
        if table.name in {"alembic_version", "key_check"}:
            continue
        types = {one.name: _type_of(table, one) for one in table.columns}
        into = table_of(table.name, *(column(name, type_) for name, type_ in types.items()))
        made[table.name] = [
            _row(table, types, allowed.get(table.name, {}), made, world) for world in (FULL, BARE)
        ]
        for row in made[table.name]:
            connection.execute(into.insert().values(**row))
    return made


def _type_of(table: Table, one: Column[Any]) -> TypeEngine[Any]:
    """Return how the program writes a column today, or how the database keeps one that is gone."""
    today = db.metadata.tables.get(table.name)
    return today.columns[one.name].type if today is not None and one.name in today.columns else one.type


def _allowed_words(connection: Connection, tables: MetaData) -> dict[str, dict[str, list[str]]]:
    """Return for each table which words its checks allow in which columns."""
    seen, found = inspect(connection), {}
    for table in tables.sorted_tables:
        for check in seen.get_check_constraints(table.name):
            listed = re.match(r"\W*(\w+)\)?(?:::text)? (?:IN \(|= ANY)(.*)", check["sqltext"], re.DOTALL)
            words = re.findall(r"'([^']*)'", listed[2]) if listed else []
            if listed and words:
                found.setdefault(table.name, {})[listed[1]] = words
    return found


def _row(
    table: Table,
    types: Mapping[str, TypeEngine[Any]],
    allowed: Mapping[str, list[str]],
    made: Rows,
    world: int,
) -> Row:
    row = {
        one.name: _value(table, one, types[one.name], allowed.get(one.name, []), world)
        for one in table.columns
        if world == FULL or not one.nullable
    }
    row |= dict(_references(table, made, world))
    said = {
        name: value[world] if isinstance(value, tuple) else value
        for name, value in SAID.get(table.name, {}).items()
        if name in table.columns and (value is not None or table.columns[name].nullable)
    }
    return row | said


def _references(table: Table, made: Rows, world: int) -> Iterator[tuple[str, Any]]:
    """Yield what leads to the rows of the same world."""
    for constraint in table.foreign_key_constraints:
        there = made.get(constraint.referred_table.name)
        for here, element in zip(constraint.columns, constraint.elements, strict=True):
            if there and (world == FULL or not here.nullable):
                yield here.name, there[world][element.column.name]
            elif here.nullable:
                yield here.name, None


def _value(table: Table, one: Column[Any], type_: TypeEngine[Any], allowed: list[str], world: int) -> Any:
    if one.primary_key and _kind(type_) is int:
        return IDS[world]
    if isinstance(type_, JSON):
        return _json(table, one)
    if isinstance(type_, Enum):
        known = [word for word in type_.enums if not allowed or word in allowed]
        return type_.enum_class(known[0]) if type_.enum_class else known[0]
    if allowed:
        return allowed[0]
    return _plain(one, type_, world)


def _json(table: Table, one: Column[Any]) -> Any:
    """Return what a new row of today holds, or a text by language."""
    today = db.metadata.tables.get(table.name)
    default = today.columns[one.name].default if today is not None and one.name in today.columns else None
    if default is not None and default.is_callable:
        return default.arg(None)
    return {"en": "Words"}


def _plain(one: Column[Any], type_: TypeEngine[Any], world: int) -> Any:
    kind = _kind(type_)
    if kind is str:
        return f"{one.name} {world}"[: getattr(one.type, "length", None) or 40]
    return {
        date: DAY,
        datetime: MOMENT,
        time: time(6),
        bool: False,
        int: 1,
        float: 1.5,
        bytes: f"{one.name} {world}".encode(),
    }[kind]


def _kind(type_: TypeEngine[Any]) -> type:
    """Return what Python gives to a column."""
    if isinstance(type_, EncryptedText):
        return str
    return type_.impl_instance.python_type if isinstance(type_, TypeDecorator) else type_.python_type
