"""Log lines as JSON: one event a line, with the id of its request, and without the secrets of addresses."""

import json
import logging
from dataclasses import replace
from io import StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marchapp.operating import logs


@pytest.fixture
def as_json(app: Flask):
    """Let the application write JSON while the test runs."""
    root, settings = logging.getLogger(), app.config["SETTINGS"]
    before, written = (root.level, list(root.handlers)), StringIO()
    app.config["SETTINGS"] = replace(settings, json_logs=True)
    logs.init_app(app)
    (handler,) = root.handlers
    handler.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    app.config["SETTINGS"] = settings
    root.setLevel(before[0])
    root.handlers[:] = before[1]


def test_each_request_is_a_line_without_its_address(as_json, client: FlaskClient) -> None:
    answer = client.get("/registrations/a-secret-of-a-link")
    (line,) = (line for line in as_json() if line["name"] == "march.requests")
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert (line["endpoint"], line["method"], line["status"]) == ("registration.confirmation", "GET", 404)
    assert line["took_ms"] >= 0
    assert "a-secret-of-a-link" not in json.dumps(line)


def test_a_line_outside_of_requests_has_no_id(as_json) -> None:
    logging.getLogger("march.test").warning("a line with\na break")
    (line,) = as_json()
    assert line["request_id"] is None
    assert line["message"] == "a line with\na break"
