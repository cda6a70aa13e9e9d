"""No text that people write is run as a template or as HTML, on any page that shows it."""

from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.extensions import db
from marchapp.models import ConsentAnswer, ConsentText, Group, ManifestCount, Participant
from marchapp.models.consent import Answer, Purpose
from marchapp.models.manifest import CountPlace
from tests.doors.knocking import Doors, doors_of
from tests.doors.world import NOW
from tests.injections.sowing import sow, typed

PRODUCT = str(7919 * 7907)
WHO = (
    "coordinator",
    "guide",
    "medic",
    "observer",
    "stranger",
    "contact",
    "contact of a class",
    "child",
    "guardian",
)
COLUMNS = {name: f"{number:02}" for number, name in enumerate(typed())}
# To whom a child was handed over is sent as JSON; a point bears its own name once its route is gone.
NOT_ON_PAGES = {"roll_mark.handed_to", "roll_point.name"}


def text_of(name: str) -> str:
    """Return what is short enough for every column, and tells which it was."""
    return f"{{{{7919*7907}}}}<q>{COLUMNS[name]}"


@pytest.fixture(scope="module")
def pages(doors: Doors) -> dict[str, str]:
    """Every page as everybody who may see it, of a march whose texts are templates and tags."""
    with doors.undone():
        with doors.app.app_context():
            add_what_is_missing(db.session, doors.own.values)
            sow(db.session, text_of)
            db.session.commit()
            db.session.remove()
        return dict(_pages(doors))


def add_what_is_missing(session: Session, values: dict[str, Any]) -> None:
    """Add a count of heads, and a guardian's answer."""
    stage_id = session.get_one(Group, values["group_id"]).stage_id
    count = {"place": CountPlace.OUT, "counted": 1, "expected": 1, "submission_key": "count"}
    session.add(ManifestCount(stage_id=stage_id, remark="x", at=NOW, **count))
    child = session.get_one(Participant, values["person_id"])
    answer = {"purpose": Purpose.PHOTOGRAPHS, "answer": Answer.GIVEN, "language": "nb", "typed_name": "x"}
    text = session.scalars(select(ConsentText).where(ConsentText.purpose == Purpose.PHOTOGRAPHS)).first()
    guardian_id = child.guardians[0].id
    session.add(
        ConsentAnswer(participant_id=child.id, guardian_id=guardian_id, text_id=text.id, at=NOW, **answer)
    )
    session.flush()


def _pages(doors: Doors) -> Iterator[tuple[str, str]]:
    for who in WHO:
        has_link = "token" in doors.visitors[who].values
        for method, rule in doors_of(doors.app):
            if method == "GET" and has_link == ("<token>" in rule):
                answer = doors.knock("GET", rule, who)
                if answer is not None and not answer.mimetype.startswith(
                    ("application/zip", "application/pdf")
                ):
                    yield f"{who} at {rule} {answer.mimetype}", answer.get_data().decode(errors="replace")


def test_no_page_runs_what_people_wrote(pages: dict[str, str]) -> None:
    assert [where for where, page in pages.items() if PRODUCT in page] == []
    assert [where for where, page in pages.items() if where.endswith("text/html") and "<q>" in page] == []


def test_what_was_tried_is_on_the_pages(pages: dict[str, str]) -> None:
    every = "\n".join(unescape(page) for where, page in pages.items() if where.endswith("text/html"))

    assert {name for name in COLUMNS if text_of(name) not in every} == NOT_ON_PAGES
