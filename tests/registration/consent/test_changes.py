"""What becomes of consents when the answers of a sign-up change."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import ConsentAnswer, Guardian, Participant, Purpose
from marchapp.registration.consent.state import State
from marchapp.registration.people import GuardianAnswers, Person
from marchapp.registration.services import cancel, change_person, restore
from tests.registration.consent.conftest import ALWAYS, NOW, Family, consents, let_answer

LATER = NOW + timedelta(hours=1)
SIRI = GuardianAnswers(name="Siri Hansen", email="siri@example.org", language="nb")
IVAN = GuardianAnswers(name="Ivan Hansen", email="ivan@example.org", language="ru")


def answers_of(child: Participant, *guardians: GuardianAnswers) -> Person:
    """Return what is written about a child, with other guardians."""
    plain = {
        name: getattr(child, name)
        for name in Person.__dataclass_fields__
        if name not in ("stage_ids", "guardians", "documents", "notarised", "spoken_languages")
    }
    stage_ids = frozenset(entry.stage_id for entry in child.entries)
    return Person(**plain, stage_ids=stage_ids, guardians=guardians)


def guardian(session: Session, child: Participant, name: str) -> Guardian:
    session.expire_all()
    return next(one for one in child.guardians if one.name == name)


def test_guardians_who_stay_keep_their_answers(session: Session, family: Family) -> None:
    let_answer(session, family.mother)
    moved = replace(SIRI, email="siri.hansen@example.org", phone="+47 406 00 000")
    change_person(session, family.child, answers_of(family.child, moved, IVAN), now=LATER)
    session.commit()
    mother = guardian(session, family.child, "Siri Hansen")
    assert mother.email == "siri.hansen@example.org"
    assert consents(session, family.child).of(mother, Purpose.TAKING_PART).state == State.GIVEN


def test_somebody_else_in_the_place_of_a_guardian_is_asked(session: Session, family: Family) -> None:
    for one in family.child.guardians:
        let_answer(session, one)
    assert family.child.may_take_part
    other = GuardianAnswers(name="Kari Berg", email="kari@example.org", language="en")
    change_person(session, family.child, answers_of(family.child, other, IVAN), now=LATER)
    session.commit()
    found = consents(session, family.child)
    assert found.of(guardian(session, family.child, "Kari Berg"), Purpose.TAKING_PART).state == State.ASKED
    assert not family.child.may_take_part
    kept = session.scalars(select(ConsentAnswer).where(ConsentAnswer.typed_name == "Siri Hansen")).all()
    assert len(kept) == 2 * len(ALWAYS)  # of both, whose answers were typed with one name
    assert not any(answer.is_by_child for answer in kept)


def test_two_guardians_can_change_places(session: Session, family: Family) -> None:
    change_person(session, family.child, answers_of(family.child, IVAN, SIRI), now=LATER)
    session.commit()
    session.expire_all()
    assert [(one.position, one.name) for one in family.child.guardians] == [
        (1, "Ivan Hansen"),
        (2, "Siri Hansen"),
    ]


def test_a_guardian_less_leaves_the_other_to_decide(session: Session, family: Family) -> None:
    let_answer(session, family.mother)
    change_person(session, family.child, answers_of(family.child, SIRI), now=LATER)
    session.commit()
    assert family.child.may_take_part


def test_coordinators_see_that_a_guardian_who_said_no_was_dropped(
    session: Session, family: Family, sign_in
) -> None:
    let_answer(session, family.mother)
    client, address = sign_in(family.coordinator), f"/participants/{family.child.id}/consents"
    session.commit()
    assert "was then taken from the guardians" not in client.get(address).text
    let_answer(session, family.father, no=[Purpose.TAKING_PART], name="Ivan Hansen")
    change_person(session, family.child, answers_of(family.child, SIRI), now=LATER)
    session.commit()
    assert "Ivan Hansen said no" in client.get(address).text


def test_a_stage_across_the_border_is_asked_about(session: Session, family: Family) -> None:
    for one in family.child.guardians:
        let_answer(session, one)
    person = answers_of(family.child, SIRI, IVAN)
    both = frozenset({family.home.id, family.abroad.id})
    change_person(session, family.child, replace(person, stage_ids=both), now=LATER)
    session.commit()
    found = consents(session, family.child)
    assert found.of(family.mother, Purpose.BORDER_CROSSING).state == State.ASKED
    assert (found.may_take_part, found.are_enough) == (True, False)


def test_an_older_birth_date_makes_an_adult_who_needs_nobody(session: Session, family: Family) -> None:
    person = answers_of(family.child)
    grown_up = person.birth_date.replace(year=person.birth_date.year - 20)
    change_person(session, family.child, replace(person, birth_date=grown_up), now=LATER)
    session.commit()
    assert (family.child.may_take_part, family.child.place_held_until) == (True, None)


def test_who_is_restored_has_the_whole_time_again(session: Session, family: Family) -> None:
    cancel(session, family.child, now=LATER)
    session.commit()
    assert family.child.place_held_until is None
    back = NOW + timedelta(days=10)
    restore(session, family.child, now=back, by=family.coordinator)
    session.commit()
    assert family.child.place_held_until == back + timedelta(days=family.march.days_for_consent)
