"""Pages for machines: who is asked, what they count, and that no secret stands in them."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis.exceptions import ConnectionError as RedisGone
from sqlalchemy.exc import OperationalError

from marchapp.extensions import queue
from tests.factories import Cast

TOKEN = "a token of the watchers"


def test_the_process_says_that_it_is_there(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}


def test_ready_with_database_and_queue(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "database": "ok", "queue": "ok", "letters": "ok"}


def test_not_ready_without_the_queue(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> int:
        raise RedisGone("refused")

    monkeypatch.setattr(queue, "count", gone)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["queue"] == "down"


def test_not_ready_without_the_database(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_arguments: object, **_values: object) -> None:
        raise OperationalError("SELECT", {}, Exception("connection refused"))

    monkeypatch.setattr("sqlalchemy.engine.Engine.connect", gone)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["database"] == "down"


def test_figures_are_shown_to_who_knows_the_token(app: Flask, cast: Cast, client: FlaskClient) -> None:
    assert client.get("/metrics").status_code == 404
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(settings, metrics_token=TOKEN)
    try:
        assert client.get("/metrics").status_code == 403
        assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403
        client.get("/registrations/a-secret-of-a-link")
        page = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    finally:
        app.config["SETTINGS"] = settings
    assert (
        'march_request_seconds_count{endpoint="registration.confirmation",method="GET",status="404"}' in page
    )
    assert re.search(r"^march_outbox_letters \d", page, re.M)
    assert re.search(rf'^march_places_left{{march="{cast.march.slug}",of="\w+"}} \d', page, re.M)
    assert "a-secret-of-a-link" not in page


@pytest.mark.parametrize("language", ["en", "nb", "ru"])
def test_a_database_that_is_gone_is_a_pause_in_the_readers_language(
    app: Flask, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    def gone(*_arguments: object, **_values: object) -> None:
        raise OperationalError("SELECT", {}, Exception("connection refused"))

    monkeypatch.setattr("sqlalchemy.engine.Engine.connect", gone)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = app.test_client().get(f"/?lang={language}")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert f'lang="{language}"' in answer.text
    assert answer.headers["X-Request-ID"] in answer.text


def test_a_request_id_of_a_stranger_is_not_taken(client: FlaskClient) -> None:
    answer = client.get("/", headers={"X-Request-ID": "written by a stranger"})
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-ID"])
