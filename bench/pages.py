"""How soon each page answers in the days of a march: `python -m bench.pages`.

A march of three stages that is walked: all people are in groups of about 25 with a guide each, rolls are
called, two groups of three have a track. PostgreSQL is measured where TEST_DATABASE_URL names a server;
PEOPLE="1000 47000" chooses other sizes.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from bench.days import walk
from bench.participants import MOST_ALLOWED_MS, SIZES, asked, client_of, crowded, databases, name_of
from marchapp.extensions import db
from marchapp.models import Group, March, Stage, Track
from tests.factories import make_march

FRONT_PAGE_MS = 15
A_MARCH = "/marches/crowd"
A_STAGE = f"{A_MARCH}/stages/1"
ANYBODYS = {
    "front page": "/",
    "march": A_MARCH,
    "stage": A_STAGE,
    "sign-up form": f"{A_MARCH}/sign-up/walker",
}
COORDINATORS = {
    "participants": f"{A_MARCH}/participants",
    "participants, last page": f"{A_MARCH}/participants?page=99999",
    "participants, six filters": f"{A_MARCH}/participants?q=ka&category=schoolchild&country=NO&stage=1"
    "&no_group=2&missing=consent",
    "search": f"{A_MARCH}/participants?q=kari nilsen",
    "search, misspelt": f"{A_MARCH}/participants?q=Ingird Mikelsn",
    "overview": f"{A_MARCH}/overview",
    "groups by rule, all stages": f"{A_MARCH}/groups/rules",
    "stage, for coordinators": A_STAGE,
    "roster": f"{A_STAGE}/groups",
    "roster, last page": f"{A_STAGE}/groups?page=99999",
    "roster, in no group": f"{A_STAGE}/groups?show=unplaced",
    "roster, search": f"{A_STAGE}/groups?q=kari",
    "roster, one group": f"{A_STAGE}/groups?q=17",
    "board, what changed": f"{A_STAGE}/groups/board?full=1",
    "edit a group": "/groups/17/edit",
    "publishing": f"{A_STAGE}/publish",
    "automatic groups": f"{A_STAGE}/groups/automatic",
    "papers": f"{A_STAGE}/print",
    "manifest": f"{A_MARCH}/stages/3/border",
    "roll call of a group": "/groups/17/roll-call/start",
    "roll calls": f"{A_STAGE}/roll-calls",
    "roll calls, last page": f"{A_STAGE}/roll-calls?page=99999",
    "roll calls, half marked": f"{A_MARCH}/stages/2/roll-calls",
    "roll calls, none yet": f"{A_MARCH}/stages/3/roll-calls",
    "tracks": f"{A_STAGE}/tracks",
    "tracks, sorted": f"{A_STAGE}/tracks?sort=-left",
    "tracks, last page": f"{A_STAGE}/tracks?page=99999",
    "compose a letter": f"{A_MARCH}/letters/new",
    "letters": f"{A_MARCH}/letters",
    "consents": f"{A_MARCH}/consents",
    "team": f"{A_MARCH}/team",
    "log": f"{A_MARCH}/log",
}
GUIDES = {"guide's groups": "/my-groups", "guide's group": "/groups/17"}


def measure() -> Iterator[dict[str, object]]:
    """Yield the server's time and the number of queries of each page, at three sizes on both databases."""
    for size, folder, url in databases(SIZES):
        with walked(url, folder, size) as (app, pages):
            for page, (client, address) in pages.items():
                line = {"database": name_of(url), "people": size, "page": page} | asked(app, client, address)
                yield line | {"most_allowed_ms": FRONT_PAGE_MS if page == "front page" else MOST_ALLOWED_MS}


Pages = dict[str, tuple[FlaskClient, str]]


@contextmanager
def walked(url: str, folder: str, size: int) -> Iterator[tuple[Flask, Pages]]:
    """Give an application with a march of so many people that is walked, and its pages with their readers."""
    with crowded(url, folder, size) as (app, coordinator):
        with app.app_context():
            march = db.session.scalars(select(March)).one()
            walk(db.session, march)
            make_march(db.session)  # one march alone has no front page
            db.session.commit()
            guide = client_of(app, db.session.get_one(Group, 17).guides[0])
            track = db.session.scalars(
                select(Track.id).join(Track.group).join(Stage).where(Stage.number == 1)
            ).first()
        compared = {"comparison": f"/tracks/{track}"}
        yield (
            app,
            {
                page: (client, address)
                for client, pages in (
                    (app.test_client(), ANYBODYS),
                    (coordinator, COORDINATORS | compared),
                    (guide, GUIDES),
                )
                for page, address in pages.items()
            },
        )


if __name__ == "__main__":
    SIZES = tuple(map(int, os.environ.get("PEOPLE", "").split())) or SIZES
    for line in measure():
        print(json.dumps(line), flush=True)
