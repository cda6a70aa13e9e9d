"""The coordinator's page of a stage: who is where, moving people, undo, and two coordinators at once."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marchapp.models import Account, Category, Group, Membership, Participant
from marchapp.rosters import board
from tests.factories import Cast, make_account, make_group, make_participant, make_stage
from tests.queries import queries_of
from tests.signing_in import cookie_of

PAGE = "/marches/victory/stages/1/groups"


def seen(person: Participant, group: Group | None) -> str:
    return f"{person.id}:{group.id if group else ''}"


def move(client: FlaskClient, to: object, *people: str, page: str = PAGE) -> TestResponse:
    return client.post(page, data={"people": list(people), "to": str(to)}, follow_redirects=True)


def group_of(session: Session, person: Participant) -> int | None:
    return session.scalar(select(Membership.group_id).where(Membership.participant_id == person.id))


def test_people_in_no_group_stand_before_the_groups(session: Session, cast: Cast, sign_in) -> None:
    make_participant(session, cast.march, cast.stage, given_name="Nora", native_name="Нора")
    session.commit()
    page = sign_in(cast.coordinator).get(PAGE).text
    assert "2 walk this stage, 1 in no group" in page
    assert page.index("Нора") < page.index(cast.walker.name)
    assert "Gunn Guide" in page


def test_cancelled_people_and_those_who_stay_at_home_are_not_listed(
    session: Session, cast: Cast, sign_in, now
) -> None:
    make_participant(session, cast.march, cast.stage, given_name="Cancelled", cancelled_at=now)
    make_participant(session, cast.march, cast.stage, group=cast.group, given_name="Gone", cancelled_at=now)
    make_participant(session, cast.march, given_name="Home")
    session.commit()
    page = sign_in(cast.coordinator).get(PAGE).text
    assert not {"Cancelled", "Gone", "Home"} & set(re.findall(r"\w+", page))
    assert "1 people of 1–12" in page


def test_badges_say_what_is_wrong_with_a_group(session: Session, cast: Cast, sign_in) -> None:
    make_group(session, cast.stage, number=3, min_size=5)
    session.commit()
    page = sign_in(cast.coordinator).get(f"{PAGE}?q=3").text
    assert "No guide" in page
    assert "Too small" in page


def test_several_people_are_moved_and_it_is_said(session: Session, cast: Cast, sign_in) -> None:
    newcomer = make_participant(session, cast.march, cast.stage)
    session.commit()
    client = sign_in(cast.coordinator)
    answer = move(client, cast.other_group.id, seen(cast.walker, cast.group), seen(newcomer, None))
    assert "2 people were moved to group 2." in answer.text
    assert group_of(session, cast.walker) == group_of(session, newcomer) == cast.other_group.id


def test_a_move_is_undone_with_one_button(session: Session, cast: Cast, sign_in) -> None:
    client = sign_in(cast.coordinator)
    answer = move(client, "out", seen(cast.walker, cast.group))
    assert f"Out of the group: {cast.walker.name}." in answer.text
    move_id = re.search(r'name="moved" value="(\d+)"', answer.text)
    assert move_id is not None
    answer = client.post(f"{PAGE}/undo", data={"moved": move_id[1]}, follow_redirects=True)
    assert f"Moved to group 1: {cast.walker.name}." in answer.text
    assert group_of(session, cast.walker) == cast.group.id


@pytest.mark.parametrize("moved", ["", "0", "99999", "9" * 40, "one"])
def test_undo_of_nothing_is_answered(cast: Cast, sign_in, moved: str) -> None:
    client = sign_in(cast.coordinator)
    answer = client.post(f"{PAGE}/undo", data={"moved": moved}, follow_redirects=True)
    assert "There is nothing to undo." in answer.text


def test_a_full_group_refuses_and_keeps_what_was_ticked(session: Session, cast: Cast, sign_in) -> None:
    small = make_group(session, cast.stage, number=7, max_size=1)
    newcomer = make_participant(session, cast.march, cast.stage)
    session.commit()
    people = (seen(cast.walker, cast.group), seen(newcomer, None))
    answer = move(sign_in(cast.coordinator), small.id, *people)
    assert "Group 7 has 1 place left and you chose 2 people, so nobody was moved." in answer.text
    for person in people:
        assert re.search(rf'value="{person}"\s+checked', answer.text)
    assert f'<option selected value="{small.id}">' in answer.text
    assert group_of(session, newcomer) is None


def test_a_move_that_changes_nothing_is_no_mistake(session: Session, cast: Cast, sign_in) -> None:
    answer = move(sign_in(cast.coordinator), cast.group.id, seen(cast.walker, cast.group))
    assert "They are there already, so nothing was changed." in answer.text
    assert "need another look" not in answer.text
    assert group_of(session, cast.walker) == cast.group.id


def test_two_coordinators_do_not_overwrite_each_other(
    app: Flask, session: Session, cast: Cast, sign_in
) -> None:
    third = make_group(session, cast.stage, number=3)
    session.commit()
    client = sign_in(cast.coordinator)
    before = seen(cast.walker, cast.group)
    move(client, third.id, before)  # the other one was faster
    answer = move(client, cast.other_group.id, before)
    assert f"{cast.walker.name} is in group 3 now" in answer.text
    assert group_of(session, cast.walker) == third.id
    assert re.search(rf'value="{seen(cast.walker, third)}"\s+checked', answer.text)
    assert "was moved to group" not in answer.text


def test_many_coordinators_at_once_fill_a_group_and_no_more(
    app: Flask, session: Session, cast: Cast, sign_in
) -> None:
    small = make_group(session, cast.stage, number=3, max_size=4)
    people = [make_participant(session, cast.march, cast.stage) for _ in range(20)]
    small_id, cookie = small.id, cookie_of(session, cast.coordinator)
    posts = [seen(person, None) for person in people]
    session.commit()

    def post(person: str) -> int:
        client = app.test_client()
        with client.session_transaction() as web_session:
            web_session.update(cookie)
        return client.post(PAGE, data={"people": person, "to": str(small_id)}).status_code

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(post, posts))
    session.rollback()
    assert answers.count(302) == 4
    assert session.scalar(select(func.count()).where(Membership.group_id == small_id)) == 4


@pytest.mark.parametrize(
    ("people", "to", "words"),
    [
        ([], "out", "Tick at least one person."),
        (["nonsense", "1", ":", "9" * 30 + ":"], "out", "Tick at least one person."),
        (["1:"], "", "Choose a group."),
        (["1:"], "9" * 30, "Choose a group."),
        (["1:"], "-1", "Choose a group."),
        (["999999999:"], "out", "Somebody you chose does not walk this stage any more."),
        ([f"{number}:" for number in range(501)], "out", "Move at most 500 people at once."),
    ],
)
def test_what_no_page_would_send_is_answered(
    cast: Cast, sign_in, people: list[str], to: str, words: str
) -> None:
    assert words in move(sign_in(cast.coordinator), to, *people).text


def test_people_and_groups_of_another_march_are_refused(session: Session, cast: Cast, sign_in) -> None:
    foreign_stage = make_stage(session, cast.other_march)
    foreign_group = make_group(session, foreign_stage, number=71)
    foreigner = make_participant(session, cast.other_march, foreign_stage, given_name="Secret")
    session.commit()
    client = sign_in(cast.coordinator)
    answer = move(client, foreign_group.id, seen(cast.walker, cast.group))
    assert "This group is not there any more." in answer.text
    answer = move(client, cast.group.id, seen(foreigner, None))
    assert "Somebody you chose does not walk this stage any more." in answer.text
    assert "Secret" not in answer.text
    assert group_of(session, foreigner) is None


def test_only_coordinators_of_the_march_see_and_move(session: Session, cast: Cast, client, sign_in) -> None:
    assert client.get(PAGE).location.startswith("/sign-in")
    data = {"people": seen(cast.walker, cast.group), "to": "out"}
    for account in (cast.guide, cast.other_coordinator):
        assert sign_in(account).get(PAGE).status_code == 403
        for address in (PAGE, f"{PAGE}/undo", f"{PAGE}/copy"):
            assert sign_in(account).post(address, data=data).status_code == 403
    assert group_of(session, cast.walker) == cast.group.id


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=nor", {"Nora"}),
        ("q=нора", {"Nora"}),
        ("q=2", {"Olga"}),
        ("q=pasvik", {"Olga"}),
        ("category=official", {"Nora"}),
        ("show=unplaced", {"Nora"}),
        ("q=nobody", set()),
        ("q=%25", {"Nora", "Olga", "Kari"}),
        ("category=nonsense&page=zero&moved=x", {"Nora", "Olga", "Kari"}),
        ("page=-4", {"Nora", "Olga", "Kari"}),
    ],
)
def test_search_and_filters(session: Session, cast: Cast, sign_in, query: str, found: set[str]) -> None:
    cast.other_group.name = "Pasvik"
    official = {"category": Category.OFFICIAL, "given_name": "Nora", "native_name": "Нора"}
    make_participant(session, cast.march, cast.stage, **official)
    make_participant(session, cast.march, cast.stage, given_name="Olga", group=cast.other_group)
    session.commit()
    page = sign_in(cast.coordinator).get(f"{PAGE}?{query}").text
    assert {name for name in ("Nora", "Olga", "Kari") if f">{name} " in page} == found


def test_a_large_stage_is_shown_page_by_page(
    session: Session, cast: Cast, sign_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "PEOPLE_A_PAGE", 4)
    for number in range(9):
        make_participant(session, cast.march, cast.stage, family_name=f"Aas{number}")
    session.commit()
    client = sign_in(cast.coordinator)
    pages = [client.get(f"{PAGE}?page={page}").text for page in (1, 2, 3)]
    shown = [re.findall(r"Aas\d|Group \d(?=</a>)", page) for page in pages]
    assert shown == [
        ["Aas0", "Aas1", "Aas2", "Aas3"],
        ["Aas4", "Aas5", "Aas6", "Aas7"],
        ["Aas8", "Group 1", "Group 2"],
    ]
    assert "Page 2 of 3" in pages[1]


def test_queries_do_not_grow_with_the_people(session: Session, cast: Cast, sign_in) -> None:
    def fill(people: int) -> None:
        for number in range(people):
            guide = make_account(session, f"Guide{number}", cast.march)
            group = make_group(session, cast.stage, guide, max_size=50)
            make_participant(session, cast.march, cast.stage, group=group)
            make_participant(session, cast.march, cast.stage)
        session.commit()

    for quota in cast.march.quotas:
        quota.capacity = 1000
    client = sign_in(cast.coordinator)
    fill(5)
    few = queries_of(client, PAGE)
    fill(45)
    assert queries_of(client, PAGE) == few


def test_a_stage_without_groups_offers_those_of_others(session: Session, cast: Cast, sign_in) -> None:
    make_participant(session, cast.march, cast.stage, make_stage(session, cast.march, number=2))
    session.commit()
    client = sign_in(cast.coordinator)
    page = "/marches/victory/stages/2/groups"
    first = client.get(page).text
    assert "Copy groups from stage 1" in first
    assert "or copy those of another stage" in first
    assert "Tick people" not in first
    answer = client.post(f"{page}/copy", data={"source": "1"}, follow_redirects=True)
    assert "2 groups were copied." in answer.text
    answer = client.post(f"{page}/copy", data={"source": "1"}, follow_redirects=True)
    assert "This stage has groups already, so nothing was copied." in answer.text
    assert "Copy groups" not in answer.text


def test_the_first_stage_without_groups_speaks_of_no_other(session: Session, cast: Cast, sign_in) -> None:
    stage = make_stage(session, cast.other_march)
    make_participant(session, cast.other_march, stage)
    session.commit()
    page = sign_in(cast.other_coordinator).get("/marches/elsewhere/stages/1/groups").text
    assert "Make a group first. Then move people to it." in page
    assert "Tick people" not in page


@pytest.mark.parametrize("source", ["", "7", "x", "9" * 30])
def test_copying_from_a_stage_that_is_not_there_is_refused(cast: Cast, sign_in, source: str) -> None:
    assert sign_in(cast.coordinator).post(f"{PAGE}/copy", data={"source": source}).status_code == 404


def test_nobody_signs_in_by_account_of_another_march(cast: Cast, sign_in) -> None:
    account: Account = cast.other_coordinator
    assert sign_in(account).get("/marches/elsewhere/stages/1/groups").status_code == 404


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_of_everybody_go_on_where_the_one_before_ends(
    session: Session, cast: Cast, sign_in, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    for number in range(3, 6):
        group = make_group(session, cast.stage, number=number)
        for _time in range(number - 3):
            make_participant(session, cast.march, cast.stage, group=group)
        make_participant(session, cast.march, cast.stage, group=group, cancelled_at=cast.stage.starts_at)
    for _time in range(2):
        make_participant(session, cast.march, cast.stage)
    session.commit()
    client = sign_in(cast.coordinator)
    whole = client.get(f"{PAGE}?as=list").text
    monkeypatch.setattr("marchapp.rosters.board.PEOPLE_A_PAGE", size)
    people, groups = [], []
    for number in range(1, 30):
        page = client.get(f"{PAGE}?as=list&page={number}").text
        people += re.findall(r"Nilsen\d+", page)
        groups += [name for name in re.findall(r"(Group \d+)</a></h2>", page) if name not in groups]
        if 'rel="next"' not in page:
            break
    assert people == re.findall(r"Nilsen\d+", whole)
    assert groups == re.findall(r"(Group \d+)</a></h2>", whole) == [f"Group {n}" for n in range(1, 6)]


def test_of_many_groups_the_number_of_one_is_written(
    session: Session, cast: Cast, sign_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marchapp.rosters.board.MOST_TO_CHOOSE", 1)
    person = make_participant(session, cast.march, cast.stage)
    session.commit()
    client = sign_in(cast.coordinator)
    page = f"{PAGE}?as=list"
    assert "or group number" in client.get(page).text
    moved = {"people": f"{person.id}:", "to": "", "number": "2"}
    nowhere = client.post(page, data=moved | {"number": "77"})
    assert "This group is not there any more" in nowhere.text
    client.post(page, data=moved)
    session.expire_all()
    assert session.get(Membership, (person.id, cast.stage.id)).group_id == cast.other_group.id


def test_a_search_finds_somebody_once_whose_group_is_called_alike(
    session: Session, cast: Cast, sign_in
) -> None:
    group = make_group(session, cast.stage, number=8, name="Karis")
    empty = make_group(session, cast.stage, number=9, name="Karlebotn")
    kari = make_participant(session, cast.march, cast.stage, given_name="Kari", group=group)
    make_participant(session, cast.march, cast.stage, given_name="Berit", group=group)
    make_participant(session, cast.march, cast.stage, given_name="Karl", group=cast.group)
    found = board.board_of(session, cast.stage, board.Wish(text="kar"), page=1, unplaced=0)
    ids = [card.id for section in found.sections for card in section.people]
    assert ids.count(kari.id) == 1
    assert len(ids) == len(set(ids)) == found.matches
    assert empty.id in {section.group.group.id for section in found.sections if section.group}
