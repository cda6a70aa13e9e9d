"""Pages of roll calls: who may open them, what they answer, and how often they ask the database."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marchapp.models import AuditEvent, Membership, RollMark
from tests.factories import Cast, make_group, make_participant
from tests.queries import queries_of

KEY = "key-of-a-test"


def address(cast: Cast, tail: str = "", code: str = "start") -> str:
    return f"/groups/{cast.group.id}/roll-call/{code}{tail}"


def send(client: FlaskClient, cast: Cast, *marks: dict[str, Any], code: str = "start") -> Any:
    answer = client.post(address(cast, "/marks", code), json={"marks": list(marks)})
    assert answer.status_code == 200
    return answer.get_json()["answers"]


def endpoints(cast: Cast) -> list[tuple[str, str]]:
    person = cast.walker.id
    return [
        ("GET", f"/groups/{cast.group.id}/roll-call"),
        ("GET", address(cast)),
        ("GET", address(cast, "/state")),
        ("POST", address(cast, "/mark")),
        ("POST", address(cast, "/marks")),
        ("POST", address(cast, "/scan")),
        ("POST", address(cast, "/take-over")),
        ("POST", address(cast, f"/people/{person}")),
    ]


def coordinators_endpoints(cast: Cast) -> list[tuple[str, str]]:
    return [
        ("GET", "/marches/victory/stages/1/roll-calls"),
        ("GET", "/marches/victory/stages/1/roll-calls/changes"),
        ("GET", f"/participants/{cast.walker.id}/roll-calls"),
    ]


def test_nobody_opens_a_roll_call_without_signing_in(client: FlaskClient, cast: Cast) -> None:
    for method, path in [*endpoints(cast), *coordinators_endpoints(cast)]:
        assert client.open(path, method=method).status_code in (302, 401), path


def test_a_guide_cannot_open_another_guides_roll_call(sign_in, cast: Cast) -> None:
    client = sign_in(cast.other_guide)
    for method, path in endpoints(cast):
        assert client.open(path, method=method).status_code == 403, path


def test_the_board_is_for_coordinators_of_the_march(sign_in, cast: Cast) -> None:
    for account in (cast.guide, cast.other_coordinator):
        client = sign_in(account)
        for method, path in coordinators_endpoints(cast):
            assert client.open(path, method=method).status_code == 403, path
    client = sign_in(cast.coordinator)
    for method, path in coordinators_endpoints(cast):
        assert client.open(path, method=method).status_code == 200, path


def test_a_point_that_is_not_on_the_stage_is_not_found(sign_in, cast: Cast) -> None:
    assert sign_in(cast.guide).get(address(cast, code="via-nowhere")).status_code == 404


def test_a_guide_marks_without_a_script(sign_in, session: Session, cast: Cast) -> None:
    client = sign_in(cast.guide)
    data = {"key": KEY, "participant": cast.walker.id, "state": "present"}
    for _time in range(2):
        page = client.post(address(cast, "/mark"), data=data, follow_redirects=True).get_data(as_text=True)
    assert "1 of 1 here" in page
    assert "by Gunn Guide" in page
    assert session.scalar(select(func.count()).select_from(RollMark)) == 1


def test_a_handing_over_needs_a_name(sign_in, session: Session, cast: Cast) -> None:
    data = {"key": KEY, "participant": cast.walker.id, "state": "handed_over", "handed_to": " "}
    page = sign_in(cast.guide).post(address(cast, "/mark", "finish"), data=data, follow_redirects=True)
    assert "Write to whom" in page.get_data(as_text=True)
    assert session.scalar(select(func.count()).select_from(RollMark)) == 0


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"marks": {}},
        {"marks": [{}]},
        {"marks": [{"key": "short", "participant": 1, "state": "present"}]},
        {"marks": [{"key": KEY, "participant": "1", "state": "present"}]},
        {"marks": [{"key": KEY, "participant": True, "state": "present"}]},
        {"marks": [{"key": KEY, "participant": 2**40, "state": "present"}]},
        {"marks": [{"key": KEY, "participant": 1, "state": "asleep"}]},
        {"marks": [{"key": KEY, "participant": 1, "state": "handed_over"}]},
        {"marks": [{"key": KEY, "participant": 1, "state": "present"}] * 201},
    ],
)
def test_what_are_no_marks_is_refused_whole(sign_in, session: Session, cast: Cast, body: Any) -> None:
    assert sign_in(cast.guide).post(address(cast, "/marks"), json=body).status_code == 400
    assert session.scalar(select(func.count()).select_from(RollMark)) == 0


def test_a_phone_sends_what_it_kept_and_each_mark_is_answered(sign_in, cast: Cast) -> None:
    client = sign_in(cast.guide)
    answers = send(
        client,
        cast,
        {"key": "first-key", "participant": cast.walker.id, "state": "present", "ago_ms": 3_600_000},
        {"key": "second-key", "badge": cast.walker.reference, "state": "present", "ago_ms": 1000},
        {"key": "third-key", "badge": "NOBODY", "state": "present"},
    )
    assert [one["kind"] for one in answers] == ["counted", "again", "unknown"]
    assert "counted already" in answers[1]["text"]
    assert "by Gunn Guide" in answers[1]["text"]
    assert "1" in answers[0]["about"]


def test_somebody_of_another_group_is_taken_over_with_one_tap(sign_in, session: Session, cast: Cast) -> None:
    stranger = make_participant(session, cast.march, cast.stage, group=cast.other_group, given_name="Anna")
    session.commit()
    client = sign_in(cast.guide)
    page = client.post(address(cast, "/scan"), data={"key": KEY, "badge": stranger.reference})
    assert "Anna" in page.get_data(as_text=True)
    assert "belongs to group 2" in page.get_data(as_text=True)
    data = {"key": "another-key", "badge": stranger.reference, "seen_in": cast.other_group.id}
    for _time in range(2):
        page = client.post(address(cast, "/take-over"), data=data, follow_redirects=True)
        assert "is in your group now" in page.get_data(as_text=True)
    session.expire_all()
    assert session.get(Membership, (stranger.id, cast.stage.id)).group_id == cast.group.id
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "people.moved")).all()
    assert event.account_id == cast.guide.id
    assert event.details["changes"] == [[stranger.id, cast.other_group.id, cast.group.id]]
    assert session.scalar(select(func.count()).select_from(RollMark)) == 1


def test_nobody_is_taken_over_into_a_full_group_or_past_somebody_else(
    sign_in, session: Session, cast: Cast
) -> None:
    stranger = make_participant(session, cast.march, cast.stage, group=cast.other_group)
    third = make_group(session, cast.stage, number=3)
    cast.group.max_size = 1
    session.commit()
    client = sign_in(cast.guide)
    data = {"key": KEY, "badge": stranger.reference, "seen_in": cast.other_group.id}
    full = client.post(address(cast, "/take-over"), data=data, follow_redirects=True)
    assert "full" in full.get_data(as_text=True)
    cast.group.max_size = 9
    session.commit()
    late = client.post(address(cast, "/take-over"), data=data | {"seen_in": third.id}, follow_redirects=True)
    assert "somebody else was faster" in late.get_data(as_text=True)
    session.expire_all()
    assert session.get(Membership, (stranger.id, cast.stage.id)).group_id == cast.other_group.id
    assert session.scalar(select(func.count()).select_from(RollMark)) == 0


def test_nobody_of_another_march_is_taken_over(sign_in, session: Session, cast: Cast) -> None:
    foreign = make_participant(session, cast.other_march)
    session.commit()
    data = {"key": KEY, "badge": foreign.reference, "seen_in": ""}
    assert sign_in(cast.guide).post(address(cast, "/take-over"), data=data).status_code == 404


def test_each_look_at_contacts_is_recorded_and_health_notes_stay_behind_the_glass(
    sign_in, session: Session, cast: Cast
) -> None:
    cast.walker.health_notes, cast.walker.has_health_notes = "Asthma, spray in the rucksack", True
    stranger = make_participant(session, cast.march, cast.stage, group=cast.other_group)
    session.commit()
    client = sign_in(cast.guide)
    assert "Asthma" not in client.get(address(cast)).get_data(as_text=True)
    page = client.post(address(cast, f"/people/{cast.walker.id}"))
    assert "+47 400 00 000" in page.text
    assert f"/participants/{cast.walker.id}/health-notes?group={cast.group.id}" in page.text
    assert "Asthma" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert client.post(address(cast, f"/people/{stranger.id}")).status_code == 404
    looks = session.scalars(
        select(AuditEvent).where(AuditEvent.action == "participant.contacts_opened")
    ).all()
    assert [(look.account_id, look.subject_id) for look in looks] == [(cast.guide.id, cast.walker.id)]


def test_the_state_of_a_roll_is_sent_only_when_it_changed(sign_in, cast: Cast) -> None:
    client = sign_in(cast.guide)
    first = client.get(address(cast, "/state"))
    tag = {"If-None-Match": first.headers["ETag"]}
    assert client.get(address(cast, "/state"), headers=tag).status_code == 304
    send(client, cast, {"key": KEY, "participant": cast.walker.id, "state": "present"})
    second = client.get(address(cast, "/state"), headers=tag)
    assert [one["state"] for one in second.get_json()["people"]] == ["present"]


def test_the_board_is_loud_when_somebody_is_missing_at_the_finish(
    sign_in, session: Session, cast: Cast
) -> None:
    lost = make_participant(session, cast.march, cast.stage, group=cast.group, given_name="Lost")
    make_participant(session, cast.march, cast.stage, group=cast.group)
    session.commit()
    client = sign_in(cast.coordinator)
    board = "/marches/victory/stages/1/roll-calls"
    assert "missing at the finish" not in client.get(board).get_data(as_text=True)
    for person in (one.participant_id for one in cast.group.memberships if one.participant_id != lost.id):
        send(
            client, cast, {"key": f"in-{person:08}", "participant": person, "state": "present"}, code="finish"
        )
    page = client.get(board).get_data(as_text=True)
    assert "1 person is missing at the finish." in page
    assert "Lost" in page
    handed = {"key": KEY, "participant": lost.id, "state": "handed_over", "handed_to": "Siri, +47 400 00 001"}
    send(client, cast, handed, code="finish")
    assert "missing at the finish" not in client.get(board).get_data(as_text=True)


def test_the_board_ranks_all_groups_and_counts_those_of_its_page(
    sign_in, session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marchapp.attendance.board.GROUPS_A_PAGE", 1)
    third = make_group(session, cast.stage, number=3)
    here, lost = (make_participant(session, cast.march, cast.stage, group=third) for _one in range(2))
    gone = make_participant(session, cast.march, cast.stage, group=third)
    session.commit()
    client = sign_in(cast.coordinator)
    for number, (person, state) in enumerate(((here, "present"), (gone, "present"), (lost, "missing"))):
        mark = {"key": f"mark-{number:06}", "participant": person.id, "state": state}
        answer = client.post(f"/groups/{third.id}/roll-call/start/marks", json={"marks": [mark]})
        assert answer.status_code == 200
    gone.standing, gone.cancelled_at = "cancelled", gone.registered_at
    session.commit()
    board = "/marches/victory/stages/1/roll-calls"
    first, last = client.get(board).text, client.get(f"{board}?page=3").text
    assert "Group 3</a>" in first.partition("<table")[2]
    assert "1/2" in first
    assert all("1 of 3" in page for page in (first, last))  # at the start, of those who have a place
    assert "Group 3</a>" not in last.partition("<table")[2]
    assert "Page 3 of 3" in last


def test_who_is_missing_at_a_checkpoint_is_sought_until_seen(sign_in, cast: Cast) -> None:
    client = sign_in(cast.coordinator)
    board = "/marches/victory/stages/1/roll-calls"
    send(client, cast, {"key": KEY, "participant": cast.walker.id, "state": "missing"})
    assert "Not here at Start" in client.get(board).get_data(as_text=True)
    send(
        client, cast, {"key": "seen-again", "participant": cast.walker.id, "state": "present"}, code="finish"
    )
    assert "Nobody is missing" in client.get(board).get_data(as_text=True)


def test_the_board_says_cheaply_that_nothing_changed(sign_in, cast: Cast) -> None:
    client = sign_in(cast.coordinator)
    changes = "/marches/victory/stages/1/roll-calls/changes"
    tag = {"If-None-Match": client.get(changes).headers["ETag"]}
    assert client.get(changes, headers=tag).status_code == 304
    send(client, cast, {"key": KEY, "participant": cast.walker.id, "state": "present"})
    assert client.get(changes, headers=tag).status_code == 200


def test_the_history_of_a_person_has_every_mark(sign_in, cast: Cast) -> None:
    client = sign_in(cast.coordinator)
    send(client, cast, {"key": KEY, "participant": cast.walker.id, "state": "present"})
    send(client, cast, {"key": "taken-back", "participant": cast.walker.id, "state": "not_yet"})
    page = client.get(f"/participants/{cast.walker.id}/roll-calls").get_data(as_text=True)
    assert "Mark taken back" in page
    assert "Clara Coordinator" in page


def test_pages_ask_the_database_as_often_for_many_as_for_one(sign_in, session: Session, cast: Cast) -> None:
    client = sign_in(cast.coordinator)
    for state in ("missing", "left"):
        one = make_participant(session, cast.march, cast.stage, group=cast.group)
        session.commit()
        send(client, cast, {"key": f"{KEY}-{state}", "participant": one.id, "state": state})
    pages = [address(cast), "/marches/victory/stages/1/roll-calls"]
    for path in pages:
        client.get(path)
    few = [queries_of(client, path) for path in pages]
    for number in range(6):
        group = make_group(session, cast.stage, cast.other_guide, number=10 + number)
        make_participant(session, cast.march, cast.stage, group=group)
        one = make_participant(session, cast.march, cast.stage, group=cast.group)
        session.commit()
        state = "left" if number % 2 else "missing"
        send(client, cast, {"key": f"mark-{number:06}", "participant": one.id, "state": state})
    many = [queries_of(client, path) for path in pages]
    assert many == few


def test_a_mark_has_the_moment_at_which_it_was_made(sign_in, session: Session, cast: Cast) -> None:
    send(
        sign_in(cast.guide),
        cast,
        {"key": KEY, "participant": cast.walker.id, "state": "present", "ago_ms": 600_000},
    )
    [mark] = session.scalars(select(RollMark)).all()
    assert 599 <= (mark.received_at - mark.marked_at).total_seconds() <= 601
    assert (datetime.now(UTC) - mark.received_at).total_seconds() < 60
