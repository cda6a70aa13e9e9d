"""Ask for consents, record answers, and say who may take part."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from marchapp.models import Participant


def ask(session: Session, participant: Participant, *, now: datetime) -> None:
    """Ask the guardians of a minor for what is needed, and hold the place for some days."""
    march = participant.march
    if not march.is_minor(participant.birth_date):
        participant.may_take_part = True
        return
    participant.may_take_part = False
    participant.place_held_until = now + timedelta(days=march.days_for_consent)


def refresh(session: Session, participant: Participant, *, now: datetime) -> None:
    """Ask for what is needed since somebody's answers changed, and say anew who may take part."""
    if not participant.march.is_minor(participant.birth_date):
        participant.may_take_part = True
        participant.place_held_until = None
