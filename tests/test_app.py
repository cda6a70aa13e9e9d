"""Where a request comes from, and to which host: believed only as far as is safe."""

from pathlib import Path

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.app import create_app
from marchapp.models import Message
from tests.factories import Cast
from tests.test_config import SAFE

PROXY, CLIENT, SPOOFED = "10.0.0.1", "198.51.100.7", "203.0.113.66"


def seen_address(tmp_path: Path, hops: str, forwarded_for: str) -> str:
    app = create_app({"DATA_FOLDER": str(tmp_path), "TRUSTED_PROXIES": hops}, TESTING=True)
    app.add_url_rule("/who", view_func=lambda: request.remote_addr or "")
    with app.test_client() as client:
        headers = {"X-Forwarded-For": forwarded_for}
        return client.get("/who", headers=headers, environ_base={"REMOTE_ADDR": PROXY}).text


@pytest.mark.parametrize(
    ("hops", "forwarded_for", "address"),
    [
        ("0", SPOOFED, PROXY),  # nobody stands before us: what the client says of itself is not believed
        ("1", CLIENT, CLIENT),
        ("1", f"{SPOOFED}, {CLIENT}", CLIENT),  # what our proxy added counts, not what the client sent it
        ("2", f"{SPOOFED}, {CLIENT}, 10.0.0.2", CLIENT),
    ],
)
def test_an_address_is_believed_of_as_many_proxies_as_the_setting_names(
    tmp_path: Path, hops: str, forwarded_for: str, address: str
) -> None:
    assert seen_address(tmp_path, hops, forwarded_for) == address


@pytest.fixture
def in_production(tmp_path: Path, database_url: str) -> Flask:
    return create_app(SAFE | {"DATABASE_URL": database_url, "DATA_FOLDER": str(tmp_path)})


@pytest.mark.parametrize(
    ("host", "status"), [("march.example.org", 200), ("127.0.0.1:8000", 200), ("evil.example", 400)]
)
def test_production_answers_under_its_own_name_only(in_production: Flask, host: str, status: int) -> None:
    assert in_production.test_client().get("/sign-in", headers={"Host": host}).status_code == status


def test_letters_name_the_address_of_the_setting_whatever_host_was_asked(
    session: Session, cast: Cast, client: FlaskClient
) -> None:
    cast.guide.password = hash_password("a long password")
    session.commit()
    asked = {"headers": {"Host": "evil.example"}, "data": {"email": cast.guide.email}}
    assert client.post("/new-password", **asked).status_code < 400
    letter = session.scalars(select(Message)).one()
    assert "http://127.0.0.1:8000/new-password/" in letter.text
    assert "evil.example" not in letter.text + letter.html
