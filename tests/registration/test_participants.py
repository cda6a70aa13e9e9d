"""The coordinator finds people, sees in which groups they walk, and takes the list along."""

import csv
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from html import unescape
from io import StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marchapp.extensions import db
from marchapp.models import Category, March, Role
from tests.factories import Cast, make_account, make_group, make_participant, make_stage

SignIn = Callable[..., FlaskClient]
CANCELLED = datetime(2014, 8, 20, 10, tzinfo=UTC)


@pytest.fixture
def people(session: Session, cast: Cast) -> March:
    """Five people and one who cancelled: Berg and Ødegård are in groups, the Ivanovs are not."""
    march, stage = cast.march, cast.stage
    second = make_stage(session, march, number=2)
    session.delete(cast.walker)
    session.flush()

    def add(given: str, family: str, *stages: object, **values: object) -> None:
        make_participant(session, march, *stages, given_name=given, family_name=family, **values)

    add("Bjørn-Åge", "Ødegård", stage, second, group=cast.group, birth_date=date(1999, 1, 1))
    add("Anne", "Berg", stage, group=cast.other_group, category=Category.OFFICIAL, reference="K7F-2M9-Q4T")
    add("Mariia", "Ivanova", stage, second, native_name="Мария Ёлкина-Иванова", country="RU")
    add("Petr", "Ivanov", second, native_name="Пётр Иванов", country="RU", category=Category.BORDER_GUARD)
    add("Liv", "O’Brien", second, category=Category.OFFICIAL, birth_date=date(1970, 1, 1))
    add("Gone", "Away", stage, cancelled_at=CANCELLED)
    session.commit()
    return march


@pytest.fixture
def coordinator(sign_in: SignIn, cast: Cast) -> FlaskClient:
    return sign_in(cast.coordinator)


def make_room(march: March) -> None:
    for quota in march.quotas:
        quota.capacity = 1000


def listed(client: FlaskClient, arguments: str = "") -> list[str]:
    """Return the family names in the list, in its order."""
    page = client.get(f"/marches/victory/participants?{arguments}")
    assert page.status_code == 200
    return [unescape(name) for name in re.findall(r'<a href="/participants/\d+">([^,<]+),', page.text)]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("odeg", ["Ødegård"]),
        ("BJØRN", ["Ødegård"]),
        ("bjorn age", ["Ødegård"]),
        ("мария", ["Ivanova"]),
        ("ЕЛКИНА", ["Ivanova"]),
        ("иванов", ["Ivanov", "Ivanova"]),
        ("ivan", ["Ivanov", "Ivanova"]),
        ("petr ivan", ["Ivanov"]),
        ("obrien", ["O’Brien"]),
        ("k7f-2m9", ["Berg"]),
        ("k7f2m9", ["Berg"]),
        ("%", ["Berg", "Ivanov", "Ivanova", "O’Brien", "Ødegård"]),
        ("_", ["Berg", "Ivanov", "Ivanova", "O’Brien", "Ødegård"]),
    ],
)
def test_people_are_found_by_the_beginning_of_a_word_in_either_script(
    coordinator: FlaskClient, people: March, search: str, found: list[str]
) -> None:
    arguments = "q=" + "".join(f"%{byte:02x}" for byte in search.encode())
    assert sorted(listed(coordinator, arguments)) == sorted(found)


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ("", ["Berg", "Ivanov", "Ivanova", "O’Brien", "Ødegård"]),
        ("category=official", ["Berg", "O’Brien"]),
        ("country=RU", ["Ivanov", "Ivanova"]),
        ("country=RU&category=schoolchild", ["Ivanova"]),
        ("stage=1", ["Berg", "Ivanova", "Ødegård"]),
        ("no_group=1", ["Ivanova"]),
        ("no_group=2", ["Ivanov", "Ivanova", "O’Brien", "Ødegård"]),
        ("stage=1&no_group=2", ["Ivanova", "Ødegård"]),
        ("stage=9", []),
        ("standing=cancelled", ["Away"]),
        ("standing=any&category=schoolchild", ["Away", "Ivanova", "Ødegård"]),
        ("descending=True", ["Ødegård", "O’Brien", "Ivanova", "Ivanov", "Berg"]),
        ("sort=born", ["O’Brien", "Ødegård", "Berg", "Ivanova", "Ivanov"]),
        ("sort=country", ["Berg", "O’Brien", "Ødegård", "Ivanov", "Ivanova"]),
        ("sort=signed-up&page=7", ["Ødegård", "Berg", "Ivanova", "Ivanov", "O’Brien"]),
        ("category=%00&country=%F8&stage=-1&page=99999999999999999999&sort=drop", None),
    ],
)
def test_filters_and_order_live_in_the_address(
    coordinator: FlaskClient, people: March, arguments: str, found: list[str] | None
) -> None:
    assert listed(coordinator, arguments) == (
        found if found is not None else ["Berg", "Ivanov", "Ivanova", "O’Brien", "Ødegård"]
    )


