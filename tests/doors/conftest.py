"""The world of the doors, built once and put back after each knock."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import Connection

from marchapp.extensions import db
from marchapp.models import Account
from tests.doors.knocking import Doors, Visitor
from tests.doors.world import make_place
from tests.factories import make_account
from tests.signing_in import cookie_of


@pytest.fixture(autouse=True)
def long_days_of_guides() -> None:
    """Close groups on the days on which they are closed: here everybody walks today."""


@pytest.fixture(scope="module")
def doors(migrated_app: Flask) -> Iterator[Doors]:
    """Every door of the application, before a march of one's own, another, and one that is not public yet."""
    with one_connection(migrated_app) as connection:
        with migrated_app.app_context():
            own = make_place(db.session, "victory", first_stage=1)
            other = make_place(db.session, "elsewhere", first_stage=7)
            hidden = make_place(db.session, "hidden", first_stage=4, is_public=False)
            doors = Doors(migrated_app, connection, own, other, hidden)
            doors.visitors = visitors(doors, make_account(db.session, "Nora Nobody"))
            db.session.commit()
            db.session.expunge_all()
        yield doors


def visitors(doors: Doors, nobody: Account) -> dict[str, Visitor]:
    """Return everybody who knocks: accounts, and holders of private links."""
    own, other = doors.own, doors.other
    accounts = {
        "stranger": None,
        "no role": nobody,
        "guide": own.guide,
        "other guide": own.other_guide,
        "medic": own.medic,
        "observer": own.observer,
        "coordinator": own.coordinator,
        "coordinator elsewhere": other.coordinator,
        "foreign object": own.coordinator,
    }
    contact = own.links["contact"]
    links = own.links | {
        "contact elsewhere": other.links["contact"],
        "altered": contact[:-1] + ("A" if contact[-1] != "A" else "B"),
    }
    cookies = {who: account and cookie_of(db.session, account) for who, account in accounts.items()}
    return {
        **{who: Visitor(cookie, own.values) for who, cookie in cookies.items()},
        **{whose: Visitor(None, own.values | {"token": link}) for whose, link in links.items()},
        "guide on another day": Visitor(
            cookies["guide"], own.values | {"group_id": own.values["past_group_id"]}
        ),
        "coordinator without link": Visitor(cookies["coordinator"], own.values | {"token": "nothing"}),
    }


@contextmanager
def one_connection(app: Flask) -> Iterator[Connection]:
    """Let every session of the application share one connection, and undo at the end what came over it."""
    with app.app_context():
        engine = db.engine
        engines = db._app_engines[app]
    with engine.connect() as connection:
        transaction = connection.begin()
        savepoint = connection.begin_nested()  # within one, what a session commits is not final
        engines[None] = connection
        try:
            yield connection
        finally:
            engines[None] = engine
            if savepoint.is_active:
                savepoint.rollback()
            transaction.rollback()
