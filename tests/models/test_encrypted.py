"""What the database holds of health notes and numbers of documents."""

from datetime import date

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text
from sqlalchemy.orm import Session

from marchapp.models import DocumentKind, TravelDocument
from marchapp.vault import UnreadableSecret, Vault
from tests.factories import Cast

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def opened(*keys: str) -> Vault:
    vault = Vault()
    vault.open(data_keys=keys, signing_key="secret")
    return vault


def test_health_notes_and_numbers_of_documents_are_not_readable_in_the_database(
    session: Session, cast: Cast
) -> None:
    cast.walker.health_notes = "Peanut allergy"
    cast.walker.documents = [
        TravelDocument(
            kind=DocumentKind.PASSPORT, number="N1234567", issued_by="NO", expires_on=date(2020, 1, 1)
        )
    ]
    session.commit()

    [notes] = session.execute(text("SELECT health_notes FROM participant")).one()
    [number] = session.execute(text("SELECT number FROM travel_document")).one()
    assert b"Peanut" not in bytes(notes)
    assert b"1234567" not in bytes(number)

    session.expire_all()
    assert cast.walker.health_notes == "Peanut allergy"
    assert cast.walker.documents[0].number == "N1234567"


def test_no_notes_are_kept_as_nothing(session: Session, cast: Cast) -> None:
    assert cast.walker.health_notes == ""
    assert session.execute(text("SELECT health_notes FROM participant")).scalar_one() is None


def test_an_old_key_still_reads_after_a_new_one_is_put_before_it() -> None:
    written = opened(OLD).encrypt(b"Asthma")
    assert opened(NEW, OLD).decrypt(written) == b"Asthma"


def test_without_the_key_nothing_can_be_read() -> None:
    written = opened(OLD).encrypt(b"Asthma")
    with pytest.raises(UnreadableSecret):
        opened(NEW).decrypt(written)
