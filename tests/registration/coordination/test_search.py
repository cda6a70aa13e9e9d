"""Search by name: in either script, without accents, with typing mistakes forgiven, the exact ones first."""

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marchapp.models import Category, March, NameWord, Participant, PartyKind, Standing, TravelDocument
from marchapp.models.names import sound
from marchapp.registration.coordination.moving import move_to_party
from marchapp.registration.coordination.search import begins_nearly, forgiven
from marchapp.registration.services import change_contact
from tests.factories import START, Cast, make_participant, make_party, make_stage
from tests.queries import queries_of

NAMES = (
    ("Kari", "Nilsen", ""),
    ("Kari", "Hansen", ""),
    ("Ola", "Hanssen", ""),
    ("Petr", "Ivanov", "Пётр Иванов"),
    ("Anna", "Ivanova", ""),
    ("Iuliia", "Shcherbakova", "Юлия Щербакова"),
    ("Bjørn", "Mikkelsen", ""),
)


@pytest.fixture
def people(session: Session, cast: Cast) -> March:
    session.delete(cast.walker)
    session.flush()
    for given, family, native in NAMES:
        make_participant(
            session, cast.march, cast.stage, given_name=given, family_name=family, native_name=native
        )
    session.commit()
    return cast.march


def found(client: FlaskClient, search: str, **more: str) -> list[str]:
    """Return the names in the list, in its order."""
    arguments = "".join(f"&{name}={value}" for name, value in more.items())
    page = client.get(f"/marches/victory/participants?q={quote(search)}{arguments}")
    assert page.status_code == 200
    names = re.findall(r'<a href="/participants/\d+">([^,<]+), ([^<]+)</a>', page.text)
    return [unescape(f"{given} {family}") for family, given in names]


@pytest.mark.parametrize(
    ("search", "first"),
    [
        ("Nilsn", "Kari Nilsen"),
        ("Nlisen", "Kari Nilsen"),
        ("Ivanvo", "Petr Ivanov"),
        ("Pjotr", "Petr Ivanov"),
        ("иваов", "Petr Ivanov"),
        ("Иванова", "Anna Ivanova"),  # who wrote no Cyrillic name
        ("Hansen Kari", "Kari Hansen"),
        ("Karri Hansn", "Kari Hansen"),
        ("Julia Sjtsjerbakova", "Iuliia Shcherbakova"),
        ("Щербкова", "Iuliia Shcherbakova"),
        ("Mikelsn", "Bjørn Mikkelsen"),
        ("bjorn", "Bjørn Mikkelsen"),
    ],
)
def test_mistakes_and_other_ways_to_write_a_name_are_forgiven(
    coordinator: FlaskClient, people: March, search: str, first: str
) -> None:
    assert found(coordinator, search)[0] == first


def test_who_is_called_just_so_comes_first_and_the_page_says_so(
    coordinator: FlaskClient, people: March
) -> None:
    assert found(coordinator, "Hanssen") == ["Ola Hanssen", "Kari Hansen"]
    assert found(coordinator, "Hanssen", descending="True") == ["Ola Hanssen", "Kari Hansen"]
    page = coordinator.get("/marches/victory/participants?q=Hanssen").text
    assert "1 person is called so and stands first" in page
    assert "Nobody is called just so" in coordinator.get("/marches/victory/participants?q=Nilsn").text


def test_where_many_are_called_so_nobody_else_is_listed(
    coordinator: FlaskClient, people: March, session: Session, cast: Cast
) -> None:
    for number in range(5):
        make_participant(session, cast.march, given_name=f"Per{number}", family_name="Hanssen")
    session.commit()
    assert len(found(coordinator, "Hanssen")) == 6
    assert "Kari Hansen" not in found(coordinator, "Hanssen")


@pytest.mark.parametrize("search", ["Olsen", "xqzwvk", "ka ri ni", "Nilsen Petr"])
def test_other_names_are_not_taken_for_mistakes(coordinator: FlaskClient, people: March, search: str) -> None:
    assert "Kari Nilsen" not in found(coordinator, search)


def test_a_changed_name_is_found_and_the_old_one_not(
    coordinator: FlaskClient, people: March, session: Session
) -> None:
    person = session.query(Participant).filter_by(family_name="Nilsen").one()
    person.family_name = "Rasmussen"
    person.refresh_keys()
    session.commit()
    assert found(coordinator, "Rasmusen") == ["Kari Rasmussen"]
    assert "Kari Rasmussen" not in found(coordinator, "Nilsen")
    words = session.query(NameWord.word).filter_by(participant_id=person.id, of_person=True)
    assert sorted(word for (word,) in words) == sorted(["kari", "rasmussen", person.reference.lower()])


def test_strange_searches_find_nobody_and_never_fail(coordinator: FlaskClient, people: March) -> None:
    for search in ("%", "_", "'", "\\", "\U0010ffff", "a" * 500, "ъ", "漢字", " ".join("abcdefghij")):
        assert coordinator.get(f"/marches/victory/participants?q={quote(search)}").status_code == 200


