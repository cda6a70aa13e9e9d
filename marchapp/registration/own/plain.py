"""Rows of the database as plain values for JSON."""

from datetime import date, datetime
from typing import Any


def plain(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value_of(getattr(row, name)) for name in names}


def value_of(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value
