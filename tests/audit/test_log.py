"""The page on which coordinators search who did what."""

import ast
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from marchapp.audit.searching import Wanted, find_events
from marchapp.deeds import SENTENCES
from marchapp.files.kinds import KINDS
from marchapp.models.audit import record
from tests.factories import Cast
from tests.queries import queries_of

PAGE = "/marches/victory/log"


@pytest.fixture
def acts(session: Session, cast: Cast, now: datetime) -> None:
    """Some acts of a coordinator and a guide, and one of another march."""
    of_walker = {"subject": "participant", "subject_id": cast.walker.id}
    for minutes, march, by, action, details in (
        (0, cast.march, cast.coordinator, "participant.cancelled", {"reason": "Ill", **of_walker}),
        (1, cast.march, cast.guide, "participant.health_notes_opened", {"reason": "Asthma", **of_walker}),
        (
            2,
            cast.march,
            cast.coordinator,
            "stage.changed",
            {"changed": ["name"], "before": {"name": "A"}, "after": {"name": "B"}},
        ),
        (3, cast.other_march, cast.other_coordinator, "march.changed", {"reason": "of elsewhere"}),
    ):
        at = now + timedelta(minutes=minutes)
        record(session, at=at, action=action, march_id=march.id, account_id=by.id, **details)
    session.commit()


@pytest.fixture
def read(session: Session, cast: Cast, acts: None, sign_in):
    client = sign_in(cast.coordinator)
    return lambda **asked: client.get(PAGE, query_string=asked).text


def test_the_log_tells_acts_in_words_the_latest_first(read, cast: Cast) -> None:
    page = read()
    places = [page.index(words) for words in ("The stage was changed.", "were opened.", "was cancelled.")]
    assert places == sorted(places)
    for words in ("Clara Coordinator", "Gunn Guide", cast.walker.name, "Reason: Ill", "A became B"):
        assert words in page
    assert "of elsewhere" not in page


@pytest.mark.parametrize(
    ("asked", "is_found", "is_not"),
    [
        ({"who": "gunn"}, "Asthma", "Reason: Ill"),
        ({"who": "nobody"}, "Nothing fits", "Asthma"),
        ({"kind": "secret"}, "Asthma", "Reason: Ill"),
        ({"kind": "secret", "who": "clara"}, "Nothing fits", "Asthma"),
        ({"about": "Kari"}, "Reason: Ill", "The stage was changed"),
        ({"about": "Kari", "who": "gunn"}, "Asthma", "Reason: Ill"),
        ({"action": "participant.cancelled"}, "Reason: Ill", "Asthma"),
        ({"first": "2014-09-18", "last": "2014-09-18"}, "Reason: Ill", "Nothing fits"),
        ({"first": "2014-09-19"}, "Nothing fits", "Asthma"),
        ({"last": "2014-09-17"}, "Nothing fits", "Asthma"),
        ({"first": "yesterday", "kind": "x", "after": "-7"}, "Reason: Ill", "Nothing fits"),
    ],
)
def test_the_log_is_searched(read, asked: dict[str, str], is_found: str, is_not: str) -> None:
    page = read(**asked)
    assert is_found in page
    assert is_not not in page


def test_the_log_has_pages(session: Session, cast: Cast, now: datetime, sign_in) -> None:
    for _number in range(2 * Wanted.ROWS_A_PAGE + 7):  # all in the same second
        record(session, at=now, action="people.moved", march_id=cast.march.id, account_id=None, changes=[])
    session.commit()
    seen, after = [], 0
    for is_last in (False, False, True):
        events, has_more = find_events(session, cast.march, Wanted(after=after))
        assert has_more is not is_last
        seen += [event.id for event in events]
        after = seen[-1]
    assert len(set(seen)) == 2 * Wanted.ROWS_A_PAGE + 7
    assert seen == sorted(seen, reverse=True)
    assert f"after={seen[Wanted.ROWS_A_PAGE - 1]}" in sign_in(cast.coordinator).get(PAGE).text


def test_the_log_asks_as_often_however_many_acts_it_shows(
    session: Session, cast: Cast, now: datetime, acts: None, sign_in
) -> None:
    client = sign_in(cast.coordinator)
    few = queries_of(client, PAGE)
    for person in (cast.walker, cast.guide, cast.other_guide) * 10:
        subject = {"subject": person.__tablename__, "subject_id": person.id}
        record(session, at=now, action="x.y", march_id=cast.march.id, account_id=cast.guide.id, **subject)
    session.commit()
    assert queries_of(client, PAGE) == few


@pytest.mark.parametrize("who", ["guide", "other_coordinator"])
def test_only_coordinators_of_the_march_see_its_log(cast: Cast, sign_in, who: str) -> None:
    assert sign_in(getattr(cast, who)).get(PAGE).status_code == 403


def test_the_overview_leads_to_the_log(cast: Cast, sign_in) -> None:
    assert PAGE in sign_in(cast.coordinator).get("/marches/victory/overview").text


def recorded_actions() -> set[str]:
    """Return every action that some function of the program is given by name."""
    found = set()
    for file in Path("marchapp").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {
                "record", "record_of_account", "note", "_note", "_record", "_record_group",
            }:  # fmt: skip
                given = [*node.args, *(word.value for word in node.keywords if word.arg == "action")]
                texts = (one for value in given for one in ast.walk(value) if isinstance(one, ast.Constant))
                found |= {text.value for text in texts if isinstance(text.value, str) and "." in text.value}
    return found


def test_every_act_that_is_recorded_has_words() -> None:
    actions = recorded_actions()
    assert {"participant.signed_up", "stage.changed", "recording.left_out"} <= actions
    actions |= {f"{kind}.downloaded" for kind in KINDS}
    actions |= {f"{what}.{verb}" for what in ("people", "group") for verb in ("locked", "unlocked")}
    assert {action for action in actions if action not in SENTENCES and not action.startswith(".")} == set()
