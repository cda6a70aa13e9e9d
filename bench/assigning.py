"""How long it takes to gather, preview, apply and take back a roster of 47,000 people in 1,900 groups.

The solver is measured elsewhere: here everybody is moved, as by a roster that is made anew.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask_migrate import upgrade
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from marchapp.app import create_app
from marchapp.extensions import db
from marchapp.models import (
    Account,
    AssignmentRun,
    Category,
    Group,
    Membership,
    Participant,
    Party,
    PartyKind,
    Role,
    Stage,
    StageEntry,
)
from marchapp.rosters.assigning.values import Assignment, Status
from marchapp.rosters.automatic import services
from marchapp.rosters.automatic.choices import Choices, Keep
from marchapp.rosters.automatic.gathering import gather
from marchapp.rosters.automatic.proposing import propose
from tests.conftest import SERVER, new_postgresql_database
from tests.factories import make_account, make_march, make_stage
from tests.signing_in import cookie_of

NOW = datetime(2014, 9, 1, tzinfo=UTC)
PEOPLE, GROUPS = 47_000, 1_900
TIMES: dict[str, float] = {}


@contextmanager
def timed(what: str) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    TIMES[f"{what}_s"] = round(time.perf_counter() - wall, 2)
    TIMES[f"{what}_cpu_s"] = round(time.process_time() - cpu, 2)


def fill(session: Session, people: int, groups: int) -> tuple[Stage, Account]:
    march = make_march(session, slug="large")
    stage = make_stage(session, march)
    coordinator = make_account(session, "Clara Coordinator", march, Role.COORDINATOR)
    session.execute(
        insert(Group),
        [{"stage_id": stage.id, "number": n + 1, "min_size": 8, "max_size": 30} for n in range(groups)],
    )
    session.execute(insert(Party), [_party(march.id, n) for n in range(people)])
    parties = session.scalars(select(Party.id).order_by(Party.id)).all()
    session.execute(insert(Participant), [_person(march.id, party, n) for n, party in enumerate(parties)])
    ids = session.scalars(select(Participant.id).order_by(Participant.id)).all()
    session.execute(insert(StageEntry), [{"participant_id": one, "stage_id": stage.id} for one in ids])
    group_ids = session.scalars(select(Group.id).order_by(Group.id)).all()
    session.execute(
        insert(Membership),
        [
            {"participant_id": one, "stage_id": stage.id, "group_id": group_ids[n % groups]}
            for n, one in enumerate(ids)
        ],
    )
    session.commit()
    session.execute(text("ANALYZE"))  # as a database does by itself some minutes after it was filled
    session.commit()
    return stage, coordinator


def _party(march_id: int, n: int) -> dict[str, Any]:
    return {
        "march_id": march_id,
        "kind": PartyKind.PERSON,
        "contact_name": "Kari Nilsen",
        "contact_email": f"kari{n}@example.org",
        "language": "nb",
        "submission_key": str(n),
        "signed_up_at": NOW,
    }


def _person(march_id: int, party_id: int, n: int) -> dict[str, Any]:
    return {
        "march_id": march_id,
        "party_id": party_id,
        "category": Category.SCHOOLCHILD,
        "given_name": "Kari",
        "family_name": f"Nilsen{n}",
        "name_key": f"karinilsen{n}",
        "birth_date": date(2001, 5, 17) + timedelta(days=n % 300),
        "country": "NO",
        "language": "nb",
        "emergency_name": "Ola Nilsen",
        "emergency_phone": "+47 400 00 000",
        "reference": f"R{n:06}",
        "registered_at": NOW,
    }


def shift_all(session: Session, stage: Stage, by: Account) -> AssignmentRun:
    """Propose that everybody goes to the next group, as a finished run."""
    choices = Choices(keep=Keep.PRESENT)
    run = services.ask(session, stage=stage, choices=choices, by=by, now=NOW)
    with timed("gather"):
        gathered = gather(session, stage, choices)
    groups = [group.id for group in gathered.groups]
    following = dict(zip(groups, groups[1:] + groups[:1], strict=True))
    answer = Assignment(
        status=Status.FEASIBLE,
        cost=1.0,
        bound=0.0,
        seconds=1.0,
        cost_by_rule={},
        broken=(),
        assignments={one.id: following[one.previous_group] for one in gathered.people},
    )
    with timed("propose"):
        run.result = propose(gathered, answer, children_per_adult=8).to_json()
    run.finished_at, run.claimed_at = NOW, NOW
    session.commit()
    return run


def measure_on(url: str, folder: Path, people: int, groups: int) -> dict[str, Any]:
    TIMES.clear()
    app = create_app({"DATABASE_URL": url, "DATA_FOLDER": str(folder)}, WTF_CSRF_ENABLED=False)
    with app.app_context():
        upgrade()
        stage, coordinator = fill(db.session, people, groups)
        run = shift_all(db.session, stage, coordinator)
        cookie, run_id = cookie_of(db.session, coordinator), run.id
        db.session.commit()
    client = app.test_client()
    with client.session_transaction() as web_session:
        web_session.update(cookie)
    page = f"/marches/large/stages/1/groups/automatic/{run_id}"
    for what, ask in _requests(client, page):
        with timed(what):
            answer = ask()
        if answer.status_code not in (200, 302):
            raise RuntimeError(f"{what} answered {answer.status_code}")
    with app.app_context():
        done = db.session.get_one(AssignmentRun, run_id)
        if not done.taken_back_at:
            raise RuntimeError(f"The run is {done.state}.")
        db.session.rollback()
        db.engine.dispose()
    return dict(TIMES)


def _requests(client: Any, page: str) -> list[tuple[str, Callable[[], Any]]]:
    return [
        ("form", lambda: client.get(page.rpartition("/")[0])),
        ("preview", lambda: client.get(page)),
        ("preview_again", lambda: client.get(f"{page}?page=50")),
        ("apply", lambda: client.post(f"{page}/apply")),
        ("take_back", lambda: client.post(f"{page}/take-back")),
    ]


def measure(people: int = PEOPLE, groups: int = GROUPS) -> Iterator[dict[str, Any]]:
    """Measure on SQLite, and on PostgreSQL where TEST_DATABASE_URL names a server."""
    about = {"bench": "assigning", "people": people, "groups": groups}
    with TemporaryDirectory() as folder:
        path = Path(folder)
        yield (
            about | {"on": "sqlite"} | measure_on(f"sqlite:///{path / 'march.sqlite'}", path, people, groups)
        )
        if SERVER:
            with new_postgresql_database() as url:
                yield about | {"on": "postgresql"} | measure_on(url, path, people, groups)


if __name__ == "__main__":
    for line in measure(*(int(one) for one in sys.argv[1:3])):
        print(json.dumps(line), flush=True)
