"""Coordinators write to the people of a selection: they see how it looks, send it once, and follow it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marchapp.models import AuditEvent, Category, Mailing, March, Message, Participant, PartyKind, Standing
from marchapp.registration.mailings import writing
from marchapp.registration.mailings.services import fill
from marchapp.registration.mailings.writing import write_mailings
from tests.factories import Cast, make_participant, make_party
from tests.queries import queries_of

SignIn = Callable[..., FlaskClient]
NOW = datetime(2014, 5, 1, 10, tzinfo=UTC)
LETTER = {
    "subject-en": "Bring warm clothes, {name}",
    "text-en": "Hello {name},\n\nthis is about {people}.\nYour page: {link}",
    "subject-nb": "Ta med varme klær",
    "text-nb": "Hei {name}",
}


@pytest.fixture
def march(session: Session, cast: Cast) -> March:
    """A march with a family of three who share two mailboxes, and a Russian who walks alone."""
    march = cast.march
    family = make_party(
        session,
        march,
        kind=PartyKind.FAMILY,
        contact_name="Kari Hansen",
        contact_email="kari@example.org",
        language="en",
    )
    for name, email in (("Ola", ""), ("Per", ""), ("Sofie", "sofie@example.org")):
        make_participant(
            session, march, cast.stage, party=family, given_name=name, family_name="Hansen", email=email
        )
    alone = make_party(
        session, march, contact_name="Иван Петров", contact_email="ivan@example.org", language="ru"
    )
    make_participant(
        session,
        march,
        party=alone,
        given_name="Ivan",
        family_name="Petrov",
        category=Category.OFFICIAL,
        email="ivan@example.org",
        language="ru",
    )
    session.commit()
    return march


@pytest.fixture
def coordinator(sign_in: SignIn, cast: Cast, march: March) -> FlaskClient:
    return sign_in(cast.coordinator)


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests are the worker themselves."""
    monkeypatch.setattr("marchapp.extensions.TaskQueue.send_once", lambda _queue, _function: None)


def draft(client: FlaskClient, selection: str = "q=Hansen", **changed: str) -> str:
    """Write a letter and return the address of its page."""
    answer = client.post(f"/marches/victory/letters/new?{selection}", data=LETTER | changed)
    assert answer.status_code == 302, words_of(answer)
    return answer.location


def words_of(answer: TestResponse) -> str:
    return unescape(answer.text)


def written(session: Session) -> dict[str, Message]:
    session.expire_all()
    messages = session.scalars(select(Message).where(Message.kind == "mailing")).all()
    assert len({message.recipient for message in messages}) == len(messages)
    return {message.recipient: message for message in messages}


def test_a_letter_is_looked_at_before_anybody_gets_it(coordinator: FlaskClient, session: Session) -> None:
    form = coordinator.get("/marches/victory/letters/new?q=Hansen")
    assert "about 3 people and makes 2 letters" in words_of(form)
    page = coordinator.get(draft(coordinator))
    assert "Send to 3 people" in page.text
    assert "kari@example.org" in page.text
    assert "Bring warm clothes, Kari Hansen" in page.text
    frame = coordinator.get(f"{draft(coordinator)}/preview/en")
    assert "this is about Ola Hansen, Per Hansen" in frame.text
    assert "/registrations/private-link" in frame.text
    assert "default-src 'none'" in frame.headers["Content-Security-Policy"]
    assert written(session) == {}


def test_each_mailbox_of_a_party_gets_one_letter_in_the_readers_language(
    coordinator: FlaskClient, session: Session
) -> None:
    page = draft(coordinator, "")
    coordinator.post(page)
    assert write_mailings() == 4
    letters = written(session)
    assert set(letters) >= {"kari@example.org", "sofie@example.org", "ivan@example.org"}
    kari, sofie, ivan = (letters[f"{name}@example.org"] for name in ("kari", "sofie", "ivan"))
    assert (kari.language, kari.subject) == ("en", "Bring warm clothes, Kari Hansen")
    assert "this is about Ola Hansen, Per Hansen." in kari.text
    assert (sofie.language, sofie.text.splitlines()[0]) == ("nb", "Hei Sofie")
    assert ivan.language == "en"  # nobody wrote Russian, so the first language
    assert "Hello Иван Петров" in ivan.text
    assert kari.link is not None
    assert kari.link.mark in kari.text
    assert sofie.link_id is None  # her letter names no link


