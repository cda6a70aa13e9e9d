"""The board's small answers: what changed, what others did, and every refusal with how things stand now."""

from datetime import date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import Group, Membership, Participant, Role
from marchapp.rosters import board_pages
from marchapp.rosters.moves import move_people
from tests.factories import Cast, make_account, make_document, make_group, make_participant, make_stage
from tests.queries import counted, queries_of

PAGE = "/marches/victory/stages/1/groups"
BOARD = f"{PAGE}/board"


def seen(person: Participant, group: Group | None) -> str:
    return f"{person.id}:{group.id if group else ''}"


def look(client: FlaskClient) -> dict[str, Any]:
    """Get the whole board, as a page that has seen nothing."""
    return client.get(f"{BOARD}?full=1").json


def shown(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what a page has seen after an answer."""
    digests = ",".join(f"{column['id']}.{column['digest']}" for column in answer["columns"])
    return {"since": answer["version"], "seen": digests}


def ids(answer: dict[str, Any]) -> set[int]:
    return {column["id"] for column in answer["columns"]}


def group_of(session: Session, person: Participant) -> int | None:
    return session.scalar(select(Membership.group_id).where(Membership.participant_id == person.id))


def move_by_other(session: Session, cast: Cast, now: datetime, to: Group | None) -> None:
    other = make_account(session, "Kari Other", cast.march, Role.COORDINATOR)
    here = group_of(session, cast.walker)
    move_people(
        session,
        stage=cast.stage,
        to_group_id=to.id if to else None,
        people={cast.walker.id: here},
        by=other,
        now=now,
    )
    session.commit()


def test_a_move_is_answered_with_the_columns_that_changed(session: Session, cast: Cast, sign_in) -> None:
    third = make_group(session, cast.stage, number=3)
    session.commit()
    client = sign_in(cast.coordinator)
    fields = {"people": seen(cast.walker, cast.group), "to": str(cast.other_group.id)}
    answer = client.post(f"{BOARD}/move", data=fields | shown(look(client))).json
    assert ids(answer) == {cast.group.id, cast.other_group.id}
    assert answer["order"] == [0, cast.group.id, cast.other_group.id, third.id]
    assert answer["words"] == f"Moved to group 2: {cast.walker.name}."
    assert not answer["refused"]
    assert answer["said"] == []
    assert group_of(session, cast.walker) == cast.other_group.id
    back = client.post(f"{BOARD}/undo", data={"moved": answer["moved"]}).json
    assert back["words"] == f"Moved to group 1: {cast.walker.name}."
    assert group_of(session, cast.walker) == cast.group.id


def test_nothing_is_answered_while_nothing_changes(session: Session, cast: Cast, sign_in, now) -> None:
    move_by_other(session, cast, now, None)
    client = sign_in(cast.coordinator)
    answer = client.get(BOARD, query_string=shown(look(client)))
    assert (answer.status_code, answer.data) == (204, b"")


def test_a_look_at_an_unchanged_board_takes_few_queries_however_many_walk(
    session: Session, cast: Cast, sign_in, now
) -> None:
    move_by_other(session, cast, now, None)
    client = sign_in(cast.coordinator)
    statements = queries_of_look(client)
    for quota in cast.march.quotas:
        quota.capacity = None
    for _ in range(30):
        make_participant(session, cast.march, cast.stage, group=cast.group)
    session.commit()
    assert queries_of_look(client) == statements <= 6


def queries_of_look(client: FlaskClient) -> int:
    since = look(client)["version"]
    with counted() as statements:
        assert client.get(f"{BOARD}?since={since}").status_code == 204
    return len(statements)


def test_what_others_do_is_shown_and_told(session: Session, cast: Cast, sign_in, now) -> None:
    client = sign_in(cast.coordinator)
    before = shown(look(client))
    move_by_other(session, cast, now, cast.other_group)
    answer = client.get(BOARD, query_string=before).json
    assert ids(answer) == {cast.group.id, cast.other_group.id}
    assert answer["said"] == [f"Kari Other: Moved to group 2: {cast.walker.name}."]


def test_what_others_do_on_another_stage_is_not_told(session: Session, cast: Cast, sign_in, now) -> None:
    client = sign_in(cast.coordinator)
    before = shown(look(client))
    second = make_stage(session, cast.march, number=2)
    person = make_participant(session, cast.march, second)
    group = make_group(session, second, number=1)
    session.commit()
    client.post("/marches/victory/stages/2/groups", data={"people": seen(person, None), "to": str(group.id)})
    answer = client.get(BOARD, query_string=before).json
    assert (answer["columns"], answer["said"]) == ([], [])


def test_somebody_moved_meanwhile_is_not_moved_over_and_shown_where_they_are(
    session: Session, cast: Cast, sign_in, now
) -> None:
    third = make_group(session, cast.stage, number=3)
    session.commit()
    client = sign_in(cast.coordinator)
    before = shown(look(client))
    move_by_other(session, cast, now, third)
    fields = {"people": seen(cast.walker, cast.group), "to": str(cast.other_group.id)}
    answer = client.post(f"{BOARD}/move", data=fields | before).json
    assert answer["refused"]
    assert f"{cast.walker.name} is in group 3 now" in answer["words"]
    assert ids(answer) == {cast.group.id, third.id}
    assert group_of(session, cast.walker) == third.id


@pytest.mark.parametrize("people", [[], ["x"]])
def test_a_move_of_nobody_is_refused_in_words(cast: Cast, sign_in, people: list[str]) -> None:
    answer = sign_in(cast.coordinator).post(f"{BOARD}/move", data={"people": people, "to": ""}).json
    assert answer["refused"]
    assert answer["words"] == "Tick at least one person. Choose a group."


def test_cards_say_why_somebody_cannot_be_placed(session: Session, cast: Cast, sign_in) -> None:
    cast.stage.crosses_border = True
    late = make_participant(session, cast.march, cast.stage)
    make_document(session, late, expires_on=date(2014, 9, 16))
    make_participant(session, cast.march, cast.stage, may_take_part=False)
    session.commit()
    page = sign_in(cast.coordinator).get(PAGE).text
    for words in ("no travel document that is valid on that day", "no consent", "no travel document<"):
        assert words in page
    fields = {"people": seen(late, None), "to": str(cast.group.id)}
    answer = sign_in(cast.coordinator).post(f"{BOARD}/move", data=fields).json
    assert f"{late.name} has no travel document that is valid on that day" in answer["words"]
    assert group_of(session, late) is None


def test_whose_document_is_gone_stays_placed_and_is_loud(session: Session, cast: Cast, sign_in) -> None:
    cast.stage.crosses_border = True
    session.commit()
    page = sign_in(cast.coordinator).get(PAGE).text
    assert "1 may not walk" in page
    assert f"consent or papers are missing for {cast.walker.name}" in page
    assert group_of(session, cast.walker) == cast.group.id


@pytest.mark.parametrize("address", [f"{BOARD}/lock", f"{PAGE}/lock"])
def test_cards_and_groups_are_locked_and_unlocked(
    session: Session, cast: Cast, sign_in, address: str
) -> None:
    client = sign_in(cast.coordinator)
    for value in (seen(cast.walker, cast.group), f":{cast.group.id}"):
        client.post(address, data={"lock": value})
    session.expire_all()
    assert (cast.group.is_locked, cast.group.memberships[0].is_locked) == (True, True)
    assert "Unlock Group 1" in client.get(PAGE).text
    for value in (seen(cast.walker, cast.group), f":{cast.group.id}"):
        client.post(address, data={"unlock": value})
    session.expire_all()
    assert (cast.group.is_locked, cast.group.memberships[0].is_locked) == (False, False)


@pytest.mark.parametrize("value", ["", ":", "x", "9:9:9", ":999999", "9" * 30 + ":1"])
def test_a_lock_that_no_page_would_ask_for_is_refused(cast: Cast, sign_in, value: str) -> None:
    answer = sign_in(cast.coordinator).post(f"{BOARD}/lock", data={"lock": value}).json
    assert answer["refused"]
    assert answer["words"] == "This group is not there any more. Choose another."


def test_a_stage_that_outgrew_the_board_is_a_list(
    session: Session, cast: Cast, sign_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_pages, "BOARD_HOLDS", 0)
    client = sign_in(cast.coordinator)
    assert look(client) == {"is_too_large": True}
    page = client.get(PAGE).text
    assert 'id="board-live"' not in page
    assert cast.walker.name in page


def test_only_coordinators_of_the_march_see_and_use_the_board(
    session: Session, cast: Cast, client, sign_in
) -> None:
    assert client.get(BOARD).location.startswith("/sign-in")
    fields = {"people": seen(cast.walker, cast.group), "to": "out", "lock": f":{cast.group.id}"}
    for account in (cast.guide, cast.other_coordinator):
        assert sign_in(account).get(BOARD).status_code == 403
        for address in (f"{BOARD}/move", f"{BOARD}/undo", f"{BOARD}/lock", f"{PAGE}/lock"):
            assert sign_in(account).post(address, data=fields).status_code == 403
    session.expire_all()
    assert group_of(session, cast.walker) == cast.group.id
    assert not cast.group.is_locked


def test_queries_of_the_board_and_its_answers_do_not_grow(session: Session, cast: Cast, sign_in) -> None:
    def fill(people: int) -> None:
        for number in range(people):
            guide = make_account(session, f"Guide{number}", cast.march)
            group = make_group(session, cast.stage, guide, max_size=50)
            make_participant(session, cast.march, cast.stage, group=group)
            make_participant(session, cast.march, cast.stage)
        session.commit()

    for quota in cast.march.quotas:
        quota.capacity = None
    client = sign_in(cast.coordinator)
    addresses = (PAGE, f"{PAGE}?as=list", f"{BOARD}?full=1&since=1")
    fill(3)
    few = {address: queries_of(client, address) for address in addresses}
    fill(40)
    assert {address: queries_of(client, address) for address in addresses} == few
