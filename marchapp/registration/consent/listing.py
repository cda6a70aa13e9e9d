"""Which minors the coordinator sees: those to look after first, or all."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, exists, false, func, or_, select, true, union_all
from sqlalchemy.orm import Session

from marchapp.models import Answer, ConsentAnswer, March, Participant, Purpose, StageEntry, Standing
from marchapp.models.march import years_before
from marchapp.registration.consent.state import Consents, consents_of

ROWS_A_PAGE = 50


class Show(StrEnum):
    """Part of the minors: whose consents are missing, were denied, took somebody out of a group, or all."""

    MISSING = "missing"
    DENIED = "denied"
    LEFT = "left"
    ALL = "all"


@dataclass(frozen=True)
class Page:
    """One page of minors with their consents, and how many each filter shows."""

    consents: list[Consents]
    counts: dict[Show, int]
    show: Show
    number: int
    of: int


def find_page(session: Session, march: March, *, show: Show, number: int) -> Page:
    """Return a page of the minors by name, or the last one if there are fewer."""
    counts = {one: session.scalar(_count(march, one)) or 0 for one in Show}
    pages = max(1, -(-counts[show] // ROWS_A_PAGE))
    number = max(1, min(number, pages))
    people = session.scalars(
        select(Participant)
        .where(*_minors(march), _shown(march, show))
        .order_by(Participant.family_name, Participant.given_name, Participant.id)
        .limit(ROWS_A_PAGE)
        .offset((number - 1) * ROWS_A_PAGE)
    ).all()
    found = consents_of(session, people)
    return Page([found[person.id] for person in people], counts, show, number, pages)


def _count(march: March, show: Show) -> Select[int]:
    return select(func.count()).select_from(Participant).where(*_minors(march), _shown(march, show))


def _minors(march: March) -> tuple[ColumnElement[bool], ...]:
    return (
        Participant.march_id == march.id,
        Participant.standing != Standing.CANCELLED,
        Participant.birth_date > _born_after(march),
    )


def _born_after(march: March) -> date:
    return years_before(march.starts_on, march.adult_age)


def _shown(march: March, show: Show) -> ColumnElement[bool]:
    match show:
        case Show.MISSING:
            return Participant.id.in_(union_all(_not_allowed(march), _not_over_the_border(march)))
        case Show.DENIED:
            return Participant.id.in_(_not_allowed(march)) & _has_said_no()
        case Show.LEFT:
            return Participant.left_groups_at.is_not(None)
    return true()


def _not_allowed(march: March) -> Select[int]:
    """Return the query for those without consent, whom an index holds."""
    return select(Participant.id).where(Participant.march_id == march.id, ~Participant.may_take_part)


def _not_over_the_border(march: March) -> Select[int]:
    """Return the query for those who may take part, but not walk a stage that crosses the border."""
    abroad = [stage.id for stage in march.stages if stage.crosses_border]
    crosses = exists().where(StageEntry.participant_id == Participant.id, StageEntry.stage_id.in_(abroad))
    return select(Participant.id).where(
        Participant.march_id == march.id,
        Participant.may_take_part,
        ~Participant.may_cross_border,
        crosses if abroad else false(),
    )


def _has_said_no() -> ColumnElement[bool]:
    """Tell whether somebody's last word about taking part is no."""
    later = ConsentAnswer.__table__.alias("later")
    return exists().where(
        ConsentAnswer.participant_id == Participant.id,
        ConsentAnswer.purpose == Purpose.TAKING_PART,
        ConsentAnswer.answer != Answer.GIVEN,
        or_(ConsentAnswer.guardian_id.is_not(None), ConsentAnswer.is_by_child),
        ~exists().where(
            later.c.participant_id == ConsentAnswer.participant_id,
            later.c.purpose == ConsentAnswer.purpose,
            func.coalesce(later.c.guardian_id, 0) == func.coalesce(ConsentAnswer.guardian_id, 0),
            later.c.id > ConsentAnswer.id,
        ),
    )
