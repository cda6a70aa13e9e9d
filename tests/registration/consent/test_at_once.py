"""Two who act at the same moment: each sees what the other has done."""

from collections.abc import Callable
from threading import Barrier, Thread

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.extensions import db
from marchapp.models import Account, Membership, Participant, PrivateLink, Purpose
from marchapp.registration.consent import services
from marchapp.rosters.moves import move_people
from tests.factories import make_group
from tests.registration.consent.conftest import NOW, Family, given, let_answer, link_of


def in_a_thread(app: Flask, work: Callable[[Session], None]) -> Thread:
    """Start work with a database session of its own, committed at the end."""

    def run() -> None:
        with app.app_context():
            work(db.session())
            db.session.commit()

    thread = Thread(target=run)
    thread.start()
    return thread


def test_two_guardians_who_answer_at_once_are_both_counted(
    app: Flask, session: Session, family: Family
) -> None:
    answers = given(session, family.march)
    links = [link_of(session, guardian).id for guardian in family.child.guardians]
    session.commit()
    both_are_there = Barrier(2)

    def answer(link_id: int) -> Callable[[Session], None]:
        def work(own: Session) -> None:
            both_are_there.wait()
            services.answer(own, own.get_one(PrivateLink, link_id), answers, None, now=NOW)

        return work

    for thread in [in_a_thread(app, answer(link_id)) for link_id in links]:
        thread.join(20)
    session.expire_all()
    assert family.child.may_take_part


def test_a_withdrawal_during_a_move_takes_the_child_out_again(
    app: Flask, session: Session, family: Family
) -> None:
    for guardian in family.child.guardians:
        let_answer(session, guardian)
    group = make_group(session, family.home)
    ids = family.child.id, family.mother.id, family.coordinator.id
    session.commit()

    def withdraw(own: Session) -> None:
        child = own.get_one(Participant, ids[0])
        mother = next(one for one in child.guardians if one.id == ids[1])
        by = own.get_one(Account, ids[2])
        services.withdraw(own, child, mother, Purpose.TAKING_PART, by=by, reason="Called", now=NOW)

    move_people(
        session,
        stage=family.home,
        to_group_id=group.id,
        people={ids[0]: None},
        by=family.coordinator,
        now=NOW,
    )
    thread = in_a_thread(app, withdraw)
    thread.join(0.5)  # it waits for the move
    assert thread.is_alive()
    session.commit()
    thread.join(20)
    session.expire_all()
    assert not family.child.may_take_part
    assert session.scalars(select(Membership)).all() == []
