"""Asking, answering and what follows: every state a consent can be in, and every way it can change."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marchapp.models import (
    Answer,
    AuditEvent,
    ConsentAnswer,
    ConsentText,
    Guardian,
    Membership,
    PrivateLink,
    Purpose,
    StageEntry,
    Standing,
)
from marchapp.registration.consent import services
from marchapp.registration.consent.links import LinkUsed, send_link
from marchapp.registration.consent.state import State
from marchapp.registration.consent.texts import (
    NothingNew,
    WrittenMeanwhile,
    current_texts,
    digest_of,
    write_text,
)
from tests.factories import make_group
from tests.registration.consent.conftest import (
    ALWAYS,
    NOW,
    Family,
    consents,
    given,
    let_answer,
    link_of,
    make_child,
    make_family,
)

LATER = NOW + timedelta(hours=1)


def states(session: Session, guardian: Guardian) -> dict[Purpose, State]:
    found = consents(session, guardian.participant)
    return {purpose: found.of(guardian, purpose).state for purpose in Purpose}


def put_into_group(session: Session, family: Family, *stages: object) -> None:
    for stage in stages:
        group = make_group(session, stage)
        session.add(Membership(participant_id=family.child.id, stage_id=stage.id, group_id=group.id))
    session.commit()


def groups_of(session: Session, family: Family) -> set[int]:
    query = select(Membership.stage_id).where(Membership.participant_id == family.child.id)
    return set(session.scalars(query))


def walk_abroad(session: Session, family: Family) -> None:
    family.child.entries.append(StageEntry(stage_id=family.abroad.id))
    session.flush()
    services.refresh(session, family.child, now=NOW)
    session.commit()


def test_each_guardian_is_asked_what_concerns_the_child(session: Session, family: Family) -> None:
    for guardian in family.child.guardians:
        asked = states(session, guardian)
        assert [purpose for purpose in Purpose if asked[purpose] == State.ASKED] == ALWAYS
        assert link_of(session, guardian).is_open(NOW)
    assert not family.child.may_take_part
    assert family.child.place_held_until == NOW + timedelta(days=family.march.days_for_consent)


def test_the_border_and_health_are_asked_where_they_matter(session: Session) -> None:
    family = make_family(session, health_notes="Allergic to nuts", has_health_notes=True)
    walk_abroad(session, family)
    assert set(states(session, family.mother).values()) == {State.ASKED}


def test_an_adult_is_not_asked(session: Session) -> None:
    family = make_family(session, guardians=0)
    adult = make_child(session, family.march, birth_date=NOW.date().replace(year=NOW.year - 30, day=1))
    services.ask(session, [adult], now=NOW)
    assert (adult.may_take_part, adult.may_cross_border, adult.place_held_until) == (True, True, None)


def test_a_child_in_line_is_asked_but_holds_no_place(session: Session) -> None:
    family = make_family(session, standing=Standing.WAITING, waiting_since=NOW)
    services.ask(session, [family.child], now=NOW)
    assert states(session, family.mother)[Purpose.TAKING_PART] == State.ASKED
    assert family.child.place_held_until is None


def test_both_guardians_must_consent(session: Session, family: Family) -> None:
    let_answer(session, family.mother)
    assert not consents(session, family.child).may_take_part
    assert not family.child.may_take_part
    let_answer(session, family.father)
    assert consents(session, family.child).may_take_part
    assert family.child.may_take_part
    assert family.child.place_held_until is None


def test_the_second_guardian_can_refuse(session: Session, family: Family) -> None:
    let_answer(session, family.mother)
    let_answer(session, family.father, no=[Purpose.TAKING_PART])
    assert states(session, family.father)[Purpose.TAKING_PART] == State.REFUSED
    assert not family.child.may_take_part
    assert family.child.place_held_until == NOW + timedelta(days=family.march.days_for_consent)


def test_a_child_without_guardians_may_not_take_part(session: Session) -> None:
    family = make_family(session, guardians=0)
    services.ask(session, [family.child], now=NOW)
    assert not family.child.may_take_part


def test_what_else_is_refused_keeps_nobody_from_walking(session: Session, family: Family) -> None:
    others = set(ALWAYS) - {Purpose.TAKING_PART}
    for guardian in family.child.guardians:
        let_answer(session, guardian, no=others)
    assert family.child.may_take_part
    assert consents(session, family.child).is_denied(Purpose.PHOTOGRAPHS)


def test_the_border_is_crossed_only_with_consent_to_that(session: Session, family: Family) -> None:
    walk_abroad(session, family)
    for guardian in family.child.guardians:
        let_answer(session, guardian, yes=[*ALWAYS, Purpose.BORDER_CROSSING])
    assert family.child.may_cross_border
    put_into_group(session, family, family.home, family.abroad)

    let_answer(session, family.father, no=[Purpose.BORDER_CROSSING], yes=[], now=LATER)
    assert family.child.may_take_part
    assert not family.child.may_cross_border
    assert groups_of(session, family) == {family.home.id}
    assert family.child.left_groups_at == LATER


def test_a_withdrawal_takes_the_child_out_of_its_groups_at_once(session: Session, family: Family) -> None:
    for guardian in family.child.guardians:
        let_answer(session, guardian)
    put_into_group(session, family, family.home)
    let_answer(session, family.mother, no=[Purpose.TAKING_PART], yes=[], now=LATER)

    assert states(session, family.mother)[Purpose.TAKING_PART] == State.WITHDRAWN
    assert groups_of(session, family) == set()
    assert family.child.left_groups_at == LATER
    assert family.child.place_held_until == LATER + timedelta(days=family.march.days_for_consent)
    assert "consent.left_groups" in session.scalars(select(AuditEvent.action)).all()

    let_answer(session, family.mother, yes=[Purpose.TAKING_PART], now=LATER + timedelta(hours=1))
    assert family.child.may_take_part
    assert family.child.left_groups_at is None


def test_every_answer_is_kept_with_its_text_name_and_time(session: Session, family: Family) -> None:
    let_answer(session, family.mother)
    let_answer(session, family.mother, no=[Purpose.PHOTOGRAPHS], yes=[], now=LATER)
    kept = session.scalars(
        select(ConsentAnswer).where(ConsentAnswer.purpose == Purpose.PHOTOGRAPHS).order_by(ConsentAnswer.id)
    ).all()
    assert [(one.answer, one.at) for one in kept] == [(Answer.GIVEN, NOW), (Answer.WITHDRAWN, LATER)]
    assert {one.typed_name for one in kept} == {"Siri Hansen"}
    assert {one.text.sha256 for one in kept} == {digest_of(kept[0].text.text)}


def test_refused_health_data_is_deleted(session: Session) -> None:
    family = make_family(session, health_notes="Allergic to nuts", has_health_notes=True)
    services.ask(session, [family.child], now=NOW)
    let_answer(session, family.mother, yes=[*ALWAYS, Purpose.HEALTH_DATA])
    session.expire_all()
    assert family.child.health_notes == "Allergic to nuts"
    let_answer(session, family.father, no=[Purpose.HEALTH_DATA])
    session.expire_all()
    assert (family.child.health_notes, family.child.has_health_notes) == ("", False)
    assert family.child.may_take_part


def test_notes_written_after_a_refusal_are_asked_about_anew(session: Session) -> None:
    family = make_family(session, guardians=1, health_notes="Allergic to nuts", has_health_notes=True)
    services.ask(session, [family.child], now=NOW)
    let_answer(session, family.mother, no=[Purpose.HEALTH_DATA])
    family.child.health_notes, family.child.has_health_notes = "Needs an inhaler", True
    services.refresh(session, family.child, now=LATER)
    session.commit()
    assert states(session, family.mother)[Purpose.HEALTH_DATA] == State.ASKED_AGAIN
    assert family.child.health_notes == "Needs an inhaler"


def test_the_childs_own_yes_and_no_are_recorded(session: Session, family: Family) -> None:
    let_answer(session, family.mother, child=True)
    let_answer(session, family.father)
    assert consents(session, family.child).assent.state == State.GIVEN
    assert family.child.may_take_part

    let_answer(session, family.father, yes=[], child=False, now=LATER)
    assert consents(session, family.child).assent.state == State.WITHDRAWN
    assert not family.child.may_take_part
    assert states(session, family.father)[Purpose.TAKING_PART] == State.GIVEN


@pytest.mark.parametrize(("years", "is_asked"), [(11, False), (12, True), (17, True)])
def test_a_child_is_asked_itself_from_the_age_of_assent_on(
    session: Session, years: int, is_asked: bool
) -> None:
    family = make_family(session, guardians=1)
    born = family.march.starts_on.replace(year=family.march.starts_on.year - years)
    child = make_child(session, family.march, family.home, birth_date=born)
    assert consents(session, child).asks_child == is_asked


def test_a_link_is_used_once(session: Session, family: Family) -> None:
    link = link_of(session, family.mother)
    answers = given(session, family.march)
    services.answer(session, link, answers, None, now=NOW)
    session.commit()
    with pytest.raises(LinkUsed):
        services.answer(session, link, answers, None, now=NOW)
    session.rollback()
    assert len(session.scalars(select(ConsentAnswer)).all()) == len(ALWAYS)


def test_answering_uses_all_links_of_the_guardian_and_none_of_the_other(
    session: Session, family: Family
) -> None:
    assert send_link(session, family.mother, now=LATER)
    let_answer(session, family.mother, now=LATER)
    used = {link.guardian_id: link.used_at for link in session.scalars(select(PrivateLink))}
    assert used == {family.mother.id: LATER, family.father.id: None}


def test_an_expired_link_answers_nothing(session: Session, family: Family) -> None:
    link = link_of(session, family.mother)
    with pytest.raises(LinkUsed):
        services.answer(session, link, given(session, family.march), None, now=link.expires_at)


def test_a_link_that_was_just_sent_is_not_sent_again(session: Session, family: Family) -> None:
    assert not send_link(session, family.mother, now=NOW + timedelta(minutes=5))
    assert send_link(session, family.mother, now=NOW + timedelta(minutes=15))


def test_a_new_text_asks_everybody_again_while_the_old_consent_holds(
    session: Session, family: Family
) -> None:
    for guardian in family.child.guardians:
        let_answer(session, guardian)
    new = write_text(
        session,
        family.march,
        Purpose.TAKING_PART,
        {"en": "Shorter."},
        instead_of=1,
        by=family.coordinator,
        now=LATER,
    )
    assert family.march.consents_checked_to == 0
    services.refresh(session, family.child, now=LATER)
    session.commit()

    assert states(session, family.mother)[Purpose.TAKING_PART] == State.ASKED_AGAIN
    assert states(session, family.mother)[Purpose.PHOTOGRAPHS] == State.GIVEN
    assert family.child.may_take_part

    let_answer(session, family.mother, yes=[Purpose.TAKING_PART], now=LATER)
    assert states(session, family.mother)[Purpose.TAKING_PART] == State.GIVEN
    answer = consents(session, family.child).of(family.mother, Purpose.TAKING_PART).answer
    assert answer.text_id == new.id


def test_the_language_that_is_kept_is_the_one_that_was_read(session: Session, family: Family) -> None:
    photographs = {"session": session, "march": family.march, "purpose": Purpose.PHOTOGRAPHS}
    write_text(**photographs, text={"en": "Other."}, instead_of=1, by=family.coordinator, now=NOW)
    let_answer(session, family.mother)
    found = consents(session, family.child)
    read = {one: found.of(family.mother, one).answer.language for one in ALWAYS}
    assert (read[Purpose.PHOTOGRAPHS], read[Purpose.TAKING_PART]) == ("en", "nb")


def test_an_answer_to_an_old_text_is_not_taken(session: Session, family: Family) -> None:
    old = given(session, family.march)
    write_text(
        session,
        family.march,
        Purpose.PHOTOGRAPHS,
        {"en": "Other."},
        instead_of=1,
        by=family.coordinator,
        now=LATER,
    )
    session.commit()
    with pytest.raises(services.TextChanged):
        services.answer(session, link_of(session, family.mother), old, None, now=LATER)
    session.rollback()
    assert session.scalars(select(ConsentAnswer)).all() == []
    assert link_of(session, family.mother).used_at is None


def test_an_old_text_is_never_rewritten(session: Session, family: Family) -> None:
    before = current_texts(session, family.march)[Purpose.PHOTOGRAPHS]
    words = dict(before.text)
    change = {"session": session, "march": family.march, "purpose": Purpose.PHOTOGRAPHS}
    with pytest.raises(NothingNew):
        write_text(**change, text=words, instead_of=1, by=family.coordinator, now=LATER)
    write_text(**change, text={"en": "New."}, instead_of=1, by=family.coordinator, now=LATER)
    with pytest.raises(WrittenMeanwhile):
        write_text(**change, text={"en": "Newer."}, instead_of=1, by=family.coordinator, now=LATER)
    of_purpose = select(ConsentText).where(ConsentText.purpose == Purpose.PHOTOGRAPHS)
    kept = session.scalars(of_purpose.order_by(ConsentText.version)).all()
    assert [(text.version, text.text) for text in kept] == [(1, words), (2, {"en": "New."})]


def test_the_first_texts_name_the_march_in_each_language(session: Session, family: Family) -> None:
    texts = current_texts(session, family.march)
    assert list(texts) == list(Purpose)
    assert "Марш victory" in texts[Purpose.TAKING_PART].text["ru"]
    for text in texts.values():
        assert set(text.text) == {"en", "nb", "ru"}
        assert "{" not in "".join(text.text.values())


def test_another_guardian_does_not_inherit_answers(session: Session, family: Family) -> None:
    let_answer(session, family.mother)
    family.child.guardians = [family.child.guardians[1]]
    session.flush()
    family.child.guardians.append(
        Guardian(position=1, name="Kari Stranger", email="kari@example.org", language="nb")
    )
    session.flush()
    services.refresh(session, family.child, now=LATER)
    session.commit()
    new = next(one for one in family.child.guardians if one.name == "Kari Stranger")
    found = consents(session, family.child)
    assert found.of(new, Purpose.TAKING_PART).state == State.ASKED
    assert found.assent.state == State.NOT_ASKED  # what a guardian said is not taken for the child's word
    assert len(session.scalars(select(ConsentAnswer)).all()) == len(ALWAYS)


def test_a_new_address_gets_a_new_link_and_closes_the_old_one(session: Session, family: Family) -> None:
    old = link_of(session, family.mother)
    family.mother.email = "siri.hansen@example.org"
    services.refresh(session, family.child, now=LATER)
    session.commit()
    assert old.revoked_at == LATER
    assert link_of(session, family.mother).is_open(LATER)
    assert link_of(session, family.father).revoked_at is None


def test_asking_twice_asks_once(session: Session, family: Family) -> None:
    before = len(session.scalars(select(PrivateLink)).all())
    services.refresh(session, family.child, now=LATER)
    session.commit()
    assert len(session.scalars(select(PrivateLink)).all()) == before
    assert consents(session, family.child).of(family.mother, Purpose.TAKING_PART).request.asked_at == NOW


def test_a_coordinator_withdraws_what_was_given_and_nothing_else(session: Session, family: Family) -> None:
    let_answer(session, family.mother)
    said = {"by": family.coordinator, "reason": "Called", "now": LATER}
    assert services.withdraw(session, family.child, family.mother, Purpose.PHOTOGRAPHS, **said)
    assert not services.withdraw(session, family.child, family.mother, Purpose.PHOTOGRAPHS, **said)
    assert not services.withdraw(session, family.child, family.father, Purpose.PHOTOGRAPHS, **said)
    session.commit()
    assert states(session, family.mother)[Purpose.PHOTOGRAPHS] == State.WITHDRAWN
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "consent.withdrawn")).one()
    assert event.details["reason"] == "Called"


def test_the_database_refuses_an_answer_of_child_and_guardian_at_once(
    session: Session, family: Family
) -> None:
    text = current_texts(session, family.march)[Purpose.TAKING_PART]
    session.add(
        ConsentAnswer(
            participant_id=family.child.id,
            guardian_id=family.mother.id,
            is_by_child=True,
            text_id=text.id,
            purpose=Purpose.TAKING_PART,
            answer=Answer.GIVEN,
            typed_name="Mari",
            language="nb",
            at=NOW,
        )
    )
    with pytest.raises(IntegrityError, match="one_giver"):
        session.flush()
    session.rollback()
