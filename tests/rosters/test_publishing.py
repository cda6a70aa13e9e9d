"""A roster is a draft until it is published; then each person is told, and later only whose line changed."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marchapp.mail.calendar import calendar_of
from marchapp.models import (
    Change,
    Group,
    GroupGuide,
    Membership,
    Message,
    Participant,
    PartyKind,
    PublishedGuide,
    PublishedPlace,
    RosterVersion,
    Stage,
    StageEntry,
    Standing,
)
from marchapp.rosters import telling
from marchapp.rosters.differences import Fact, differences
from marchapp.rosters.publishing import NothingNew, PublishedMeanwhile, publish, roster_state
from marchapp.rosters.services import GroupInUse, delete_group
from marchapp.rosters.telling import tell_of_rosters
from tests.factories import Cast, make_account, make_group, make_participant, make_party, make_stage
from tests.queries import queries_of

SignIn = Callable[..., FlaskClient]
NOW = datetime(2014, 9, 15, 16, 20, tzinfo=UTC)
ADULT = date(1970, 1, 1)
PAGE = "/marches/victory/stages/2/publish"


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests are the worker themselves."""
    monkeypatch.setattr("marchapp.extensions.TaskQueue.send_once", lambda _queue, _function: None)


@pytest.fixture
def stage(session: Session, cast: Cast) -> Stage:
    """A second stage that was never published."""
    return make_stage(session, cast.march, number=2)


@pytest.fixture
def groups(session: Session, cast: Cast, stage: Stage) -> list[Group]:
    """Two groups of the draft, each with a guide."""
    cast.guide.phone = "+47 400 11 222"
    return [
        make_group(session, stage, guide, number=number, is_published=False)
        for number, guide in ((1, cast.guide), (2, cast.other_guide))
    ]


def put(session: Session, cast: Cast, group: Group, **given: object) -> Participant:
    """Add somebody who walks in a group of the draft."""
    values = {"birth_date": ADULT} | given
    person = make_participant(session, cast.march, group.stage, **values)
    session.add(Membership(participant_id=person.id, stage_id=group.stage_id, group_id=group.id))
    session.flush()
    return person


def move(session: Session, person: Participant, group: Group | None) -> None:
    theirs = Membership.participant_id == person.id
    change = update(Membership).values(group_id=group.id) if group else delete(Membership)
    session.execute(change.where(theirs))


def publish_next(session: Session, stage: Stage, cast: Cast) -> RosterVersion:
    last = roster_state(session, stage).version
    number = last.number + 1 if last else 1
    version = publish(session, stage=stage, number=number, by=cast.coordinator, now=NOW)
    session.commit()
    return version


def letters_of(session: Session, version: RosterVersion) -> dict[str, Message]:
    tell_of_rosters()
    session.expire_all()
    found = session.scalars(select(Message).where(Message.roster_version_id == version.id)).all()
    by_recipient = {message.recipient: message for message in found}
    assert len(by_recipient) == len(found), "somebody got two letters about one version"
    return by_recipient


def test_the_first_version_tells_everybody_group_guide_place_and_time(
    session: Session, cast: Cast, stage: Stage, groups: list[Group]
) -> None:
    groups[0].starts_at, groups[0].meeting_point = stage.starts_at + timedelta(minutes=20), "The red bus"
    person = put(session, cast, groups[0], email="anna@example.org")
    version = publish_next(session, stage, cast)
    assert (version.number, version.people, version.told) == (1, 1, 1)
    letters = letters_of(session, version)
    assert letters.keys() == {"anna@example.org", cast.guide.email, cast.other_guide.email}
    letter = letters["anna@example.org"]
    assert letter.party_id == person.party_id
    assert letter.language == person.party.language == "nb"
    for words in ("08:20", "The red bus", "Gunn Guide", "+47 400 11 222"):
        assert words in letter.text
        assert words in letter.html
    assert "20140918T082000" in calendar_of(letter)
    assert "The red bus" in calendar_of(letter)
    session.refresh(version)
    assert (version.letters, version.finished_at is not None) == (3, True)


