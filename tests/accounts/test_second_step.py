"""The second step of signing in: codes that work once, recovery codes, and of whom it is demanded."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marchapp.models import Account, AuditEvent, Message, SignIn
from tests.accounts.codes import code_at, set_up
from tests.accounts.conftest import Visitor
from tests.factories import Cast

PASSWORD = "four quiet northern words"
CODES = re.compile(r">([0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4})<")
SOON = timedelta(seconds=30)


@pytest.fixture
def guide(session: Session, cast: Cast) -> Account:
    cast.guide.password = hash_password(PASSWORD)
    session.commit()
    return cast.guide


@pytest.fixture
def secret(session: Session, guide: Account) -> str:
    secret = set_up(guide)
    session.commit()
    return secret


@pytest.fixture
def demanded(app: Flask) -> Iterator[None]:
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(settings, second_step_for_coordinators=True)
    yield
    app.config["SETTINGS"] = settings


def password(client: FlaskClient, account: Account, **arguments: str) -> TestResponse:
    return client.post(
        "/sign-in", query_string=arguments, data={"email": account.email, "password": PASSWORD}
    )


def code(client: FlaskClient, code: str, **arguments: str) -> TestResponse:
    return client.post("/sign-in/code", query_string=arguments, data={"code": code})


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/my-groups").status_code == 200


def key_on(page: str) -> str:
    found = re.search(r"secret=([A-Z2-7]+)", page)
    assert found
    return found[1]


def proof_on(page: str) -> str:
    found = re.search(r'action="(/account/second-step/[^"]+)"', page)
    assert found
    return found[1]


def test_after_the_password_a_code_is_asked_for(guide: Account, secret: str, client: FlaskClient) -> None:
    assert password(client, guide).location == "/sign-in/code?next=/start"
    assert not is_signed_in(client)
    assert client.get("/sign-in/code").status_code == 200
    assert code(client, code_at(secret, datetime.now(UTC))).location == "/start"
    assert is_signed_in(client)


def test_a_wrong_code_does_not_let_in_and_says_what_to_do(
    session: Session, guide: Account, secret: str, client: FlaskClient
) -> None:
    password(client, guide)
    right = code_at(secret, datetime.now(UTC))
    answer = code(client, f"{(int(right) + 1) % 1_000_000:06}")
    assert "Each works once" in answer.text
    assert not is_signed_in(client)
    assert session.scalars(select(AuditEvent.action)).all() == ["account.sign_in_failed"]


def test_a_code_works_once(guide: Account, secret: str, app: Flask, client: FlaskClient) -> None:
    seen = code_at(secret, datetime.now(UTC))
    password(client, guide)
    code(client, seen)
    client.post("/sign-out")
    password(client, guide)
    assert code(client, seen).status_code == 200
    assert not is_signed_in(client)
    assert code(client, code_at(secret, datetime.now(UTC), SOON)).location == "/start"


def test_a_code_of_long_ago_does_not_fit(guide: Account, secret: str, client: FlaskClient) -> None:
    password(client, guide)
    code(client, code_at(secret, datetime.now(UTC) - timedelta(minutes=3)))
    assert not is_signed_in(client)


def test_a_code_without_the_password_is_asked_for_the_password(
    guide: Account, secret: str, client: FlaskClient
) -> None:
    for address in ("/sign-in/code", "/sign-in/recovery-code", "/sign-in/other-ways", "/sign-in/which-way"):
        assert client.get(address).location == "/sign-in"
    assert code(client, code_at(secret, datetime.now(UTC))).location == "/sign-in"
    assert not is_signed_in(client)


def test_who_was_asked_to_sign_in_comes_back_after_the_code(
    cast: Cast, guide: Account, secret: str, client: FlaskClient
) -> None:
    page = f"/groups/{cast.group.id}"
    assert password(client, guide, next=page).location == f"/sign-in/code?next={page}"
    assert code(client, code_at(secret, datetime.now(UTC)), next=page).location == page


def test_looking_at_the_page_of_codes_signs_nobody_out(guide: Account, sign_in) -> None:
    client = sign_in(guide)
    assert client.get("/sign-in/code").location == "/start"
    assert is_signed_in(client)


def test_it_is_set_up_with_a_code_and_other_devices_are_signed_out(
    session: Session, guide: Account, app: Flask, sign_in
) -> None:
    other = Visitor(app, app.response_class, use_cookies=True)
    other.post("/sign-in", data={"email": guide.email, "password": PASSWORD})
    client = sign_in(guide)
    page = client.get("/account/second-step").text
    answer = client.post(proof_on(page), data={"code": code_at(key_on(page), datetime.now(UTC))})
    assert answer.location == "/account/recovery-codes"
    session.refresh(guide)
    assert guide.has_second_step
    assert is_signed_in(client)
    assert not is_signed_in(other)
    assert session.scalar(select(Message.kind)) == "account_changed"
    actions = session.scalars(select(AuditEvent.action)).all()
    assert {"account.second_step_changed", "account.signed_out"} <= {*actions}


def test_a_wrong_code_while_setting_up_keeps_the_same_picture(
    session: Session, guide: Account, sign_in
) -> None:
    client = sign_in(guide)
    page = client.get("/account/second-step").text
    again = client.post(proof_on(page), data={"code": "000000"}, follow_redirects=True).text
    assert "This code does not fit." in again
    assert key_on(again) == key_on(page)
    session.refresh(guide)
    assert not guide.has_second_step


def test_the_secret_is_encrypted_and_the_codes_are_hashed(
    session: Session, guide: Account, secret: str, sign_in
) -> None:
    codes = CODES.findall(sign_in(guide).post("/account/recovery-codes").text)
    assert len(codes) == 10
    kept = session.execute(text("SELECT tf_totp_secret, mf_recovery_codes FROM account")).all()
    assert all(bytes(one[0])[:1] == b"g" for one in kept if one[0])
    assert not any(code in str(one[1]) for one in kept for code in codes)


def test_neither_cookie_nor_address_tell_the_secret(guide: Account, sign_in) -> None:
    client = sign_in(guide)
    page = client.get("/account/second-step").text
    with client.session_transaction() as web_session:
        held = str(dict(web_session))
    state = proof_on(page).rpartition("/")[2].partition(".")[0]
    readable = held + str(urlsafe_b64decode(state + "=="))
    assert "totp_secret" in readable
    assert key_on(page) not in readable


def test_recovery_codes_are_shown_once(guide: Account, secret: str, sign_in) -> None:
    client = sign_in(guide)
    client.post("/account/recovery-codes")
    assert not CODES.findall(client.get("/account/recovery-codes?show_codes=1").text)


def test_a_recovery_code_signs_in_once_however_it_is_typed(
    session: Session, guide: Account, secret: str, sign_in, app: Flask
) -> None:
    first, second, *_rest = CODES.findall(sign_in(guide).post("/account/recovery-codes").text)
    for typed, is_let_in in ((first, True), (first, False), (f" {second.upper().replace('-', ' ')} ", True)):
        lost = Visitor(app, app.response_class, use_cookies=True)
        password(lost, guide)
        lost.post("/sign-in/recovery-code", data={"code": typed})
        assert is_signed_in(lost) is is_let_in
    session.refresh(guide)
    assert len(guide.mf_recovery_codes or ()) == 8


def test_it_is_turned_off_by_who_need_not_have_it(
    session: Session, guide: Account, secret: str, sign_in
) -> None:
    sign_in(guide).post("/account/second-step", data={"setup": "disable"})
    session.refresh(guide)
    assert not guide.has_second_step
    assert not guide.tf_totp_secret


@pytest.mark.usefixtures("demanded")
def test_a_coordinator_who_must_have_it_cannot_turn_it_off(session: Session, cast: Cast, sign_in) -> None:
    set_up(cast.coordinator)
    session.commit()
    answer = sign_in(cast.coordinator).post("/account/second-step", data={"setup": "disable"})
    assert "Coordinators of this site sign in with a second step." in answer.text
    session.refresh(cast.coordinator)
    assert cast.coordinator.has_second_step


@pytest.mark.usefixtures("demanded")
@pytest.mark.parametrize("page", ["/marches/victory/overview", "/marches/victory/participants"])
def test_pages_of_coordinators_stay_closed_until_it_is_set_up(
    session: Session, cast: Cast, sign_in, page: str
) -> None:
    client = sign_in(cast.coordinator)
    answer = client.get(page)
    assert answer.status_code == 403
    assert "/account/second-step" in answer.text
    assert client.get("/start").location == "/account/second-step"
    set_up(cast.coordinator)
    session.commit()
    assert client.get(page).status_code == 200


@pytest.mark.usefixtures("demanded")
def test_it_is_not_demanded_of_guides(cast: Cast, sign_in) -> None:
    assert sign_in(cast.guide).get(f"/groups/{cast.group.id}").status_code == 200


def test_a_new_password_does_not_replace_the_second_step(
    session: Session, guide: Account, secret: str, sign_in
) -> None:
    client = sign_in(guide)
    new = {
        "password": PASSWORD,
        "new_password": "another few words",
        "new_password_confirm": "another few words",
    }
    client.post("/account/password", data=new)
    client.post("/sign-out")
    answer = client.post("/sign-in", data={"email": guide.email, "password": "another few words"})
    assert answer.location == "/sign-in/code?next=/start"
    assert session.scalars(select(SignIn)).all() == []


def test_the_command_lets_in_who_lost_phone_and_codes(
    app: Flask, session: Session, guide: Account, secret: str, client: FlaskClient, sign_in
) -> None:
    sign_in(guide)
    done = app.test_cli_runner().invoke(args=["reset-second-step", guide.email.upper()])
    assert "signs in with the password alone" in done.output
    assert not is_signed_in(client)
    assert password(client, guide).location == "/start"
    assert session.scalars(select(Message.kind)).all() == ["account_changed"]
    failed = app.test_cli_runner().invoke(args=["reset-second-step", "nobody@example.org"])
    assert "Nobody signs in as nobody@example.org." in failed.output
