"""A schoolchild with two guardians on a march of two stages, the second across a border."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import Account, Guardian, March, Participant, PrivateLink, Purpose, Role, Stage
from marchapp.registration.consent import services
from marchapp.registration.consent.links import link_for_letter
from marchapp.registration.consent.services import Given
from marchapp.registration.consent.state import Consents, consents_of
from marchapp.registration.consent.texts import current_texts
from tests.factories import make_account, make_march, make_participant, make_stage

NOW = datetime.now(UTC).replace(microsecond=0)
ALWAYS = [
    Purpose.TAKING_PART,
    Purpose.EMERGENCY_TREATMENT,
    Purpose.PHOTOGRAPHS,
    Purpose.GPS_RECORDING,
]


@dataclass
class Family:
    """A child of thirteen, who is asked for the own word, and its guardians."""

    march: March
    home: Stage
    abroad: Stage
    coordinator: Account
    child: Participant

    @property
    def mother(self) -> Guardian:
        return self.child.guardians[0]

    @property
    def father(self) -> Guardian:
        return self.child.guardians[1]


@pytest.fixture
def family(session: Session) -> Family:
    """A family that was asked just now, two months before the march."""
    family = make_family(session)
    services.ask(session, [family.child], now=NOW)
    session.commit()
    return family


def make_family(session: Session, *, guardians: int = 2, **given: object) -> Family:
    first_day = (NOW + timedelta(days=60)).date()
    march = make_march(session, slug="victory", starts_on=first_day, ends_on=first_day + timedelta(days=1))
    home = make_stage(session, march, number=1)
    abroad = make_stage(session, march, number=2, crosses_border=True, crossing_point={"en": "Storskog"})
    child = make_child(session, march, home, **given)
    named = [("Siri Hansen", "siri@example.org", "nb"), ("Ivan Hansen", "ivan@example.org", "ru")]
    for position, (name, email, language) in enumerate(named[:guardians], start=1):
        child.guardians.append(Guardian(position=position, name=name, email=email, language=language))
    session.flush()
    coordinator = make_account(session, "Clara Coordinator", march, Role.COORDINATOR)
    return Family(march, home, abroad, coordinator, child)


def make_child(session: Session, march: March, *stages: Stage, **given: object) -> Participant:
    born = date(march.starts_on.year - 14, 12, 31)
    return make_participant(session, march, *stages, **{"birth_date": born, "given_name": "Mari"} | given)


def consents(session: Session, child: Participant) -> Consents:
    session.expire_all()
    return consents_of(session, [child])[child.id]


def given(
    session: Session,
    march: March,
    *,
    yes: Iterable[Purpose] = ALWAYS,
    no: Iterable[Purpose] = (),
    name: str = "Siri Hansen",
) -> Given:
    """Return what somebody answers to the newest texts."""
    texts = current_texts(session, march)
    answers = dict.fromkeys(yes, True) | dict.fromkeys(no, False)
    return Given(
        answers=answers,
        text_ids={purpose: texts[purpose].id for purpose in answers},
        typed_name=name,
        language="nb",
    )


def link_of(session: Session, guardian: Guardian) -> PrivateLink:
    query = select(PrivateLink).where(PrivateLink.guardian_id == guardian.id).order_by(PrivateLink.id.desc())
    return session.scalars(query.limit(1)).one()


def let_answer(
    session: Session,
    guardian: Guardian,
    *,
    yes: Iterable[Purpose] = ALWAYS,
    no: Iterable[Purpose] = (),
    child: bool | None = None,
    name: str = "Siri Hansen",
    now: datetime = NOW,
) -> None:
    """Let a guardian answer behind a link, and the child beside it if it says something."""
    march = guardian.participant.march
    own_word = None
    if child is not None:
        purposes = [Purpose.TAKING_PART]
        own_word = given(session, march, yes=purposes if child else [], no=[] if child else purposes)
    link = link_for_letter(session, guardian, now=now)
    answers = given(session, march, yes=[one for one in yes if one not in set(no)], no=no, name=name)
    services.answer(session, link, answers, own_word, now=now)
    session.commit()
