"""What keeps somebody out of a stage is said alike for a set of people and for one."""

from datetime import date, timedelta
from itertools import product

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import Barrier, NotarisedConsent, Participant, Stage
from marchapp.models.barrier import barrier_of, barrier_on, may_walk
from tests.factories import Cast, make_document, make_participant, make_stage

BORN = {"minor": date(2001, 5, 17), "adult": date(1980, 5, 17)}
DAYS_LEFT = (None, -1, 0, 30)


def make_somebody(
    session: Session,
    cast: Cast,
    stage: Stage,
    *,
    age: str,
    country: str,
    passport: int | None,
    notary: int | None,
) -> Participant:
    """Add somebody whose papers are valid for so many days after the stage; None stands for no paper."""
    person = make_participant(session, cast.march, stage, birth_date=BORN[age], country=country)
    if passport is not None:
        make_document(session, person, expires_on=stage.day + timedelta(days=passport))
    if notary is not None:
        person.notarised_consent = NotarisedConsent(
            valid_from=stage.day - timedelta(days=9), valid_to=stage.day + timedelta(days=notary), states="NO"
        )
    session.flush()
    return person


@pytest.fixture
def crossing(session: Session, cast: Cast) -> Stage:
    for quota in cast.march.quotas:
        quota.capacity = None
    return make_stage(session, cast.march, number=2, crosses_border=True)


@pytest.mark.parametrize("crosses", [True, False])
def test_one_person_and_a_set_of_people_are_judged_alike(
    session: Session, cast: Cast, crossing: Stage, crosses: bool
) -> None:
    crossing.crosses_border = crosses
    for age, country, passport, notary in product(BORN, ("NO", "RU"), DAYS_LEFT, DAYS_LEFT):
        make_somebody(session, cast, crossing, age=age, country=country, passport=passport, notary=notary)
    make_participant(session, cast.march, crossing, may_take_part=False)
    make_participant(session, cast.march, crossing, may_cross_border=False)
    rows = session.execute(select(Participant, barrier_on(crossing), may_walk(crossing))).all()
    for person, barrier, may in rows:
        assert barrier == barrier_of(person, crossing)
        assert may == (barrier is None)
    found = {barrier for _person, barrier, _may in rows}
    assert found == ({None, *Barrier} if crosses else {None, Barrier.CONSENT})


@pytest.mark.parametrize(
    ("passports", "barrier"),
    [
        ((), Barrier.DOCUMENT),
        ((-1,), Barrier.DOCUMENT_EXPIRES),
        ((0,), None),
        ((-1, 30), None),
    ],
)
def test_one_document_that_is_valid_on_the_day_is_enough(
    session: Session, cast: Cast, crossing: Stage, passports: tuple[int, ...], barrier: Barrier | None
) -> None:
    person = make_participant(session, cast.march, crossing)
    for kind, days in zip(("passport", "visa"), passports, strict=False):
        make_document(session, person, kind=kind, expires_on=crossing.day + timedelta(days=days))
    assert barrier_of(person, crossing) == barrier
    assert session.scalar(select(barrier_on(crossing)).where(Participant.id == person.id)) == barrier
