"""The groups by rule: every rule counts, each group once, and observers see the same numbers."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marchapp.models import Group, Role
from marchapp.rosters.by_rule import stages_by_rule
from marchapp.rosters.rules import Rule
from tests.factories import Cast, make_account, make_group, make_march, make_participant
from tests.queries import queries_of

PAGE = "/marches/victory/groups/rules?lang=en"


def text_of(client: FlaskClient, address: str = PAGE) -> str:
    page = unescape(client.get(address).get_data(as_text=True))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


@pytest.fixture
def lonely(session: Session, cast: Cast) -> Group:
    """A group of nine children without a guide, in which nobody knows first aid."""
    group = make_group(session, cast.stage, number=7, min_size=1, max_size=20)
    for _ in range(9):
        make_participant(session, cast.march, cast.stage, group=group)
    session.commit()
    return group


def test_a_group_that_breaks_several_rules_counts_once(session: Session, cast: Cast, lonely: Group) -> None:
    [stage] = stages_by_rule(session, cast.march)
    broken = {check.rule: [group.number for group in groups] for check, groups in stage.breaches}
    assert {rule for rule, numbers in broken.items() if 7 in numbers} == {
        Rule.ADULTS,
        Rule.GUIDE,
        Rule.FIRST_AID,
        Rule.LANGUAGES,
    }
    assert stage.in_order + stage.with_problems == stage.groups
    assert stage.with_problems == len({number for numbers in broken.values() for number in numbers})


def test_the_page_names_rules_groups_and_numbers(cast: Cast, lonely: Group, sign_in) -> None:
    words = text_of(sign_in(cast.coordinator))
    for piece in ("Too few adults 1", "No guide", "No first aid", "No common language", "Group 7"):
        assert piece in words
    assert f'href="/groups/{lonely.id}/edit"' in sign_in(cast.coordinator).get(PAGE).text


def test_an_observer_is_not_led_to_where_groups_are_changed(
    session: Session, cast: Cast, lonely: Group, sign_in
) -> None:
    observer = make_account(session, "Olga Observer", cast.march, Role.OBSERVER)
    session.commit()
    page = sign_in(observer).get(PAGE)
    assert page.status_code == 200
    assert "Group 7" in page.text
    assert "/edit" not in page.text


def test_the_overview_fetches_what_the_page_has(cast: Cast, lonely: Group, sign_in) -> None:
    client = sign_in(cast.coordinator)
    overview = client.get("/marches/victory/overview").text
    places = re.findall(r'id="([^"]*)" data-from="([^"]*)"', overview)
    assert [name for name, _address in places] == ["rule-needs", "by-rule"]
    for name, address in places:
        assert f'id="{name}"' in client.get(address).text


def test_a_march_without_groups_says_so(session: Session, sign_in) -> None:
    march = make_march(session, slug="new")
    coordinator = make_account(session, "Nora New", march, Role.COORDINATOR)
    session.commit()
    assert "once a stage has groups" in text_of(sign_in(coordinator), "/marches/new/groups/rules?lang=en")


def test_more_groups_cost_no_more_queries(session: Session, cast: Cast, lonely: Group, sign_in) -> None:
    client = sign_in(cast.coordinator)
    client.get(PAGE)
    few = queries_of(client, PAGE)
    for number in range(20, 30):
        make_participant(
            session, cast.march, cast.stage, group=make_group(session, cast.stage, number=number)
        )
    session.commit()
    assert queries_of(client, PAGE) == few
