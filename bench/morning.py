"""The morning of a stage: guides tick off their groups while coordinators work: `python -m bench.morning`.

A hundred phones send 100 marks a second together for SECONDS (60), each at the moment that a clock names,
whether or not those before were answered: what is late counts from that moment. COORDINATORS (4) meanwhile
ask for the board, the list, groups and roll calls, with a second between an answer and the next page. PEOPLE
(4,000) walk the march. On PostgreSQL with Redis, over HTTP, all on this machine.
"""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count, cycle

from sqlalchemy import select

from bench.browsers import Browser, Lines
from bench.crowd import fill
from bench.days import give_guides, put_everybody_into_a_group
from bench.meanwhile import Meanwhile
from bench.meters import percentiles_ms
from bench.rollcall import POINTS, Guide, Phone, stored_marks
from bench.scene import WEB_THREADS, WEB_WORKERS, Meter, Scene, scene
from marchapp.extensions import db
from marchapp.models import Account, PublishedGuide, PublishedPlace, Role
from marchapp.rosters.publishing import publish
from tests.factories import make_account, make_march, make_stage

PEOPLE = int(os.environ.get("PEOPLE", "4000"))
SECONDS = int(os.environ.get("SECONDS", "60"))
COORDINATORS = int(os.environ.get("COORDINATORS", "4"))
PHONES, MARKS_A_SECOND = 100, 100
MOST_ALLOWED_MS = 200
A_COORDINATOR_READS_S = 1.0
A_MARCH = "/marches/walk"


@dataclass(frozen=True)
class Cast:
    """Who is at work: guides with their groups and cookies, and coordinators by their cookies."""

    guides: list[tuple[Guide, str]]
    coordinators: list[str]

    @property
    def pages(self) -> list[str]:
        group = self.guides[0][0].group_id
        board = f"{A_MARCH}/stages/1/roll-calls"
        return [
            board,
            f"{board}/changes",
            f"{A_MARCH}/participants",
            f"{A_MARCH}/participants?q=berg",
            f"{A_MARCH}/stages/1/groups",
            f"/groups/{group}",
            f"/groups/{group}/roll-call/start",
        ]


@dataclass(frozen=True)
class Tick:
    """A mark as its phone saw it: seconds from the planned moment to the answer, and what that said."""

    key: str
    seconds: float
    is_counted: bool


def morning() -> dict[str, object]:
    """Return how soon marks are answered, and pages of coordinators, and that no mark is lost."""
    casts: list[Cast] = []
    with scene(lambda stage: casts.append(make_cast(stage))) as stage, stage.serving(workers=1):
        [cast] = casts
        phones = [Phone(stage.ports, guide, cookie=cookie) for guide, cookie in cast.guides]
        desks = Desks(stage.ports, cast)
        desks.ask_once()
        with Meter(stage) as meter, desks:
            ticks = tick_all(phones)
        answered = [one for one in ticks if one.is_counted]
        p99_ms = percentiles_ms([one.seconds for one in ticks], (99,))["p99_ms"]
        return {
            "what": f"start morning, PostgreSQL and Redis, {WEB_WORKERS} web processes of {WEB_THREADS} "
            "threads",
            "people": PEOPLE,
            "marks_planned_per_s": MARKS_A_SECOND,
            "marks_answered_per_s": round(len(answered) / meter.seconds, 1),
            **percentiles_ms([one.seconds for one in ticks]),
            "max_ms": round(max(one.seconds for one in ticks) * 1000, 1),
            "p99_most_allowed_ms": MOST_ALLOWED_MS,
            "is_fast_enough": p99_ms < MOST_ALLOWED_MS,
            "coordinators": COORDINATORS,
            "pages_of_coordinators": len(desks.seconds),
            "their_pages": percentiles_ms(desks.seconds),
            "sent": len(ticks),
            "acknowledged": len(answered),
            **stored_marks({one.key for one in answered}),
            **meter.told(len(ticks)),
            "peak_mib": stage.peak_mib(),
        }


def make_cast(stage: Scene) -> Cast:
    """Fill a march of today, publish its first stage, and sign in some guides and coordinators."""
    now = datetime.now(UTC)
    march = make_march(db.session, slug="walk", starts_on=now.date(), ends_on=now.date())
    times = {"starts_at": now, "finishes_at": now + timedelta(hours=8)}
    walked = make_stage(db.session, march, **times)
    accounts = [
        make_account(db.session, f"Clara{number}", march, Role.COORDINATOR) for number in range(COORDINATORS)
    ]
    db.session.refresh(march)
    fill(db.session, march, [walked], PEOPLE)
    put_everybody_into_a_group(db.session, walked)
    give_guides(db.session, walked)
    db.session.commit()
    publish(db.session, stage=walked, number=1, by=None, now=now, tells=False)
    return Cast(guides_of(stage), [stage.cookie(account) for account in accounts])


def guides_of(stage: Scene) -> list[tuple[Guide, str]]:
    """Return the guides of the first groups, each with a cookie."""
    rows = db.session.execute(
        select(PublishedGuide.group_id, Account)
        .join(Account, Account.id == PublishedGuide.account_id)
        .order_by(PublishedGuide.group_id)
        .limit(PHONES)
    ).all()
    return [
        (Guide(account.email, group_id, people_of(group_id)), stage.cookie(account))
        for group_id, account in rows
    ]


def people_of(group_id: int) -> list[int]:
    people = select(PublishedPlace.participant_id).where(PublishedPlace.group_id == group_id)
    return list(db.session.scalars(people))


def tick_all(phones: list[Phone]) -> list[Tick]:
    """Let the phones send their marks in turn, evenly spread over each second."""
    begins_at = time.monotonic() + 1

    def walk(place: int) -> list[Tick]:
        phone = phones[place]
        rolls = cycle([(point, person) for point in POINTS for person in phone.guide.people])
        marks = range(place, SECONDS * MARKS_A_SECOND, len(phones))
        return [
            tick(phone, begins_at + number / MARKS_A_SECOND, *roll)
            for number, roll in zip(marks, rolls, strict=False)
        ]

    with ThreadPoolExecutor(len(phones)) as pool:
        return [one for done in pool.map(walk, range(len(phones))) for one in done]


_keys = count()


def tick(phone: Phone, planned_at: float, point: str, person: int) -> Tick:
    time.sleep(max(0.0, planned_at - time.monotonic()))
    key = f"morning-{next(_keys):08}"
    is_counted = phone.sends_mark(point, person, key)
    return Tick(key, time.monotonic() - planned_at, is_counted)


class Desks(Meanwhile):
    """Coordinators at their desks, who ask for one page after the other until the morning is over."""

    def __init__(self, ports: list[int], cast: Cast) -> None:
        self.pages, self.seconds = cast.pages, list[float]()
        self.browsers = [
            Browser(Lines(ports), 60_000 + number, cookie=cookie)
            for number, cookie in enumerate(cast.coordinators)
        ]
        super().__init__(partial(self._work, browser, place) for place, browser in enumerate(self.browsers))

    def ask_once(self) -> None:
        """Let the templates be compiled, and make sure that the pages answer."""
        for page in self.pages:
            if (answer := self.browsers[0].ask("GET", page)).status != 200:
                raise AssertionError(f"{page} answered {answer.status}")

    def _work(self, browser: Browser, place: int) -> None:
        for page in cycle(self.pages[place:] + self.pages[:place]):
            began = time.perf_counter()
            browser.ask("GET", page)
            self.seconds.append(time.perf_counter() - began)
            if self.ends.wait(A_COORDINATOR_READS_S):
                return


if __name__ == "__main__":
    print(json.dumps(morning()), flush=True)
