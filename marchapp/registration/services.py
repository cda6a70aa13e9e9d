"""Sign a person up: one place taken, one participant, one letter, all or nothing."""

import hmac
import secrets
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID, uuid5

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marchapp.mail import messages
from marchapp.models import Category, March, Participant, Quota, Stage, StageEntry
from marchapp.models.audit import record
from marchapp.models.conditional import rows_changed
from marchapp.models.names import name_key
from marchapp.models.participant import NAME_KEY_LENGTH, hash_of_link

# Letters and figures that nobody mistakes for each other on the phone: no I and 1, no O and 0, no U and V.
REFERENCE_SIGNS = "ABCDEFGHJKLMNPQRSTWXYZ23456789"
HAS_A_PLACE = Quota.taken < Quota.capacity


class NotSignedUp(Exception):
    """Why a sign-up was not taken."""


class SignUpClosed(NotSignedUp):
    """The march does not take sign-ups now."""


class CategoryFull(NotSignedUp):
    """The category has no free place."""


class AlreadySignedUp(NotSignedUp):
    """A person of this name and birth date is registered for the march."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """What somebody writes when signing up; what another category is asked stays empty."""

    given_name: str
    family_name: str
    native_name: str = ""
    birth_date: date
    country: str
    language: str
    municipality: str = ""
    email: str
    phone: str = ""
    emergency_name: str
    emergency_phone: str
    school: str = ""
    school_class: str = ""
    guardian_name: str = ""
    guardian_phone: str = ""
    body: str = ""
    position: str = ""
    service: str = ""
    unit: str = ""
    rank: str = ""


def register(
    session: Session,
    *,
    march: March,
    category: Category,
    person: Person,
    stage_ids: Collection[int],
    form_key: UUID,
    secret_key: str,
    now: datetime,
) -> Participant:
    """Register a person for some stages of the march and write the letter of confirmation.

    `form_key` names the form as it was first opened. The same form sent twice for the same person gives the
    same participant and no second letter; sent again for somebody else, as a sibling, it counts anew.
    Raises SignUpClosed, CategoryFull, AlreadySignedUp; the session then holds nothing of the attempt.
    """
    submission_key = str(uuid5(form_key, f"{_key_of(person)} {person.birth_date}"))
    if sent_before := _find_submission(session, march, submission_key):
        return sent_before
    if not march.takes_signups(now):
        raise SignUpClosed
    walked = [stage for stage in march.stages if stage.id in stage_ids]
    secret = private_secret(secret_key, march_id=march.id, submission_key=submission_key)
    participant = Participant(
        **asdict(person),
        march_id=march.id,
        category=category,
        entries=[StageEntry(stage_id=stage.id) for stage in walked],
        submission_key=submission_key,
        link_hash=hash_of_link(secret),
        reference=_draw_reference(),
        registered_at=now,
    )
    try:
        with session.begin_nested():
            _take_place(session, march, category)
            session.add(participant)
            session.flush()
    except (CategoryFull, IntegrityError) as refusal:
        # Two requests of the same form may both get this far: the second finds what the first has stored.
        if sent_meanwhile := _find_submission(session, march, submission_key):
            return sent_meanwhile
        if isinstance(refusal, IntegrityError) and _is_known(session, march, person):
            raise AlreadySignedUp from refusal
        raise
    _confirm(session, march, participant, walked, secret=secret, now=now)
    return participant


def is_open_to(march: March, category: Category, now: datetime) -> bool:
    """Tell whether somebody of the category may sign up now, as far as one can say before trying."""
    has_place = any(quota.category == category and quota.left > 0 for quota in march.quotas)
    return march.takes_signups(now) and bool(march.stages) and has_place


def private_secret(secret_key: str, *, march_id: int, submission_key: str) -> str:
    """Return the secret of a participant's private link, 256 bits as text that fits an address.

    It is derived, not drawn: the database keeps only its hash, and yet the same form sent twice leads to the
    same link, and a letter can be written again. Who reads the database cannot form it without `secret_key`,
    and who knows neither cannot guess the submission key, a random one. When an operator changes
    `secret_key`, links in letters go on working; they can only not be formed again.
    """
    message = f"private link {march_id} {submission_key}".encode()
    return hmac.new(secret_key.encode(), message, sha256).hexdigest()


def _key_of(person: Person) -> str:
    return name_key(person.given_name, person.family_name)[:NAME_KEY_LENGTH]


def _find_submission(session: Session, march: March, submission_key: str) -> Participant | None:
    query = select(Participant).filter_by(march_id=march.id, submission_key=submission_key)
    return session.scalar(query)


def _take_place(session: Session, march: March, category: Category) -> None:
    """Take a place in the database itself: of several who want the last, the update changes a row for one."""
    of_category = (Quota.march_id == march.id, Quota.category == category)
    taking = update(Quota).where(*of_category, HAS_A_PLACE).values(taken=Quota.taken + 1)
    if rows_changed(session, taking) == 0:
        raise CategoryFull


def _draw_reference() -> str:
    """Draw a reference as K7F-2M9-Q4T, short enough for the phone and too long to meet another."""
    return "-".join("".join(secrets.choice(REFERENCE_SIGNS) for _ in range(3)) for _ in range(3))


def _is_known(session: Session, march: March, person: Person) -> bool:
    same_person = {"name_key": _key_of(person), "birth_date": person.birth_date}
    query = select(Participant.id).filter_by(march_id=march.id, **same_person)
    return session.scalar(query) is not None


def _confirm(
    session: Session,
    march: March,
    participant: Participant,
    stages: list[Stage],
    *,
    secret: str,
    now: datetime,
) -> None:
    record(
        session,
        at=now,
        action="participant.signed_up",
        march_id=march.id,
        account_id=None,
        subject="participant",
        subject_id=participant.id,
    )
    messages.write(
        session,
        template="registered",
        recipient=participant.email,
        language=participant.language,
        now=now,
        march_id=march.id,
        march=march,
        participant=participant,
        stages=stages,
        secret=secret,
    )
