"""Ask for consents, record answers, and say who may take part.

A consent holds until the same person answers anew, also when the text has changed since: it still covers what
its text said, and no child is to lose a place because a sentence was mended.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import (
    Account,
    Answer,
    ConsentAnswer,
    ConsentScan,
    ConsentText,
    Guardian,
    March,
    Participant,
    PrivateLink,
    Purpose,
    Standing,
)
from marchapp.registration import places
from marchapp.registration.consent.asking import ask_first, ask_what_is_open
from marchapp.registration.consent.links import use_links
from marchapp.registration.consent.settling import await_consent, settle
from marchapp.registration.consent.state import Consent, Consents, consents_of
from marchapp.registration.consent.texts import current_texts, texts_to_ask_with, versions_of_texts
from marchapp.registration.noting import note


class TextChanged(Exception):
    """A text was written anew between reading and answering."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """Answers of one person: yes or no for each purpose, the texts as they were read, the name as typed."""

    answers: Mapping[Purpose, bool]
    text_ids: Mapping[Purpose, int]
    typed_name: str
    language: str


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A paper form as it was scanned, and who entered it."""

    media_type: str
    content: bytes
    by: Account


def ask_new(session: Session, people: Collection[Participant], *, now: datetime) -> list[PrivateLink]:
    """Ask the guardians of minors who are just being stored; return the links to send them.

    Nothing was asked or answered before, so that what follows is known without asking the database.
    """
    minors = [person for person in people if person.march.is_minor(person.birth_date)]
    if not minors:
        return []
    for child in minors:
        child.may_cross_border = False
        await_consent(child, now=now)
    with session.no_autoflush:
        texts = texts_to_ask_with(session, minors[0].march, now=now)
        return [link for child in minors for link in ask_first(session, child, texts, now=now)]


def ask(session: Session, people: Collection[Participant], *, now: datetime) -> None:
    """Ask the guardians of minors for what is needed, and hold the places for some days.

    People of one march; for many children the database is read as often as for one.
    """
    minors = [person for person in people if person.march.is_minor(person.birth_date)]
    if minors:
        texts = texts_to_ask_with(session, minors[0].march, now=now)
        for consents in consents_of(session, minors).values():
            ask_what_is_open(session, consents, texts, now=now)
    settle(session, people, now=now)


def refresh(session: Session, participant: Participant, *, now: datetime) -> None:
    """Ask for what is needed since somebody's answers changed, and say anew who may take part."""
    ask(session, [participant], now=now)


def answer(session: Session, link: PrivateLink, given: Given, child: Given | None, *, now: datetime) -> None:
    """Record what a guardian answered behind a link, and what the child said itself; the link is then used.

    Raises LinkUsed, TextChanged.
    """
    guardian = _guardian_of(link)
    participant = _take_turn(session, guardian.participant)
    use_links(session, link, now=now)
    _add_answers(session, participant, guardian, given, now=now)
    if child:
        _add_answers(session, participant, None, child, now=now)
    note(session, participant, "consent.answered", now=now, guardian=guardian.position)
    settle(session, [participant], now=now)


def record_paper(
    session: Session,
    participant: Participant,
    guardian: Guardian | None,
    given: Given,
    paper: Paper,
    *,
    now: datetime,
) -> ConsentScan:
    """Record the answers of a paper form with its scan; without a guardian they are the child's own.

    Raises TextChanged.
    """
    participant = _take_turn(session, participant)
    scan = ConsentScan(
        participant_id=participant.id,
        media_type=paper.media_type,
        content=paper.content,
        uploaded_at=now,
        uploaded_by_id=paper.by.id,
    )
    session.add(scan)
    session.flush()
    _add_answers(session, participant, guardian, given, now=now, paper=paper, scan=scan)
    position = guardian.position if guardian else 0
    note(session, participant, "consent.recorded", now=now, by=paper.by, guardian=position, scan=scan.id)
    settle(session, [participant], now=now)
    return scan


