"""Lock people in their group, and groups as they are: nothing moves them until they are unlocked."""

from datetime import datetime
from typing import NoReturn

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from marchapp.models import Account, Group, Membership, Participant, Stage
from marchapp.models.audit import record
from marchapp.models.conditional import rows_changed
from marchapp.rosters.moves import MovedMeanwhile, NoSuchGroup, NotWalking
from marchapp.rosters.services import take_turn


def lock_person(
    session: Session,
    *,
    stage: Stage,
    participant_id: int,
    seen_in: int | None,
    is_locked: bool,
    by: Account,
    now: datetime,
) -> int:
    """Lock somebody in the group where they were seen, or unlock them, and return the event's number.

    Raises a MoveRefused.
    """
    take_turn(session, stage)
    lock = update(Membership).where(
        Membership.stage_id == stage.id,
        Membership.participant_id == participant_id,
        Membership.group_id == seen_in,
    )
    if not rows_changed(session, lock.values(is_locked=is_locked)):
        _refuse(session, stage, participant_id)
    return _record(session, "people", stage, is_locked=is_locked, by=by, now=now, people=[participant_id])


def lock_group(
    session: Session, *, stage: Stage, group_id: int | None, is_locked: bool, by: Account, now: datetime
) -> int:
    """Lock a group with everybody in it, or unlock it, and return the event's number. Raises NoSuchGroup."""
    take_turn(session, stage)
    lock = update(Group).where(Group.stage_id == stage.id, Group.id == group_id)
    if not rows_changed(session, lock.values(is_locked=is_locked)):
        raise NoSuchGroup
    return _record(session, "group", stage, is_locked=is_locked, by=by, now=now, groups=[group_id])


def _refuse(session: Session, stage: Stage, participant_id: int) -> NoReturn:
    """Say where somebody is now."""
    row = session.execute(
        select(Participant, Group.number)
        .outerjoin(
            Membership,
            (Membership.participant_id == Participant.id) & (Membership.stage_id == stage.id),
        )
        .outerjoin(Group, Group.id == Membership.group_id)
        .where(Participant.id == participant_id, Participant.march_id == stage.march_id)
    ).one_or_none()
    if row is None:
        raise NotWalking
    person, number = row
    raise MovedMeanwhile([(person.name, number)])


def _record(
    session: Session,
    what: str,
    stage: Stage,
    *,
    is_locked: bool,
    by: Account,
    now: datetime,
    **details: object,
) -> int:
    event = record(
        session,
        at=now,
        action=f"{what}.{'locked' if is_locked else 'unlocked'}",
        march_id=stage.march_id,
        account_id=by.id,
        subject="stage",
        subject_id=stage.id,
        **details,
    )
    session.flush()
    return event.id
