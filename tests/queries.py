"""How often a page asks the database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

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


def queries_of(client: FlaskClient, address: str, sent: dict[str, str] | None = None) -> int:
    """Get a page, or send a form to it, and return the number of queries that it took.

    The page is asked for in a thread of its own, with a new database session: rows that the test has loaded
    do not save it any query.
    """
    with counted() as statements, ThreadPoolExecutor(1) as thread:
        answer = thread.submit(_answer, client, address, sent).result()
        assert answer.status_code == 200
    return len(statements)


def _answer(client: FlaskClient, address: str, sent: dict[str, str] | None) -> TestResponse:
    answer = client.get(address) if sent is None else client.post(address, data=sent)
    answer.get_data()  # what is streamed is read meanwhile
    return answer
