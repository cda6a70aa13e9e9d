"""The tracks of all groups of a stage: who sees which, what is said first, the order, and the common map."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from marchapp.models import Account, Group, PublishedGuide, Stage
from marchapp.tracks import services
from tests.factories import Cast, make_group
from tests.queries import queries_of
from tests.tracks.walks import save_track, walk_gpx

SignIn = Callable[[Account], FlaskClient]
PAGE = "/marches/victory/stages/1/tracks"
MAP = f"{PAGE}/map.json"


@pytest.fixture
def walked(session: Session, stage: Stage, cast: Cast, now: datetime) -> Stage:
    """The first group left the route and came in on time, the other one is late."""
    upload(session, cast.group, walk_gpx(off=(800, 1800)), now)
    late = walk_gpx(starts_at=stage.starts_at.replace(minute=30))
    upload(session, cast.other_group, late, now)
    return stage


def upload(session: Session, group: Group, content: bytes, now: datetime) -> None:
    save_track(session, group=group, content=content, now=now)
    session.commit()


@pytest.mark.parametrize("name", ["coordinator", "guide"])
def test_the_map_loads_the_whole_line_of_a_track(
    walked: Stage, cast: Cast, sign_in: SignIn, name: str
) -> None:
    client = sign_in(getattr(cast, name))
    [track, *_] = client.get(MAP).json["tracks"]
    line = client.get(f"/tracks/{track['id']}/line.json").json
    assert len(line["lat"]) == len(line["lon"]) == sum(count for _kind, count in line["kinds"]) + 1


def test_others_get_no_line(walked: Stage, cast: Cast, client: FlaskClient, sign_in: SignIn) -> None:
    [track, *_] = sign_in(cast.coordinator).get(MAP).json["tracks"]
    assert sign_in(cast.other_guide).get(f"/tracks/{track['id']}/line.json").status_code == 403
    assert sign_in(cast.coordinator).get("/tracks/999999/line.json").status_code == 404


def groups_on_map(client: FlaskClient) -> list[int]:
    return [track["group"] for track in client.get(MAP).json["tracks"]]


def order_of(page: str) -> list[str]:
    return re.findall(r'<th scope="row">.*?(Group \d+)', page, re.DOTALL)


def test_coordinators_see_all_groups_and_guides_their_own(walked: Stage, cast: Cast, sign_in: SignIn) -> None:
    both = [cast.group.number, cast.other_group.number]
    for account, numbers in ((cast.coordinator, both), (cast.guide, both[:1]), (cast.other_guide, both[1:])):
        client = sign_in(account)
        assert groups_on_map(client) == numbers
        assert order_of(client.get(PAGE).text) == [f"Group {number}" for number in numbers]


@pytest.mark.parametrize("address", [PAGE, MAP])
def test_others_see_nothing_before_the_march_shows_its_comparisons(
    session: Session, walked: Stage, cast: Cast, client: FlaskClient, sign_in: SignIn, address: str
) -> None:
    assert client.get(address).status_code == 302
    assert sign_in(cast.other_coordinator).get(address).status_code == 403
    cast.march.shows_comparisons = True
    session.commit()
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("address", [PAGE, MAP])
def test_a_guide_without_a_group_on_this_stage_sees_nothing(
    session: Session, walked: Stage, cast: Cast, sign_in: SignIn, address: str
) -> None:
    session.execute(update(PublishedGuide).values(is_out=True))
    session.commit()
    assert sign_in(cast.other_guide).get(address).status_code == 403


@pytest.mark.parametrize("address", [PAGE, MAP])
def test_a_march_that_is_hidden_does_not_show_that_it_exists(
    session: Session, walked: Stage, cast: Cast, client: FlaskClient, address: str
) -> None:
    cast.march.shows_comparisons, cast.march.is_public = True, False
    session.commit()
    assert client.get(address).status_code == 404


def test_a_stage_that_is_not_there_is_not_found(cast: Cast, sign_in: SignIn) -> None:
    assert sign_in(cast.coordinator).get("/marches/victory/stages/9/tracks").status_code == 404


def test_coordinators_read_first_who_left_the_route_came_late_or_sent_nothing(
    session: Session, walked: Stage, cast: Cast, sign_in: SignIn
) -> None:
    make_group(session, walked, number=77)
    session.commit()
    page = sign_in(cast.coordinator).get(PAGE).text
    first = page[page.index("Look at these first") : page.index("The groups compared")]
    said = dict(re.findall(r"</svg>([A-Z][a-z ]+)</span></dt>\s*<dd>.*?>(Group \d+)", first))
    assert said == {
        "Sent nothing": "Group 77",
        "Left the route": f"Group {cast.group.number}",
        "Came in late": f"Group {cast.other_group.number}",
    }
    assert "Look at these first" not in sign_in(cast.guide).get(PAGE).text


def test_the_table_is_sorted_by_its_address(walked: Stage, cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.coordinator)
    one, other = f"Group {cast.group.number}", f"Group {cast.other_group.number}"
    assert order_of(client.get(f"{PAGE}?sort=-left").text) == [one, other]
    assert order_of(client.get(f"{PAGE}?sort=left").text) == [other, one]
    assert order_of(client.get(f"{PAGE}?sort=-finish").text) == [other, one]
    assert order_of(client.get(f"{PAGE}?sort=nonsense").text) == [one, other]
    assert 'aria-sort="descending"' in client.get(f"{PAGE}?sort=-left").text


def test_many_groups_take_several_pages_and_the_first_of_each_concern_are_named(
    session: Session, walked: Stage, cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marchapp.tracks.stage.GROUPS_A_PAGE", 2)
    monkeypatch.setattr("marchapp.tracks.stage.MOST_NAMED", 1)
    for number in (77, 78, 79):
        make_group(session, walked, number=number)
    session.commit()
    client = sign_in(cast.coordinator)
    first, last = client.get(f"{PAGE}?sort=-left").text, client.get(f"{PAGE}?sort=-left&page=9").text
    assert order_of(first) == [f"Group {cast.group.number}", f"Group {cast.other_group.number}"]
    assert order_of(last) == ["Group 79"]
    assert "sort=-left&amp;page=2#groups" in first
    assert "2 of 5 groups are on the map" in last
    assert "and 2 more" in first


def test_a_recording_that_waits_is_in_the_table_and_not_on_the_map(
    session: Session, stage: Stage, cast: Cast, now: datetime, sign_in: SignIn
) -> None:
    begun = services.begin(session, group=cast.group)
    services.keep(session, begun, [begun.examine(walk_gpx())], None, by=None, now=now)
    session.commit()
    client = sign_in(cast.coordinator)
    assert "Being compared" in client.get(PAGE).text
    assert groups_on_map(client) == []


def test_a_stage_without_a_planned_route_has_a_table_and_no_map(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.coordinator)
    assert "No recording yet" in client.get(PAGE).text
    assert client.get(MAP).status_code == 404


def test_thirty_groups_take_as_many_queries_as_two_and_their_map_is_small(
    session: Session, walked: Stage, cast: Cast, now: datetime, sign_in: SignIn
) -> None:
    client = sign_in(cast.coordinator)
    few = queries_of(client, PAGE), queries_of(client, MAP)
    for number in range(100, 128):
        group = make_group(session, walked, number=number)
        upload(session, group, walk_gpx(interval_s=1.0, noise_m=3.0, to_m=3000.0 + number), now)
    assert (queries_of(client, PAGE), queries_of(client, MAP)) == few
    answer = client.get(MAP)
    assert len(answer.json["tracks"]) == 30
    assert len(answer.data) < 400_000


def test_the_stage_and_the_overview_lead_here(walked: Stage, cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.coordinator)
    for address in ("/marches/victory/stages/1", "/marches/victory/overview"):
        assert f'href="{PAGE}"' in client.get(address).text
