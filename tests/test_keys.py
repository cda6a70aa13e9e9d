"""Keys of what is encrypted: changed while the program runs; a wrong one is told, and nothing overwritten."""

from collections.abc import Iterator
from datetime import date

import click
import pytest
from click.testing import Result
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from marchapp import keys
from marchapp.cli import refuse_wrong_keys
from marchapp.extensions import vault
from marchapp.models import KeyCheck, Message, Participant
from marchapp.registration.coordination.changing import KEPT
from tests.factories import Cast, make_document, make_participant
from tests.registration.coordination.test_acts import adult, answers

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture(autouse=True)
def old_key(app: Flask) -> Iterator[None]:
    use(OLD)
    yield
    app.extensions.pop(keys.CHECKED, None)
    settings = app.config["SETTINGS"]
    vault.open(data_keys=settings.data_keys, signing_key=settings.secret_key)


def use(*data_keys: str) -> None:
    vault.open(data_keys=data_keys, signing_key="secret")


@pytest.fixture
def sealed(session: Session, cast: Cast) -> Participant:
    """Somebody with notes and a document, written with the old key."""
    cast.stage.crosses_border = True
    person = adult(session, cast, family_name="Nilsen")
    person.health_notes, person.has_health_notes = "Asthma", True
    make_document(session, person)
    keys.check_keys(session)
    session.commit()
    return person


def ciphertexts(session: Session) -> list[bytes]:
    notes = session.scalars(text("SELECT health_notes FROM participant WHERE health_notes IS NOT NULL"))
    numbers = session.scalars(text("SELECT number FROM travel_document"))
    return [bytes(value) for value in (*notes, *numbers)]


def run(app: Flask, session: Session, *arguments: str, answer: str = "") -> Result:
    session.commit()
    return app.test_cli_runner().invoke(args=arguments, input=answer)


def test_everything_is_encrypted_with_the_new_key(app: Flask, session: Session, sealed: Participant) -> None:
    use(NEW, OLD)
    whose = sealed.id
    first = run(app, session, "rotate-keys")
    assert (first.exit_code, "3 encrypted with the first key, 0 were so already" in first.output) == (0, True)
    again = run(app, session, "rotate-keys")
    assert "0 encrypted with the first key, 3 were so already" in again.output
    use(NEW)
    person = session.get_one(Participant, whose)
    assert (person.health_notes, person.documents[0].number) == ("Asthma", "X1234567")
    keys.check_keys(session)


def test_a_rotation_that_was_broken_off_goes_on(
    session: Session, cast: Cast, sealed: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "A_BATCH", 2)
    for number in range(5):
        make_participant(session, cast.march).health_notes = f"Note {number}"
    session.commit()
    use(NEW, OLD)
    broken = keys.Rotation()
    for _batch in keys.rotate(session, broken):
        break
    rest = keys.Rotation()
    assert sum(keys.rotate(session, rest)) == 8
    assert (broken.changed, rest.changed, rest.current) == (2, 6, 2)


def test_what_is_changed_meanwhile_is_not_overwritten(
    session: Session, sealed: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(NEW, OLD)
    renew = vault.renew

    def somebody_writes_first(content: bytes) -> bytes:
        monkeypatch.setattr(vault, "renew", renew)
        session.execute(
            text("UPDATE participant SET health_notes = :new"), {"new": vault.encrypt(b"Diabetes")}
        )
        return renew(content)

    monkeypatch.setattr(vault, "renew", somebody_writes_first)
    done = keys.Rotation()
    list(keys.rotate(session, done))
    session.expire_all()
    assert sealed.health_notes == "Diabetes"
    assert done.changed == 2


def test_what_no_key_reads_is_named_and_left_as_it_is(
    app: Flask, session: Session, sealed: Participant
) -> None:
    use(NEW)
    keys.start_over(session)
    before, whose = ciphertexts(session), sealed.id
    result = run(app, session, "rotate-keys")
    assert result.exit_code == 1
    assert "2 cannot be read" in result.output
    assert f"participant.health_notes [{whose}]" in result.output
    assert ciphertexts(session) == before


def test_a_wrong_key_is_told_at_the_start_and_on_demand(
    app: Flask, session: Session, sealed: Participant
) -> None:
    assert "The keys fit" in run(app, session, "check-keys").output
    use(NEW)
    result = run(app, session, "check-keys")
    assert (result.exit_code, "DATA_KEYS" in result.output) == (1, True)
    with pytest.raises(click.ClickException, match="DATA_KEYS"):
        refuse_wrong_keys()


def test_a_wrong_key_is_told_even_if_nobody_checked_it_before(session: Session, sealed: Participant) -> None:
    session.execute(text("DELETE FROM key_check"))
    use(NEW)
    with pytest.raises(keys.WrongKeys):
        keys.check_keys(session)
    assert session.scalar(select(KeyCheck.id)) is None


def test_a_lost_key_can_be_done_without(app: Flask, session: Session, sealed: Participant) -> None:
    before = ciphertexts(session)
    use(NEW)
    assert run(app, session, "check-keys", "--start-over", answer="y\n").exit_code == 0
    refuse_wrong_keys()
    assert ciphertexts(session) == before


@pytest.fixture
def coordinator(app: Flask, session: Session, cast: Cast, sealed: Participant, sign_in) -> FlaskClient:
    """A coordinator of a program whose old key is lost, and was given up."""
    use(NEW)
    keys.start_over(session)
    session.commit()
    return sign_in(cast.coordinator)


def test_a_page_says_that_the_key_is_missing(
    coordinator: FlaskClient, session: Session, sealed: Participant
) -> None:
    page = f"/participants/{sealed.id}"
    session.rollback()
    answer = coordinator.post(f"{page}/documents")
    assert (answer.status_code, "DATA_KEYS" in answer.text) == (503, True)
    assert coordinator.get(page).status_code == 200


def test_changing_the_rest_keeps_what_cannot_be_read(
    coordinator: FlaskClient, session: Session, sealed: Participant
) -> None:
    before, address = ciphertexts(session), f"/participants/{sealed.id}/change"
    kept = {"health_notes": KEPT, "document_number": KEPT, "document_kind": "passport"}
    papers = {"document_country": "NO", "document_expires_on": "2031-01-01", "reason": "Moved"}
    form = answers(sealed, **kept | papers | {"municipality": "Vadsø"})
    session.rollback()
    assert KEPT in coordinator.get(address).text
    assert coordinator.post(address, data=form).status_code == 302
    session.expire_all()
    assert (sealed.municipality, sealed.documents[0].expires_on) == ("Vadsø", date(2031, 1, 1))
    assert ciphertexts(session) == before


def test_with_a_wrong_key_nothing_can_be_written(
    session: Session, cast: Cast, sealed: Participant, sign_in
) -> None:
    use(NEW)
    client, address = sign_in(cast.coordinator), f"/participants/{cast.walker.id}/cancel"
    session.rollback()
    assert client.get("/marches/victory/overview").status_code == 200
    answer = client.post(address, data={"reason": "Ill"})
    assert (answer.status_code, "DATA_KEYS" in answer.text) == (503, True)
    session.expire_all()
    assert cast.walker.cancelled_at is None
    assert not session.scalars(select(Message)).all()
