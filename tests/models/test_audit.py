"""The log of what was done: the database itself lets nobody change or delete an event."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from marchapp.app import create_app
from marchapp.models import AuditEvent
from marchapp.models.audit import difference, record, record_of_account, take_personal_out
from tests.factories import Cast
from tests.signing_in import cookie_of


@pytest.fixture
def event(session: Session, cast: Cast, now: datetime) -> AuditEvent:
    event = record(
        session,
        at=now,
        action="participant.changed",
        march_id=cast.march.id,
        account_id=cast.coordinator.id,
        subject="participant",
        subject_id=cast.walker.id,
        changed=["phone"],
        before={"phone": "+47 400 00 001"},
        after={"phone": "+47 400 00 002"},
        reason="Kari called",
    )
    event.address = "192.0.2.7"
    session.commit()
    return event


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_event SET at = '2001-01-01 00:00:00'",
        "UPDATE audit_event SET action = 'stage.changed'",
        "UPDATE audit_event SET march_id = NULL",
        "UPDATE audit_event SET account_id = NULL",
        "UPDATE audit_event SET subject = 'stage'",
        "UPDATE audit_event SET subject_id = 7",
        "UPDATE audit_event SET id = id + 1",
        "UPDATE audit_event SET facts = '{}'",
        "UPDATE audit_event SET personal = '{}'",
        "UPDATE audit_event SET personal = NULL, facts = '{}'",
        "UPDATE audit_event SET address = '192.0.2.8'",
        "DELETE FROM audit_event",
        "DELETE FROM march",
        "DELETE FROM account",
    ],
)
def test_the_database_refuses_to_change_or_delete_an_event(
    session: Session, event: AuditEvent, change: str
) -> None:
    with pytest.raises(DBAPIError):
        session.execute(text(change))
    session.rollback()
    assert session.scalars(select(AuditEvent.personal)).one()["reason"] == "Kari called"


def test_an_event_cannot_be_replaced_or_emptied_with_all_others(session: Session, event: AuditEvent) -> None:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    replace = (
        "INSERT OR REPLACE INTO audit_event (id, at, action, subject, facts, address)"
        " SELECT id, at, 'x.y', subject, facts, address FROM audit_event"
    )
    statement = replace if is_sqlite else "TRUNCATE audit_event CASCADE"
    with pytest.raises(DBAPIError, match="of the log are not"):
        session.execute(text(statement))
    session.rollback()


def test_what_names_people_can_be_taken_out_and_the_address_too(session: Session, event: AuditEvent) -> None:
    session.execute(text("UPDATE audit_event SET address = ''"))
    take_personal_out(session, AuditEvent.id == event.id)
    session.commit()
    assert (event.details, event.address) == ({"changed": ["phone"]}, "")
    assert (event.action, event.account_id) == ("participant.changed", event.account_id)
    with pytest.raises(DBAPIError):
        session.execute(text("""UPDATE audit_event SET personal = '{"reason": "another"}'"""))
    session.rollback()


def test_what_happens_to_an_account_stands_in_the_log_of_each_of_its_marches(
    session: Session, cast: Cast, now: datetime
) -> None:
    record_of_account(session, cast.guide, "account.signed_in", at=now, by=cast.guide)
    session.flush()
    [event] = session.scalars(select(AuditEvent))
    assert (event.march_id, event.account_id, event.subject_id) == (
        cast.march.id,
        cast.guide.id,
        cast.guide.id,
    )


def test_a_change_is_told_by_what_differs(now: datetime) -> None:
    told = difference({"at": now, "guides": {2, 1}, "size": 3}, {"at": now, "guides": {3, 1}, "size": 3})
    assert told == {"changed": ["guides"], "before": {"guides": [1, 2]}, "after": {"guides": [1, 3]}}


@pytest.mark.parametrize(
    ("proxies", "sent", "is_recorded"),
    [
        ("0", "203.0.113.9", "127.0.0.1"),
        ("1", "203.0.113.9", "203.0.113.9"),
        ("1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
    ],
)
def test_an_event_says_from_where_it_came_as_far_as_proxies_are_trusted(
    app: Flask, database_url: str, session: Session, cast: Cast, proxies: str, sent: str, is_recorded: str
) -> None:
    folder = str(app.config["SETTINGS"].data_folder)
    environment = {"DATABASE_URL": database_url, "DATA_FOLDER": folder, "TRUSTED_PROXIES": proxies}
    behind = create_app(environment, TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
    client, address = behind.test_client(), f"/participants/{cast.walker.id}/documents"
    with client.session_transaction() as web_session:
        web_session.update(cookie_of(session, cast.coordinator))
    session.commit()
    client.post(address, headers={"X-Forwarded-For": sent})
    assert session.scalars(select(AuditEvent.address)).all() == [is_recorded]
