"""Coordinators invite a team, each in a role; nobody can leave a march without a coordinator."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marchapp.accounts import services
from marchapp.accounts.services import appoint
from marchapp.extensions import db
from marchapp.i18n import local
from marchapp.mail.reading import with_link
from marchapp.models import Account, Appointment, AuditEvent, GroupGuide, March, Message, Role
from marchapp.models.audit import record
from tests.accounts.conftest import Visitor
from tests.factories import Cast, make_account, make_group
from tests.queries import queries_of

PAGE = "/marches/victory/team"
FORM = {
    "name": "Nils Newcomer",
    "email": "Nils@Example.org",
    "phone": "+47 400 22 333",
    "language": "nb",
    "roles": ["guide"],
}


def test_an_invited_guide_chooses_a_password_and_sees_the_own_group(
    session: Session, cast: Cast, client: FlaskClient, sign_in
) -> None:
    answer = sign_in(cast.coordinator).post(PAGE, data=FORM, follow_redirects=True)
    assert "Nils Newcomer is in the team now and has been written to." in answer.text
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
    for _time in range(2):
        client.post(PAGE, data=FORM)
    assert len(session.scalars(select(Account).where(Account.name == FORM["name"])).all()) == 1
    assert session.scalars(select(AuditEvent.action)).all() == ["member.invited"] * 2


def test_the_team_is_listed_by_name_with_roles_and_groups(session: Session, cast: Cast, sign_in) -> None:
    make_account(session, "Fia Free", cast.march, Role.MEDIC)
    session.commit()
    client = sign_in(cast.coordinator)
    page = client.get(PAGE).text
    assert "4 people" in page
    names = ("Clara Coordinator", "Fia Free", "Gunn Guide", "Oleg Other")
    places = [page.index(f"{name}</a>") for name in names]
    assert places == sorted(places)
    of_role = client.get(f"{PAGE}?role=medic").text
    assert "1 person" in of_role
    assert "Fia Free" in of_role
    assert "Gunn Guide" not in of_role
    assert 'checked class="form-check-input" id="roles-2"' in of_role  # who is invited there is a medic, too
    assert "Nobody in this role yet" in client.get(f"{PAGE}?role=observer").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"email": "nils"},
        {"email": ""},
        {"language": "xx"},
        {"phone": "1" * 31},
        {"roles": []},
        {"roles": ["king"]},
        {"roles": ["coordinator"]},  # without the second tick
    ],
)
def test_a_wrong_invitation_is_explained_and_writes_nothing(
    session: Session, cast: Cast, sign_in, wrong: dict[str, Any]
) -> None:
    answer = sign_in(cast.coordinator).post(PAGE, data=FORM | wrong)
    assert "Nothing you wrote is lost." in answer.text
    assert session.scalars(select(Message)).all() == []


def test_only_coordinators_invite(session: Session, cast: Cast, client: FlaskClient, sign_in) -> None:
    assert client.get(PAGE).location.startswith("/sign-in")
    for account in (cast.guide, cast.other_coordinator):
        assert sign_in(account).post(PAGE, data=FORM).status_code == 403
    assert session.scalars(select(Message)).all() == []


def test_queries_do_not_grow_with_the_team(session: Session, cast: Cast, sign_in) -> None:
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


def take_out(client: FlaskClient, account: Account, **options: Any) -> TestResponse:
    return client.post(f"{PAGE}/{account.id}/take-out", **options)


def give_roles(client: FlaskClient, account: Account, *roles: str, sure: str = "") -> TestResponse:
    return client.post(
        f"{PAGE}/{account.id}/roles", data={"roles": [*roles]} | ({"is_sure": sure} if sure else {})
    )


def acts(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def test_a_guide_who_is_taken_out_guides_no_group_and_keeps_the_account(
    session: Session, cast: Cast, sign_in
) -> None:
    assert take_out(sign_in(cast.coordinator), cast.guide).location == PAGE
    session.expire_all()
    assert cast.group.guides == []
    assert cast.guide.appointments == []
    assert acts(session) == ["member.dismissed"]
    assert sign_in(cast.guide).get(f"/groups/{cast.group.id}").status_code == 403


@pytest.mark.parametrize("path", ["", "/roles", "/invite-again", "/take-out"])
def test_only_coordinators_of_the_march_change_its_team(
    session: Session, cast: Cast, client: FlaskClient, sign_in, path: str
) -> None:
    address = f"{PAGE}/{cast.guide.id}{path}"
    assert client.post(address).location.startswith("/sign-in")
    for account in (cast.guide, cast.other_coordinator):
        assert sign_in(account).post(address).status_code == 403
    stranger = f"{PAGE}/{cast.other_coordinator.id}{path}"
    assert sign_in(cast.coordinator).post(stranger).status_code == 404
    assert acts(session) == []


@pytest.mark.parametrize("language", ["en", "nb", "ru"])
@pytest.mark.parametrize("role", list(Role))
def test_the_letter_names_the_role_in_the_language_of_its_reader(
    app: Flask, session: Session, cast: Cast, sign_in, role: Role, language: str
) -> None:
    form = FORM | {"roles": [role], "is_sure": "y", "language": language}
    sign_in(cast.coordinator).post(PAGE, data=form)
    account = session.scalars(select(Account).where(Account.name == FORM["name"])).one()
    assert [held.role for held in account.appointments] == [role]
    letter = session.scalars(select(Message)).one()
    assert letter.language == language
    assert "/new-password/" in letter.text
    with app.test_request_context(), force_locale(language):
        named = {
            Role.COORDINATOR: _("You are a coordinator of %(march)s", march=local(cast.march.name)),
            Role.GUIDE: _("You are a guide of %(march)s", march=local(cast.march.name)),
            Role.MEDIC: _("You are a medic of %(march)s", march=local(cast.march.name)),
            Role.OBSERVER: _("You are an observer of %(march)s", march=local(cast.march.name)),
        }
        assert letter.subject == named[role]


def test_who_is_to_coordinate_is_asked_about_twice(session: Session, cast: Cast, sign_in) -> None:
    client = sign_in(cast.coordinator)
    answer = client.post(PAGE, data=FORM | {"roles": ["coordinator"]})
    assert "A coordinator opens every name, health note and document of every child." in answer.text
    answer = give_roles(client, cast.guide, "coordinator", "guide")
    assert "Tick this if it is meant." in answer.text
    assert acts(session) == []
    assert give_roles(client, cast.guide, "coordinator", "guide", sure="y").location == PAGE
    session.expire_all()
    assert {held.role for held in cast.guide.appointments} == {Role.COORDINATOR, Role.GUIDE}
    assert give_roles(client, cast.guide, "coordinator").location == PAGE  # who is one already is not


def test_who_signed_in_long_ago_makes_and_unmakes_no_coordinator(
    session: Session, cast: Cast, sign_in
) -> None:
    colleague = make_account(session, "Kolya Colleague", cast.march, Role.COORDINATOR)
    session.commit()
    client = sign_in(cast.coordinator)
    with client.session_transaction() as web_session:
        web_session["fs_paa"] = (datetime.now(UTC) - timedelta(hours=3)).timestamp()
        web_session.pop("fs_gexp", None)
    form = FORM | {"roles": ["coordinator"], "is_sure": "y"}
    for answer in (
        client.post(PAGE, data=form),
        give_roles(client, cast.guide, "coordinator", sure="y"),
        give_roles(client, colleague, "guide"),
        take_out(client, colleague),
    ):
        assert answer.location.startswith("/sign-in/again")
    assert acts(session) == []
    assert take_out(client, cast.guide).location == PAGE


def test_of_a_new_role_somebody_is_told_and_of_a_role_taken_away_not(
    session: Session, cast: Cast, sign_in
) -> None:
    give_roles(sign_in(cast.coordinator), cast.guide, "medic")
    session.expire_all()
    assert [held.role for held in cast.guide.appointments] == [Role.MEDIC]
    assert cast.group.guides == []
    assert acts(session) == ["role.given", "role.taken"]
    given = session.scalars(select(AuditEvent).where(AuditEvent.action == "role.given")).one()
    assert given.details["before"] == {"roles": ["guide"]}
    assert given.details["after"] == {"roles": ["medic"]}
    assert (given.subject, given.subject_id, given.account_id) == (
        "account",
        cast.guide.id,
        cast.coordinator.id,
    )
    letter = session.scalars(select(Message)).one()
    assert "has made you a medic" in letter.text
    assert "guide" not in letter.text.replace("Gunn Guide", "")
    give_roles(sign_in(cast.coordinator), cast.guide, "medic")
    assert len(acts(session)) == 2


@pytest.mark.parametrize("act", ["take out", "change roles"])
def test_the_last_coordinator_stays(session: Session, cast: Cast, sign_in, act: str) -> None:
    colleague = make_account(session, "Not Signed In Yet", cast.march, Role.COORDINATOR)
    session.commit()
    client, oneself = sign_in(cast.coordinator), cast.coordinator

    def leave() -> TestResponse:
        return take_out(client, oneself) if act == "take out" else give_roles(client, oneself, "guide")

    assert leave().location == f"{PAGE}/{oneself.id}"
    assert "so Clara Coordinator stays its coordinator." in client.get(f"{PAGE}/{oneself.id}").text
    session.expire_all()
    assert oneself.has_role_in(cast.march, Role.COORDINATOR)
    assert acts(session) == []
    colleague.password = "a hash"
    session.commit()
    assert leave().location == "/start"
    session.expire_all()
    assert not oneself.has_role_in(cast.march, Role.COORDINATOR)


def test_a_colleague_who_never_signed_in_can_be_taken_out(session: Session, cast: Cast, sign_in) -> None:
    colleague = make_account(session, "Not Signed In Yet", cast.march, Role.COORDINATOR)
    session.commit()
    assert take_out(sign_in(cast.coordinator), colleague).location == PAGE


def test_two_coordinators_who_take_each_other_out_at_once_leave_one(
    app: Flask, session: Session, cast: Cast
) -> None:
    colleague = make_account(session, "Kolya Colleague", cast.march, Role.COORDINATOR)
    session.commit()
    march_id, pair = cast.march.id, (cast.coordinator.id, colleague.id)
    session.remove()
    both = Barrier(2)

    def dismiss(ids: tuple[int, int]) -> bool:
        with app.app_context():
            by, account = (db.session.get(Account, one) for one in ids)
            march = db.session.get(March, march_id)
            db.session.rollback()
            both.wait(10)
            try:
                services.take_out(db.session, march=march, account=account, by=by, now=datetime.now(UTC))
            except services.LastCoordinator:
                db.session.rollback()
                return False
            db.session.commit()
            return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(dismiss, [pair, pair[::-1]])) == [False, True]


def test_an_invitation_is_sent_again_with_all_roles_and_a_link_of_today(
    session: Session, cast: Cast, sign_in
) -> None:
    appoint(session, account=cast.guide, march=cast.march, role=Role.MEDIC)
    session.commit()
    client = sign_in(cast.coordinator)
    assert client.post(f"{PAGE}/{cast.guide.id}/invite-again").location == PAGE
    letter = session.scalars(select(Message)).one()
    assert "/new-password/" in letter.text
    assert "made you a guide" in letter.text
    assert "made you a medic" in letter.text
    assert letter.subject.startswith("You are in the team of ")
    assert acts(session) == ["member.invited"]


def test_the_page_says_how_each_invitation_stands(session: Session, cast: Cast, sign_in) -> None:
    client, now = sign_in(cast.coordinator), datetime.now(UTC)

    def stands(account: Account) -> str:
        page = client.get(PAGE).text
        return page.split(f"{account.name}</a>")[1].split("</tr>")[0]

    client.post(f"{PAGE}/{cast.guide.id}/invite-again")
    assert "No password yet" in stands(cast.guide)
    assert "Invited on" in stands(cast.guide)
    letter = session.scalars(select(Message)).one()
    letter.failed_at = now
    session.commit()
    assert "The letter could not be sent" in stands(cast.guide)
    long_ago = now - timedelta(days=8)
    record(
        session,
        at=long_ago,
        action="member.invited",
        march_id=cast.march.id,
        account_id=cast.coordinator.id,
        subject="account",
        subject_id=cast.other_guide.id,
    )
    session.commit()
    assert "The link is too old" in stands(cast.other_guide)
    cast.guide.password = "a hash"
    session.commit()
    assert "Has a password" in stands(cast.guide)
    assert "Send again" not in stands(cast.guide)


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


def test_a_large_team_is_shown_by_pages_and_searched(session: Session, cast: Cast, sign_in) -> None:
    for number in range(100):
        make_account(session, f"Walker {number:03}", cast.march, Role.GUIDE)
    make_account(session, "Zoya Zimina", cast.march, Role.OBSERVER)
    session.commit()
    client = sign_in(cast.coordinator)
    page = client.get(PAGE).text
    assert "Zoya" not in page
    assert 'rel="next"' in page
    assert "Zoya" in client.get(f"{PAGE}?page=2").text
    assert "Zoya" in client.get(f"{PAGE}?page=99").text
    found = client.get(f"{PAGE}?q=zimin").text
    assert "Zoya" in found
    assert "Walker" not in found
    assert "Nobody fits this search" in client.get(f"{PAGE}?q=zimin&role=guide&lang=en").text
