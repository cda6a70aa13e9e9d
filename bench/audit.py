"""How long the search of the log takes at a million events: python bench/audit.py

Prints one line of JSON: the milliseconds of each search, the fastest of five.
"""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from flask_migrate import upgrade
from sqlalchemy import insert

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from marchapp.app import create_app  # noqa: E402
from marchapp.audit.searching import Wanted, find_events  # noqa: E402
from marchapp.audit.telling import told  # noqa: E402
from marchapp.deeds import SENTENCES  # noqa: E402
from marchapp.extensions import db  # noqa: E402
from marchapp.models import AuditEvent, March  # noqa: E402
from tests.factories import make_account, make_march, make_participant, make_stage  # noqa: E402

EVENTS, ACCOUNTS, PEOPLE = 1_000_000, 40, 500
BEGIN = datetime(2014, 1, 1, tzinfo=UTC)
SEARCHES = {
    "all": Wanted(),
    "who": Wanted(who="account7"),
    "kind": Wanted(kind="secret"),
    "who_and_kind": Wanted(who="account7", kind="secret"),
    "never": Wanted(who="account7", action="guide.dismissed"),
    "rare": Wanted(action="guide.dismissed"),
    "about": Wanted(about="R000007"),
    "period": Wanted(first="2014-03-01", last="2014-03-02", kind="group"),
    "far": Wanted(after=20_000, kind="person"),
}


def main() -> None:
    with TemporaryDirectory() as folder:
        url = os.environ.get("DATABASE_URL", f"sqlite:///{folder}/march.sqlite")
        app = create_app({"DATABASE_URL": url, "DATA_FOLDER": folder}, TESTING=True)
        with app.test_request_context():
            upgrade()
            print(json.dumps({"events": EVENTS, "ms": measure()}))
            db.session.close()
            db.engine.dispose()


def measure() -> dict[str, float]:
    march_id = fill()
    return {name: fastest(partial(search, march_id, wanted)) for name, wanted in SEARCHES.items()}


def search(march_id: int, wanted: Wanted) -> None:
    db.session.expunge_all()
    march = db.session.get_one(March, march_id)
    events, _more = find_events(db.session, march, wanted)
    told(db.session, march, events)


def fastest(work) -> float:
    times = []
    for _run in range(5):
        begun = perf_counter()
        work()
        times.append(perf_counter() - begun)
    return round(min(times) * 1000, 1)


def fill() -> int:
    march = make_march(db.session, capacity=PEOPLE)
    stage = make_stage(db.session, march)
    accounts = [make_account(db.session, f"account{n}", march).id for n in range(ACCOUNTS)]
    people = [make_participant(db.session, march, stage, reference=f"R{n:06}").id for n in range(PEOPLE)]
    actions = [action for action in SENTENCES if action != "guide.dismissed"]
    rows = (
        {
            "at": BEGIN + timedelta(seconds=20 * n),
            "march_id": march.id,
            "account_id": accounts[n * n % ACCOUNTS],
            "action": "guide.dismissed" if n % 500_000 == 7 else actions[n % 1013 % len(actions)],
            "subject": "participant",
            "subject_id": people[n * 7 % PEOPLE],
            "facts": {"changed": ["phone"]},
            "personal": {"reason": f"number {n}"},
            "address": "192.0.2.7",
        }
        for n in range(EVENTS)
    )
    while batch := [row for row, _ in zip(rows, range(20_000), strict=False)]:
        db.session.execute(insert(AuditEvent), batch)
    db.session.commit()
    return march.id


if __name__ == "__main__":
    main()
