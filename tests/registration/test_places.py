"""Many people want the last places at the same moment: the database gives out no more than there are."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text, true
from sqlalchemy.orm import Session

from marchapp.extensions import db
from marchapp.models import Category, March, Message, Participant, Quota
from marchapp.registration import services
from tests.registration.conftest import answers

CROWD = 30
LAST_PLACES = 3


def all_at_once(app: Flask, session: Session, forms: list[dict[str, object]]) -> list[str]:
    """Send all forms at the same moment, each from its own browser, and return where each is led."""
    session.commit()  # the test itself must not hold the database
    ready = Barrier(len(forms))

    def send(form: dict[str, object]) -> str:
        client = app.test_client()
        ready.wait(timeout=30)
        return client.post("/marches/victory/sign-up/official", data=form).headers.get("Location", "")

    with ThreadPoolExecutor(len(forms)) as crowd:
        return list(crowd.map(send, forms))


def crowd_of(march: March) -> list[dict[str, object]]:
    return [answers(march, Category.OFFICIAL, given_name="K" * number) for number in range(1, CROWD + 1)]


def leave_last_places(session: Session, march: March) -> None:
    quota = session.get_one(Quota, (march.id, Category.OFFICIAL))
    quota.capacity = LAST_PLACES
    session.commit()


def count(session: Session, table: type[Participant] | type[Message]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def taken(session: Session, march: March) -> int:
    session.expire_all()
    return session.get_one(Quota, (march.id, Category.OFFICIAL)).taken


@contextmanager
def no_check_constraint(app: Flask) -> Iterator[None]:
    """Take away the database's own guard of the places."""
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":

        def ignore_checks(connection, _record, _proxy) -> None:
            connection.execute("PRAGMA ignore_check_constraints=ON")

        engine.dispose()
        event.listen(engine, "checkout", ignore_checks)
        yield
        event.remove(engine, "checkout", ignore_checks)
        engine.dispose()
        return
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE quota DROP CONSTRAINT ck_quota_not_overbooked"))
    yield
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM quota WHERE taken > capacity"))
        connection.execute(
            text(
                "ALTER TABLE quota ADD CONSTRAINT ck_quota_not_overbooked "
                "CHECK (taken >= 0 AND taken <= capacity)"
            )
        )


def test_thirty_who_want_the_last_three_places_get_three(app: Flask, session: Session, march: March) -> None:
    leave_last_places(session, march)

    led_to = all_at_once(app, session, crowd_of(march))

    assert sum(bool(place) for place in led_to) == LAST_PLACES
    assert taken(session, march) == LAST_PLACES
    assert count(session, Participant) == count(session, Message) == LAST_PLACES


def test_without_the_guards_the_same_crowd_overbooks(
    app: Flask, session: Session, march: March, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_last_places(session, march)
    monkeypatch.setattr(services, "HAS_A_PLACE", true())

    with no_check_constraint(app):
        led_to = all_at_once(app, session, crowd_of(march))
        overbooked = taken(session, march)
        session.commit()

    assert sum(bool(place) for place in led_to) == overbooked == CROWD


def test_the_database_alone_refuses_to_overbook(
    app: Flask, session: Session, march: March, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_last_places(session, march)
    monkeypatch.setattr(services, "HAS_A_PLACE", true())
    app.config["PROPAGATE_EXCEPTIONS"] = False
    try:
        led_to = all_at_once(app, session, crowd_of(march))
    finally:
        app.config["PROPAGATE_EXCEPTIONS"] = None
    assert sum(bool(place) for place in led_to) == taken(session, march) == LAST_PLACES


@pytest.mark.parametrize("capacity", [5, 1])
def test_one_form_sent_many_times_at_once_is_one_registration(
    app: Flask, session: Session, march: March, capacity: int
) -> None:
    session.get_one(Quota, (march.id, Category.OFFICIAL)).capacity = capacity
    session.commit()

    led_to = Counter(all_at_once(app, session, [answers(march, Category.OFFICIAL)] * 10))

    assert len(led_to) == 1
    assert "/registrations/" in next(iter(led_to))
    assert taken(session, march) == count(session, Participant) == count(session, Message) == 1


def test_one_person_in_many_forms_at_once_is_registered_once(
    app: Flask, session: Session, march: March
) -> None:
    led_to = all_at_once(app, session, [answers(march, Category.OFFICIAL) for _ in range(10)])

    assert sum(bool(place) for place in led_to) == 1
    assert taken(session, march) == count(session, Participant) == count(session, Message) == 1