@pytest.fixture
def schools(session: Session, cast: Cast) -> March:
    """People of a school who came alone, with their class and as teacher, and others."""
    session.delete(cast.walker)
    session.flush()
    party = make_party(session, cast.march, kind=PartyKind.SCHOOL_CLASS, name="7B, Bjørkåsen skole")
    walker = {"category": Category.WALKER, "birth_date": date(1980, 1, 1)}
    make_participant(session, cast.march, family_name="Alone", school="Bjørkåsen skole", school_class="7B")
    make_participant(session, cast.march, family_name="Class", party=party, school="Bjørkåsen skole")
    make_participant(session, cast.march, family_name="Teacher", party=party, **walker)
    make_participant(session, cast.march, family_name="Elsewhere", school="Школа № 5", school_class="9Б")
    make_participant(session, cast.march, family_name="Bjørkåsen", **walker)
    guard = {"category": Category.BORDER_GUARD, "birth_date": date(1980, 1, 1)}
    make_participant(session, cast.march, family_name="Guard", service="Grensevakta", unit="Pasvik", **guard)
    session.commit()
    return cast.march


@pytest.mark.parametrize(
    ("search", "families"),
    [
        ("bjorkasen skole", ["Alone", "Class", "Teacher"]),
        ("Bjørkåsen", ["Alone", "Bjørkåsen", "Class", "Teacher"]),
        ("Bjørkåsen 7B", ["Alone", "Class", "Teacher"]),
        ("7 b", ["Alone", "Class", "Teacher"]),
        ("Kari 7B", ["Alone", "Class", "Teacher"]),
        ("Bjrkåsen skole", ["Alone", "Class", "Teacher"]),
        ("школа 5", ["Elsewhere"]),
        ("9Б школа", ["Elsewhere"]),
        ("pasvik", ["Guard"]),
        ("Grensevakta Pasvik", ["Guard"]),
    ],
)
def test_a_school_or_unit_finds_its_people_whichever_way_they_came(
    coordinator: FlaskClient, schools: March, search: str, families: list[str]
) -> None:
    assert sorted(name.split()[1] for name in found(coordinator, search)) == families


def test_the_filter_by_school_leaves_out_who_is_only_called_so(
    coordinator: FlaskClient, schools: March
) -> None:
    listed = found(coordinator, "", of="Bjørkåsen")
    assert sorted(name.split()[1] for name in listed) == ["Alone", "Class", "Teacher"]
    assert found(coordinator, "", of="Bjørkåsen 9") == []


def test_people_are_found_by_what_their_party_is_called_now(
    coordinator: FlaskClient, schools: March, session: Session, cast: Cast
) -> None:
    teacher = session.query(Participant).filter_by(family_name="Teacher").one()
    contact = {name: getattr(teacher.party, f"contact_{name}") for name in ("name", "email", "phone")}
    contact = {f"contact_{name}": value for name, value in contact.items()}
    change_contact(session, teacher.party, name="8C, Fjellheim", language="nb", now=START, **contact)
    session.commit()
    assert [name.split()[1] for name in found(coordinator, "fjellheim")] == ["Class", "Teacher"]
    move_to_party(session, teacher, None, now=START, by=cast.coordinator, reason="")
    session.commit()
    assert [name.split()[1] for name in found(coordinator, "fjellheim")] == ["Class"]


@pytest.mark.parametrize(
    ("name", "typed", "mistakes", "is_forgiven"),
    [
        ("ivanov", "ivanvo", 1, True),
        ("ivanova", "ivano", 0, True),
        ("ivanov", "vanov", 1, True),
        ("ivanov", "ivvanov", 1, True),
        ("ivanov", "vaonv", 1, False),
        ("serbakova", "srebakoav", 2, True),
        ("", "abcd", 1, False),
        ("abc", "abcd", 1, True),
    ],
)
def test_a_mistake_is_one_letter_or_two_that_changed_places(
    name: str, typed: str, mistakes: int, is_forgiven: bool
) -> None:
    assert begins_nearly(name, typed, mistakes) is is_forgiven


def test_short_words_forgive_nothing_and_long_ones_two_mistakes() -> None:
    assert [forgiven("x" * length) for length in (1, 3, 4, 7, 8)] == [0, 0, 1, 1, 2]


@pytest.mark.parametrize(
    "same",
    [
        "Евгений Yevgeny Jevgenij Evgenii",
        "Чехов Chekhov Tsjekhov",
        "Соловьёв Solovyov Soloviev",
        "Хансен Hansen Hanssen",
        "Aas Ås",
        "Christian Kristian",
        "Дмитрий Dmitrii Dmitriy",
    ],
)
def test_the_same_name_sounds_the_same_in_either_script(same: str) -> None:
    from marchapp.models.names import folded_words

    assert len({sound(word) for word in folded_words(same)}) == 1


