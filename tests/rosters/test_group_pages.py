"""Making and changing groups, the printed roster, and the guide's pages."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import (
    Account,
    Appointment,
    Checkpoint,
    Group,
    GroupGuide,
    March,
    Recording,
    Role,
    Stage,
    Track,
    TrackComparison,
)
from marchapp.rosters.guiding import groups_guided_by, when
from tests.factories import Cast, make_account, make_group, make_march, make_participant, make_stage
from tests.queries import queries_of

NEW = "/marches/victory/stages/1/groups/new"
FORM = {"number": "3", "name": "Pasvik", "min_size": "2", "max_size": "10"}


def add_recording(session: Session, group: Group, by: Account, *, is_used: bool = True) -> Recording:
    recording = Recording(
        group_id=group.id,
        sha256=str(group.id).zfill(63) + str(int(is_used)),
        content_gz=b"",
        size_bytes=1,
        is_used=is_used,
        uploaded_at=datetime(2014, 9, 18, 16, tzinfo=UTC),
        uploaded_by_id=by.id,
    )
    session.add(recording)
    session.commit()
    return recording


def add_track(session: Session, group: Group, **given: object) -> Track:
    values = {"verdict": "walked", "planned_m": 17000.0, "walked_m": 16200.0, "off_route_count": 2}
    track = Track(group_id=group.id)
    track.comparison = TrackComparison(
        engine_version="1",
        computed_at=datetime(2014, 9, 18, 16, tzinfo=UTC),
        max_offset_m=80.0,
        finish_late_s=1440.0,
        result={},
        points_npz=b"",
        **values | given,
    )
    session.add(track)
    session.commit()
    return track


def test_a_group_is_made(session: Session, cast: Cast, sign_in) -> None:
    client = sign_in(cast.coordinator)
    assert 'value="3"' in client.get(NEW).text
    answer = client.post(NEW, data=FORM, follow_redirects=True)
    assert "Group 3, Pasvik is there. Move people to it now." in answer.text
    assert session.scalar(select(Group.max_size).where(Group.number == 3)) == 10


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"number": "2"}, "Another group of this stage has this number."),
        ({"number": ""}, "Write a whole number from 1 to 99999."),
        ({"number": "two"}, "Write a whole number from 1 to 99999."),
        ({"number": "9" * 30}, "Write a whole number from 1 to 99999."),
        ({"min_size": "0"}, "Write a whole number from 1 to 10000."),
        ({"min_size": "12"}, "The largest size is below the smallest. Write 12 or more."),
        ({"name": "x" * 81}, "This is too long"),
        ({"guides": ["999999999"]}, "One of them is not a guide of this march any more."),
    ],
)
def test_what_is_wrong_is_said_and_kept(
    session: Session, cast: Cast, sign_in, wrong: dict[str, object], words: str
) -> None:
    answer = sign_in(cast.coordinator).post(NEW, data=FORM | wrong)
    assert words in answer.text
    assert 'value="10"' in answer.text
    assert len(session.scalars(select(Group)).all()) == 2


@pytest.mark.parametrize("guides", ["x", "9" * 30, "-1"])
def test_guides_that_no_page_would_send_are_refused(cast: Cast, sign_in, guides: str) -> None:
    assert sign_in(cast.coordinator).post(NEW, data=FORM | {"guides": guides}).status_code == 200


def test_a_busy_guide_is_refused_by_name(session: Session, cast: Cast, sign_in) -> None:
    client = sign_in(cast.coordinator)
    assert "Oleg Other, guides group 2" in client.get(NEW).text
    answer = client.post(NEW, data=FORM | {"guides": [cast.other_guide.id]})
    assert "Oleg Other guides group 2 of this stage already." in answer.text


def test_a_group_is_changed_and_shows_its_values_first(session: Session, cast: Cast, sign_in) -> None:
    address = f"/groups/{cast.group.id}/edit"
    client = sign_in(cast.coordinator)
    assert re.search(
        rf'<input checked [^>]*name="guides"[^>]*value="{cast.guide.id}"', client.get(address).text
    )
    client.post(address, data=FORM | {"guides": []})
    session.expire_all()
    assert (cast.group.number, cast.group.name, cast.group.guides) == (3, "Pasvik", [])


def test_an_empty_group_is_deleted_and_one_with_people_is_not(session: Session, cast: Cast, sign_in) -> None:
    client = sign_in(cast.coordinator)
    page = client.get(f"/groups/{cast.other_group.id}/edit").text
    asked = re.search(r"<details class=.more.*?</details>", page, re.DOTALL)
    assert asked is not None
    assert "Delete group 2" in asked[0]
    assert f'action="/groups/{cast.other_group.id}/delete"' in asked[0]
    assert "Delete group 1" not in client.get(f"/groups/{cast.group.id}/edit").text
    answer = client.post(f"/groups/{cast.group.id}/delete", follow_redirects=True)
    assert "so it stays" in answer.text
    answer = client.post(f"/groups/{cast.other_group.id}/delete", follow_redirects=True)
    assert "Group 2 is deleted." in answer.text


def test_only_coordinators_of_the_march_change_groups(cast: Cast, client, sign_in) -> None:
    pages = (NEW, f"/groups/{cast.group.id}/edit", "/marches/victory/stages/1/roster")
    for page in pages:
        assert client.get(page).location.startswith("/sign-in")
    for account in (cast.guide, cast.other_coordinator):
        for page in pages:
            assert sign_in(account).get(page).status_code == 403
        assert sign_in(account).post(NEW, data=FORM).status_code == 403
        assert sign_in(account).post(f"/groups/{cast.other_group.id}/delete").status_code == 403


def test_a_guide_sees_the_own_groups_and_no_others(session: Session, cast: Cast, sign_in) -> None:
    client = sign_in(cast.guide)
    page = client.get("/my-groups").text
    assert f"/groups/{cast.group.id}" in page
    assert f"/groups/{cast.other_group.id}" not in page
    assert client.get(f"/groups/{cast.group.id}").status_code == 200
    assert client.get(f"/groups/{cast.other_group.id}").status_code == 403
    for nowhere in (999, 10**30):
        assert client.get(f"/groups/{nowhere}").status_code == 404


def test_somebody_who_is_no_guide_any_more_sees_nothing(session: Session, cast: Cast, sign_in) -> None:
    former = make_account(session, "Finn Former")
    session.add(GroupGuide(group_id=cast.group.id, account_id=former.id))
    session.commit()
    client = sign_in(former)
    assert "You guide no group yet" in client.get("/my-groups").text
    assert client.get(f"/groups/{cast.group.id}").status_code == 403


def test_coordinators_see_the_groups_of_their_march_only(cast: Cast, client, sign_in) -> None:
    address = f"/groups/{cast.group.id}"
    assert client.get(address).location.startswith("/sign-in")
    assert sign_in(cast.coordinator).get(address).status_code == 200
    assert sign_in(cast.other_coordinator).get(address).status_code == 403


def test_the_group_page_shows_people_timetable_and_phone(session: Session, cast: Cast, sign_in) -> None:
    session.add(Checkpoint(stage_id=cast.stage.id, position=1, name="Ford", lat=69.5, lon=31, route_m=5000))
    session.commit()
    page = sign_in(cast.guide).get(f"/groups/{cast.group.id}").text
    assert cast.walker.name in page
    assert 'href="tel:+4740000000"' in page
    assert "Ford" in page
    assert "08:00" in page  # six in the morning UTC, where the march is


def test_recordings_are_listed_and_lead_to_the_comparison(session: Session, cast: Cast, sign_in) -> None:
    track = add_track(session, cast.group)
    add_recording(session, cast.group, cast.guide)
    client = sign_in(cast.guide)
    page = client.get(f"/groups/{cast.group.id}").text
    assert f'href="/tracks/{track.id}"' in page
    assert "left the route 2 times" in page
    assert "Left out" not in page
    add_recording(session, cast.group, cast.guide, is_used=False)
    page = client.get(f"/groups/{cast.group.id}").text
    assert page.count("Sent 18 September") == 2
    assert page.count("Left out") == 1


def at(session: Session, guide: Account, march: March, number: int, day: date) -> Stage:
    starts_at = datetime.combine(day, time(8), ZoneInfo(march.time_zone))
    times = {"starts_at": starts_at, "finishes_at": starts_at + timedelta(hours=6)}
    stage = make_stage(session, march, number=number, day=day, **times)
    make_group(session, stage, guide, number=number)
    return stage


def test_today_is_the_day_where_the_march_is(session: Session) -> None:
    march = make_march(session, time_zone="Pacific/Auckland")
    guide = make_account(session, "Gunn", march)
    for number in (1, 2, 3):
        at(session, guide, march, number, date(2014, 9, 16 + number))
    late_in_oslo = datetime(2014, 9, 17, 22, tzinfo=UTC)
    whens = [guided.when for guided in groups_guided_by(session, guide, late_in_oslo)]
    assert whens == ["past", "today", "coming"]


def test_a_walk_past_midnight_is_of_today_until_it_finishes(cast: Cast) -> None:
    cast.stage.day = date(2014, 9, 17)
    cast.stage.starts_at = datetime(2014, 9, 17, 20, tzinfo=UTC)
    cast.stage.finishes_at = finish = datetime(2014, 9, 18, 1, tzinfo=UTC)
    assert when(cast.stage, finish - timedelta(minutes=1)) == "today"
    assert when(cast.stage, finish) == "past"


def test_the_upload_is_offered_from_the_day_of_the_stage_on(session: Session, cast: Cast, sign_in) -> None:
    address, upload = f"/groups/{cast.group.id}", f"/groups/{cast.group.id}/recording"
    client = sign_in(cast.guide)
    assert upload in client.get(address).text
    cast.stage.day = date(2098, 6, 19)
    session.commit()
    page = client.get(address).text
    assert "From 19 June on, this page has a button to upload the recording" in page
    assert upload not in page


def test_todays_group_comes_first_with_the_upload(session: Session, cast: Cast, sign_in) -> None:
    today = datetime.now(UTC).date()
    march = make_march(session, time_zone="UTC", starts_on=today, ends_on=today)
    guide = make_account(session, "Greta", march)
    for number in (1, 2, 3):
        at(session, guide, march, number, today + timedelta(days=number - 2))
    walked, now, coming = session.scalars(
        select(Group).join(Stage).where(Stage.march_id == march.id).order_by(Group.number)
    )
    track = add_track(session, walked)
    page = sign_in(guide).get("/my-groups").text
    places = [page.index(f'href="/groups/{group.id}"') for group in (now, coming, walked)]
    assert places == sorted(places)
    assert f"/groups/{now.id}/recording" in page
    assert f"/groups/{coming.id}/recording" not in page
    assert f"/tracks/{track.id}" in page


def test_a_coordinator_who_guides_has_groups_too(session: Session, cast: Cast, sign_in) -> None:
    both = make_account(session, "Berit Both", cast.march, Role.COORDINATOR)
    empty = sign_in(both).get("/my-groups").text
    assert "You guide no group yet" in empty
    session.add(Appointment(account_id=both.id, march_id=cast.march.id, role=Role.GUIDE))
    group = make_group(session, cast.stage, both, number=8)
    session.commit()
    session.expire_all()
    assert f"/groups/{group.id}" in sign_in(both).get("/my-groups").text


def test_queries_do_not_grow_with_groups_and_people(session: Session, cast: Cast, sign_in) -> None:
    def fill(people: int) -> None:
        for number in range(people):
            stage = make_stage(session, cast.march, number=len(stages) + 2)
            stages.append(stage)
            group = make_group(session, stage, cast.guide, number=number + 1)
            add_track(session, group)
            add_recording(session, group, cast.guide)
            make_participant(session, cast.march, cast.stage, group=cast.group)
        session.commit()

    stages: list[Stage] = []
    for quota in cast.march.quotas:
        quota.capacity = 1000
    client = sign_in(cast.guide)
    addresses = ("/my-groups", f"/groups/{cast.group.id}")
    fill(10)
    few = {address: queries_of(client, address) for address in addresses}
    fill(90)
    assert {address: queries_of(client, address) for address in addresses} == few


@pytest.mark.parametrize(
    ("typed", "starts_at"),
    [
        ("07:30", datetime(2014, 9, 18, 5, 30, tzinfo=UTC)),
        ("0.15", datetime(2014, 9, 17, 22, 15, tzinfo=UTC)),
        ("2330", datetime(2014, 9, 17, 21, 30, tzinfo=UTC)),
        ("830", datetime(2014, 9, 17, 6, 30, tzinfo=UTC)),
    ],
)
def test_a_group_starts_by_the_clock_of_its_stage_also_after_midnight(
    session: Session, cast: Cast, sign_in, typed: str, starts_at: datetime
) -> None:
    cast.stage.starts_at = datetime(2014, 9, 17, 19, tzinfo=UTC)  # 21:00 where the march is
    cast.stage.finishes_at = datetime(2014, 9, 18, 6, tzinfo=UTC)
    session.commit()
    answer = sign_in(cast.coordinator).post(NEW, data=FORM | {"starts": typed, "meeting_point": "The pier"})
    assert answer.status_code == 302
    group = session.scalars(select(Group).where(Group.number == 3)).one()
    assert group.starts_at == starts_at
    assert group.meeting_point == "The pier"
    page = sign_in(cast.coordinator).get(f"/groups/{group.id}/edit").text
    assert f'value="{group.starts_at.astimezone(ZoneInfo("Europe/Oslo")):%H:%M}"' in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [("25:00", "This is no time we can read."), ("18:00", "The stage ends at 14:00. Write an earlier time.")],
)
def test_a_start_that_cannot_be_is_refused(
    session: Session, cast: Cast, sign_in, typed: str, words: str
) -> None:
    answer = sign_in(cast.coordinator).post(NEW, data=FORM | {"starts": typed})
    assert words in answer.text
    assert len(session.scalars(select(Group)).all()) == 2


def test_a_group_without_a_start_of_its_own_starts_with_the_stage(
    session: Session, cast: Cast, sign_in
) -> None:
    sign_in(cast.coordinator).post(NEW, data=FORM | {"starts": ""})
    group = session.scalars(select(Group).where(Group.number == 3)).one()
    assert (group.starts_at, group.start) == (None, cast.stage.starts_at)


@pytest.fixture
def many_guides(session: Session, cast: Cast) -> list[Account]:
    names = [f"Guide {number:03}" for number in range(70)]
    return [make_account(session, name, cast.march, Role.GUIDE) for name in names]


def test_of_many_guides_the_chosen_and_the_first_free_ones_are_offered(
    session: Session, cast: Cast, many_guides: list[Account], sign_in
) -> None:
    make_group(session, cast.stage, many_guides[0], number=7)
    page = sign_in(cast.coordinator).get(f"/groups/{cast.group.id}/edit").text
    assert 'name="find"' in page
    assert page.count('name="guides"') == 26
    assert cast.guide.name in page
    assert "Guide 001" in page
    assert "Guide 000" not in page
    assert "Guide 060" not in page


def test_looking_for_a_guide_keeps_what_was_filled_in_and_saves_nothing(
    session: Session, cast: Cast, many_guides: list[Account], sign_in
) -> None:
    client, address = sign_in(cast.coordinator), f"/groups/{cast.group.id}/edit"
    ticked = {"guides": [str(cast.guide.id)]}
    page = client.post(address, data=FORM | ticked | {"find": "guide 06", "look": "1"}).text
    assert 'value="Pasvik"' in page
    assert cast.guide.name in page
    assert "Guide 069" in page
    assert "Guide 001" not in page
    assert session.get_one(Group, cast.group.id).name != "Pasvik"
    page = client.post(address, data=FORM | ticked | {"find": "nobody", "found": "guide 06"}).text
    assert page.count('name="guides"') == 1
    both = {"guides": [str(cast.guide.id), str(many_guides[69].id)]}
    answer = client.post(address, data=FORM | both | {"find": "guide 06", "found": "guide 06"})
    assert answer.status_code == 302
    assert {guide.name for guide in session.get_one(Group, cast.group.id).guides} == {
        cast.guide.name,
        "Guide 069",
    }


def test_the_form_asks_the_database_as_often_for_many_guides(
    session: Session, cast: Cast, many_guides: list[Account], sign_in
) -> None:
    client, address = sign_in(cast.coordinator), f"/groups/{cast.group.id}/edit"
    session.commit()
    many = queries_of(client, address)
    for number in range(700):
        make_account(session, f"More {number}", cast.march, Role.GUIDE)
    session.commit()
    assert queries_of(client, address) == many