def test_the_page_tells_how_far_it_is_and_what_could_not_be_sent(
    coordinator: FlaskClient, session: Session
) -> None:
    page = draft(coordinator)
    coordinator.post(page)
    assert "0 of 2 letters" in coordinator.get(page).text
    assert 'data-every-ms="2000"' in coordinator.get(page).text
    write_mailings()
    letters = written(session)
    letters["kari@example.org"].sent_at = NOW
    letters["sofie@example.org"].failed_at = NOW
    letters["sofie@example.org"].last_error = "550 no such mailbox"
    session.commit()
    assert "2 of 2 letters" in coordinator.get(page).text
    assert "1 letter could not be sent" in coordinator.get(page).text
    assert "1 letter could not be sent" in coordinator.get("/marches/victory/letters").text
    mailing = session.scalars(select(Mailing)).one()
    failed = coordinator.get(f"/marches/victory/letters?mailing={mailing.id}&state=failed").text
    assert "sofie@example.org" in failed
    assert "kari@example.org" not in failed
    coordinator.post(f"/marches/victory/letters/failed?mailing={mailing.id}")
    assert written(session)["sofie@example.org"].failed_at is None


def test_sending_twice_writes_once(coordinator: FlaskClient, session: Session) -> None:
    page = draft(coordinator)
    assert coordinator.post(page).status_code == coordinator.post(page).status_code == 302
    assert (write_mailings(), write_mailings()) == (2, 0)
    assert len(session.scalars(select(AuditEvent).where(AuditEvent.action == "mailing.sent")).all()) == 1
    mailing = session.scalars(select(Mailing)).one()
    assert (mailing.written, mailing.recipients) == (2, 2)
    assert mailing.finished_at is not None


def test_a_draft_is_changed_or_thrown_away_but_not_what_was_sent(
    coordinator: FlaskClient, session: Session
) -> None:
    page = draft(coordinator)
    assert "Bring warm clothes, {name}" in words_of(coordinator.get(f"{page}/change"))
    coordinator.post(
        f"{page}/change", data=dict.fromkeys(LETTER, "") | {"subject-en": "Other", "text-en": "Words"}
    )
    assert session.scalars(select(Mailing)).one().subject == {"en": "Other"}
    assert "Draft of" in coordinator.get("/marches/victory/letters").text
    coordinator.post(page)
    for act in ("change", "discard"):
        coordinator.post(f"{page}/{act}", data=LETTER)
    session.expire_all()
    assert session.scalars(select(Mailing)).one().subject == {"en": "Other"}
    session.commit()
    coordinator.post(f"{draft(coordinator)}/discard")
    assert len(session.scalars(select(Mailing)).all()) == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (dict.fromkeys(LETTER, ""), "Fill this in, in one language at least."),
        ({"text-nb": ""}, "Write the text in this language too, or take its subject away."),
        ({"subject-ru": "", "text-ru": "Привет"}, "Write the subject in this language too"),
        ({"text-en": "Hello {nme}"}, "Nothing stands for {nme}."),
    ],
)
def test_what_is_missing_or_mistyped_is_said(
    coordinator: FlaskClient, session: Session, changed: dict[str, str], words: str
) -> None:
    answer = coordinator.post("/marches/victory/letters/new", data=LETTER | changed)
    assert answer.status_code == 200
    assert words in words_of(answer)
    assert session.scalars(select(Mailing)).all() == []


def test_paragraphs_and_lists_keep_their_lines(coordinator: FlaskClient, session: Session) -> None:
    draft(coordinator, **{"text-en": " Bring:\r\n- a  hat\r\n- gloves\r\n\r\n\r\n\r\nSee <you>\x07 "})
    text = session.scalars(select(Mailing)).one().text["en"]
    assert text == "Bring:\n- a hat\n- gloves\n\nSee <you>"
    session.commit()
    frame = coordinator.get(f"{draft(coordinator, **{'text-en': text})}/preview/en").text
    assert "See &lt;you&gt;" in frame


