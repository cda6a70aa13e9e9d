"""The evening after a stage: guides send recordings of 5 MB, workers compare them: `python -m bench.evening`.

Two lines: at the rate of 1,900 in an hour for MINUTES (3; 60 sends them all), each guide sending at the
moment that a clock names and looking again as the guide's page does; and UPLOADS (60) as fast as they are
taken, by CLIENTS (4). WORKERS (1) is the number of workers. On PostgreSQL with Redis, over HTTP, all on this
machine.
"""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle

from sqlalchemy import func, select

from bench.browsers import Browser, Lines
from bench.faults.servers import wait_until
from bench.meters import percentiles_ms
from bench.scene import WEB_THREADS, WEB_WORKERS, Meter, Scene, scene
from bench.speed import long_files
from marchapp.extensions import db
from marchapp.marches.routes import save_route
from marchapp.models import Track, TrackComparison
from tests.factories import make_account, make_group, make_march, make_stage
from tests.geo.planted import START_AT

GUIDES_AN_HOUR = 1_900
MINUTES = float(os.environ.get("MINUTES", "3"))
UPLOADS = int(os.environ.get("UPLOADS", "60"))
CLIENTS = int(os.environ.get("CLIENTS", "4"))
WORKERS = int(os.environ.get("WORKERS", "1"))
POINTS, ROUTE_POINTS, DIFFERENT = 40_000, 5_000, 4
MOST_AT_ONCE = 200  # guides who wait for their comparison
LOOKS_AGAIN_S = 0.7  # as static/js/look-again.js does
WITHIN_S = 3600
BOUNDARY = "a-line-that-no-recording-holds"


@dataclass(frozen=True)
class Guide:
    number: int
    group_id: int
    cookie: str


@dataclass(frozen=True)
class Sent:
    """A recording as its guide saw it: seconds until it was taken and until its comparison was shown."""

    taken_s: float
    ready_s: float
    looks: int


def measure_evening() -> Iterator[dict[str, object]]:
    """Yield what an evening at its pace is like, and how much an hour could hold."""
    recordings = [long_files(POINTS, ROUTE_POINTS, seed=seed)[0] for seed in range(DIFFERENT)]
    for measured, count in ((at_the_pace, round(GUIDES_AN_HOUR * MINUTES / 60)), (at_full_speed, UPLOADS)):
        guides: list[Guide] = []
        with (
            scene(
                lambda stage, guides=guides, count=count: guides.extend(make_guides(stage, count))
            ) as stage,
            stage.serving(workers=WORKERS),
        ):
            yield {
                "what": f"stage evening, PostgreSQL and Redis, {WEB_WORKERS} web processes of {WEB_THREADS} "
                f"threads, {WORKERS} workers",
                "uploads": count,
                "mb_each": round(len(recordings[0]) / 1e6, 1),
                "points_each": POINTS,
                **measured(stage, guides, recordings),
                "peak_mib": stage.peak_mib(),
                "database_mib": stage.database_mib(),
                "compared": compared(),
            }


def make_guides(stage: Scene, count: int) -> list[Guide]:
    """Make a stage on the day of the recordings, and so many groups with a guide each, signed in."""
    starts_at = datetime.fromtimestamp(START_AT, UTC)
    march = make_march(db.session, slug="walk", starts_on=starts_at.date(), ends_on=starts_at.date())
    finishes_at = starts_at + timedelta(seconds=POINTS)
    walked = make_stage(db.session, march, starts_at=starts_at, finishes_at=finishes_at)
    route = long_files(ROUTE_POINTS, ROUTE_POINTS)[1]
    save_route(db.session, stage=walked, content=route, by=None, now=datetime.now(UTC))
    accounts = [make_account(db.session, f"Guide{number}", march) for number in range(count)]
    groups = [make_group(db.session, walked, account) for account in accounts]
    return [
        Guide(number, group.id, stage.cookie(account))
        for number, (account, group) in enumerate(zip(accounts, groups, strict=True))
    ]