def test_the_second_version_tells_only_whose_line_changed(
    session: Session, cast: Cast, stage: Stage, groups: list[Group]
) -> None:
    stays = put(session, cast, groups[0], email="stays@example.org")
    moves = put(session, cast, groups[0], email="moves@example.org")
    letters_of(session, publish_next(session, stage, cast))
    move(session, moves, groups[1])
    new = put(session, cast, groups[1], email="new@example.org")
    version = publish_next(session, stage, cast)
    letters = letters_of(session, version)
    assert letters.keys() == {
        "moves@example.org",
        "new@example.org",
        cast.guide.email,
        cast.other_guide.email,
    }
    places = {place.participant_id: place for place in session.scalars(select(PublishedPlace))}
    assert places[moves.id].change == Change.MOVED
    assert (places[moves.id].number_before, places[moves.id].group_id) == (1, groups[1].id)
    assert places[new.id].change == Change.NEW
    assert places[stays.id].version_id != version.id


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"meeting_point": "The church"}, "The church"),
        ({"starts_at": datetime(2014, 9, 18, 5, 40, tzinfo=UTC)}, "07:40"),
        ({"number": 77}, "77"),
        ({"name": "Pasvik"}, "Pasvik"),
    ],
)
def test_a_changed_group_is_told_to_its_people_and_guide_and_to_nobody_else(
    session: Session, cast: Cast, stage: Stage, groups: list[Group], change: dict[str, object], words: str
) -> None:
    put(session, cast, groups[0], email="in@example.org")
    put(session, cast, groups[1], email="other@example.org")
    letters_of(session, publish_next(session, stage, cast))
    for name, value in change.items():
        setattr(groups[0], name, value)
    letters = letters_of(session, publish_next(session, stage, cast))
    assert letters.keys() == {"in@example.org", cast.guide.email}
    assert words in letters["in@example.org"].text


def test_another_guide_or_phone_is_told_and_so_is_the_guide_who_leaves(
    session: Session, cast: Cast, stage: Stage, groups: list[Group]
) -> None:
    put(session, cast, groups[0], email="in@example.org")
    letters_of(session, publish_next(session, stage, cast))
    new = make_account(session, "Nora New", cast.march)
    groups[0].guides = [new]
    letters = letters_of(session, publish_next(session, stage, cast))
    assert letters.keys() == {"in@example.org", new.email, cast.guide.email}
    assert "do not guide group 1" in letters[cast.guide.email].text
    new.phone = "+47 400 99 888"
    letters = letters_of(session, publish_next(session, stage, cast))
    assert letters.keys() == {"in@example.org", new.email}
    assert "+47 400 99 888" in letters["in@example.org"].text


def test_a_guide_who_comes_back_is_named_again(
    session: Session, cast: Cast, stage: Stage, groups: list[Group]
) -> None:
    publish_next(session, stage, cast)
    for guides in ([], [cast.guide]):
        groups[0].guides = guides
        publish_next(session, stage, cast)
    rows = select(PublishedGuide.is_out).where(
        PublishedGuide.group_id == groups[0].id, PublishedGuide.account_id == cast.guide.id
    )
    assert session.scalars(rows).all() == [False]


def test_who_falls_out_is_told_so_and_who_cancelled_is_not(
    session: Session, cast: Cast, stage: Stage, groups: list[Group]
) -> None:
    out = put(session, cast, groups[0], email="out@example.org")
    gone = put(session, cast, groups[0], email="gone@example.org")
    letters_of(session, publish_next(session, stage, cast))
    move(session, out, None)
    gone.standing, gone.cancelled_at = Standing.CANCELLED, NOW
    version = publish_next(session, stage, cast)
    assert (version.people, version.told) == (0, 1)
    letters = letters_of(session, version)
    assert letters.keys() == {"out@example.org", cast.guide.email}
    assert letters["out@example.org"].calendar == {}
    move(session, out, None)
    session.add(Membership(participant_id=out.id, stage_id=stage.id, group_id=groups[1].id))
    assert "out@example.org" in letters_of(session, publish_next(session, stage, cast))


def test_who_does_not_walk_the_stage_any_more_is_not_told(
    session: Session, cast: Cast, stage: Stage, groups: list[Group]
) -> None:
    person = put(session, cast, groups[0], email="out@example.org")
    letters_of(session, publish_next(session, stage, cast))
    session.execute(delete(StageEntry).where(StageEntry.participant_id == person.id))
    assert letters_of(session, publish_next(session, stage, cast)).keys() == {cast.guide.email}


