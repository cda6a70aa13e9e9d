"""Coordinators invite guides, who choose a password and see their own groups only."""

import re
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.mail.reading import with_link
from marchapp.models import Account, Appointment, AuditEvent, GroupGuide, Message, Role
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
    link = re.search(
        r"http://127\.0\.0\.1:8000(/new-password/\S+)", with_link(letter, letter.text, datetime.now(UTC))
    )
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


def test_an_invitation_gives_no_way_into_an_account_that_is_in_use(
    session: Session, cast: Cast, sign_in
) -> None:
    victim = cast.other_coordinator
    victim.password = "a hash"
    session.commit()
    sign_in(cast.coordinator).post(PAGE, data=FORM | {"email": victim.email})
    letter = session.scalars(select(Message)).one()
    assert letter.recipient == victim.email
    assert "/new-password/" not in letter.text + letter.html
    assert "/sign-in" in letter.text


def test_an_invitation_gives_no_way_into_an_account_of_another_march(
    session: Session, cast: Cast, sign_in
) -> None:
    newcomer = make_account(session, "Not Yet Signed In", cast.other_march)
    session.commit()
    sign_in(cast.coordinator).post(PAGE, data=FORM | {"email": newcomer.email})
    letter = session.scalars(select(Message)).one()
    assert "/new-password/" not in letter.text + letter.html


def test_a_guide_is_corrected(session: Session, cast: Cast, sign_in) -> None:
    address = f"{PAGE}/{cast.guide.id}"
    form = {"name": "Gunn Gundersen", "phone": "+47 40012345", "language": "ru"}
    answer = sign_in(cast.coordinator).post(address, data=form)
    assert answer.location == PAGE
    session.expire_all()
    assert (cast.guide.name, cast.guide.phone, cast.guide.language) == (
        "Gunn Gundersen",
        "+47 40 01 23 45",
        "ru",
    )


def test_a_phone_that_nobody_can_call_is_explained(session: Session, cast: Cast, sign_in) -> None:
    address = f"{PAGE}/{cast.guide.id}"
    answer = sign_in(cast.coordinator).post(address, data={"name": "Gunn", "phone": "123", "language": "nb"})
    assert "This is no phone number we can call." in answer.text
    session.expire_all()
    assert cast.guide.phone == ""


def test_an_account_of_two_marches_is_changed_by_neither(session: Session, cast: Cast, sign_in) -> None:
    session.add(Appointment(account_id=cast.guide.id, march_id=cast.other_march.id, role=Role.GUIDE))
    session.commit()
    address = f"{PAGE}/{cast.guide.id}"
    form = {"name": "Somebody Else", "phone": "", "language": "nb"}
    answer = sign_in(cast.coordinator).post(address, data=form)
    assert "belongs to another march too" in answer.text
    session.expire_all()
    assert cast.guide.name == "Gunn Guide"


def test_a_dismissed_guide_guides_no_group_and_keeps_the_account(
    session: Session, cast: Cast, sign_in
) -> None:
    sign_in(cast.coordinator).post(f"{PAGE}/{cast.guide.id}/dismiss")
    session.expire_all()
    assert cast.group.guides == []
    assert cast.guide.appointments == []
    assert sign_in(cast.guide).get(f"/groups/{cast.group.id}").status_code == 403


@pytest.mark.parametrize("path", ["", "/dismiss"])
def test_only_coordinators_of_the_march_change_its_guides(
    session: Session, cast: Cast, client: FlaskClient, sign_in, path: str
) -> None:
    address = f"{PAGE}/{cast.guide.id}{path}"
    assert client.post(address).location.startswith("/sign-in")
    for account in (cast.guide, cast.other_coordinator):
        assert sign_in(account).post(address).status_code == 403
    stranger = f"{PAGE}/{cast.other_coordinator.id}{path}"
    assert sign_in(cast.coordinator).post(stranger).status_code == 404


def test_what_a_guide_brings_to_a_group_is_written_down_and_listed(
    session: Session, cast: Cast, sign_in
) -> None:
    client = sign_in(cast.coordinator)
    skills = {"spoken": ["no", "ru"], "other_language": "de", "knows_first_aid": "y"}
    client.post(PAGE, data=FORM | skills)
    guide = session.scalars(select(Account).where(Account.name == FORM["name"])).one()
    assert (guide.spoken_languages, guide.knows_first_aid) == (["no", "ru", "de"], True)
    assert "Norwegian, Russian, German" in client.get(PAGE).text
    page = client.get(f"{PAGE}/{guide.id}").text
    for ticked in ("ru", "de"):
        assert re.search(rf'<input checked [^>]*name="spoken"[^>]*value="{ticked}"', page)
    client.post(f"{PAGE}/{guide.id}", data=FORM | {"spoken": ["de"]})
    session.refresh(guide)
    assert (guide.spoken_languages, guide.knows_first_aid) == (["de"], False)
