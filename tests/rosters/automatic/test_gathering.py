"""Who is assigned to which groups: what the solver is asked with."""

from datetime import date, datetime

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from marchapp.models import Membership, Participant, PartyKind, Stage, Standing
from marchapp.rosters.assigning.values import GroupSize, Person, Staff
from marchapp.rosters.automatic.choices import Choices, Keep
from marchapp.rosters.automatic.gathering import Gathered, gather
from tests.factories import Cast, make_group, make_participant, make_party, make_stage

PRESENT = Choices(keep=Keep.PRESENT)


def person(gathered: Gathered, who: Participant) -> Person:
    [found] = [one for one in gathered.people if one.id == str(who.id)]
    return found


def ids(gathered: Gathered) -> set[int]:
    return {int(one.id) for one in gathered.people}


def lock(session: Session, who: Participant) -> None:
    session.execute(update(Membership).where(Membership.participant_id == who.id).values(is_locked=True))


def test_only_who_has_a_place_and_consent_is_assigned(session: Session, cast: Cast, now: datetime) -> None:
    newcomer = make_participant(session, cast.march, cast.stage)
    make_participant(session, cast.march, cast.stage, may_take_part=False)
    make_participant(session, cast.march, cast.stage, cancelled_at=now)
    make_participant(session, cast.march, cast.stage, standing=Standing.WAITING, waiting_since=now)
    make_participant(session, cast.march)
    gathered = gather(session, cast.stage, PRESENT)
    assert ids(gathered) == {cast.walker.id, newcomer.id}
    assert gathered.seen_in == {cast.walker.id: cast.group.id, newcomer.id: None}


def test_a_stage_across_the_border_asks_for_consent_to_that(session: Session, cast: Cast) -> None:
    make_participant(session, cast.march, cast.stage, may_cross_border=False)
    assert len(gather(session, cast.stage, PRESENT).people) == 2
    cast.stage.crosses_border = True
    assert ids(gather(session, cast.stage, PRESENT)) == {cast.walker.id}


def test_who_is_in_a_group_without_being_allowed_keeps_the_place(session: Session, cast: Cast) -> None:
    cast.walker.may_take_part = False
    session.flush()
    assert person(gather(session, cast.stage, PRESENT), cast.walker).locked_group == str(cast.group.id)


def test_a_person_is_described_by_what_the_rules_ask(session: Session, cast: Cast) -> None:
    child = make_participant(
        session,
        cast.march,
        cast.stage,
        country="RU",
        language="ru",
        spoken_languages=["en"],
        school="School 3",
        school_class="7B",
    )
    adult = make_participant(
        session, cast.march, cast.stage, birth_date=date(1980, 1, 1), knows_first_aid=True
    )
    gathered = gather(session, cast.stage, PRESENT)
    assert person(gathered, child) == Person(
        id=str(child.id),
        school_class="School 3, 7B",
        country="RU",
        languages=frozenset({"ru", "en"}),
        is_child=True,
    )
    found = person(gathered, adult)
    assert (found.is_child, found.knows_first_aid, found.school_class) == (False, True, "")


def test_guides_are_the_staff_of_their_groups(session: Session, cast: Cast) -> None:
    cast.guide.spoken_languages, cast.guide.knows_first_aid = ["ru", "en"], True
    cast.group.min_size, cast.group.max_size = 3, 9
    unguided = make_group(session, cast.stage, number=3)
    staff = Staff(guides=1, first_aiders=1, adults=1, languages=frozenset({"ru", "en"}))
    groups = gather(session, cast.stage, PRESENT).groups
    assert groups[0] == GroupSize(id=str(cast.group.id), min_size=3, max_size=9, staff=staff)
    assert groups[2] == GroupSize(id=str(unguided.id), min_size=1, max_size=12)


def test_a_family_is_one_unit_and_others_are_none(session: Session, cast: Cast) -> None:
    family = make_party(session, cast.march, kind=PartyKind.FAMILY)
    school_class = make_party(session, cast.march, kind=PartyKind.SCHOOL_CLASS)
    people = [make_participant(session, cast.march, cast.stage, party=family) for _ in range(2)]
    pupil = make_participant(session, cast.march, cast.stage, party=school_class)
    gathered = gather(session, cast.stage, PRESENT)
    units = [person(gathered, one).unit for one in (*people, pupil, cast.walker)]
    assert units == [f"party {family.id}", f"party {family.id}", "", ""]


@pytest.mark.parametrize(
    ("kind", "walks_with_the_guide"),
    [(PartyKind.FAMILY, True), (PartyKind.PERSON, True), (PartyKind.SCHOOL_CLASS, False)],
)
def test_the_own_child_of_a_guide_walks_in_the_guides_group_but_not_a_whole_class(
    session: Session, cast: Cast, kind: PartyKind, walks_with_the_guide: bool
) -> None:
    party = make_party(session, cast.march, kind=kind, contact_email=cast.other_guide.email.upper())
    child = make_participant(session, cast.march, cast.stage, party=party)
    locked = person(gather(session, cast.stage, PRESENT), child).locked_group
    assert locked == (str(cast.other_group.id) if walks_with_the_guide else "")


def test_who_is_locked_stays_and_a_locked_group_is_left_out_with_its_people(
    session: Session, cast: Cast
) -> None:
    other = make_participant(session, cast.march, cast.stage, group=cast.other_group)
    lock(session, cast.walker)
    gathered = gather(session, cast.stage, Choices(keep=Keep.NOTHING))
    assert person(gathered, cast.walker).locked_group == str(cast.group.id)
    assert person(gathered, other).locked_group == ""
    cast.other_group.is_locked = True
    session.flush()
    gathered = gather(session, cast.stage, PRESENT)
    assert ids(gathered) == {cast.walker.id}
    assert [group.id for group in gathered.groups] == [str(cast.group.id)]


@pytest.fixture
def next_stage(session: Session, cast: Cast) -> Stage:
    return make_stage(session, cast.march, number=2)


def test_the_group_of_before_is_that_with_the_same_number(
    session: Session, cast: Cast, next_stage: Stage
) -> None:
    same = make_group(session, next_stage, number=cast.group.number)
    other = make_group(session, next_stage, number=9)
    came_along = make_participant(session, cast.march, cast.stage, next_stage, group=cast.group)
    unmatched = make_participant(session, cast.march, cast.stage, next_stage, group=cast.other_group)
    new = make_participant(session, cast.march, next_stage)
    session.add(Membership(participant_id=new.id, stage_id=next_stage.id, group_id=other.id))
    session.flush()
    wanted = {}
    for keep in Keep:
        gathered = gather(session, next_stage, Choices(keep=keep))
        wanted[keep] = [person(gathered, one).previous_group for one in (came_along, unmatched, new)]
    assert wanted == {
        Keep.PREVIOUS: [str(same.id), "", ""],
        Keep.PRESENT: ["", "", str(other.id)],
        Keep.NOTHING: ["", "", ""],
    }
