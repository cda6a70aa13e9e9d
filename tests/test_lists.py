"""No list loads what it does not show: what is kept encrypted is read on its own pages only."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marchapp.extensions import db
from marchapp.models import Role
from marchapp.models.encrypted import EncryptedBytes, EncryptedText
from tests.factories import Cast, make_account, make_document, make_participant
from tests.queries import counted

SECRET = {
    f"{table.name}.{column.name}"
    for table in db.metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, (EncryptedText, EncryptedBytes))
}
# Pages that show such a thing, after an explicit act or for the stage that crosses a border.
SHOWING: set[str] = {"border.manifest"}


@pytest.fixture
def people(session: Session, cast: Cast) -> None:
    now = datetime.now(UTC)
    cast.stage.day, cast.stage.crosses_border = now.date(), True
    cast.stage.starts_at, cast.stage.finishes_at = now, now + timedelta(hours=1)
    for _number in range(3):
        person = make_participant(session, cast.march, cast.stage, group=cast.group)
        person.health_notes, person.has_health_notes = "Asthma", True
        make_document(session, person)
    session.commit()


def pages_of(app: Flask, **values: object) -> list[str]:
    """Return the address of every page that these values lead to."""
    adapter = app.url_map.bind("localhost")
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    return [
        adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments})
        for rule in rules
        if rule.arguments <= values.keys() and rule.endpoint not in SHOWING and rule.endpoint != "static"
    ]


def status_of(client: FlaskClient, page: str) -> int:
    """Get a page to its end: some files are written while they are read."""
    answer = client.get(page)
    answer.get_data()
    return answer.status_code


@pytest.mark.parametrize("role", ["coordinator", "guide", "medic"])
def test_no_list_reads_an_encrypted_column(
    app: Flask, session: Session, cast: Cast, people: None, sign_in, role: str
) -> None:
    medic = make_account(session, "Mette Medic", cast.march, Role.MEDIC)
    session.commit()
    client = sign_in(medic if role == "medic" else getattr(cast, role))
    pages = pages_of(app, slug="victory", number=1, group_id=cast.group.id, code="start")
    assert "/marches/victory/participants" in pages
    shown = 0
    session.rollback()
    for page in pages:
        with counted() as statements, ThreadPoolExecutor(1) as thread:
            shown += thread.submit(status_of, client, page).result() == 200
        read = {name for name in SECRET for statement in statements if name in statement.partition("FROM")[0]}
        assert not read, page
    assert shown >= {"coordinator": 25, "guide": 6, "medic": 4}[role]


def test_the_encrypted_columns_are_those_that_are_known_to_be() -> None:
    assert {"participant.health_notes", "travel_document.number", "consent_scan.content"} <= SECRET