@pytest.fixture
def crowd(session: Session, cast: Cast) -> March:
    """People of whom each fits another filter."""
    march, stage = cast.march, cast.stage
    session.delete(cast.walker)
    crossing = make_stage(session, march, number=2, crosses_border=True)
    party = make_party(session, march, kind=PartyKind.SCHOOL_CLASS, name="Fjordbotn skole 7B")
    add = make_participant
    add(session, march, stage, family_name="Child", party=party, may_take_part=False)
    adult = {"category": Category.OFFICIAL, "birth_date": date(1970, 1, 1)}
    add(session, march, stage, family_name="Helper", knows_first_aid=True, language="ru", **adult)
    add(session, march, crossing, family_name="Crosser", has_health_notes=True, **adult)
    papers = add(session, march, crossing, family_name="Papers", erasure_asked_at=START, **adult)
    session.add(
        TravelDocument(
            participant_id=papers.id,
            kind="passport",
            number="N1",
            issued_by="NO",
            expires_on=date(2020, 1, 1),
        )
    )
    waits = {"standing": Standing.WAITING, "waiting_since": START}
    add(session, march, stage, family_name="Waiter", **adult, **waits)
    add(session, march, stage, family_name="Gone", cancelled_at=START, **adult)
    session.commit()
    return march


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({}, ["Child", "Crosser", "Helper", "Papers", "Waiter"]),
        ({"standing": "placed"}, ["Child", "Crosser", "Helper", "Papers"]),
        ({"standing": "waiting"}, ["Waiter"]),
        ({"standing": "cancelled"}, ["Gone"]),
        ({"missing": "consent"}, ["Child"]),
        ({"missing": "document"}, ["Crosser"]),
        ({"kind": "school_class"}, ["Child"]),
        ({"of": "fjordbotn"}, ["Child"]),
        ({"age": "minor"}, ["Child"]),
        ({"age": "adult", "language": "ru"}, ["Helper"]),
        ({"first_aid": "True"}, ["Helper"]),
        ({"health": "True"}, ["Crosser"]),
        ({"erasure": "True"}, ["Papers"]),
        ({"stage": "2", "missing": "document", "health": "True", "age": "adult"}, ["Crosser"]),
        ({"stage": "2", "first_aid": "True"}, []),
        ({"standing": "drop", "missing": "x", "kind": "?", "age": "9", "language": "xx"}, None),
    ],
)
def test_filters_combine_and_live_in_the_address(
    coordinator: FlaskClient, crowd: March, arguments: dict[str, str], names: list[str] | None
) -> None:
    families = [name.split()[1] for name in found(coordinator, "", **arguments)]
    assert families == (names if names is not None else ["Child", "Crosser", "Helper", "Papers", "Waiter"])


def test_the_people_of_a_party_are_listed_and_not_those_of_another_march(
    coordinator: FlaskClient, crowd: March, session: Session, cast: Cast
) -> None:
    child = session.query(Participant).filter_by(family_name="Child").one()
    assert [name.split()[1] for name in found(coordinator, "", party=str(child.party_id))] == ["Child"]
    stranger = make_participant(
        session, cast.other_march, party=make_party(session, cast.other_march, name="Secret")
    )
    session.commit()
    page = coordinator.get(f"/marches/victory/participants?party={stranger.party_id}").text
    assert "Secret" not in page
    assert stranger.family_name not in page


def test_columns_are_chosen_in_the_address(coordinator: FlaskClient, crowd: March) -> None:
    page = coordinator.get(
        "/marches/victory/participants?columns=phone&columns=mailbox&columns=health_notes"
    ).text
    headings = re.findall(r'<th scope="col"[^>]*>\s*(?:<a[^>]*>)?([^<\n]+)', page)
    assert headings == ["Name", "Letters go to", "Phone"]
    assert "columns=mailbox,phone" in page  # kept by the filters


@pytest.mark.parametrize(
    "arguments",
    ["", "q=nilsn", "q=хансен", "columns=guardians,party,state&missing=document&no_group=1&of=skole"],
)
def test_more_people_cost_no_more_queries(
    app: Flask, coordinator: FlaskClient, session: Session, cast: Cast, arguments: str
) -> None:
    def add(count: int) -> None:
        for quota in cast.march.quotas:
            quota.capacity = 1000
        for _number in range(count):
            make_participant(session, cast.march, cast.stage)
        session.commit()

    add(2)
    few = queries_of(coordinator, f"/marches/victory/participants?{arguments}")
    add(30)
    assert queries_of(coordinator, f"/marches/victory/participants?{arguments}") <= few <= 14


def test_lists_never_read_what_is_encrypted(
    coordinator: FlaskClient, session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.walker.health_notes, cast.walker.has_health_notes = "Asthma", True
    session.commit()

    def refuse(*_arguments: object) -> Callable[..., bytes]:
        raise AssertionError("a list decrypts")

    monkeypatch.setattr("marchapp.extensions.vault.decrypt", refuse)
    page = coordinator.get("/marches/victory/participants?columns=has_health_notes,guardians,place").text
    assert cast.walker.family_name in page
    assert "Asthma" not in page
