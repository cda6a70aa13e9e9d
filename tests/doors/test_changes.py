"""Nothing is changed by a GET, nor by a form that did not come from a page of ours."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from tests.doors.knocking import Doors, address
from tests.doors.test_table import ACCOUNTS, LINKS

WRITING = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER)\b", re.IGNORECASE)
# Where a GET adds a line to the log all the same, and nothing else, and why.
NOTED = {
    "/files/<int:file_id>/download": "the log notes who took the file",
    "/marches/<slug>/stages/<int:number>/border": "the log notes who looked at papers of children",
    "/marches/<slug>/stages/<int:number>/border/versions/<int:version>": "the same of what was frozen",
}
POSTS = [rule for method, rule in (*ACCOUNTS, *LINKS) if method == "POST"]
READS = [rule for method, rule in (*ACCOUNTS, *LINKS) if method == "GET"]
EXPIRED = "The form had been open too long"


@pytest.fixture
def csrf(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(doors.app.config, "WTF_CSRF_ENABLED", True)


@contextmanager
def writes(doors: Doors) -> Iterator[list[str]]:
    """Note every statement within that changes a row."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if WRITING.match(statement):
            found.append(statement)

    event.listen(doors.connection, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(doors.connection, "before_cursor_execute", note)


def who_may(rule: str) -> list[str]:
    """Return every visitor whom the tables let in."""
    row = (ACCOUNTS | LINKS)["GET", rule]
    return [who for who, cell in row.items() if cell == "open"]


@pytest.mark.parametrize("rule", READS)
def test_a_get_changes_nothing(doors: Doors, rule: str) -> None:
    for who in who_may(rule):
        with writes(doors) as found:
            doors.knock("GET", rule, who)
        of_log = [statement for statement in found if statement.startswith("INSERT INTO audit_event ")]
        assert found == of_log, who
        assert bool(of_log) == (rule in NOTED), who


def test_the_watch_over_statements_sees_a_change(doors: Doors) -> None:
    with writes(doors) as found:
        doors.knock("POST", "/participants/<int:participant_id>/documents", "coordinator")
    assert found


def test_no_post_is_taken_without_a_token(doors: Doors, csrf: None) -> None:
    """A form of another site, a script's request, htmx: all are told the form is too old."""
    for rule in POSTS:
        path = address(rule, {"token": doors.own.links["contact"]} | doors.own.values)
        for sent in (
            {"data": {"name": "x"}},
            {"json": {"marks": []}, "headers": {"X-Requested-With": "XMLHttpRequest"}},
            {"data": {"csrf_token": "invented"}, "headers": {"HX-Request": "true"}},
        ):
            with writes(doors) as found:
                answer = doors.send("POST", path, doors.visitors["coordinator"].cookie, **sent)
            assert answer.status_code == 400, rule
            assert EXPIRED in answer.text, rule
            assert found == [], rule


def test_a_token_of_somebody_else_opens_nothing_and_ones_own_does(doors: Doors, csrf: None) -> None:
    path = address("/participants/<int:participant_id>/documents", doors.own.values)
    coordinator = doors.client(doors.visitors["coordinator"].cookie)
    others = token_on(doors.client(doors.visitors["guide"].cookie).get("/").text)
    page = coordinator.get(address("/participants/<int:participant_id>", doors.own.values)).text
    with doors.undone():
        assert coordinator.post(path, headers={"X-CSRFToken": others}).status_code == 400
        assert coordinator.post(path, headers={"X-CSRFToken": token_on(page)}).status_code == 200


def token_on(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]
