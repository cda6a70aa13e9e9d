"""The rules of a group: what is judged, and what the sentences about it say."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from marchapp.models import Account, Category, Group, March, Participant
from marchapp.rosters.rules import Check, Facts, Rule, State, adults_needed, checks, checks_of, facts_of
from marchapp.rosters.words import check_sentence, check_word
from tests.factories import Cast, make_account, make_group, make_participant, make_stage

A_CHILD, A_GROWN_UP = date(2001, 5, 17), date(1980, 5, 17)


def child(session: Session, cast: Cast, group: Group, *languages: str, **given: object) -> Participant:
    return make_participant(
        session, cast.march, cast.stage, group=group, spoken_languages=list(languages), **given
    )


def adult(session: Session, cast: Cast, group: Group, *languages: str, **given: object) -> Participant:
    return child(session, cast, group, *languages, birth_date=A_GROWN_UP, category=Category.OFFICIAL, **given)


def check(session: Session, cast: Cast, group: Group, rule: Rule) -> Check:
    session.flush()
    facts = facts_of(session, cast.stage, [group.id])
    [found] = [one for one in checks_of([group], facts, cast.march)[group.id] if one.rule == rule]
    return found


@pytest.mark.parametrize(
    ("size", "state"),
    [(1, State.TOO_FEW), (2, State.KEPT), (4, State.FULL), (5, State.TOO_MANY)],
)
def test_the_size_is_judged(size: int, state: State) -> None:
    group = Group(number=1, min_size=2, max_size=4)
    [of_size] = [one for one in checks(group, Facts(size=size), March()) if one.rule == Rule.SIZE]
    assert of_size.state == state


@pytest.mark.parametrize(
    ("children", "per_adult", "needed"), [(0, None, 0), (8, None, 1), (9, None, 2), (9, 3, 3), (10, 3, 4)]
)
def test_children_need_adults(children: int, per_adult: int | None, needed: int) -> None:
    assert adults_needed(children, March(children_per_adult=per_adult)) == needed


def test_too_many_children_are_told_with_their_figures(app: Flask, session: Session, cast: Cast) -> None:
    group = make_group(
        session, cast.stage, make_account(session, "Gro Guide", cast.march), number=7, max_size=20
    )
    for _ in range(12):
        child(session, cast, group, "no")
    found = check(session, cast, group, Rule.ADULTS)
    with app.test_request_context():
        assert check_sentence(found, group) == "Group 7 has 12 children and 1 adult; it needs 2 adults."
        assert check_word(found) == "Too few adults"
    adult(session, cast, group, "no")
    assert check(session, cast, group, Rule.ADULTS).is_kept


def test_who_is_a_minor_is_said_by_the_march(session: Session, cast: Cast) -> None:
    cast.march.adult_age = 13
    session.flush()
    facts = facts_of(session, cast.stage)[cast.group.id]
    assert (facts.children, facts.adults) == (0, 2)


def test_a_group_without_guide_or_first_aid_says_so(app: Flask, session: Session, cast: Cast) -> None:
    group = make_group(session, cast.stage, number=5)
    child(session, cast, group)
    with app.test_request_context():
        assert check_sentence(check(session, cast, group, Rule.GUIDE), group) == "Group 5 has no guide."
        words = check_sentence(check(session, cast, group, Rule.FIRST_AID), group)
        assert words == "Nobody in group 5 knows first aid."


@pytest.mark.parametrize("who", ["guide", "walker"])
def test_guides_and_walkers_bring_first_aid_and_are_named(session: Session, cast: Cast, who: str) -> None:
    person: Account | Participant = cast.guide if who == "guide" else cast.walker
    person.knows_first_aid = True
    session.flush()
    assert facts_of(session, cast.stage)[cast.group.id].first_aiders == (person.name,)
    assert check(session, cast, cast.group, Rule.FIRST_AID).is_kept


def test_a_child_needs_an_adult_who_speaks_one_of_its_languages(
    app: Flask, session: Session, cast: Cast
) -> None:
    cast.guide.spoken_languages = ["no", "en"]
    child(session, cast, cast.group, "ru")
    child(session, cast, cast.group, "ru", "en")
    found = check(session, cast, cast.group, Rule.LANGUAGES)
    assert found.facts.unspoken == ((("ru",), 1),)
    with app.test_request_context():
        assert "group 1 no adult speaks a language of 1 child who speaks only Russian" in check_sentence(
            found, cast.group
        )
    adult(session, cast, cast.group, "ru")
    assert check(session, cast, cast.group, Rule.LANGUAGES).is_kept


def test_an_adult_needs_nobody_and_another_child_does_not_help(session: Session, cast: Cast) -> None:
    cast.guide.spoken_languages = ["no"]
    adult(session, cast, cast.group, "fi")
    assert check(session, cast, cast.group, Rule.LANGUAGES).is_kept
    child(session, cast, cast.group, "se")
    child(session, cast, cast.group, "se")
    assert check(session, cast, cast.group, Rule.LANGUAGES).facts.unspoken == ((("se",), 2),)


def test_norwegian_is_one_language_however_it_is_written(session: Session, cast: Cast) -> None:
    cast.guide.language, cast.guide.spoken_languages = "nb", []
    child(session, cast, cast.group, "no")
    assert check(session, cast, cast.group, Rule.LANGUAGES).is_kept


def test_whoever_may_not_walk_any_more_is_told_loudly(app: Flask, session: Session, cast: Cast) -> None:
    abroad = make_stage(session, cast.march, number=2, crosses_border=True)
    group = make_group(session, abroad, number=3)
    person = make_participant(session, cast.march, abroad, group=group)
    found = checks_of([group], facts_of(session, abroad), cast.march)[group.id][0]
    assert (found.rule, found.is_kept) == (Rule.MAY_WALK, False)
    with app.test_request_context():
        assert person.name in check_sentence(found, group)


def test_cancelled_people_count_for_nothing(session: Session, cast: Cast, now) -> None:
    child(session, cast, cast.group, "se", cancelled_at=now, knows_first_aid=True)
    facts = facts_of(session, cast.stage)[cast.group.id]
    assert (facts.size, facts.children, facts.first_aiders) == (1, 1, ())