def test_a_contact_gets_one_letter_for_minors_and_all_without_an_address(
    session: Session, cast: Cast, stage: Stage, groups: list[Group]
) -> None:
    party = make_party(
        session, cast.march, kind=PartyKind.FAMILY, contact_email="mother@example.org", language="ru"
    )
    for given, email, born, group in (
        ("Anna", "mother@example.org", ADULT, groups[0]),
        ("Boris", "", ADULT, groups[1]),
        ("Cara", "child@example.org", date(2003, 1, 1), groups[0]),
        ("Dan", "dan@example.org", ADULT, groups[0]),
    ):
        put(session, cast, group, party=party, given_name=given, email=email, birth_date=born)
    asked = differences(session, stage)
    letters = letters_of(session, publish_next(session, stage, cast))
    of_people = letters.keys() - {cast.guide.email, cast.other_guide.email}
    assert of_people == {"mother@example.org", "dan@example.org"}
    assert asked.letters == len(of_people)
    mothers, dans = letters["mother@example.org"], letters["dan@example.org"]
    assert all(name in mothers.text for name in ("Anna", "Boris", "Cara"))
    assert "Dan" not in mothers.text
    assert (mothers.language, dans.language) == ("ru", "nb")
    assert mothers.link.party_id == party.id
    assert dans.link.participant_id == dans.participant_id is not None


def test_nothing_new_is_not_published_and_a_version_only_once(
    session: Session, cast: Cast, stage: Stage, groups: list[Group]
) -> None:
    put(session, cast, groups[0])
    publish_next(session, stage, cast)
    for number, refusal in ((1, PublishedMeanwhile), (2, NothingNew), (3, PublishedMeanwhile)):
        with pytest.raises(refusal):
            publish(session, stage=stage, number=number, by=cast.coordinator, now=NOW)


def test_a_stage_without_groups_is_not_published(session: Session, cast: Cast, stage: Stage) -> None:
    with pytest.raises(NothingNew):
        publish(session, stage=stage, number=1, by=cast.coordinator, now=NOW)


def test_the_database_refuses_a_number_twice(
    session: Session, cast: Cast, stage: Stage, groups: list[Group]
) -> None:
    publish_next(session, stage, cast)
    session.add(RosterVersion(stage_id=stage.id, number=1, people=0, told=0, published_at=NOW))
    with pytest.raises(IntegrityError):
        session.flush()


def test_a_group_with_published_people_is_not_deleted_before_they_are_published_elsewhere(
    session: Session, cast: Cast, stage: Stage, groups: list[Group]
) -> None:
    person = put(session, cast, groups[0])
    publish_next(session, stage, cast)
    move(session, person, groups[1])
    with pytest.raises(GroupInUse):
        delete_group(session, group=groups[0], by=cast.coordinator, now=NOW)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(delete(Group).where(Group.id == groups[0].id))
    publish_next(session, stage, cast)
    delete_group(session, group=groups[0], by=cast.coordinator, now=NOW)
    assert session.get(Group, groups[0].id) is None


def test_the_whole_march_can_still_be_deleted(
    session: Session, cast: Cast, stage: Stage, groups: list[Group]
) -> None:
    put(session, cast, groups[0])
    publish_next(session, stage, cast)
    session.execute(delete(Stage).where(Stage.id == stage.id))
    assert session.scalars(select(PublishedPlace).where(PublishedPlace.stage_id == stage.id)).all() == []


@pytest.mark.parametrize("crash_at", [1, 2, 3])
def test_after_a_crash_between_two_steps_nobody_gets_a_second_letter_and_nobody_none(
    session: Session,
    cast: Cast,
    stage: Stage,
    groups: list[Group],
    monkeypatch: pytest.MonkeyPatch,
    crash_at: int,
) -> None:
    monkeypatch.setattr(telling, "PARTIES_AT_ONCE", 2)
    for number in range(5):
        put(session, cast, groups[number % 2], email=f"walker{number}@example.org")
    version = publish_next(session, stage, cast)
    steps, compose = [], telling.to_reader

    def crash(*given: object, **named: object) -> Message:
        steps.append(given)
        if len(steps) == 2 * crash_at - 1:
            raise RuntimeError("the machine stops")
        return compose(*given, **named)

    monkeypatch.setattr(telling, "to_reader", crash)
    with pytest.raises(RuntimeError):
        tell_of_rosters()
    session.rollback()
    monkeypatch.setattr(telling, "to_reader", compose)
    assert tell_of_rosters() == 0, "what another worker may still hold is left alone"
    session.execute(update(RosterVersion).values(claimed_at=datetime.now(UTC) - telling.CLAIM_EXPIRES * 2))
    session.commit()
    letters = letters_of(session, version)
    assert {f"walker{number}@example.org" for number in range(5)} < letters.keys()
    assert len(letters) == 7


