"""How often a page asks the database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event

from marchapp.extensions import db


@contextmanager
def counted() -> Iterator[list[str]]:
    """Note every query that is made within."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def queries_of(client: FlaskClient, address: str) -> int:
    """Get a page and return the number of queries that it took.

    The page is asked for in a thread of its own, with a new database session: rows that the test has loaded
    do not save it any query.
    """
    with counted() as statements, ThreadPoolExecutor(1) as thread:
        assert thread.submit(client.get, address).result().status_code == 200
    return len(statements)
