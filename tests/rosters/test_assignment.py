"""The assignment: what holds for every crowd, what each lack is called, and what stays the same."""

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marchapp.rosters.assignment import (
    Assignment,
    GroupSize,
    Nationality,
    Options,
    Person,
    Progress,
    Rule,
    Staff,
    Status,
    assign,
)
from tests.rosters.checking import broken_rules, extra_groups_of_classes, torn_units
from tests.rosters.crowds import Crowd, crowd

QUICK = Options(time_limit_s=1.0)
ALL_SKILLS = Staff(guides=1, first_aiders=1, adults=1)
LANGUAGES = st.frozensets(st.sampled_from(["no", "ru", "en"]), max_size=2)
GROUP_IDS = st.sampled_from(["", "", "", "1", "2", "9"])
PERSON = st.builds(
    Person,
    id=st.just(""),
    unit=st.sampled_from(["", "", "", "a", "b"]),
    school_class=st.sampled_from(["", "4A", "4B"]),
    country=st.sampled_from(["", "no", "ru"]),
    languages=LANGUAGES,
    is_child=st.booleans(),
    is_guide=st.booleans(),
    knows_first_aid=st.booleans(),
    previous_group=GROUP_IDS,
    locked_group=GROUP_IDS,
)
STAFF = st.builds(
    Staff,
    guides=st.integers(0, 1),
    first_aiders=st.integers(0, 1),
    adults=st.integers(0, 1),
    languages=LANGUAGES,
)


@st.composite
def anybody(draw: st.DrawFn) -> tuple[list[Person], list[GroupSize]]:
    people = [replace(person, id=f"p{n}") for n, person in enumerate(draw(st.lists(PERSON, max_size=14)))]
    groups = []
    for number in range(draw(st.integers(0, 3))):
        least = draw(st.integers(0, 3))
        most = least + draw(st.integers(0, 6))
        groups.append(GroupSize(id=str(number + 1), min_size=least, max_size=most, staff=draw(STAFF)))
    return people, groups


def children(count: int, **facts: object) -> list[Person]:
    return [Person(id=f"c{number}", is_child=True, **facts) for number in range(count)]  # type: ignore[arg-type]


def texts(found: Assignment) -> list[str]:
    return [fact.text for fact in found.broken]


@settings(max_examples=60, deadline=None)
@given(anybody(), st.sampled_from(Nationality), st.booleans())
def test_whatever_is_asked_units_stay_together_and_what_is_broken_is_told(
    asked: tuple[list[Person], list[GroupSize]], nationality: Nationality, repair: bool
) -> None:
    people, groups = asked

    found = assign(people, groups, replace(QUICK, nationality=nationality, repair=repair))

    assert not torn_units(people, found)
    told = {(fact.rule.value, fact.group) for fact in found.broken if fact.group}
    told |= {("unplaced", "") for fact in found.broken if fact.rule == Rule.UNPLACED}
    assert broken_rules(people, groups, found) == told
    assert (found.status == Status.RELAXED) == bool(found.broken)
    assert found.bound <= found.cost == sum(found.cost_by_rule.values())
    assert all(fact.text.endswith(".") for fact in found.broken)
    _assert_locks_kept(people, groups, found)


def _assert_locks_kept(people: list[Person], groups: list[GroupSize], found: Assignment) -> None:
    clashing = {name for fact in found.broken if fact.rule == Rule.LOCK for name in fact.people}
    known = {group.id for group in groups}
    for person in people:
        if person.locked_group and person.id not in clashing:
            assert person.locked_group in known
            assert found.assignments[person.id] == person.locked_group