def test_who_changes_again_before_the_letters_of_a_version_are_written_is_told_once(
    session: Session, cast: Cast, stage: Stage, groups: list[Group]
) -> None:
    put(session, cast, groups[0], email="first@example.org")
    twice = put(session, cast, groups[0], email="twice@example.org")
    first = publish_next(session, stage, cast)
    move(session, twice, groups[1])
    second = publish_next(session, stage, cast)
    assert "twice@example.org" not in letters_of(session, first)
    assert "first@example.org" in letters_of(session, first)
    assert "twice@example.org" in letters_of(session, second)


def test_two_workers_write_no_letter_twice(
    session: Session, cast: Cast, stage: Stage, groups: list[Group], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(session, cast, groups[0], email="walker@example.org")
    version = publish_next(session, stage, cast)
    compose = telling.to_reader

    def meanwhile(*given: object, **named: object) -> Message:
        moved_on = update(RosterVersion).where(RosterVersion.id == version.id)
        session.execute(moved_on.values(last_party_id=10**6))
        return compose(*given, **named)

    monkeypatch.setattr(telling, "to_reader", meanwhile)
    tell_of_rosters()
    assert session.scalars(select(Message).where(Message.recipient == "walker@example.org")).all() == []


def test_the_differences_say_who_and_what(
    session: Session, cast: Cast, stage: Stage, groups: list[Group]
) -> None:
    stays, moves, falls_out = (put(session, cast, groups[0], given_name=name) for name in "ABC")
    publish_next(session, stage, cast)
    assert differences(session, stage).is_empty
    move(session, moves, groups[1])
    move(session, falls_out, None)
    put(session, cast, groups[1], given_name="D")
    groups[0].meeting_point = "The church"
    session.flush()
    found = differences(session, stage)
    assert found.counts == {Change.NEW: 1, Change.MOVED: 1, Change.OUT: 1, Change.GROUP: 1}
    assert [(one.now.number, one.facts) for one in found.groups] == [(1, (Fact.MEETING_POINT,))]
    assert {(one.name[0], one.before, one.after) for one in found.moved} == {
        ("B", 1, 2),
        ("C", 1, None),
        ("D", None, 2),
    }
    assert (found.told, found.people_moved) == (4, 3)
    assert roster_state(session, stage).moved == 3
    assert publish_next(session, stage, cast).told == 4
    assert stays.id in session.scalars(
        select(PublishedPlace.participant_id).where(PublishedPlace.change == Change.GROUP)
    )


def test_guides_see_published_rosters_only(
    session: Session, cast: Cast, stage: Stage, groups: list[Group], sign_in: SignIn
) -> None:
    walker = put(session, cast, groups[0], family_name="Firstson")
    session.commit()
    address = f"/groups/{groups[0].id}"
    guide = sign_in(cast.guide)
    assert address not in guide.get("/my-groups").text
    for page in ("", "/recording"):
        assert guide.get(address + page).status_code == 403
    publish_next(session, stage, cast)
    late = put(session, cast, groups[0], family_name="Lateson")
    move(session, walker, groups[1])
    groups[0].number, groups[0].guides = 55, [cast.other_guide]
    groups[1].guides = []
    session.commit()
    guide = sign_in(cast.guide)
    assert address in guide.get("/my-groups").text
    page = guide.get(address).text
    assert "Firstson" in page
    assert "Gunn Guide" in page
    assert "Group 1<" in page
    assert late.family_name not in page
    assert guide.get(f"{address}/recording").status_code == 200
    assert sign_in(cast.other_guide).get(address).status_code == 403
    draft = sign_in(cast.coordinator).get(address).text
    assert "Lateson" in draft
    assert "Firstson" not in draft
    assert "This is the draft." in draft
    publish_next(session, stage, cast)
    assert sign_in(cast.guide).get(address).status_code == 403
    assert sign_in(cast.other_guide).get(address).status_code == 200


def test_who_may_not_walk_any_more_leaves_the_guides_page_at_once(
    session: Session, cast: Cast, stage: Stage, groups: list[Group], sign_in: SignIn
) -> None:
    for name, given in (("Gone", {"cancelled_at": NOW}), ("Kept", {"may_take_part": False}), ("Here", {})):
        person = put(session, cast, groups[0], family_name=name)
        publish_next(session, stage, cast)
        for column, value in given.items():
            setattr(person, column, value)
        if person.cancelled_at:
            person.standing = Standing.CANCELLED
        session.commit()
    page = sign_in(cast.guide).get(f"/groups/{groups[0].id}").text
    assert "Here" in page
    assert "Gone" not in page
    assert "Kept" not in page


def test_a_guide_who_was_removed_from_the_march_sees_nothing(
    session: Session, cast: Cast, stage: Stage, groups: list[Group], sign_in: SignIn
) -> None:
    publish_next(session, stage, cast)
    former = make_account(session, "Finn Former")
    version = roster_state(session, stage).version
    session.add(
        PublishedGuide(
            group_id=groups[0].id, account_id=former.id, version_id=version.id, name="Finn", phone=""
        )
    )
    session.commit()
    assert sign_in(former).get(f"/groups/{groups[0].id}").status_code == 403
    assert f"/groups/{groups[0].id}" not in sign_in(former).get("/my-groups").text


def test_only_coordinators_of_the_march_publish(
    session: Session, cast: Cast, stage: Stage, groups: list[Group], client: FlaskClient, sign_in: SignIn
) -> None:
    session.commit()
    assert client.get(PAGE).location.startswith("/sign-in")
    for account in (cast.guide, cast.other_coordinator):
        assert sign_in(account).get(PAGE).status_code == 403
        assert sign_in(account).post(PAGE, data={"version": "1"}).status_code == 403
    assert roster_state(session, stage).version is None


def test_the_page_warns_shows_and_publishes(
    session: Session, cast: Cast, stage: Stage, groups: list[Group], sign_in: SignIn
) -> None:
    put(session, cast, groups[0])
    make_participant(session, cast.march, stage)
    session.execute(delete(GroupGuide).where(GroupGuide.group_id == groups[1].id))
    session.commit()
    client = sign_in(cast.coordinator)
    page = client.get(PAGE).text
    for words in ("is in no group", "No guide", "Publish version 1", "in 1 letter"):
        assert words in page
    answer = client.post(PAGE, data={"version": "1"}, follow_redirects=True).text
    assert "Version 1 is published. 1 person is told what has changed." in answer
    assert "Clara Coordinator" in answer
    answer = client.post(PAGE, data={"version": "1"}, follow_redirects=True).text
    assert "Somebody else has published version 1 meanwhile" in answer
    board = client.get("/marches/victory/stages/2/groups").text
    assert "Published as version 1 on" in board
    assert "moved since" not in board
    put(session, cast, groups[1])
    session.commit()
    assert "1 person has moved since." in client.get("/marches/victory/stages/2/groups").text
    page = client.get(PAGE).text
    assert "What changes since version 1" in page
    assert "Publish version 2" in page


@pytest.mark.parametrize("version", ["", "x", "9" * 40, "-1"])
def test_a_version_that_no_page_would_send_publishes_nothing(
    session: Session, cast: Cast, stage: Stage, groups: list[Group], sign_in: SignIn, version: str
) -> None:
    session.commit()
    assert sign_in(cast.coordinator).post(PAGE, data={"version": version}).status_code in (200, 302)
    assert roster_state(session, stage).version is None


def test_the_letters_of_a_version_are_listed_and_counted(
    session: Session, cast: Cast, stage: Stage, groups: list[Group], sign_in: SignIn
) -> None:
    put(session, cast, groups[0], email="failed@example.org")
    version = publish_next(session, stage, cast)
    letter = letters_of(session, version)["failed@example.org"]
    letter.failed_at = NOW
    session.commit()
    client = sign_in(cast.coordinator)
    assert f"roster={version.id}&amp;state=failed" in client.get(PAGE).text
    page = client.get(f"/marches/victory/letters?roster={version.id}&state=failed").text
    assert "failed@example.org" in page
    assert cast.guide.email not in page


def test_the_page_asks_the_database_as_often_for_many(
    session: Session, cast: Cast, stage: Stage, groups: list[Group], sign_in: SignIn
) -> None:
    put(session, cast, groups[0])
    publish_next(session, stage, cast)
    put(session, cast, groups[0])
    session.commit()
    client = sign_in(cast.coordinator)
    few = queries_of(client, PAGE)
    for number in range(3, 9):
        group = make_group(
            session, stage, make_account(session, "G", cast.march), number=number, is_published=False
        )
        put(session, cast, group)
        publish_next(session, stage, cast)
        put(session, cast, group)
    session.commit()
    assert queries_of(client, PAGE) == few