def test_a_selection_of_nobody_has_nobody_to_write_to(coordinator: FlaskClient) -> None:
    page = coordinator.get("/marches/victory/letters/new?country=AQ")
    assert "nobody to write to" in page.text
    assert "<textarea" not in page.text


def test_who_has_left_gets_no_letter(coordinator: FlaskClient, session: Session) -> None:
    page = draft(coordinator)
    coordinator.post(page)
    for person in session.scalars(select(Participant).where(Participant.given_name != "Sofie")):
        person.standing, person.cancelled_at = Standing.CANCELLED, NOW
    session.commit()
    assert write_mailings() == 1
    assert set(written(session)) == {"sofie@example.org"}
    assert "1 of 1 letter" in coordinator.get(page).text


@pytest.fixture
def many(session: Session, march: March, monkeypatch: pytest.MonkeyPatch) -> int:
    for _number in range(6):
        make_participant(session, march)
    session.commit()
    monkeypatch.setattr(writing, "PARTIES_AT_ONCE", 2)
    return 6 + 4


def test_a_worker_that_dies_halfway_leaves_nobody_out_and_writes_to_nobody_twice(
    coordinator: FlaskClient, session: Session, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator.post(draft(coordinator, ""))
    real, calls = writing.letter_to, []

    def fail_at_the_fifth(*given: object, **values: object) -> Message:
        calls.append(1)
        if len(calls) == 5:
            raise RuntimeError("the power went")
        return real(*given, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(writing, "letter_to", fail_at_the_fifth)
    with pytest.raises(RuntimeError):
        write_mailings()
    session.rollback()
    assert 0 < len(written(session)) < many
    assert write_mailings() == 0  # another worker leaves it alone while the claim is fresh
    session.scalars(select(Mailing)).one().claimed_at = datetime.now(UTC) - timedelta(minutes=11)
    session.commit()
    write_mailings()
    assert len(written(session)) == many


def test_after_its_turn_the_worker_lets_others_work_and_goes_on_later(
    coordinator: FlaskClient, session: Session, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "A_TURN_S", 0)
    coordinator.post(draft(coordinator, ""))
    turns = [write_mailings() for _ in range(many)]
    assert 0 < turns[0] < many
    assert len(written(session)) == sum(turns) == many


def test_several_workers_write_to_everybody_once(
    app: Flask, coordinator: FlaskClient, session: Session, many: int
) -> None:
    coordinator.post(draft(coordinator, ""))
    session.commit()

    def work(_number: int) -> int:
        with app.app_context():
            return write_mailings()

    with ThreadPoolExecutor(3) as workers:
        assert sum(workers.map(work, range(3))) == many
    assert len(written(session)) == many


def test_what_a_name_holds_is_not_filled_in_again() -> None:
    assert fill("Hello {name}", {"name": "{link}", "link": "http://x"}) == "Hello {link}"


def test_only_coordinators_write_to_many(sign_in: SignIn, session: Session, cast: Cast, march: March) -> None:
    page = draft(sign_in(cast.coordinator))
    for account in (cast.guide, cast.other_coordinator):
        client = sign_in(account)
        for address in ("/marches/victory/letters/new", page, f"{page}/change", f"{page}/preview/en"):
            assert client.get(address).status_code == 403
        assert client.post(page).status_code == 403
        assert client.post(f"{page}/discard").status_code == 403
    elsewhere = page.replace("victory", "elsewhere")
    assert sign_in(cast.other_coordinator).get(elsewhere).status_code == 404
    assert session.scalars(select(Mailing)).one().started_at is None


def test_pages_take_the_same_queries_for_few_and_for_many(
    coordinator: FlaskClient, session: Session, march: March
) -> None:
    page = draft(coordinator, "")
    addresses = ("/marches/victory/letters", "/marches/victory/letters/new", page)
    before = [queries_of(coordinator, address) for address in addresses]
    for _number in range(5):
        make_participant(session, march)
    session.commit()
    coordinator.post(draft(coordinator, ""))
    write_mailings()
    assert [queries_of(coordinator, address) for address in addresses] == before
