"""What every answer tells the browser, whichever door it came from."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from marchapp.app import create_app
from tests.doors.knocking import Doors, outcome
from tests.doors.test_changes import who_may
from tests.doors.test_table import ACCOUNTS, LINKS

PRODUCTION = {
    "PRODUCTION": "yes",
    "SECRET_KEY": "a" * 32,
    "DATA_KEYS": "A" * 43 + "=",
    "BASE_URL": "https://march.example.org",
    "MAIL_SENDER": "march@march.no",
}
# A letter in its frame: it brings its own style, and the sandbox lets nothing in it run.
LETTERS = {
    "/marches/<slug>/letters/<int:message_id>/html",
    "/marches/<slug>/mailings/<int:mailing_id>/preview/<language>",
}
# Asked again every few seconds, each time by what the browser kept: only a browser of one's own keeps it.
ASKED_AGAIN = {
    "/groups/<int:group_id>/roll-call/<code>/state",
    "/marches/<slug>/stages/<int:number>/roll-calls/changes",
}
FILES_OF_ALL = {"/static/<release>/<path:filename>", "/fs-static/<path:filename>"}
OF_ALL = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def answers(doors: Doors, table: dict[Any, Any]) -> list[tuple[str, str, TestResponse]]:
    return [
        (rule, who, doors.knock("GET", rule, who))
        for method, rule in table
        if method == "GET" and rule not in FILES_OF_ALL
        for who in (*who_may(rule)[-1:], "stranger" if table is ACCOUNTS else "altered")
    ]


def kept(answer: TestResponse) -> set[str]:
    return {word.partition("=")[0] for word in answer.headers["Cache-Control"].split(", ")}


def test_every_page_is_bound_to_what_comes_from_here(doors: Doors) -> None:
    for rule, who, answer in answers(doors, ACCOUNTS) + answers(doors, LINKS):
        policy = answer.headers["Content-Security-Policy"]
        if rule in LETTERS and outcome(answer) == "open":
            assert "default-src 'none'; " in policy, rule
            assert "sandbox allow-popups " in policy, rule
            assert "allow-scripts" not in policy, rule
        else:
            assert policy.startswith("default-src 'self'; "), rule
            assert "unsafe" not in policy, rule
            assert "frame-ancestors 'none'" in policy, rule
        assert {name: answer.headers.get(name) for name in OF_ALL} == OF_ALL, (rule, who)
        assert answer.mimetype[:5] != "text/" or answer.content_type.endswith("charset=utf-8"), rule
        assert "camera=(self), geolocation=()" in answer.headers["Permissions-Policy"], rule


def test_pages_with_personal_data_are_not_kept(doors: Doors) -> None:
    for rule, who, answer in answers(doors, ACCOUNTS) + answers(doors, LINKS):
        if rule in ASKED_AGAIN and outcome(answer) == "open":
            assert answer.headers["Cache-Control"] == "private, no-cache", rule
        elif who == "stranger":
            assert {"private", "no-store"} & kept(answer), rule
        else:
            assert "no-store" in kept(answer), (rule, who)


def test_a_public_page_that_is_as_it_was_is_not_sent_again(doors: Doors) -> None:
    page = doors.knock("GET", "/", "stranger")
    again = doors.app.test_client().get("/", headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "Content-Security-Policy" in again.headers
    changed = doors.app.test_client().get("/", headers={"If-None-Match": 'W/"another"'})
    assert changed.status_code == 200


def test_the_secret_of_a_private_link_is_told_to_nobody(doors: Doors) -> None:
    """Nor is one that does not work any more, or does not work yet: what is nearly right is worth keeping."""
    for rule, _who, answer in answers(doors, LINKS):
        assert answer.headers["Referrer-Policy"] == "no-referrer", rule
        assert answer.headers["X-Robots-Tag"] == "noindex", rule


def test_a_page_without_a_secret_tells_only_this_site_where_one_came_from(doors: Doors) -> None:
    for rule, _who, answer in answers(doors, ACCOUNTS):
        assert answer.headers["Referrer-Policy"] == "same-origin", rule


@pytest.fixture
def in_production(tmp_path: Any, database_url: str) -> Flask:
    return create_app(PRODUCTION | {"DATABASE_URL": database_url, "DATA_FOLDER": str(tmp_path)})


def test_cookies_in_production_stay_on_this_host_and_on_tls(in_production: Flask) -> None:
    answer = in_production.test_client().get("/sign-in?lang=ru", base_url="https://march.example.org")
    cookies = answer.headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} == {"__Host-session", "__Host-language"}
    for cookie in cookies:
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_over_tls_browsers_are_told_to_stay_there(doors: Doors, scheme: str) -> None:
    answer = doors.app.test_client().get("/sign-in", base_url=f"{scheme}://127.0.0.1")
    assert ("Strict-Transport-Security" in answer.headers) == (scheme == "https")


def test_production_says_so_behind_a_proxy_that_does_not_tell_of_tls(in_production: Flask) -> None:
    assert "max-age=" in in_production.test_client().get("/sign-in").headers["Strict-Transport-Security"]


def test_files_of_all_are_not_taken_for_something_else(doors: Doors) -> None:
    assert doors.app.test_client().get("/static/css/theme.css").headers["X-Content-Type-Options"] == "nosniff"