def test_the_list_counts_and_shows_groups(coordinator: FlaskClient, people: March) -> None:
    page = coordinator.get("/marches/victory/participants").text
    assert "5 participants" in page
    row = re.search(r"<tr>(?:(?!</tr>).)*Ødegård.*?</tr>", page, re.DOTALL)
    assert row is not None
    assert re.findall(r'data-label="Group on stage \d" >\s*<span>(.*?)</span>', row[0]) == ["1", "none yet"]


def test_a_filter_that_is_set_can_be_taken_away_again(coordinator: FlaskClient, people: March) -> None:
    page = coordinator.get("/marches/victory/participants?category=official&q=o").text
    official = re.search(r'<a class="chip" href="([^"]*)" aria-current="true">', page)
    assert official is not None
    assert unescape(official[1]) == "/marches/victory/participants?q=o"
    assert 'name="category" value="official"' in page  # kept by the search


def test_nobody_found_and_nobody_yet_say_what_to_do(
    coordinator: FlaskClient, cast: Cast, session: Session
) -> None:
    assert "Nobody fits this" in coordinator.get("/marches/victory/participants?q=xyz").text
    session.delete(cast.walker)
    session.commit()
    assert "/marches/victory/sign-up" in coordinator.get("/marches/victory/participants").text


def test_long_lists_have_pages(coordinator: FlaskClient, session: Session, cast: Cast) -> None:
    make_room(cast.march)
    for number in range(60):
        make_participant(session, cast.march, family_name=f"Aas{number:02}")
    session.commit()
    assert len(listed(coordinator)) == 50
    assert listed(coordinator, "page=2") == [
        *(f"Aas{number}" for number in range(50, 60)),
        cast.walker.family_name,
    ]
    assert listed(coordinator, "page=3") == listed(coordinator, "page=2")
    assert "Page 2 of 2" in coordinator.get("/marches/victory/participants?page=2").text


@contextmanager
def counted_queries(app: Flask) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection, _cursor, statement: str, *_rest: object) -> None:
        statements.append(statement)

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        yield statements
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("address", ["participants", "participants?q=kari&no_group=2", "participants.csv"])
def test_more_people_cost_no_more_queries(
    app: Flask, coordinator: FlaskClient, session: Session, cast: Cast, address: str
) -> None:
    def queries() -> int:
        session.commit()
        session.expire_all()
        with counted_queries(app) as statements:
            assert coordinator.get(f"/marches/victory/{address}").status_code == 200
        return len([statement for statement in statements if statement.startswith("SELECT")])

    second = make_stage(session, cast.march, number=2)
    make_participant(session, cast.march, cast.stage, second)
    few = queries()
    for _ in range(40):
        make_participant(session, cast.march, cast.stage, second, group=cast.group)
    assert queries() <= few <= 14


