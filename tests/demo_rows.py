"""The demo march in the database: computed once for all tests, its rows are kept and put in again."""

from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from marchapp.demo.load import load
from marchapp.extensions import db

_kept: dict[Table, list[dict[str, Any]]] = {}


def load_demo(session: Session) -> None:
    """Fill the empty tables with the demo march, and commit."""
    if _kept:
        for table, rows in _kept.items():
            session.execute(table.insert(), rows)
    else:
        load(session)
        session.flush()
        _kept.update(_rows_of_all_tables(session))
    session.commit()


def _rows_of_all_tables(session: Session) -> dict[Table, list[dict[str, Any]]]:
    found = {
        table: [dict(row) for row in session.execute(select(table)).mappings()]
        for table in db.metadata.sorted_tables
    }
    return {table: rows for table, rows in found.items() if rows}
