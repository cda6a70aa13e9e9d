"""Who signed in long ago writes the password once more before pages that must be kept safe."""

from datetime import timedelta
from time import time

import pytest
from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy.orm import Session

from tests.factories import Cast
from tests.signing_in import cookie_of

PASSWORD = "four quiet northern words"
LONG_AGO = timedelta(hours=3).total_seconds()


@pytest.fixture
def stale(session: Session, cast: Cast, client: FlaskClient) -> FlaskClient:
    """A client of a coordinator who signed in three hours ago."""
    cookie = cookie_of(session, cast.coordinator) | {"fs_paa": time() - LONG_AGO}
    session.commit()
    with client.session_transaction() as web_session:
        web_session.update(cookie)
    return client


def test_the_password_leads_back_to_the_page(session: Session, cast: Cast, stale: FlaskClient) -> None:
    cast.coordinator.password = hash_password(PASSWORD)
    session.commit()
    again = stale.get("/marches/victory/log?who=Kari").location
    assert again == "/sign-in/again?next=/marches/victory/log?who%3DKari"
    assert "Write your password once more" in stale.get(again).text
    assert "This is not your password." in stale.post(again, data={"password": "wrong"}).text
    assert stale.post(again, data={"password": PASSWORD}).location == "/marches/victory/log?who=Kari"
    assert stale.get("/marches/victory/log?who=Kari").status_code == 200


@pytest.mark.parametrize(
    ("referrer", "next_page"),
    [
        ("http://localhost/participants/1", "/participants/1"),
        ("https://evil.example/participants/1", "/start"),
        ("", "/start"),
    ],
)
def test_what_was_posted_leads_back_to_the_page_of_its_form(
    cast: Cast, stale: FlaskClient, referrer: str, next_page: str
) -> None:
    address = f"/participants/{cast.walker.id}/documents"
    answer = stale.post(address, headers={"Referer": referrer} if referrer else {})
    assert answer.location == f"/sign-in/again?next={next_page}"