def withdraw(
    session: Session,
    participant: Participant,
    guardian: Guardian | None,
    purpose: Purpose,
    *,
    by: Account,
    reason: str,
    now: datetime,
) -> bool:
    """Record that somebody told a coordinator to withdraw a consent; return whether there was one."""
    participant = _take_turn(session, participant)
    found = _consent_of(consents_of(session, [participant])[participant.id], guardian, purpose)
    if not found.holds or found.answer is None:
        return False
    session.add(
        ConsentAnswer(
            participant_id=participant.id,
            guardian_id=guardian.id if guardian else None,
            is_by_child=guardian is None,
            text_id=found.answer.text_id,
            purpose=purpose,
            answer=Answer.WITHDRAWN,
            typed_name=guardian.name if guardian else participant.name,
            language=found.answer.language,
            at=now,
            recorded_by_id=by.id,
        )
    )
    session.flush()
    position = guardian.position if guardian else 0
    note(
        session,
        participant,
        "consent.withdrawn",
        now=now,
        by=by,
        guardian=position,
        purpose=purpose,
        reason=reason,
    )
    settle(session, [participant], now=now)
    return True


def _add_answers(
    session: Session,
    participant: Participant,
    guardian: Guardian | None,
    given: Given,
    *,
    now: datetime,
    paper: Paper | None = None,
    scan: ConsentScan | None = None,
) -> None:
    """Add a row for each answer; a no after a yes is a withdrawal. Raises TextChanged."""
    texts = _texts_read(session, participant.march, given, is_paper=paper is not None)
    consents = consents_of(session, [participant])[participant.id]
    for purpose, is_yes in given.answers.items():
        before = _consent_of(consents, guardian, purpose)
        session.add(
            ConsentAnswer(
                participant_id=participant.id,
                guardian_id=guardian.id if guardian else None,
                is_by_child=guardian is None,
                text_id=texts[purpose].id,
                purpose=purpose,
                answer=_answer(is_yes, before),
                typed_name=given.typed_name,
                language=_language_read(texts[purpose], given.language),
                at=now,
                recorded_by_id=paper.by.id if paper else None,
                scan_id=scan.id if scan else None,
            )
        )
    session.flush()


def _texts_read(
    session: Session, march: March, given: Given, *, is_paper: bool
) -> dict[Purpose, ConsentText]:
    """Return the texts that were read: on a page the newest, on paper any. Raises TextChanged."""
    if is_paper:
        allowed = versions_of_texts(session, march)
    else:
        allowed = {purpose: [text] for purpose, text in current_texts(session, march).items()}
    read = {}
    for purpose in given.answers:
        found = [text for text in allowed.get(purpose, ()) if text.id == given.text_ids.get(purpose)]
        if not found:
            raise TextChanged
        read[purpose] = found[0]
    return read


def _language_read(text: ConsentText, wanted: str) -> str:
    """Return in which language a text was shown: the first that it has, where the reader's is missing."""
    return wanted if text.text.get(wanted) else next(code for code, words in text.text.items() if words)


def _answer(is_yes: bool, before: Consent) -> Answer:
    if is_yes:
        return Answer.GIVEN
    return Answer.WITHDRAWN if before.holds else Answer.REFUSED


def _consent_of(consents: Consents, guardian: Guardian | None, purpose: Purpose) -> Consent:
    return consents.of(guardian, purpose) if guardian else consents.assent


def _guardian_of(link: PrivateLink) -> Guardian:
    assert link.guardian is not None, "access.py hands out links of guardians"  # noqa: S101
    return link.guardian


def _take_turn(session: Session, participant: Participant) -> Participant:
    """Wait for whoever answers for the same child: of two guardians the second sees what the first said.

    Consent can bring a place back, and places are held before people.
    """
    if participant.standing == Standing.WAITING:
        places.hold(session, participant.march)
    query = select(Participant).where(Participant.id == participant.id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()
