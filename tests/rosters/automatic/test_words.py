"""What is missing, and why something was refused, is said in sentences."""

import pytest
from flask import Flask

from marchapp.rosters.assigning.values import Rule
from marchapp.rosters.automatic import words
from marchapp.rosters.automatic.applying import ChangedMeanwhile, NobodyLeft, NotOpen, Obstacle
from marchapp.rosters.automatic.facts import GroupFacts
from marchapp.rosters.automatic.preview import Missing
from marchapp.rosters.automatic.results import BrokenRule

HARD = [rule for rule in Rule if rule not in ("classes", "previous", "nationality", "sizes")]


@pytest.fixture(autouse=True)
def request_context(app: Flask):
    with app.test_request_context(headers={"Accept-Language": "en"}):
        yield


def missing(rule: str, number: int | None, **facts: object) -> Missing:
    return Missing(BrokenRule(rule=rule, group_id=number, **facts), number, ["Nora Ny"])


@pytest.mark.parametrize("number", [7, None])
def test_every_rule_has_a_sentence_of_its_own(number: int | None) -> None:
    said = {words.what_is_missing(missing(rule, number, count=2, language="ru")) for rule in HARD}
    assert len(said) == len(HARD)
    assert all(sentence.endswith(".") and "%" not in sentence for sentence in said)


def test_a_sentence_names_group_number_and_language() -> None:
    assert words.what_is_missing(missing("min_size", 7, count=2)) == (
        "Group 7 lacks 2 people to its smallest size."
    )
    assert "no adult speaks Russian" in words.what_is_missing(missing("language", 7, language="ru"))
    assert words.what_is_missing(missing("guide", None, count=2)) == "The stage lacks 2 guides in all."


def test_people_without_a_place_are_named_the_first_few_of_them() -> None:
    assert words.what_is_missing(missing("unplaced", None, count=3)) == (
        "3 people find no place in a group: Nora Ny, and 2 more people."
    )


@pytest.mark.parametrize("rule", list(Rule))
def test_every_rule_has_a_name(rule: Rule) -> None:
    assert words.rule_word(rule) != rule


def test_a_badge_names_what_a_group_lacks() -> None:
    lacks = ("too_many", "too_small", "children", "guide", "first_aid", "languages")
    facts = GroupFacts(size=1, children=1, adults=0, lacks=lacks, languages=("nb", "ru"))
    said = words.lacks_of(facts)
    assert len(set(said)) == len(lacks)
    assert said[-1] == "No adult speaks Norwegian Bokmål, Russian"


def test_a_refusal_says_who_is_where_now_and_how_many_more() -> None:
    found = [Obstacle("elsewhere", "Nora Ny", 4), Obstacle("elsewhere", "Per Bo", None)]
    found += [Obstacle(kind, "Kim", 1) for kind in ("away", "locked", "not_allowed", "group_closed")]
    said = words.why_not_applied(ChangedMeanwhile(found))
    assert "Nora Ny is in group 4 now, Per Bo is in no group now, Kim does not walk" in said
    assert "and 1 more person" in said
    assert len({words.why_not_applied(one) for one in (NobodyLeft(), NotOpen())}) == 2
