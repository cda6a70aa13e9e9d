"""Coordinators invite guides, who choose a password and see their own groups only."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import Account, AuditEvent, GroupGuide, Message
from tests.accounts.conftest import Visitor
from tests.factories import Cast, make_account, make_group
from tests.queries import queries_of

PAGE = "/marches/victory/guides"
FORM = {"name": "Nils Newcomer", "email": "Nils@Example.org", "phone": "+47 400 22 333", "language": "nb"}


def test_an_invited_guide_chooses_a_password_and_sees_the_own_group(
    session: Session, cast: Cast, client: FlaskClient, sign_in
) -> None:
    answer = sign_in(cast.coordinator).post(PAGE, data=FORM, follow_redirects=True)
    assert "Nils Newcomer is a guide now and has been written to." in answer.text
    guide = session.scalars(select(Account).where(Account.name == "Nils Newcomer")).one()
    group = make_group(session, cast.stage, guide, number=5)
    session.commit()

    letter = session.scalars(select(Message)).one()
    assert (letter.recipient, letter.language, letter.march_id) == (guide.email, "nb", cast.march.id)
    assert letter.subject
    link = re.search(r"http://127\.0\.0\.1:8000(/new-password/\S+)", letter.text)
    assert link is not None
    browser = Visitor(client.application, client.application.response_class, use_cookies=True)
    browser.post(link[1], data={"password": "words of my own", "password_confirm": "words of my own"})
    browser.post("/sign-in", data={"email": guide.email, "password": "words of my own"})
    page = browser.get("/my-groups").text
    assert f"/groups/{group.id}" in page
    assert f"/groups/{cast.group.id}" not in page
    assert browser.get(f"/groups/{cast.group.id}").status_code == 403
    assert browser.get(PAGE).status_code == 403


def test_an_invitation_is_recorded_and_given_once(session: Session, cast: Cast, sign_in) -> None:
    client = sign_in(cast.coordinator)
    for _ in range(2):
        client.post(PAGE, data=FORM)
    assert len(session.scalars(select(Account).where(Account.name == FORM["name"])).all()) == 1
    assert session.scalars(select(AuditEvent.action)).all() == ["guide.invited"] * 2


def test_guides_are_listed_with_their_groups(session: Session, cast: Cast, sign_in) -> None:
    make_account(session, "Fia Free", cast.march)
    session.commit()
    page = sign_in(cast.coordinator).get(PAGE).text
    assert "3 guides" in page
    assert page.index("Fia Free") < page.index("Gunn Guide") < page.index("Oleg Other")


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"email": "nils"}, {"email": ""}, {"language": "xx"}, {"phone": "1" * 31}]
)
def test_a_wrong_invitation_is_explained_and_writes_nothing(
    session: Session, cast: Cast, sign_in, wrong: dict[str, str]
) -> None:
    answer = sign_in(cast.coordinator).post(PAGE, data=FORM | wrong)
    assert "Nothing you wrote is lost." in answer.text
    assert session.scalars(select(Message)).all() == []


def test_only_coordinators_invite(session: Session, cast: Cast, client: FlaskClient, sign_in) -> None:
    assert client.get(PAGE).location.startswith("/sign-in")
    for account in (cast.guide, cast.other_coordinator):
        assert sign_in(account).post(PAGE, data=FORM).status_code == 403
    assert session.scalars(select(Message)).all() == []


def test_queries_do_not_grow_with_the_guides(session: Session, cast: Cast, sign_in) -> None:
    client = sign_in(cast.coordinator)
    few = queries_of(client, PAGE)
    for number in range(60):
        guide = make_account(session, f"Guide{number}", cast.march)
        session.add(GroupGuide(group_id=cast.group.id, account_id=guide.id))
    session.commit()
    assert queries_of(client, PAGE) == few