@settings(max_examples=15, deadline=None)
@given(anybody(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter_for_the_cost(
    asked: tuple[list[Person], list[GroupSize]], chance: object
) -> None:
    people, groups = asked
    shuffled = list(people)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    first, second = (assign(order, groups, QUICK) for order in (people, shuffled))

    if first.cost == first.bound and not any(fact.rule == Rule.LOCK for fact in first.broken):
        assert second.cost == first.cost


@pytest.mark.parametrize("size", [(60, 5), (300, 25)])
def test_the_same_seed_gives_the_same_roster(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marchapp.rosters.assigning.search.WORK_PER_S_AT_ONCE", 0.005)
    monkeypatch.setattr("marchapp.rosters.assigning.search.WORK_PER_S_IN_PARTS", 0.002)
    people, groups = crowd(Crowd(people=size[0], groups=size[1]))

    first, second = (assign(people, groups, Options(seed=3)) for _ in range(2))

    assert first.repeatable
    assert first.assignments == second.assignments
    assert (first.cost, first.bound) == (second.cost, second.bound)


class _Stopping:
    """Says stop after so many seconds of search, and remembers what it was told."""

    def __init__(self, after_s: float) -> None:
        self.after_s = after_s
        self.told: list[Progress] = []

    def __call__(self, progress: Progress) -> bool:
        self.told.append(progress)
        return progress.seconds < self.after_s


def test_a_stopped_search_gives_the_best_found() -> None:
    people, groups = crowd(Crowd(people=400, groups=33))
    stopping = _Stopping(1.0)

    found = assign(people, groups, progress=stopping)

    assert found.seconds < 20
    assert not found.repeatable
    assert not broken_rules(people, groups, found)
    assert min(told.cost for told in stopping.told) >= found.cost
    assert all(told.bound <= found.cost for told in stopping.told)


@pytest.mark.parametrize("uneven", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_rules_hold_for_hundreds_and_classes_stay_near(seed: int, uneven: bool) -> None:
    people, groups = crowd(Crowd(people=400, groups=33, seed=seed, uneven=uneven))

    found = assign(people, groups, Options(time_limit_s=2.0))

    assert found.status in (Status.FEASIBLE, Status.OPTIMAL)
    assert not broken_rules(people, groups, found)
    assert not torn_units(people, found)
    assert found.cost_by_rule["classes"] == 12 * extra_groups_of_classes(people, found)


def test_just_enough_guides_are_spread_over_all_groups() -> None:
    people, groups = crowd(Crowd(people=300, groups=25, staff=1.0))

    found = assign(people, groups, Options(time_limit_s=3.0))

    assert not {rule for rule, _ in broken_rules(people, groups, found)} & {"guide", "first_aid"}


def test_too_few_guides_are_counted_and_said_to_be_too_few() -> None:
    people, groups = crowd(Crowd(people=300, groups=25, staff=0.88))

    found = assign(people, groups, Options(time_limit_s=3.0))

    lacking = [fact for fact in found.broken if fact.rule == Rule.GUIDE]
    assert lacking[0].group == ""
    assert lacking[0].count == len(lacking) - 1
    if lacking[0].proven:
        assert (
            lacking[0].text
            == f"The stage lacks {['no', 'one', 'two', 'three'][lacking[0].count]} guides in all."
        )


def test_a_small_march_is_proven() -> None:
    people, groups = crowd(Crowd(people=50, groups=4))

    found = assign(people, groups, Options(time_limit_s=30.0))

    assert found.status == Status.OPTIMAL
    assert found.cost == found.bound


def test_a_missing_speaker_is_named_by_the_language() -> None:
    groups = [GroupSize(id="7", min_size=1, max_size=9, staff=ALL_SKILLS)]

    found = assign(children(2, languages=frozenset({"ru"})), groups)

    assert texts(found) == [
        "The stage lacks one Russian speaker in all.",
        "Group 7 lacks a Russian speaker: two children speak nothing else.",
    ]
    assert found.broken[1].language == "ru"


def test_a_speaker_of_the_staff_is_enough() -> None:
    groups = [
        GroupSize(id=str(n), min_size=1, max_size=9, staff=replace(ALL_SKILLS, languages=frozenset(spoken)))
        for n, spoken in enumerate([{"no"}, {"ru"}])
    ]
    walkers = [*children(3, languages=frozenset({"ru"})), Person(id="a")]

    found = assign(walkers, groups)

    assert found.status == Status.OPTIMAL
    assert found.assignments["a"] == "0"


def test_each_missing_skill_has_its_sentence() -> None:
    found = assign(children(9), [GroupSize(id="1", min_size=10, max_size=12)])

    assert texts(found)[4:] == [
        "Group 1 has 9 people; it needs at least 10.",
        "Group 1 lacks two adults: nine children with no adults, at most 8 to each.",
        "Group 1 lacks a guide.",
        "Group 1 lacks a first-aider.",
    ]
    assert all(fact.proven for fact in found.broken[:4])
    assert texts(found)[0] == "The stage lacks one guide in all."


def test_more_people_than_places_leaves_the_fewest_without_a_group() -> None:
    found = assign(
        children(14), [GroupSize(id="1", min_size=1, max_size=10, staff=replace(ALL_SKILLS, adults=2))]
    )

    assert list(found.assignments.values()).count(None) == 4
    assert texts(found) == ["4 people have no group: there is no room for them."]


def test_a_unit_larger_than_every_group_waits_and_is_named() -> None:
    walkers = [Person(id=f"p{n}", unit="big") for n in range(4)] + [Person(id="x")]

    found = assign(walkers, [GroupSize(id="1", min_size=0, max_size=3, staff=ALL_SKILLS)])

    assert found.assignments["x"] == "1"
    assert texts(found) == ["p0, p1, p2 and p3 stay together: 4 people, but the largest group holds 3."]


def test_too_few_people_fill_few_groups_and_leave_the_others_empty() -> None:
    groups = [GroupSize(id=str(n), min_size=8, max_size=12, staff=ALL_SKILLS) for n in range(4)]

    found = assign([Person(id=f"p{n}") for n in range(17)], groups)

    sizes = sorted(list(found.assignments.values()).count(group.id) for group in groups)
    assert sizes[-2:] == [8, 9] or sizes[2] >= 8


def test_more_locked_than_a_group_holds_stay_locked() -> None:
    groups = [GroupSize(id=n, min_size=0, max_size=2, staff=ALL_SKILLS) for n in "12"]

    found = assign([Person(id=f"p{n}", locked_group="1") for n in range(3)], groups)

    assert set(found.assignments.values()) == {"1"}
    assert texts(found) == ["Group 1 has 3 people locked to it, but holds 2."]


def test_contradicting_and_unknown_locks_are_told() -> None:
    groups = [GroupSize(id=n, min_size=0, max_size=4, staff=ALL_SKILLS) for n in "12"]
    walkers = [
        Person(id="a", unit="u", locked_group="1"),
        Person(id="b", unit="u", locked_group="2"),
        Person(id="c", locked_group="9"),
    ]

    found = assign(walkers, groups)

    assert found.assignments["a"] == found.assignments["b"] == "1"
    assert found.assignments["c"] is not None
    assert texts(found) == [
        "The unit u is locked to several groups at once: 1 and 2.",
        "Person c is locked to 9, which is not a group of this stage.",
    ]


def test_nobody_and_no_groups_are_answered() -> None:
    assert assign([], []).status == Status.OPTIMAL
    assert assign([Person(id="a")], []).assignments == {"a": None}
    assert assign([], [GroupSize(id="1", min_size=3, max_size=5)]).status == Status.RELAXED


@pytest.mark.parametrize(
    ("nationality", "together"), [(Nationality.SEPARATE, True), (Nationality.MIXED, False)]
)
def test_countries_walk_apart_or_mixed_as_asked(nationality: Nationality, together: bool) -> None:
    groups = [GroupSize(id=n, min_size=4, max_size=6, staff=ALL_SKILLS) for n in "12"]
    walkers = [Person(id=f"{country}{n}", country=country) for country in ("no", "ru") for n in range(5)]

    found = assign(walkers, groups, Options(nationality=nationality))

    of_norway = [found.assignments[f"no{n}"] for n in range(5)]
    assert (len(set(of_norway)) == 1) == together
    assert found.cost_by_rule["nationality"] == 0


def test_a_repair_moves_as_few_as_possible() -> None:
    people, groups = crowd(Crowd(people=100, groups=8))
    before = assign(people, groups, Options(time_limit_s=2.0)).assignments
    left = [person for person in people if not (person.is_guide and before[person.id] == "1")]
    left = [replace(person, previous_group=before[person.id] or "") for person in left]
    lost = {"guide", "first_aid", "language", "children_per_adult", "min_size"}

    found = assign(left, groups, Options(time_limit_s=15.0, repair=True))

    moved = sum(found.assignments[person.id] != person.previous_group for person in left)
    assert not broken_rules(left, groups, found) & {(rule, "1") for rule in lost}
    assert found.cost_by_rule["previous"] == 1000 * moved
    assert 0 < moved <= 6
    assert found.bound > 1000 * (moved - 1)


def test_twice_the_same_id_is_refused() -> None:
    with pytest.raises(ValueError, match="same id"):
        assign([Person(id="a"), Person(id="a")], [])


def test_it_needs_no_web_framework_and_comparing_no_solver() -> None:
    alone = "import sys, marchapp.rosters.assignment; assert 'flask' not in sys.modules"
    compare = "import sys, marchapp.commands.compare; assert 'ortools' not in sys.modules"

    for program in (alone, compare):
        assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
