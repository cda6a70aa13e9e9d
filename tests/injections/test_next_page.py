"""Who signs in or out, or chooses a language, is led to no other site."""

import pytest
from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy.orm import Session

from tests.factories import Cast
from tests.injections.places import AWAY, leads_to


@pytest.fixture
def typed(session: Session, cast: Cast) -> dict[str, str]:
    cast.guide.password = hash_password("a long password")
    session.commit()
    return {"email": cast.guide.email, "password": "a long password"}


@pytest.mark.parametrize("away", AWAY, ids=ascii)
@pytest.mark.parametrize("page", ["/sign-in", "/sign-out"])
def test_who_signs_in_or_out_stays_here(
    client: FlaskClient, typed: dict[str, str], page: str, away: str
) -> None:
    for sent in ({"query_string": {"next": away}, "data": typed}, {"data": typed | {"next": away}}):
        answer = client.post(page, **sent)
        assert answer.status_code in (200, 302)
        assert leads_to(answer.headers.get("Location", "/")) == "localhost"
        client.delete_cookie("session")


def test_who_signs_in_is_led_back_to_the_page_they_asked_for(
    client: FlaskClient, typed: dict[str, str]
) -> None:
    answer = client.post("/sign-in", query_string={"next": "/my-groups?lang=nb"}, data=typed)
    assert answer.location == "/my-groups?lang=nb"


def test_the_link_to_another_language_leads_to_the_same_page(client: FlaskClient, cast: Cast) -> None:
    page = client.get("/marches/victory?q=%C3%A5").text
    assert 'href="/marches/victory?q=%C3%A5&amp;lang=nb"' in page
