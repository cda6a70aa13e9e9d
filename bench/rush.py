"""The opening rush: everybody signs up as fast as the machine takes them: `python -m bench.rush`.

47,000 people come, for 40,000 of whom there are places; PEOPLE=2000 makes it shorter, with places for as
large a share. Eight clients (CLIENTS) on the same machine each sign one person up after the other, over HTTP,
on PostgreSQL with Redis, while the worker mails to a real SMTP server. Then it is counted: the places given
out, and that everybody who was acknowledged is stored and was written to, once.
"""

import json
import os
from collections.abc import Iterator

from sqlalchemy import func, select

from bench.faults.scene import counted, letters_left
from bench.faults.servers import wait_until
from bench.meters import percentiles_ms
from bench.scene import WEB_THREADS, WEB_WORKERS, Meter, Scene, scene
from bench.signups import WARM_UP, SignedUp, fill_march, sign_up_all, stage_ids_of_march
from marchapp.extensions import db
from marchapp.models import March, Participant, QuotaKind, Standing
from tests.factories import quota_of

PEOPLE = int(os.environ.get("PEOPLE", "47000"))
CAPACITY = PEOPLE * 40 // 47
CLIENTS = int(os.environ.get("CLIENTS", "8"))
WORKERS = int(os.environ.get("WORKERS", "1"))
OUTBOX_WITHIN_S = 3 * 3600
STEPS = ("form", "review", "send")


def rush() -> dict[str, object]:
    """Return how fast everybody was signed up, at what cost, and that the count is right."""
    with scene(prepare) as stage, stage.serving(workers=WORKERS):
        stage_ids = stage_ids_of_march()
        sign_up_all(stage.ports, stage_ids, range(WARM_UP))
        with Meter(stage) as signing_up:
            everybody = range(WARM_UP, PEOPLE)
            done = sign_up_all(stage.ports, stage_ids, everybody, clients=CLIENTS)
        with Meter(stage) as mailing:
            wait_for_outbox()
        counts = counted(stage.postgres.url, [*range(WARM_UP), *acknowledged(done)], stage.mail)
        worker_s = signing_up.cpu_s["worker"] + mailing.cpu_s["worker"]
        return {
            "what": f"opening rush, PostgreSQL and Redis, {CLIENTS} clients, {WEB_WORKERS} web processes of "
            f"{WEB_THREADS} threads, {WORKERS} workers",
            "people": PEOPLE,
            "signups_per_s": round(len(done) / signing_up.seconds, 1),
            **percentiles_ms([sum(one.steps) for one in done]),
            "each_step": {
                name: percentiles_ms([one.steps[step] for one in done]) for step, name in enumerate(STEPS)
            },
            **signing_up.told(len(done)),
            "outbox_empty_after_s": round(mailing.seconds, 1),
            "worker_cpu_ms_a_letter": round(worker_s * 1000 / counts["letters"], 1),
            "letters_per_s": round(counts["letters"] / (signing_up.seconds + mailing.seconds), 1),
            "peak_mib": stage.peak_mib(),
            "database_mib": stage.database_mib(),
            "capacity": CAPACITY,
            **standings(),
            **counts,
        }


def prepare(_scene: Scene) -> None:
    march = fill_march()
    quota_of(march, QuotaKind.MARCH).capacity = CAPACITY


def acknowledged(done: list[SignedUp]) -> Iterator[int]:
    return (one.number for one in done if one.is_acknowledged)


def wait_for_outbox() -> None:
    """Wait until every letter is with the mail server."""
    wait_until(lambda: letters_left(db.engine) == 0, seconds=OUTBOX_WITHIN_S, every_s=1, what="the outbox")


def standings() -> dict[str, int]:
    """Count the places given out, by the people and by the quota, and who waits."""
    db.session.rollback()
    by_standing = select(Participant.standing, func.count()).group_by(Participant.standing)
    stand = dict(db.session.execute(by_standing).all())
    march = db.session.scalars(select(March)).one()
    return {
        "places_given_out": stand.get(Standing.PLACED, 0),
        "places_counted": quota_of(march, QuotaKind.MARCH).taken,
        "on_the_waiting_list": stand.get(Standing.WAITING, 0),
    }


if __name__ == "__main__":
    print(json.dumps(rush()), flush=True)
