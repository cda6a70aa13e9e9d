"""How soon the pages about consents answer, and a minute of the worker: `python -m bench.consents`."""

import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from flask import Flask
from sqlalchemy import insert, select, update

from bench.participants import asked, crowded
from marchapp.extensions import db
from marchapp.models import Answer, ConsentAnswer, ConsentRequest, Guardian, March, Participant, Purpose
from marchapp.models.march import years_before
from marchapp.registration.consent import worker
from marchapp.registration.consent.texts import texts_to_ask_with
from tests.conftest import SERVER, new_postgresql_database

PEOPLE = 47_000
ROWS_AT_ONCE = 5_000
A_LIST = "/marches/crowd/consents"
PAGES = {
    "consents missing": A_LIST,
    "refused or withdrawn": f"{A_LIST}?show=denied",
    "all minors": f"{A_LIST}?show=all",
    "all minors, last page": f"{A_LIST}?show=all&page=99999",
    "overview": "/marches/crowd/overview",
}
PURPOSES = [
    Purpose.TAKING_PART,
    Purpose.EMERGENCY_TREATMENT,
    Purpose.PHOTOGRAPHS,
    Purpose.GPS_RECORDING,
]


def measure() -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        yield from _measured(f"sqlite:///{Path(folder) / 'm.sqlite'}", folder)
    if SERVER:
        with tempfile.TemporaryDirectory() as folder, new_postgresql_database() as url:
            yield from _measured(url, folder)


def _measured(url: str, folder: str) -> Iterator[dict[str, object]]:
    with crowded(url, folder, PEOPLE) as (app, client):
        with app.app_context():
            minors = _answer_for_most()
        here = {"database": url.partition(":")[0].partition("+")[0], "people": PEOPLE, "minors": minors}
        for what, address in PAGES.items():
            yield here | {"page": what} | asked(app, client, address)
        yield here | {"page": "the worker's minute", "ms": _minute(app)}


def _answer_for_most() -> int:
    """Let the guardians of 24 minors of 25 consent, save some who refuse; the others are waited for."""
    session = db.session
    march = session.scalars(select(March)).one()
    now = datetime.now(UTC)
    texts = texts_to_ask_with(session, march, now=now)
    born_after = years_before(march.starts_on, march.adult_age)
    rows = session.execute(
        select(Participant.id, Guardian.id, Guardian.name)
        .join(Guardian, Guardian.participant_id == Participant.id)
        .where(Participant.march_id == march.id, Participant.birth_date > born_after)
    ).all()
    requests = [
        {"guardian_id": guardian, "text_id": texts[purpose].id, "asked_at": now, "address": ""}
        for _person, guardian, _name in rows
        for purpose in PURPOSES
    ]
    answers = [
        {
            "participant_id": person,
            "guardian_id": guardian,
            "is_by_child": False,
            "text_id": texts[purpose].id,
            "purpose": purpose,
            "answer": Answer.REFUSED if person % 100 == 1 else Answer.GIVEN,
            "typed_name": name,
            "language": "nb",
            "at": now,
        }
        for person, guardian, name in rows
        if person % 25
        for purpose in PURPOSES
    ]
    for table, values in ((ConsentRequest, requests), (ConsentAnswer, answers)):
        for start in range(0, len(values), ROWS_AT_ONCE):
            session.execute(insert(table), values[start : start + ROWS_AT_ONCE])
    minors = update(Participant).where(Participant.birth_date > born_after)
    session.execute(minors.values(may_take_part=True, may_cross_border=Participant.id % 50 != 0))
    not_yet = (Participant.id % 25 == 0) | (Participant.id % 100 == 1)
    held = minors.where(not_yet).values(may_take_part=False, place_held_until=now + timedelta(days=14))
    session.execute(held)
    march.starts_on, march.ends_on = now.date() + timedelta(days=60), now.date() + timedelta(days=62)
    session.commit()
    return len({person for person, _guardian, _name in rows})


def _minute(app: Flask) -> float:
    """Return the milliseconds of a minute in which nothing is due."""
    with app.app_context():
        began = perf_counter()
        worker.see_to_consents()
        return round((perf_counter() - began) * 1000, 1)


if __name__ == "__main__":
    for line in measure():
        print(json.dumps(line))
