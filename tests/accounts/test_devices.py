"""Where somebody is signed in: each device ends by itself, all end with the password."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from marchapp.accounts.devices import device_of, forget_old_sign_ins
from marchapp.models import Account, AuditEvent, Message, SignIn
from tests.accounts.conftest import Visitor
from tests.factories import Cast
from tests.queries import counted

PASSWORD = "four quiet northern words"
PHONE = (
    "Mozilla/5.0 (Linux; Android 13; SM-A515F) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/130.0.0.0 Mobile Safari/537.36"
)


@pytest.fixture
def guide(session: Session, cast: Cast) -> Account:
    cast.guide.password = hash_password(PASSWORD)
    session.commit()
    return cast.guide


def entered(app: Flask, account: Account, *, stays: bool = False, agent: str = PHONE) -> FlaskClient:
    client = Visitor(app, app.response_class, use_cookies=True)
    data = {"email": account.email, "password": PASSWORD} | ({"remember": "y"} if stays else {})
    client.post("/sign-in", data=data, headers={"User-Agent": agent})
    return client


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/my-groups").status_code == 200


def test_the_page_names_each_device_and_says_which_is_this(app: Flask, guide: Account) -> None:
    entered(app, guide)
    page = entered(app, guide, agent="Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0")
    text = page.get("/account").text
    assert "Chrome Mobile · Android" in text
    assert text.index("Firefox · Linux") < text.index("this one")
    assert text.count("this one") == 1


def test_one_device_is_signed_out_and_the_others_are_not(
    app: Flask, session: Session, guide: Account
) -> None:
    lost, here = entered(app, guide), entered(app, guide)
    first = session.scalars(select(SignIn.id).order_by(SignIn.id)).first()
    assert here.post(f"/account/sign-ins/{first}/end").location == "/account"
    assert not is_signed_in(lost)
    assert is_signed_in(here)


def test_nobody_signs_somebody_else_out(app: Flask, session: Session, guide: Account, cast: Cast) -> None:
    cast.other_guide.password = guide.password
    session.commit()
    here, other = entered(app, guide), entered(app, cast.other_guide)
    theirs = session.scalar(select(SignIn.id).where(SignIn.account_id == guide.id))
    assert other.post(f"/account/sign-ins/{theirs}/end").status_code == 404
    other.post("/account/sign-ins/end")
    assert is_signed_in(here)


def test_signing_out_everywhere_leaves_this_device(app: Flask, session: Session, guide: Account) -> None:
    others, here = [entered(app, guide) for _ in range(2)], entered(app, guide)
    page = here.post("/account/sign-ins/end", follow_redirects=True)
    assert "You are signed out on 2 other devices." in page.text
    assert [is_signed_in(one) for one in (*others, here)] == [False, False, True]
    assert "account.signed_out" in session.scalars(select(AuditEvent.action)).all()


def test_a_new_password_signs_out_everywhere_else_and_is_told_by_letter(
    app: Flask, session: Session, guide: Account
) -> None:
    other, here = entered(app, guide), entered(app, guide)
    new = {
        "password": PASSWORD,
        "new_password": "another few words",
        "new_password_confirm": "another few words",
    }
    assert here.post("/account/password", data=new).location == "/account"
    assert is_signed_in(here)
    assert not is_signed_in(other)
    assert session.scalars(select(Message.kind)).all() == ["account_changed"]
    assert "account.password_changed" in session.scalars(select(AuditEvent.action)).all()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"password": "wrong"}, "This is not your password."),
        ({"new_password": "short", "new_password_confirm": "short"}, "Use 8 to 128 characters."),
        ({"new_password_confirm": "different"}, "The two passwords differ."),
    ],
)
def test_a_password_that_will_not_do_is_explained(
    app: Flask, guide: Account, given: dict[str, str], words: str
) -> None:
    sent = {
        "password": PASSWORD,
        "new_password": "another few words",
        "new_password_confirm": "another few words",
    }
    assert words in entered(app, guide).post("/account/password", data=sent | given).text


def test_a_copied_cookie_is_worth_nothing_after_signing_out(app: Flask, guide: Account) -> None:
    client = entered(app, guide)
    cookie = client.get_cookie("session")
    assert cookie is not None
    client.post("/sign-out")
    thief = Visitor(app, app.response_class, use_cookies=True)
    thief.set_cookie("session", cookie.value)
    assert not is_signed_in(thief)


def test_a_cookie_of_an_account_without_a_sign_in_lets_nobody_in(app: Flask, guide: Account) -> None:
    client = Visitor(app, app.response_class, use_cookies=True)
    with client.session_transaction() as web_session:
        web_session.update(_user_id=guide.fs_uniquifier, _fresh=True)
    assert not is_signed_in(client)


def test_the_database_does_not_hold_what_is_in_the_cookie(
    app: Flask, session: Session, guide: Account
) -> None:
    client = entered(app, guide)
    with client.session_transaction() as web_session:
        secret = web_session["device"]
    assert secret not in session.scalars(select(SignIn.secret_hash)).one()


@pytest.mark.parametrize("stays", [True, False])
def test_only_who_wants_to_stay_signed_in_keeps_the_cookie(app: Flask, guide: Account, stays: bool) -> None:
    cookie = entered(app, guide, stays=stays).get_cookie("session")
    assert cookie is not None
    assert (cookie.expires is not None) is stays


def test_a_sign_in_that_is_not_used_for_a_month_ends(app: Flask, session: Session, guide: Account) -> None:
    client = entered(app, guide)
    long_ago = datetime.now(UTC) - timedelta(days=32)
    session.execute(update(SignIn).values(seen_at=long_ago))
    session.commit()
    assert not is_signed_in(client)
    forget_old_sign_ins()
    assert session.scalars(select(SignIn)).all() == []


def test_a_sign_in_ends_after_a_year_however_often_it_is_used(
    app: Flask, session: Session, guide: Account
) -> None:
    client = entered(app, guide)
    session.execute(update(SignIn).values(began_at=datetime.now(UTC) - timedelta(days=366)))
    session.commit()
    assert not is_signed_in(client)
    forget_old_sign_ins()
    assert session.scalars(select(SignIn)).all() == []


@pytest.mark.parametrize("whom", [["GUIDE"], ["--everybody"]])
def test_who_runs_the_site_signs_people_out(
    app: Flask, session: Session, guide: Account, whom: list[str]
) -> None:
    client = entered(app, guide)
    whom = [guide.email.upper() if one == "GUIDE" else one for one in whom]
    done = app.test_cli_runner().invoke(args=["sign-out", *whom])
    assert done.output.startswith("Ended: 1 sign-ins of ")
    assert not is_signed_in(client)
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "account.signed_out"))
    assert (event.account_id, event.subject_id) == (None, guide.id)


@pytest.mark.parametrize("whom", [[], ["nobody@example.org"], ["--everybody", "nobody@example.org"]])
def test_nobody_is_signed_out_by_mistake(
    app: Flask, session: Session, guide: Account, whom: list[str]
) -> None:
    client = entered(app, guide)
    assert app.test_cli_runner().invoke(args=["sign-out", *whom]).exit_code != 0
    assert is_signed_in(client)


def test_use_is_noted_once_an_hour(app: Flask, session: Session, guide: Account) -> None:
    client = entered(app, guide)
    before = datetime.now(UTC) - timedelta(hours=2)
    session.execute(update(SignIn).values(seen_at=before))
    session.commit()
    assert is_signed_in(client)
    session.expire_all()
    assert session.scalars(select(SignIn.seen_at)).one() > before + timedelta(hours=1)
    with counted() as statements:
        client.get("/my-groups")
    assert not [one for one in statements if "UPDATE" in one]


@pytest.mark.parametrize("agent", ["", "x" * 100_000, "<script>alert(1)</script>", "Ж" * 500])
def test_a_strange_browser_has_no_name(agent: str) -> None:
    assert device_of(agent) == ""
