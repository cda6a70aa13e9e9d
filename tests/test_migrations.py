"""The migrations make exactly the tables of the models, and can be taken back."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import Column, MetaData, inspect, text

from marchapp.app import create_app
from marchapp.extensions import db
from tests.conftest import new_postgresql_database


def test_migrations_make_the_tables_of_the_models(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'march.sqlite'}"
    else:
        with new_postgresql_database() as url:
            yield url


def test_migrations_can_be_taken_back_and_applied_again(empty_database: str, tmp_path: Path) -> None:
    app = create_app({"DATABASE_URL": empty_database, "DATA_FOLDER": str(tmp_path)})
    with app.app_context():
        upgrade()
        downgrade(revision="base")
        assert set(inspect(db.engine).get_table_names()) == {"alembic_version"}
        upgrade()
        assert "participant" in inspect(db.engine).get_table_names()
        db.engine.dispose()


def test_sign_ups_of_before_become_parties_and_can_be_taken_back(empty_database: str, tmp_path: Path) -> None:
    app = create_app({"DATABASE_URL": empty_database, "DATA_FOLDER": str(tmp_path)})
    with app.app_context():
        upgrade(revision="0002")
        _insert_old_sign_ups()
        upgrade(revision="0003")
        with db.engine.connect() as connection:
            rows = connection.execute(text(AFTERWARDS)).all()
            quotas = connection.execute(text("SELECT kind, taken FROM quota ORDER BY id")).all()
        downgrade(revision="0002")
        with db.engine.connect() as connection:
            back = connection.execute(text("SELECT guardian_name, link_hash FROM participant ORDER BY id"))
            assert [tuple(row) for row in back] == [("Siri Nilsen", "hash 1"), ("", "hash 2")]
        db.engine.dispose()
    child, adult = (tuple(row) for row in rows)
    assert child == ("Siri Nilsen", False, "placed", "hash 1", "child@example.org")
    assert adult == (None, True, "cancelled", "hash 2", "adult@example.org")
    assert [tuple(row) for row in quotas] == [
        ("category", 1),
        ("march", 1),
        ("children", 1),
        ("stage", 1),
        ("category", 0),
        ("category", 0),
        ("category", 0),
    ]


AFTERWARDS = (
    "SELECT guardian.name, may_take_part, standing, secret_hash, contact_email FROM participant"
    " JOIN party ON party.id = participant.party_id JOIN private_link ON private_link.party_id = party.id"
    " LEFT JOIN guardian ON guardian.participant_id = participant.id ORDER BY participant.id"
)


def _insert_old_sign_ups() -> None:
    """Sign up a child that has a place and an adult who cancelled, as the tables of before hold them."""
    a_day, a_moment = date(2014, 9, 18), datetime(2014, 9, 18, 6, tzinfo=UTC)
    march = {"id": 1, "slug": "old", "starts_on": a_day, "ends_on": a_day}
    march |= {"signup_closes_at": a_moment + timedelta(hours=1)}
    child = {"id": 1, "given_name": "Kari", "email": "child@example.org", "birth_date": date(2001, 5, 17)}
    child |= {"guardian_name": "Siri Nilsen", "link_hash": "hash 1", "name_key": "karinilsen"}
    adult = {"id": 2, "given_name": "Ola", "email": "adult@example.org", "birth_date": date(1971, 5, 17)}
    adult |= {"cancelled_at": a_moment, "link_hash": "hash 2", "name_key": "olanilsen"}
    with db.engine.begin() as connection:
        tables = MetaData()
        tables.reflect(connection)

        def insert(table: str, **given: object) -> None:
            columns = tables.tables[table].columns
            values = {
                column.name: given.get(column.name, _anything(column, a_day, a_moment))
                for column in columns
                if column.name in given or not column.nullable
            }
            connection.execute(tables.tables[table].insert().values(values))

        insert("march", **march)
        insert("stage", id=1, march_id=1, finishes_at=a_moment + timedelta(hours=1))
        insert("quota", march_id=1, category="schoolchild", capacity=5, taken=1)
        for person in (child, adult):
            of_march = {"march_id": 1, "category": "schoolchild"}
            of_march |= {"reference": f"R{person['id']}", "submission_key": f"key {person['id']}"}
            insert("participant", **of_march, **person)
            insert("stage_entry", participant_id=person["id"], stage_id=1)


def _anything(column: Column, a_day: date, a_moment: datetime) -> object:
    """Return some value that a column takes."""
    examples = {date: a_day, datetime: a_moment, int: 1, bool: True, str: "", object: {}}
    return examples[column.type.python_type]