def at_the_pace(stage: Scene, guides: list[Guide], recordings: list[bytes]) -> dict[str, object]:
    """Let each guide send at the moment of a clock, whether or not those before are served."""
    begins_at = time.monotonic() + 1
    every_s = 3600 / GUIDES_AN_HOUR

    def act(guide: Guide, recording: bytes) -> Sent:
        planned_at = begins_at + guide.number * every_s
        time.sleep(max(0.0, planned_at - time.monotonic()))
        return send_and_look(stage.ports, guide, recording, planned_at)

    with Meter(stage) as meter, ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        sent = list(pool.map(act, guides, cycle(recordings)))
    return {
        "pace": f"{GUIDES_AN_HOUR} an hour, {MINUTES:g} minutes",
        **summed_up([one.ready_s for one in sent]),
        "taken": percentiles_ms([one.taken_s for one in sent]),
        "looks_each": round(sum(one.looks for one in sent) / len(sent), 1),
        **meter.told(len(sent)),
    }


def at_full_speed(stage: Scene, guides: list[Guide], recordings: list[bytes]) -> dict[str, object]:
    """Send one after the other as fast as they are taken, and wait for the last comparison."""

    def act(guide: Guide, recording: bytes) -> float:
        began = time.monotonic()
        send_recording(Browser(Lines(stage.ports), guide.number, cookie=guide.cookie), guide, recording)
        return time.monotonic() - began

    with Meter(stage) as meter:
        with ThreadPoolExecutor(CLIENTS) as pool:
            taken = list(pool.map(act, guides, cycle(recordings)))
        taken_s = time.perf_counter() - meter.began
        wait_until(lambda: compared() == len(guides), seconds=WITHIN_S, every_s=0.5, what="the worker")
    return {
        "pace": f"as fast as they are taken, {CLIENTS} clients",
        "taken_an_hour": round(len(guides) / taken_s * 3600),
        "compared_an_hour": round(len(guides) / meter.seconds * 3600),
        "taken": percentiles_ms(taken),
        **meter.told(len(guides)),
    }


def summed_up(ready_s: list[float]) -> dict[str, object]:
    return {"ready": percentiles_ms(ready_s, (50, 95)) | {"max_ms": round(max(ready_s) * 1000, 1)}}


def send_and_look(ports: list[int], guide: Guide, recording: bytes, planned_at: float) -> Sent:
    """Send a recording and look again until its comparison is shown, as the guide's page does."""
    browser = Browser(Lines(ports), guide.number, cookie=guide.cookie)
    track = send_recording(browser, guide, recording)
    taken_s = time.monotonic() - planned_at
    looks = 1
    while "data-every-ms" in browser.ask("GET", track).page:
        looks += 1
        time.sleep(LOOKS_AGAIN_S)
    return Sent(taken_s, time.monotonic() - planned_at, looks)


def send_recording(browser: Browser, guide: Guide, recording: bytes) -> str:
    """Send a recording and return the address of its comparison."""
    address = f"/groups/{guide.group_id}/recording"
    browser.open_page(address)
    answer = browser.ask(
        "POST",
        address,
        body_of(recording, browser.headers["X-CSRFToken"]),
        Content_Type=f"multipart/form-data; boundary={BOUNDARY}",
        X_Requested_With="XMLHttpRequest",
    )
    if answer.status != 201:
        raise AssertionError(f"the recording of guide {guide.number} was answered with {answer.status}")
    return answer.led_to


def body_of(recording: bytes, token: str) -> bytes:
    part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="'
    return (
        f'{part}csrf_token"\r\n\r\n{token}\r\n'
        f'{part}recording"; filename="walk.gpx"\r\nContent-Type: application/octet-stream\r\n\r\n'
    ).encode() + b"%s\r\n--%s--\r\n" % (recording, BOUNDARY.encode())


def compared() -> int:
    """Count the tracks whose comparison is stored."""
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Track).join(TrackComparison)) or 0


if __name__ == "__main__":
    for line in measure_evening():
        print(json.dumps(line), flush=True)
