"""What must stay secret is sent through every form and link, and looked for wherever the program speaks.

Health notes, numbers of documents, passwords and the secrets of private links are looked for in log lines,
pages of errors, figures, letters and the log of acts; whatever anybody types, in log lines and figures.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from flask import request
from flask_security import hash_password
from huey import MemoryHuey
from sqlalchemy import JSON, Column, LargeBinary, String, select, text, type_coerce
from sqlalchemy.exc import IntegrityError

from marchapp.accounts.second_step import BEFORE_SIGNED_IN
from marchapp.extensions import db
from marchapp.models import Account, AuditEvent, ConsentScan, Message, Participant
from marchapp.models.encrypted import EncryptedBytes, EncryptedText
from marchapp.operating import logs, metrics
from tests.doors.conftest import one_connection  # noqa: F401 - what `doors` is made with
from tests.doors.forms_of_pages import PageForm, forms_of
from tests.doors.knocking import Doors, address
from tests.doors.test_table import ACCOUNTS, LINKS
from tests.registration.conftest import ANYBODY, CONTACT, OF_CATEGORY

HEALTH, NUMBER, PASSWORD, SCAN = "Zqasthma", "ZQ7654321", "Zqpassword-17", "Zqscan"
TYPED = "Zqtyped"
SENDERS = (
    "stranger",
    "guide",
    "medic",
    "coordinator",
    "contact",
    "contact of a class",
    "child",
    "guardian",
    "new password",
)
# What is written besides, so that something comes of the form.
PLAUSIBLE = {
    **{name: value for category in OF_CATEGORY.values() for name, value in category.items()},
    **ANYBODY,
    **CONTACT,
    "birth_date": "1980-05-17",
    "document_kind": "passport",
    "document_country": "NO",
    "document_expires_on": "2099-12-31",
    "guardian_email": "siri@example.org",
    "email": "somebody@example.org",
    "reason": "Asked on the phone",
}
KEPT_SECRET = (HEALTH, NUMBER, PASSWORD, SCAN)


class Listening:
    """All that the process logs, as both kinds of lines."""

    def __init__(self) -> None:
        self.written = StringIO()

    def take(self) -> str:
        words = self.written.getvalue()
        self.written.seek(0)
        self.written.truncate()
        return words


@pytest.fixture
def lines() -> Iterator[Listening]:
    listening, root = Listening(), logging.getLogger()
    handlers = [logs.handler(as_json=True), logs.handler(as_json=False)]
    for handler in handlers:
        handler.setStream(listening.written)
        root.addHandler(handler)
    before = root.level
    root.setLevel(logging.INFO)
    yield listening
    root.setLevel(before)
    for handler in handlers:
        root.removeHandler(handler)


@pytest.fixture(scope="module")
def sown(doors: Doors) -> Doors:
    """Put secrets where the march keeps them."""
    with doors.app.app_context():
        for person in db.session.scalars(select(Participant).where(Participant.documents.any())):
            person.health_notes, person.has_health_notes = HEALTH, True
            person.documents[0].number = NUMBER
        for scan in db.session.scalars(select(ConsentScan)):
            scan.content = SCAN.encode()
        for account in db.session.scalars(select(Account)):
            account.password = hash_password(PASSWORD)
        db.session.commit()
        db.session.remove()
    return doors


@pytest.fixture
def as_in_production(sown: Doors, monkeypatch: pytest.MonkeyPatch) -> Doors:
    """Let defects be answered with a page."""
    monkeypatch.setitem(sown.app.config, "PROPAGATE_EXCEPTIONS", False)
    return sown


def secrets_of(doors: Doors) -> set[str]:
    return {*KEPT_SECRET, *doors.own.links.values()}


def pages_with_forms(doors: Doors) -> Iterator[tuple[str, str, PageForm]]:
    """Yield who sees a form, where, and the form."""
    for (method, rule), row in (ACCOUNTS | LINKS).items():
        for who in SENDERS:
            if method != "GET" or row.get(who) != "open":
                continue
            answer = doors.knock("GET", rule, who)
            if answer is not None and answer.mimetype == "text/html":
                path = answer.request.path
                yield from ((who, path, form) for form in forms_of(answer.text))


def filled(form: PageForm, *, with_anything: bool) -> dict[str, list[str]]:
    """Return a form with secrets in their fields, or with something typed into every field."""
    ticked = {name: [value] for name, value in form.unmarked.items() if "later" not in name}
    values = form.values | ticked | {"step": ["send"]}
    is_new = not "".join(values.get("birth_date", []))
    for name in PLAUSIBLE.keys() & values.keys():
        if name != "birth_date" or is_new:
            values[name] = [PLAUSIBLE[name]]
    for name in form.free:
        if "password" in name:
            values[name] = [PASSWORD]
        elif with_anything:
            values[name] = [f"{TYPED} {HEALTH} {NUMBER}"]
        elif "health" in name:
            values[name] = [HEALTH]
        elif name.endswith("document_number"):
            values[name] = [NUMBER]
    return values


def told(doors: Doors) -> str:
    """Return every letter and every act of the log, without what only who sends a letter can read."""
    letters = select(
        Message.recipient, Message.subject, Message.text, Message.html, Message.calendar, Message.last_error
    )
    acts = select(AuditEvent.action, AuditEvent.facts, AuditEvent.personal, AuditEvent.address)
    return repr([doors.connection.execute(query).all() for query in (letters, acts)])


def found_in(words: str, secrets: set[str]) -> set[str]:
    return {secret for secret in secrets if secret.lower() in words.lower()}


@contextmanager
def sent(doors: Doors, who: str, path: str, form: PageForm, values: Any) -> Iterator[Any]:
    """Send a form and put everything back afterwards."""
    to = urlsplit(form.action)
    with doors.undone():
        client = doors.client(doors.visitors[who].cookie)
        headers = {"Referer": f"http://localhost{path}", "User-Agent": f"{TYPED} browser"}
        query = to.query if to.path else urlsplit(path).query
        yield client.post(to.path or path, query_string=query, data=values, headers=headers, buffered=True)


@pytest.mark.parametrize("with_anything", [False, True], ids=["as meant", "anything anywhere"])
def test_no_form_tells_a_secret(as_in_production: Doors, lines: Listening, with_anything: bool) -> None:
    doors = as_in_production
    secrets, tried, taken, looks = secrets_of(doors), 0, set(), {HEALTH, NUMBER, PASSWORD, TYPED}
    with doors.app.app_context():
        before = told(doors)
    assert found_in(before, secrets) == set()
    for who, path, form in pages_with_forms(doors):
        lines.take()
        values = filled(form, with_anything=with_anything)
        with sent(doors, who, path, form, values) as answer:
            if answer.status_code == 302:
                taken |= {name for name, value in values.items() if {*value} & {HEALTH, NUMBER, PASSWORD}}
            where = f"{who} at {path} to {form.action}: {answer.status_code}"
            assert answer.status_code < 500, where
            assert found_in(lines.take(), secrets | looks) == set(), where
            if not with_anything:
                assert found_in(told(doors), secrets) == set(), where
            tried += 1
    assert tried > 100
    assert with_anything or taken >= {"health_notes", "document_number", "password"}, taken
    assert found_in(figures(doors), secrets | looks) == set()


def figures(doors: Doors) -> str:
    with doors.app.app_context():
        return metrics.exposition(db.session).decode()


def test_no_link_tells_a_secret_in_a_line(as_in_production: Doors, lines: Listening) -> None:
    doors = as_in_production
    for method, rule in LINKS:
        for who in doors.own.links:
            doors.knock(method, rule, who)
    written = lines.take()
    assert written.count("registration.confirmation") > 10
    assert found_in(written, secrets_of(doors)) == set()


def test_what_is_kept_secret_is_encrypted_wherever_it_stands(sown: Doors) -> None:
    held = {str(column): _raw_words(sown, column) for column in _columns()}
    assert {name for name, words in held.items() if found_in(words, {*KEPT_SECRET})} == set()
    with sown.app.app_context():
        people = db.session.scalars(select(Participant)).all()
        assert {HEALTH, NUMBER} <= {
            one for person in people for one in (person.health_notes, *(d.number for d in person.documents))
        }
        db.session.remove()


def _columns() -> Iterator[Column[Any]]:
    kinds = (String, JSON, LargeBinary, EncryptedText, EncryptedBytes)
    for table in db.metadata.sorted_tables:
        yield from (column for column in table.columns if isinstance(column.type, kinds))


def _raw_words(doors: Doors, column: Column[Any]) -> str:
    is_sealed = isinstance(column.type, (EncryptedText, EncryptedBytes))
    return repr(
        doors.connection.execute(select(type_coerce(column, LargeBinary) if is_sealed else column)).all()
    )


def fail_with_all_that_was_sent(**_values: Any) -> str:
    sent_here = f"{request.url} {request.form} {request.headers}"
    try:
        raise KeyError(sent_here)
    except KeyError as error:
        raise RuntimeError(sent_here) from error


def be_refused_by_the_database(**_values: Any) -> str:
    """Fail as a row that the database does not take: PostgreSQL quotes it whole."""
    row = {"march_id": 2**31 - 1, "kind": "person", "name": str(request.form), "key": request.path[-36:]}
    words = "INSERT INTO party (march_id, kind, contact_name, contact_email, submission_key) "
    db.session.execute(text(words + "VALUES (:march_id, :kind, :name, :name, :key)"), row)
    raise AssertionError("the row was taken")


@pytest.mark.parametrize("fail", [fail_with_all_that_was_sent, be_refused_by_the_database])
def test_no_failure_tells_what_was_sent(as_in_production: Doors, lines: Listening, fail: Any) -> None:
    doors = as_in_production
    secrets = secrets_of(doors) | {TYPED}
    typed = {"health_notes": HEALTH, "document_number": NUMBER, "password": PASSWORD, "name": TYPED}
    for method, rule in (*ACCOUNTS, *LINKS):
        if "/static/" in rule or "/fs-static/" in rule:
            continue
        [found] = [
            one for one in doors.app.url_map.iter_rules() if one.rule == rule and method in one.methods
        ]
        path = address(rule, doors.own.values | {"token": doors.own.links["contact"]})
        with patch.dict(doors.app.view_functions, {found.endpoint: fail}):
            is_signed_in = found.endpoint not in BEFORE_SIGNED_IN
            account = doors.visitors["coordinator"].cookie if is_signed_in else None
            answer = doors.send(method, path, account, data=typed, headers={"User-Agent": TYPED})
        written = lines.take()
        assert answer.status_code == 500, rule
        assert fail.__name__ in written, rule
        assert found_in(answer.text + written, secrets) == set(), rule


def test_the_place_and_the_kind_of_a_failure_are_logged(as_in_production: Doors, lines: Listening) -> None:
    doors = as_in_production
    with patch.dict(doors.app.view_functions, {"marches.index": be_refused_by_the_database}):
        doors.send("GET", "/", None)
    written = lines.take()
    assert IntegrityError.__name__ in written
    assert "INSERT INTO party" in written
    assert "test_canaries.py" in written


def test_a_failure_of_the_worker_tells_no_values(lines: Listening) -> None:
    huey = MemoryHuey()

    @huey.task()
    def read(words: str) -> None:
        raise ValueError(words)

    huey.execute(read.s(HEALTH))
    written = lines.take()
    assert "ValueError" in written
    assert HEALTH not in written


@pytest.mark.parametrize(
    "line",
    [
        "Error handling request GET /registrations/{0}/people/3?a=b",
        "Error handling request /consents/{0}",
        "Exception on /new-password/{0} [GET]",
        "Invalid request from ip=192.0.2.1: Invalid HTTP request line: 'GET /registrations/{0} HTP'",
        'Invalid request from ip=192.0.2.1: Invalid HTTP Header: "Cookie \'session={0}"',
    ],
)
def test_the_lines_of_gunicorn_tell_no_secret(lines: Listening, line: str) -> None:
    logging.getLogger("gunicorn.test").warning(line.format("Zqsecret"))
    written = lines.take()
    assert line.split("{0}")[0][:30] in written
    assert "Zqsecret" not in written


def test_every_address_that_holds_a_secret_is_known_to_the_log(sown: Doors) -> None:
    assert {rule.split("/<token>")[0][1:] for _method, rule in LINKS} == set(logs.PRIVATE)
