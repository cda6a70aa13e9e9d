"""Secrets stand in no letter of the outbox: they are put in when it is sent, and only its own."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from marchapp.mail import messages
from marchapp.mail.worker import send_outbox
from marchapp.models import Message, PrivateLink
from marchapp.models.link import give_link
from tests.factories import Cast
from tests.mail.conftest import Postbox

NOW = datetime.now(UTC) - timedelta(seconds=1)
SignIn = Callable[..., FlaskClient]


def write(session: Session, cast: Cast, link: PrivateLink, *, name: str = "Kari") -> Message:
    party = cast.walker.party
    party.contact_name = name
    message = messages.write(
        session,
        template="link_again",
        recipient="kari@example.org",
        language="en",
        now=NOW,
        march_id=cast.march.id,
        party_id=party.id,
        link=link,
        march=cast.march,
        reader=type("Reader", (), {"name": name}),
    )
    assert message is not None
    session.commit()
    return message


@pytest.fixture
def link(session: Session, cast: Cast) -> PrivateLink:
    link = give_link(session, cast.walker.party, now=NOW, expires_at=NOW + timedelta(days=9))
    session.commit()
    return link


def text_of(postbox: Postbox, kind: str) -> str:
    (letter,) = postbox.letters
    body = letter.get_body((kind,))
    assert body is not None
    return body.get_content()


def all_of_the_outbox(session: Session) -> str:
    return " ".join(str(value) for row in session.execute(text("SELECT * FROM message")) for value in row)


def test_the_secret_of_a_link_is_in_the_letter_and_never_in_the_outbox(
    session: Session, cast: Cast, link: PrivateLink, postbox: Postbox
) -> None:
    write(session, cast, link)
    assert link.secret not in all_of_the_outbox(session)
    assert send_outbox() == 1
    assert link.secret not in all_of_the_outbox(session)
    for kind in ("plain", "html"):
        assert f"http://127.0.0.1:8000/registrations/{link.secret}" in text_of(postbox, kind)
        assert link.mark not in text_of(postbox, kind)


def test_a_mark_in_a_name_gives_nobody_elses_link_away(
    session: Session, cast: Cast, link: PrivateLink, postbox: Postbox
) -> None:
    stolen = give_link(session, cast.walker, now=NOW, expires_at=NOW + timedelta(days=9))
    write(session, cast, link, name=f"/{stolen.mark}")
    assert send_outbox() == 1
    for kind in ("plain", "html"):
        assert stolen.secret not in text_of(postbox, kind)
        assert stolen.mark in text_of(postbox, kind)


@pytest.mark.parametrize("end", ["revoked", "expired", "gone"])
def test_a_letter_whose_link_is_closed_is_not_sent(
    sign_in: SignIn, session: Session, cast: Cast, link: PrivateLink, postbox: Postbox, end: str
) -> None:
    message = write(session, cast, link)
    if end == "revoked":
        link.revoked_at = datetime.now(UTC)
    elif end == "expired":
        link.expires_at = datetime.now(UTC)
    else:
        session.delete(link)
    session.commit()
    assert send_outbox() == 0
    assert postbox.envelopes == []
    assert message.failed_at is not None
    page = sign_in(cast.coordinator).get("/marches/victory/letters?state=failed")
    assert "Its private link was closed before the letter left." in page.text


def test_another_secret_is_kept_encrypted_until_the_letter_is_sent(
    session: Session, postbox: Postbox, cast: Cast
) -> None:
    messages.write(
        session,
        template="new_password",
        recipient="gunn@example.org",
        language="en",
        now=NOW,
        secret="a-token-for-a-password",
        account=cast.guide,
    )
    session.commit()
    assert "a-token" not in all_of_the_outbox(session)
    assert send_outbox() == 1
    assert "/new-password/a-token-for-a-password" in text_of(postbox, "plain")
    session.expire_all()
    assert session.execute(text("SELECT secret FROM message")).scalar() is None


def test_links_work_on_the_page_where_no_mail_server_is_set_and_are_hidden_where_one_is(
    app: Flask,
    sign_in: SignIn,
    session: Session,
    cast: Cast,
    link: PrivateLink,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = f"/marches/victory/letters/{write(session, cast, link).id}"
    client = sign_in(cast.coordinator)
    assert f"/registrations/{link.secret}" in client.get(page).text
    assert f"/registrations/{link.secret}" in client.get(f"{page}/html").text
    monkeypatch.setitem(app.config, "MAIL_SERVER", "127.0.0.1")
    for address in (page, f"{page}/html"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert link.mark in answer.text
        assert link.secret not in answer.text
