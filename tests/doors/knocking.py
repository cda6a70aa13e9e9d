"""Knock at a door as somebody, say what happened, and leave everything as it was."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.doors.world import Place

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE")
# Which of the objects an address is about, where its parameter alone does not say it.
ABOUT = {
    "/static/<release>/<path:filename>": {"release": "of-before", "filename": "css/theme.css"},
    "/fs-static/<path:filename>": {"filename": "js/webauthn.js"},
    "/recordings/<int:recording_id>/put-to/<int:group_id>": {"group_id": "next_group_id"},
    "/participants/<int:participant_id>/restore": {"participant_id": "cancelled_id"},
}
# What is sent, where nothing at all would be refused before anything is done.
SENT: dict[str, dict[str, dict[str, str]]] = {
    "/marches/<slug>/stages/<int:number>/groups/copy": {"data": {"source": "next_number"}},
    "/participants/<int:participant_id>/consents/link": {"data": {"guardian": "guardian_id"}},
    "/participants/<int:participant_id>/consents/paper": {"query_string": {"by": "child"}},
    "/participants/<int:participant_id>/consents/print": {"query_string": {"by": "child"}},
}


@dataclass(frozen=True)
class Visitor:
    """Whose session it is, if anybody's, and which objects they ask for."""

    cookie: dict[str, Any] | None
    values: dict[str, Any]


@dataclass
class Doors:
    """The rules of the application, everybody who may knock, and the one connection that all share."""

    app: Flask
    connection: Connection
    own: Place
    other: Place
    hidden: Place
    visitors: dict[str, Visitor] = field(default_factory=dict)

    def knock(self, method: str, rule: str, who: str) -> TestResponse | None:
        """Return the answer to a visitor, None where the address names no object of the kind they bring."""
        visitor = self.visitors[who]
        known = visitor.values
        values = known | named(ABOUT.get(rule, {}), known)
        if who == "foreign object":
            foreign = foreign_parameter(rule)
            if foreign is None:
                return None
            values[foreign] = self.other.values[foreign]
        sent = {part: named(fields, known) for part, fields in SENT.get(rule, {}).items()}
        return self.send(method, address(rule, values), visitor.cookie, **sent)

    def send(self, method: str, path: str, cookie: dict[str, Any] | None, **options: Any) -> TestResponse:
        with self.undone():
            return self.client(cookie).open(path, method=method, buffered=True, **options)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Put everything back afterwards, what was committed too."""
        savepoint = self.connection.begin_nested()
        try:
            yield
        finally:
            savepoint.rollback()

    def client(self, cookie: dict[str, Any] | None) -> FlaskClient:
        client = self.app.test_client()
        if cookie:
            signer = self.app.session_interface.get_signing_serializer(self.app)
            client.set_cookie(self.app.config["SESSION_COOKIE_NAME"], signer.dumps(cookie))
        return client


def doors_of(app: Flask) -> list[tuple[str, str]]:
    """Return method and address of every rule."""
    rules: list[Rule] = sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
    return [(method, rule.rule) for rule in rules for method in METHODS if method in rule.methods]


def named(wanted: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are asked for by the names of others, and what is no name as it is."""
    return {name: values.get(value, value) for name, value in wanted.items()}


def address(rule: str, values: Mapping[str, Any]) -> str:
    return PARAMETER.sub(lambda found: str(values[found[1]]), rule)


def foreign_parameter(rule: str) -> str | None:
    """Return the last parameter of an address that names an object; none where that is the march."""
    named = [
        name for name in PARAMETER.findall(rule) if name.endswith("_id") or name in ("number", "version")
    ]
    return named[-1] if named else None


def outcome(answer: TestResponse | None) -> str:
    """Say in one word what a visitor was answered; who is told what they sent wrong was let in."""
    if answer is None:
        return "–"
    if answer.status_code == 401 or re.match(r"/sign-in(\?next=|$)", answer.headers.get("Location", "")):
        return "sign in"
    if re.search(r"/new-password$", answer.headers.get("Location", "")):
        return "ask anew"
    if answer.status_code < 400 or answer.status_code in (400, 409, 413, 415):
        return "open"
    return str(answer.status_code)