def rows_of(client: FlaskClient, arguments: str = "") -> list[list[str]]:
    def read() -> TestResponse:
        answer = client.get(f"/marches/victory/participants.csv?{arguments}", buffered=True)
        answer.close()
        return answer

    with ThreadPoolExecutor(1) as elsewhere:  # without the context around the test, as on a server
        answer = elsewhere.submit(read).result()
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert 'filename="victory-participants.csv"' in answer.headers["Content-Disposition"]
    return list(csv.reader(StringIO(answer.data.decode("utf-8-sig"))))


def test_the_csv_holds_the_same_selection(coordinator: FlaskClient, people: March) -> None:
    headings, *rows = rows_of(coordinator, "country=RU&descending=True")
    assert headings[:5] == ["Reference", "State", "Category", "Given name", "Family name"]
    assert headings[-2:] == ["Group on stage 1", "Group on stage 2"]
    first, second = (dict(zip(headings, row, strict=True)) for row in rows)
    assert (first["Family name"], second["Family name"]) == ("Ivanova", "Ivanov")
    assert first["Name in own letters"] == "Мария Ёлкина-Иванова"
    assert (first["Born"], first["Country"]) == ("2001-05-17", "Russia")
    assert (first["Group on stage 1"], second["Group on stage 1"]) == ("none yet", "")
    assert first["Signed up"] == "2014-08-19 08:00"
    assert len(rows_of(coordinator)) == 6
    headings, cancelled = rows_of(coordinator, "standing=cancelled")
    assert cancelled[headings.index("Cancelled")] == "2014-08-20 12:00"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_begins_like_a_formula_is_made_harmless(
    coordinator: FlaskClient, session: Session, cast: Cast, start: str
) -> None:
    cast.walker.school = f'{start}HYPERLINK("http://example.org","x"),"y'
    session.commit()
    headings, row = rows_of(coordinator)
    assert row[headings.index("School")] == "'" + cast.walker.school
    assert row[headings.index("Phone of the emergency contact")].startswith("'+47")
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


def test_the_csv_of_many_people_is_streamed(coordinator: FlaskClient, session: Session, cast: Cast) -> None:
    make_room(cast.march)
    for _ in range(600):
        make_participant(session, cast.march, cast.stage)
    session.commit()
    assert len(rows_of(coordinator)) == 602
    assert coordinator.get("/marches/victory/participants.csv", buffered=False).is_streamed


def test_a_person_is_shown_with_stages_and_groups(
    coordinator: FlaskClient, cast: Cast, session: Session
) -> None:
    second = make_stage(session, cast.march, number=2)
    make_stage(session, cast.march, number=3)
    person = make_participant(
        session, cast.march, cast.stage, second, group=cast.group, school="Skole", native_name="Кари"
    )
    session.commit()
    page = coordinator.get(f"/participants/{person.id}").text
    for words in ("Skole", "Кари", "Ola Nilsen", person.email, person.reference, "does not walk this stage"):
        assert words in page
    assert f'href="/groups/{cast.group.id}"' in page
    assert 'href="/marches/victory/stages/2/groups"' in page


@pytest.mark.parametrize("who", ["nobody", "guide", "other_coordinator"])
def test_only_coordinators_of_the_march_see_its_participants(
    client: FlaskClient, sign_in: SignIn, cast: Cast, who: str
) -> None:
    if who != "nobody":
        sign_in(getattr(cast, who))
    addresses = (
        "/marches/victory/participants",
        "/marches/victory/participants.csv",
        f"/participants/{cast.walker.id}",
    )
    refusal = 302 if who == "nobody" else 403
    assert [client.get(address).status_code for address in addresses] == [refusal] * 3


def test_participants_of_other_marches_stay_apart(
    sign_in: SignIn, session: Session, cast: Cast, people: March
) -> None:
    both = make_account(session, "Both", cast.march, Role.COORDINATOR)
    stage = make_stage(session, cast.other_march)
    group = make_group(session, stage)
    make_participant(session, cast.other_march, stage, family_name="Elsewhere", group=group)
    session.commit()
    client = sign_in(both)
    assert "Elsewhere" not in listed(client)
    assert "Elsewhere" not in listed(client, "stage=1")
