"""Pages for what goes wrong: kind, in the reader's language, and never a traceback."""

import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from marchapp.errors import explain_failure


@pytest.mark.parametrize("language", ["en", "nb", "ru"])
def test_a_page_that_is_not_there_says_so_in_the_readers_language(client: FlaskClient, language: str) -> None:
    answer = client.get(f"/marches/nowhere?lang={language}")
    assert answer.status_code == 404
    assert f'lang="{language}"' in answer.text


def test_a_method_that_a_page_does_not_know_is_explained(client: FlaskClient) -> None:
    assert client.post("/start").status_code == 405


@pytest.mark.parametrize("language", ["en", "nb", "ru"])
def test_a_failure_gives_a_reference_that_is_in_the_log(
    app: Flask, language: str, caplog: pytest.LogCaptureFixture
) -> None:
    with app.test_request_context(f"/?lang={language}"), caplog.at_level(logging.ERROR):
        page, status = explain_failure(RuntimeError("a defect"))
    assert status == 500
    assert f'lang="{language}"' in page
    reference = caplog.messages[0].split()[1]
    assert reference in page
    assert "a defect" not in page


def test_the_page_of_a_failure_asks_no_database(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_values: object) -> None:
        raise OperationalError("SELECT", {}, Exception("the database is gone"))

    monkeypatch.setattr("sqlalchemy.engine.Engine.connect", fail)
    with app.test_request_context("/", headers={"Accept-Language": "nb"}):
        page, status = explain_failure(RuntimeError("a defect"))
    assert status == 500
    assert 'lang="nb"' in page


def test_a_mistyped_private_link_leads_to_a_new_one(client: FlaskClient) -> None:
    assert "/lost-link" in client.get("/registrations/mistyped").text
    assert "/lost-link" not in client.get("/marches/mistyped").text
