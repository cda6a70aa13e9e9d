"""The migrations make exactly the tables of the models, and can be taken back."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import Column, Connection, MetaData, inspect, text

from marchapp.app import create_app
from marchapp.extensions import db, migrate
from tests.conftest import new_postgresql_database

A_MOMENT = (date(2014, 9, 18), datetime(2014, 9, 18, 6, tzinfo=UTC))


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


def test_the_release_before_can_write_while_the_new_one_starts(tmp_path: Path) -> None:
    """A migration takes no column away that the release before writes, and asks for no more of it."""
    app = create_app({"DATABASE_URL": f"sqlite:///{tmp_path / 'march.sqlite'}", "DATA_FOLDER": str(tmp_path)})
    with app.app_context():
        upgrade(revision="0014")
        before = _columns()
        while (head := _next_after(_revision())) is not None:
            upgrade(revision=head)
            after = _columns()
            assert before.keys() <= after.keys(), f"{head} takes columns away"
            more = {key: must for key, must in after.items() if key not in before}
            old_tables = {table for table, _column in before}
            asked = [key for key, must in more.items() if must and key[0] in old_tables]
            assert not asked, f"{head} asks the release before for what it does not write"
            before = after
        db.engine.dispose()


def _revision() -> str:
    with db.engine.connect() as connection:
        return str(MigrationContext.configure(connection).get_current_revision())


def _next_after(revision: str) -> str | None:
    found = [
        one for one in ScriptDirectory(migrate.directory).walk_revisions() if one.down_revision == revision
    ]
    return found[0].revision if found else None


def _columns() -> dict[tuple[str, str], bool]:
    """Return table and column, and whether who writes a row must give it."""
    seen = inspect(db.engine)
    return {
        (table, column["name"]): not column["nullable"] and column["default"] is None
        for table in seen.get_table_names()
        for column in seen.get_columns(table)
    }


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
    a_day, a_moment = A_MOMENT
    march = {"id": 1, "slug": "old", "starts_on": a_day, "ends_on": a_day}
    march |= {"signup_closes_at": a_moment + timedelta(hours=1)}
    child = {"id": 1, "given_name": "Kari", "email": "child@example.org", "birth_date": date(2001, 5, 17)}
    child |= {"guardian_name": "Siri Nilsen", "link_hash": "hash 1", "name_key": "karinilsen"}
    adult = {"id": 2, "given_name": "Ola", "email": "adult@example.org", "birth_date": date(1971, 5, 17)}
    adult |= {"cancelled_at": a_moment, "link_hash": "hash 2", "name_key": "olanilsen"}
    with db.engine.begin() as connection:
        insert = _inserting(connection)
        insert("march", **march)
        insert("stage", id=1, march_id=1, finishes_at=a_moment + timedelta(hours=1))
        insert("quota", march_id=1, category="schoolchild", capacity=5, taken=1)
        for person in (child, adult):
            of_march = {"march_id": 1, "category": "schoolchild"}
            of_march |= {"reference": f"R{person['id']}", "submission_key": f"key {person['id']}"}
            insert("participant", **of_march, **person)
            insert("stage_entry", participant_id=person["id"], stage_id=1)


def test_groups_of_before_are_published_and_their_guides_keep_them(
    empty_database: str, tmp_path: Path
) -> None:
    app = create_app({"DATABASE_URL": empty_database, "DATA_FOLDER": str(tmp_path)})
    with app.app_context():
        upgrade(revision="0004")
        _insert_old_groups()
        upgrade(revision="0007")
        with db.engine.connect() as connection:
            groups = connection.execute(text("SELECT group_id, number, name, starts_at FROM published_group"))
            own, of_stage = (tuple(row) for row in sorted(groups))
            guides = connection.execute(text("SELECT group_id, account_id, name FROM published_guide")).all()
            places = connection.execute(text("SELECT participant_id, group_id FROM published_place")).all()
            versions = connection.execute(
                text("SELECT number, people, told, finished_at IS NULL FROM roster_version")
            ).all()
        downgrade(revision="0004")
        assert "published_place" not in inspect(db.engine).get_table_names()
        db.engine.dispose()
    assert (own[:3], of_stage[:3]) == ((1, 1, "Pasvik"), (2, 2, ""))
    assert "06:30" in str(own[3])
    assert "06:00" in str(of_stage[3])
    assert [tuple(row) for row in guides] == [(1, 1, "Gunn Guide")]
    assert [tuple(row) for row in places] == [(1, 1)]
    assert [tuple(row) for row in versions] == [(1, 1, 0, False)]


def _insert_old_groups() -> None:
    """Make two groups, the first with a guide, a walker and somebody who has cancelled."""
    starts_at = datetime(2014, 9, 18, 6, tzinfo=UTC)
    with db.engine.begin() as connection:
        insert = _inserting(connection)
        insert("march", id=1, slug="old", signup_closes_at=starts_at + timedelta(hours=1))
        insert("stage", id=1, march_id=1, starts_at=starts_at, finishes_at=starts_at + timedelta(hours=1))
        insert("account", id=1, name="Gunn Guide")
        own_start = {"starts_at": starts_at + timedelta(minutes=30), "name": "Pasvik"}
        insert("stage_group", id=1, stage_id=1, number=1, **own_start)
        insert("stage_group", id=2, stage_id=1, number=2)
        insert("group_guide", group_id=1, account_id=1)
        insert("party", id=1, march_id=1, kind="family", when_full="all")
        for number, standing in ((1, "placed"), (2, "cancelled")):
            names = {"reference": f"R{number}", "name_key": f"walker{number}", "category": "walker"}
            left = {"cancelled_at": starts_at} if standing == "cancelled" else {}
            insert("participant", id=number, march_id=1, party_id=1, standing=standing, **names, **left)
            insert("stage_entry", participant_id=number, stage_id=1)
            insert("membership", participant_id=number, stage_id=1, group_id=1)


def _inserting(connection: Connection) -> Callable[..., None]:
    """Return what inserts a row with some value in each column that must have one."""
    tables = MetaData()
    tables.reflect(connection)

    def insert(table: str, **given: object) -> None:
        values = {
            column.name: given.get(column.name, _anything(column, *A_MOMENT))
            for column in tables.tables[table].columns
            if column.name in given or not column.nullable
        }
        connection.execute(tables.tables[table].insert().values(values))

    return insert


def _anything(column: Column, a_day: date, a_moment: datetime) -> object:
    """Return some value that a column takes."""
    examples = {date: a_day, datetime: a_moment, int: 1, bool: True, str: "", object: {}}
    return examples[column.type.python_type]
