"""The letters that signing up causes, each in the language of whoever gets it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from marchapp.mail import messages
from marchapp.models import Guardian, Participant, Party, PrivateLink


def received(
    session: Session, party: Party, people: Collection[Participant], *, link: PrivateLink, now: datetime
) -> None:
    """Tell the contact that the party is signed up: who has a place and who waits."""
    messages.write(
        session,
        template="registered",
        recipient=party.contact_email,
        language=party.language,
        now=now,
        march_id=party.march_id,
        party_id=party.id,
        march=party.march,
        party=party,
        people=people,
        stages=_stages_of(people),
        link=link,
    )


def changed(session: Session, party: Party, people: Collection[Participant], *, now: datetime) -> None:
    """Tell the contact that people were added to the party, changed, or restored."""


def cancelled(session: Session, participant: Participant, *, now: datetime) -> None:
    """Tell the contact that somebody is not signed up any more."""


def promoted(session: Session, people: Collection[Participant], *, now: datetime) -> None:
    """Tell each party who of it has got a place from the line."""


def consent_asked(session: Session, guardian: Guardian, *, link: PrivateLink, now: datetime) -> None:
    """Ask a guardian for consent, with a link of the guardian's own."""


def consent_reminder(
    session: Session, guardian: Guardian, *, number: int, link: PrivateLink, now: datetime
) -> None:
    """Remind a guardian, for the first or the second time, until when the place is held."""


def place_lost(session: Session, participant: Participant, *, now: datetime) -> None:
    """Tell the contact that a place was given on for want of consents."""


def document_expires(session: Session, participant: Participant, *, now: datetime) -> None:
    """Tell the contact that a document expires before the crossing."""


def link_again(session: Session, party: Party, *, link: PrivateLink, now: datetime) -> None:
    """Send the contact a private link once more."""


def own_link(session: Session, participant: Participant, *, link: PrivateLink, now: datetime) -> None:
    """Send a participant with an own address the link of the own page."""


def _stages_of(people: Collection[Participant]) -> list[object]:
    walked = {entry.stage_id for person in people for entry in person.entries}
    march = next(iter(people)).march
    return [stage for stage in march.stages if stage.id in walked]
