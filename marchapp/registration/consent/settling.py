"""What follows from the answers: who may take part, who leaves the groups, whose notes are deleted."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from marchapp.models import Membership, Participant, Purpose, Stage, Standing
from marchapp.registration import letters, places
from marchapp.registration.consent.state import Consents, consents_of
from marchapp.registration.noting import note


def settle(session: Session, people: Collection[Participant], *, now: datetime) -> None:
    """Say anew which of these people may take part, and do what follows from it."""
    consents = consents_of(session, [one for one in people if one.march.is_minor(one.birth_date)])
    for person in people:
        if person.id in consents:
            _follow(session, consents[person.id], now=now)
        else:
            person.may_cross_border, person.left_groups_at = True, None
            _allow(session, person, now=now)


def _follow(session: Session, consents: Consents, *, now: datetime) -> None:
    """Draw the consequences from what was said about a minor."""
    child = consents.participant
    if consents.is_denied(Purpose.HEALTH_DATA):
        _delete_health_notes(session, child, now=now)
    child.may_cross_border = consents.may_cross_border
    if consents.are_enough:
        child.left_groups_at = None
    if not consents.may_take_part:
        _forbid(session, child, now=now)
        return
    is_news = not child.may_take_part
    _allow(session, child, now=now)
    if is_news:
        letters.confirmed(session, child, now=now)


def _allow(session: Session, participant: Participant, *, now: datetime) -> None:
    """Let somebody into groups, and back into the line if the place was lost for want of this consent."""
    had_lost_place = participant.place_held_until is not None and participant.standing == Standing.WAITING
    participant.may_take_part = True
    participant.place_held_until, participant.consent_reminders = None, 0
    session.flush()
    if not participant.may_cross_border:
        _leave_groups(session, participant, now=now, only_crossing=True)
    if had_lost_place:
        letters.promoted(session, places.hand_on(session, participant.march, now=now), now=now)


def _forbid(session: Session, participant: Participant, *, now: datetime) -> None:
    """Keep somebody out of groups."""
    await_consent(participant, now=now)
    session.flush()
    _leave_groups(session, participant, now=now)


def await_consent(participant: Participant, *, now: datetime) -> None:
    """Say that somebody may not take part yet, and hold a place from the first moment on for some days."""
    is_new = participant.may_take_part or participant.place_held_until is None
    participant.may_take_part = False
    if participant.standing == Standing.PLACED and is_new:
        participant.place_held_until = now + timedelta(days=participant.march.days_for_consent)
        participant.consent_reminders = 0


def _leave_groups(
    session: Session, participant: Participant, *, now: datetime, only_crossing: bool = False
) -> None:
    """Take somebody out of the groups of all stages, or of those across a border."""
    stages = select(Stage.id).where(Stage.march_id == participant.march_id)
    if only_crossing:
        stages = stages.where(Stage.crosses_border)
    left = delete(Membership).where(
        Membership.participant_id == participant.id, Membership.stage_id.in_(stages)
    )
    groups = session.scalars(left.returning(Membership.group_id)).all()
    if groups:
        participant.left_groups_at = now
        note(session, participant, "consent.left_groups", now=now, groups=sorted(groups))


def _delete_health_notes(session: Session, participant: Participant, *, now: datetime) -> None:
    if participant.has_health_notes:
        participant.health_notes, participant.has_health_notes = "", False
        note(session, participant, "health_notes.deleted", now=now)
