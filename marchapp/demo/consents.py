"""What the guardians of the demo march said: most consent to all, a few to less, some are silent."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from marchapp.demo import script
from marchapp.models import (
    Account,
    Answer,
    ConsentAnswer,
    ConsentRequest,
    ConsentText,
    Guardian,
    March,
    NotarisedConsent,
    Participant,
    Purpose,
)
from marchapp.registration.consent.settling import settle
from marchapp.registration.consent.state import asks_child, consents_of
from marchapp.registration.consent.texts import texts_to_ask_with

# Who, counted in the order of the sign-ups, differs from the others.
SILENT = {5, 31}
REFUSED = {19: Purpose.TAKING_PART, 26: Purpose.BORDER_CROSSING}
NO_PICTURES_OF_EACH = 7
SAYS_NOTHING_ITSELF = {9}
NOTARY_NOT_SEEN = {14}

Texts = dict[Purpose, ConsentText]


def answer_for_all(session: Session, march: March, walkers: Sequence[Participant], by: Account) -> None:
    """Ask and answer as if it had been done long ago, so that no letter goes out."""
    texts = texts_to_ask_with(session, march, now=script.SIGNUP_OPENS_AT)
    minors = [one for one in walkers if march.is_minor(one.birth_date) and not one.cancelled_at]
    consents = consents_of(session, minors)
    for number, child in enumerate(minors):
        answered_at = child.registered_at + timedelta(days=1 + number % 8, hours=number % 11)
        for guardian in child.guardians:
            asked = consents[child.id].asked
            session.add_all(_requests(guardian, asked, texts, at=child.registered_at))
            if number not in SILENT:
                session.add_all(_answers(guardian, asked, texts, number, at=answered_at))
        if asks_child(child) and number not in SILENT | SAYS_NOTHING_ITSELF:
            session.add(_own_word(child, texts, at=answered_at))
        if child.country in march.notarised_countries and Purpose.BORDER_CROSSING in consents[child.id].asked:
            seen_by = None if number in NOTARY_NOT_SEEN else by
            child.notarised_consent = _notarised(march, seen_by, at=answered_at)
        session.flush()
        settle(session, [child], now=answered_at)


def _requests(
    guardian: Guardian, asked: Sequence[Purpose], texts: Texts, *, at: datetime
) -> Iterator[ConsentRequest]:
    for purpose in asked:
        yield ConsentRequest(
            guardian_id=guardian.id, text_id=texts[purpose].id, asked_at=at, address=guardian.email
        )


def _answers(
    guardian: Guardian, asked: Sequence[Purpose], texts: Texts, number: int, *, at: datetime
) -> Iterator[ConsentAnswer]:
    for purpose in asked:
        wants_no_pictures = purpose == Purpose.PHOTOGRAPHS and number % NO_PICTURES_OF_EACH == 0
        is_no = wants_no_pictures or REFUSED.get(number) == purpose
        yield ConsentAnswer(
            participant_id=guardian.participant_id,
            guardian_id=guardian.id,
            text_id=texts[purpose].id,
            purpose=purpose,
            answer=Answer.REFUSED if is_no else Answer.GIVEN,
            typed_name=guardian.name,
            language=guardian.language,
            at=at,
        )


def _own_word(child: Participant, texts: Texts, *, at: datetime) -> ConsentAnswer:
    return ConsentAnswer(
        participant_id=child.id,
        is_by_child=True,
        text_id=texts[Purpose.TAKING_PART].id,
        purpose=Purpose.TAKING_PART,
        answer=Answer.GIVEN,
        typed_name=child.name,
        language=child.language,
        at=at,
    )


def _notarised(march: March, seen_by: Account | None, *, at: datetime) -> NotarisedConsent:
    return NotarisedConsent(
        valid_from=march.starts_on - timedelta(days=3),
        valid_to=march.ends_on + timedelta(days=3),
        states="Норвегия",
        seen_at=at if seen_by else None,
        seen_by_id=seen_by.id if seen_by else None,
    )
