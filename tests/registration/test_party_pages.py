"""Behind its private link a party is looked after: who is in it, changes, more people, cancelling."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marchapp.models import (
    AuditEvent,
    Category,
    Guardian,
    March,
    Message,
    Participant,
    Party,
    PrivateLink,
    Quota,
    QuotaKind,
    Standing,
)
from marchapp.models.link import give_link
from marchapp.registration.consent.services import ask
from marchapp.registration.forms.person import PAPER
from tests.queries import queries_of
from tests.registration.conftest import CONTACT, PASSPORT, answers, party_answers

WALKER = Category.WALKER
SIRI = {"given_name": "Siri", "family_name": "Hansen", "email": "siri@example.org", "phone": "406 00 002"}
OLA = {"given_name": "Ola", "family_name": "Hansen"}


@pytest.fixture
def link(client: FlaskClient, march: March) -> str:
    """The address of the private page of Siri and Ola."""
    sent = party_answers(march, SIRI, OLA, step="send")
    return client.post("/marches/victory/sign-up/family", data=sent).location


@pytest.fixture
def own_link(client: FlaskClient, march: March) -> str:
    """The address of the private page of Kari, who signed up alone."""
    return client.post("/marches/victory/sign-up/walker", data=answers(march, WALKER, step="send")).location


def person(session: Session, given_name: str) -> Participant:
    session.expire_all()
    return session.scalars(select(Participant).where(Participant.given_name == given_name)).one()


def words_of(answer: TestResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def follow(client: FlaskClient, answer: TestResponse) -> str:
    assert answer.status_code == 302, words_of(answer)
    return words_of(client.get(answer.location))


def close(session: Session, march: March) -> None:
    march.signup_closes_at = datetime(2014, 2, 1, tzinfo=UTC)
    session.commit()


def test_the_page_says_who_is_in_the_party_and_stays_private(client: FlaskClient, link: str) -> None:
    page = client.get(link)
    assert "2 people are signed up and have their places." in words_of(page)
    assert all(name in page.text for name in ("Siri Hansen", "Ola Hansen", "siri@example.org"))
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_the_page_asks_the_database_as_often_for_many_as_for_two(
    client: FlaskClient, session: Session, march: March, link: str
) -> None:
    for quota in march.category_quotas:
        quota.capacity = 50
    session.commit()
    many = [SIRI | {"given_name": f"Siri {chr(97 + number)}"} for number in range(12)]
    large = client.post("/marches/victory/sign-up/family", data=party_answers(march, *many, step="send"))
    assert queries_of(client, large.location) == queries_of(client, link)


def test_the_contact_changes_somebody(client: FlaskClient, session: Session, march: March, link: str) -> None:
    ola = person(session, "Ola")
    address = f"{link}/people/{ola.id}/change"
    form = client.get(address)
    assert 'value="Ola"' in form.text
    changed = answers(
        march, WALKER, **OLA | {"given_name": "Olav", "diet": "no fish", "email": "", "phone": ""}
    )

    assert "The answers about Olav Hansen are changed." in follow(client, client.post(address, data=changed))

    assert person(session, "Olav").diet == "no fish"
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "participant.changed")).one()
    assert event.details["changed"] == ["diet", "given_name"]


def test_what_is_stored_comes_back_unchanged_from_the_form(
    client: FlaskClient, session: Session, march: March
) -> None:
    march.stages[1].crosses_border = True
    session.commit()
    typed = answers(
        march,
        Category.SCHOOLCHILD,
        **PASSPORT,
        step="send",
        spoken=["no", "en"],
        health_notes="asthma",
        knows_first_aid="y",
        guardian2_name="Ola Hansen",
        guardian2_phone="+47 406 00 003",
    )
    link = client.post("/marches/victory/sign-up/schoolchild", data=typed).location
    kari = person(session, "Kari Anne")
    address = f"{link}/people/{kari.id}/change"
    form = client.get(address).text
    shown = typed | {"document_country": None, "country": None}
    for name, value in shown.items():
        if isinstance(value, str) and name not in ("step", "form_key", "birth_date", "knows_first_aid"):
            assert value in unescape(form) or value.replace(" ", "") in form.replace(" ", ""), name

    assert client.post(address, data=typed).status_code == 302

    assert session.scalars(select(AuditEvent).where(AuditEvent.action == "participant.changed")).all() == []


def test_a_change_that_makes_somebody_a_minor_asks_for_guardians(
    client: FlaskClient, session: Session, march: March, link: str
) -> None:
    address = f"{link}/people/{person(session, 'Ola').id}/change"
    page = client.post(address, data=answers(march, WALKER, **OLA, birth_date="2005-01-01"))
    assert "Ola Hansen is under 18" in words_of(page)
    assert 'name="guardian_name"' in page.text
    assert "aria-invalid" not in page.text


def test_a_stage_without_places_leaves_everything_as_it_was(
    client: FlaskClient, session: Session, march: March, link: str
) -> None:
    first, second, _third = (str(stage.id) for stage in march.stages)
    ola = person(session, "Ola")
    address = f"{link}/people/{ola.id}/change"
    client.post(address, data=answers(march, WALKER, **OLA, stages=[first]))
    quota = session.scalars(
        select(Quota).where(Quota.kind == QuotaKind.STAGE, Quota.stage_id == march.stages[1].id)
    ).one()
    quota.capacity = quota.taken
    session.commit()

    page = client.post(address, data=answers(march, WALKER, **OLA, stages=[first, second]))

    assert "There is no free place for what you chose" in words_of(page)
    assert person(session, "Ola").stage_ids == {march.stages[0].id}


def test_nobody_takes_the_name_of_somebody_who_is_signed_up(
    client: FlaskClient, session: Session, march: March, link: str
) -> None:
    address = f"{link}/people/{person(session, 'Ola').id}/change"
    page = client.post(address, data=answers(march, WALKER, **SIRI))
    assert "Nothing was changed." in words_of(page)
    assert person(session, "Ola").family_name == "Hansen"


def test_the_party_takes_somebody_more(
    client: FlaskClient, session: Session, march: March, link: str
) -> None:
    form = client.get(f"{link}/people/new")
    assert re.search('name="family_name"[^>]*value="Hansen"', form.text)
    more = answers(march, WALKER, given_name="Lars", family_name="Hansen", email="", phone="")
    assert "Lars Hansen is signed up, too." in follow(client, client.post(f"{link}/people/new", data=more))
    assert person(session, "Lars").party_id == person(session, "Ola").party_id
    again = client.post(f"{link}/people/new", data=more)
    assert "Nothing was changed." in words_of(again)


def test_a_child_that_joins_a_family_has_its_contact_as_guardian_to_begin_with(
    client: FlaskClient, link: str
) -> None:
    page = client.post(f"{link}/people/new", data={"category": "schoolchild", "given_name": "Lars"})
    assert re.search('name="guardian_name"[^>]*value="Siri Hansen"', page.text)
    assert re.search('name="guardian_email"[^>]*value="siri@example.org"', page.text)


def test_the_questions_of_another_category_are_shown_before_anything_is_stored(
    client: FlaskClient, session: Session, link: str
) -> None:
    ola = person(session, "Ola")
    typed = {"category": "official", "given_name": "Olav", "school": "Fjord", "step": "show"}
    page = client.post(f"{link}/people/{ola.id}/change", data=typed)
    assert 'name="body"' in page.text
    assert 'value="Olav"' in page.text
    assert '<input type="hidden" name="school" value="Fjord">' in page.text
    assert "aria-invalid" not in page.text
    assert person(session, "Ola").category == WALKER


def test_somebody_is_cancelled_after_one_question(client: FlaskClient, session: Session, link: str) -> None:
    address = f"{link}/people/{person(session, 'Ola').id}/cancel"
    assert "Cancel the sign-up of Ola Hansen?" in words_of(client.get(address))
    assert person(session, "Ola").standing == Standing.PLACED

    page = follow(client, client.post(address))

    assert "The sign-up of Ola Hansen is cancelled." in page
    assert "One person is signed up and has a place." in page
    assert person(session, "Ola").standing == Standing.CANCELLED
    assert session.scalars(select(Message.kind).order_by(Message.id.desc())).first() == "cancelled"


@pytest.mark.parametrize("page", ["change", "cancel"])
def test_who_was_cancelled_stays_as_it_was(
    client: FlaskClient, session: Session, march: March, link: str, page: str
) -> None:
    address = f"{link}/people/{person(session, 'Ola').id}"
    client.post(f"{address}/cancel")
    letters = len(session.scalars(select(Message.id)).all())
    session.rollback()
    again = client.post(f"{address}/{page}", data=answers(march, WALKER, **OLA | {"given_name": "Olav"}))
    assert "is cancelled, so nothing was changed." in follow(client, again)
    assert person(session, "Ola").standing == Standing.CANCELLED
    assert len(session.scalars(select(Message.id)).all()) == letters


def test_another_contact_gets_the_link(client: FlaskClient, session: Session, link: str) -> None:
    form = client.get(f"{link}/contact")
    assert 'value="Siri Hansen"' in form.text
    written = CONTACT | {"contact_name": "Lars Hansen", "contact_email": "lars@example.org"}

    changed = client.post(f"{link}/contact", data=written)
    assert "Letters go to lars@example.org." in follow(client, changed)
    assert changed.location != link
    assert client.get(link).status_code == 410  # what went to the old address opens nothing any more

    party = session.scalars(select(Party)).one()
    assert (party.contact_name, party.contact_email) == ("Lars Hansen", "lars@example.org")
    assert party.contact_phone == "+47 40 60 00 02"
    last = session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert last is not None
    assert (last.recipient, last.kind) == ("lars@example.org", "link_moved")
    assert changed.location.rpartition("/")[2] not in last.text  # the database must not hold what opens it


def test_whoever_of_the_party_had_the_contacts_address_gets_the_new_one(
    client: FlaskClient, session: Session, link: str
) -> None:
    """Else a letter of the own, with a link of the own, would go to the misspelt address from now on."""
    siri, now = person(session, "Siri"), datetime.now(UTC)
    own = give_link(session, siri, now=now, expires_at=now + timedelta(days=1)).secret
    session.commit()
    assert siri.email == siri.party.contact_email
    client.post(f"{link}/contact", data=CONTACT | {"contact_email": "siri.hansen@example.org"})
    assert person(session, "Siri").email == "siri.hansen@example.org"
    assert client.get(f"/registrations/{own}").status_code == 410


def test_guardians_who_had_the_contacts_address_get_the_new_one(
    client: FlaskClient, session: Session, link: str
) -> None:
    ola = person(session, "Ola")
    ola.birth_date = date(2005, 1, 1)
    guardians = ("Siri Hansen", "Siri@example.org"), ("Per Hansen", "per@example.org")
    for position, (name, email) in enumerate(guardians, start=1):
        ola.guardians.append(Guardian(position=position, name=name, email=email, language="nb"))
    session.flush()
    ask(session, [ola], now=datetime.now(UTC))
    old = session.scalars(select(PrivateLink).where(PrivateLink.guardian_id == ola.guardians[0].id)).one()
    used = give_link(session, ola.guardians[0], now=datetime.now(UTC), expires_at=old.expires_at)
    used.used_at = datetime.now(UTC)  # shows the child and what was answered
    session.commit()
    client.post(f"{link}/contact", data=CONTACT | {"contact_email": "siri.hansen@example.org"})
    emails = [guardian.email for guardian in person(session, "Ola").guardians]
    assert emails == ["siri.hansen@example.org", "per@example.org"]
    assert {client.get(f"/consents/{link.secret}").status_code for link in (old, used)} == {410}
    asked = select(Message.recipient).where(Message.kind == "consent_asked").order_by(Message.id)
    assert session.scalars(asked).all() == ["Siri@example.org", "per@example.org", "siri.hansen@example.org"]


def test_who_signed_up_alone_changes_the_address_of_the_letters_with_the_own(
    client: FlaskClient, session: Session, march: March, own_link: str
) -> None:
    kari = person(session, "Kari Anne")
    changed = answers(march, WALKER, email="kari.anne@example.org")
    answer = client.post(f"{own_link}/people/{kari.id}/change", data=changed)
    assert client.get(answer.location).status_code == 200
    assert client.get(own_link).status_code == 410
    assert person(session, "Kari Anne").party.contact_email == "kari.anne@example.org"
    letters = session.execute(select(Message.kind, Message.recipient).order_by(Message.id)).all()
    assert letters == [("received", "kari@example.org"), ("changed", "kari.anne@example.org")]


@pytest.mark.parametrize("page", ["contact", "people/new", "people/{id}/change"])
def test_after_sign_up_has_closed_it_is_said_kindly(
    client: FlaskClient, session: Session, march: March, link: str, page: str
) -> None:
    ola = person(session, "Ola")
    close(session, march)
    for answer in (
        client.get(f"{link}/{page.format(id=ola.id)}"),
        client.post(f"{link}/{page.format(id=ola.id)}", data=answers(march, WALKER)),
    ):
        assert "For a change now write to coordinator@example.org." in follow(client, answer)
    assert person(session, "Ola").standing == Standing.PLACED
    assert "/change" not in client.get(link).text


def test_until_the_march_ends_people_cancel_after_sign_up_has_closed(
    client: FlaskClient, session: Session, march: March, link: str
) -> None:
    ola = person(session, "Ola")
    march.starts_on, march.ends_on = date(2098, 1, 1), date(2098, 1, 2)
    close(session, march)
    address = f"{link}/people/{ola.id}/cancel"
    assert f"/people/{ola.id}/cancel" in client.get(link).text
    assert "is cancelled." in follow(client, client.post(address))
    assert person(session, "Ola").standing == Standing.CANCELLED


def test_after_the_march_nobody_cancels(
    client: FlaskClient, session: Session, march: March, link: str
) -> None:
    ola = person(session, "Ola")
    march.starts_on, march.ends_on = date(2014, 1, 1), date(2014, 1, 2)
    close(session, march)
    assert f"/people/{ola.id}/cancel" not in client.get(link).text
    answer = client.post(f"{link}/people/{ola.id}/cancel")
    assert "The march is over" in follow(client, answer)
    assert person(session, "Ola").standing == Standing.PLACED


@pytest.mark.parametrize("page", ["change", "cancel"])
def test_a_link_opens_nobody_of_another_party(
    client: FlaskClient, session: Session, link: str, own_link: str, page: str
) -> None:
    ola, kari = person(session, "Ola"), person(session, "Kari Anne")
    for strange in (f"{own_link}/people/{ola.id}/{page}", f"{link}/people/{kari.id}/{page}"):
        assert client.get(strange).status_code == 404
        assert client.post(strange).status_code == 404
    assert person(session, "Ola").standing == Standing.PLACED


def test_an_own_link_changes_the_own_answers_but_not_those_of_a_minor(
    client: FlaskClient, session: Session, march: March, link: str
) -> None:
    ola, now = person(session, "Ola"), datetime.now(UTC)
    token = give_link(session, ola, now=now, expires_at=now + timedelta(days=1)).secret
    session.commit()
    address = f"/registrations/{token}/people/{ola.id}/change"
    own = client.post(address, data=answers(march, WALKER, **OLA, diet="no fish")).location
    assert person(session, "Ola").diet == "no fish"
    address = f"{own}/people/{ola.id}/change"

    person(session, "Ola").birth_date = date(2005, 1, 1)
    session.commit()

    assert "ask Siri Hansen" in words_of(client.get(own))
    grown_up = answers(march, WALKER, **OLA, birth_date="1980-01-01")
    assert "ask Siri Hansen" in follow(client, client.post(address, data=grown_up))
    assert person(session, "Ola").birth_date == date(2005, 1, 1)


@pytest.mark.parametrize("page", ["", "/contact", "/people/new", "/people/1/change", "/people/1/cancel"])
def test_a_guessed_link_opens_nothing(client: FlaskClient, link: str, page: str) -> None:
    assert client.get(f"/registrations/{'a' * 64}{page}").status_code == 404
    assert client.post(f"/registrations/{'a' * 64}{page}").status_code in (404, 405)


@pytest.mark.parametrize("page", ["contact", "people/new"])
def test_one_person_has_no_contact_and_takes_nobody_along(
    client: FlaskClient, own_link: str, page: str
) -> None:
    assert client.get(f"{own_link}/{page}").status_code == 404


def test_a_missing_document_is_named_on_the_page(client: FlaskClient, session: Session, march: March) -> None:
    march.stages[1].crosses_border = True
    session.commit()
    later = SIRI | dict.fromkeys(PAPER, "") | {"document2_kind": "", "document_later": "y"}
    link = client.post(
        "/marches/victory/sign-up/family", data=party_answers(march, later, step="send")
    ).location
    assert "A travel document: stage 2 crosses the border" in words_of(client.get(link))


def test_over_tls_forms_need_their_token_but_no_referrer(
    app: Flask, client: FlaskClient, session: Session, march: March, link: str
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        page = client.get(f"{link}/contact", base_url="https://localhost")
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert token
        sent = CONTACT | {"contact_name": "Siri Nilsen"}
        without = client.post(f"{link}/contact", data=sent, base_url="https://localhost")
        with_token = sent | {"csrf_token": token.group(1)}
        answer = client.post(f"{link}/contact", data=with_token, base_url="https://localhost")
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert (without.status_code, answer.status_code) == (400, 302)
