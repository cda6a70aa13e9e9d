"""Take out of a march what it keeps no longer of its people: papers, health, scans, and at last names.

Everything goes in portions, each a short transaction of its own, by statements about many rows.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, cast, delete, func, insert, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from marchapp.models import (
    AuditEvent,
    ConsentAnswer,
    ConsentRequest,
    ConsentScan,
    Erasing,
    Guardian,
    Mailing,
    March,
    Message,
    NameWord,
    NotarisedConsent,
    Participant,
    Party,
    PrivateLink,
    RollMark,
    TravelDocument,
)
from marchapp.models.conditional import rows_changed
from marchapp.models.names import columns_of_word, search_words
from marchapp.models.participant import march_forgotten, papers_forgotten
from marchapp.models.retention import Kept, Removing, days_kept
from marchapp.registration.coordination.erasing import ERASED, erased_values

PEOPLE_AT_ONCE, ROWS_AT_ONCE, SCANS_AT_ONCE = 500, 1_000, 100
NO_SYNC = {"synchronize_session": False}


def _ids_of(march: March) -> Any:
    return select(Participant.id).where(Participant.march_id == march.id)


def _first(session: Session, id_: InstrumentedAttribute[int], *which: Any, most: int) -> list[int]:
    return list(session.scalars(select(id_).where(*which).order_by(id_).limit(most)))


def _counting(which: Callable[[March], ColumnElement[bool]], table: Any) -> Callable[[Session, March], int]:
    def count(session: Session, march: March) -> int:
        return session.scalar(select(func.count()).select_from(table).where(which(march))) or 0

    return count


def _of_papers(march: March) -> ColumnElement[bool]:
    papers = (TravelDocument.participant_id, NotarisedConsent.participant_id)
    return Participant.id.in_(_ids_of(march)) & or_(*(Participant.id.in_(select(one)) for one in papers))


def _take_papers(session: Session, march: March, now: datetime) -> int:
    """Delete papers of some people; the worker takes them out of frozen manifests."""
    some = _first(session, Participant.id, _of_papers(march), most=PEOPLE_AT_ONCE)
    if some:
        for table in (TravelDocument, NotarisedConsent):
            session.execute(delete(table).where(table.participant_id.in_(some)))
        papers_forgotten.send(session, march=march)
    return len(some)


def _of_health(march: March) -> ColumnElement[bool]:
    return (Participant.march_id == march.id) & (Participant.has_health_notes | (Participant.diet != ""))


def _take_health(session: Session, march: March, now: datetime) -> int:
    some = _first(session, Participant.id, _of_health(march), most=ROWS_AT_ONCE)
    emptied = update(Participant).where(Participant.id.in_(some)).execution_options(**NO_SYNC)
    session.execute(emptied.values(health_notes="", has_health_notes=False, diet=""))
    return len(some)


def _of_scans(march: March) -> ColumnElement[bool]:
    return ConsentScan.participant_id.in_(_ids_of(march))


def _take_scans(session: Session, march: March, now: datetime) -> int:
    some = _first(session, ConsentScan.id, _of_scans(march), most=SCANS_AT_ONCE)
    answers = update(ConsentAnswer).where(ConsentAnswer.scan_id.in_(some))
    session.execute(answers.values(scan_id=None).execution_options(**NO_SYNC))
    session.execute(delete(ConsentScan).where(ConsentScan.id.in_(some)))
    return len(some)


def _named(march: March) -> ColumnElement[bool]:
    return (Participant.march_id == march.id) & Participant.erased_at.is_(None)


def _due_at(march: March) -> datetime:
    return march.last_moment + timedelta(days=days_kept(march, Kept.NAMES))


def _erase_letters(session: Session, march: March, now: datetime) -> int:
    old = (Message.march_id == march.id, Message.erased_at.is_(None), Message.created_at < _due_at(march))
    some = _first(session, Message.id, *old, most=ROWS_AT_ONCE)
    emptied = dict.fromkeys(("subject", "text", "html", "last_error", "secret", "recipient"), "")
    letters = update(Message).where(Message.id.in_(some)).execution_options(**NO_SYNC)
    session.execute(letters.values(**emptied, calendar={}, erasing=Erasing.ALL, erased_at=now))
    return len(some)


def _erase_log(session: Session, march: March, now: datetime) -> int:
    strangers = AuditEvent.account_id.is_(None) & (AuditEvent.address != "")
    tells = (AuditEvent.march_id == march.id, AuditEvent.personal.is_not(None) | strangers)
    some = _first(session, AuditEvent.id, *tells, AuditEvent.at < _due_at(march), most=ROWS_AT_ONCE)
    events = update(AuditEvent).where(AuditEvent.id.in_(some)).execution_options(**NO_SYNC)
    session.execute(events.values(personal=None))
    session.execute(events.where(strangers).values(address=""))
    return len(some)


def _erase_mailings(session: Session, march: March, now: datetime) -> int:
    old = (Mailing.march_id == march.id, Mailing.created_at < _due_at(march))
    changed = 0
    for mailing in session.scalars(select(Mailing).where(*old)):
        nothing = dict.fromkeys(mailing.subject, ERASED)
        if mailing.subject != nothing or mailing.selection:
            mailing.subject, mailing.text, mailing.selection = (
                nothing,
                dict.fromkeys(mailing.text, ERASED),
                {},
            )
            changed += 1
    session.flush()
    return changed


def _erase_people(session: Session, march: March, now: datetime) -> int:
    """Leave of some people what is counted; they stand as they stood, with their stages and groups."""
    people = session.execute(
        select(Participant.id, Participant.reference, Participant.birth_date)
        .where(_named(march))
        .order_by(Participant.id)
        .limit(PEOPLE_AT_ONCE)
    ).all()
    if not people:
        return 0
    ids = [person.id for person in people]
    march_forgotten.send(session, march=march, now=now)
    _forget_around(session, ids, now)
    rows = [
        {"id": id_, "erased_at": now, "erasure_asked_at": None} | erased_values(reference, birth_date)
        for id_, reference, birth_date in people
    ]
    session.execute(update(Participant), rows)
    session.execute(delete(NameWord).where(NameWord.participant_id.in_(ids)))
    session.execute(insert(NameWord), _words_of(people))
    return len(people)


def _words_of(people: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {"participant_id": id_, "of_person": True} | columns_of_word(word)
        for id_, reference, _birth_date in people
        for word in search_words(ERASED, reference, "", reference)
    ]


def _forget_around(session: Session, ids: list[int], now: datetime) -> None:
    """Take out what hangs on people: papers, scans, guardians, links, to whom they were handed over."""
    for table in (TravelDocument, NotarisedConsent, ConsentScan):
        session.execute(delete(table).where(table.participant_id.in_(ids)))
    guardians = select(Guardian.id).where(Guardian.participant_id.in_(ids))
    open_links = PrivateLink.participant_id.in_(ids) | PrivateLink.guardian_id.in_(guardians)
    numbered = f"{ERASED} " + cast(Guardian.position, String)
    for change in (
        update(ConsentAnswer)
        .where(ConsentAnswer.participant_id.in_(ids))
        .values(typed_name="", scan_id=None),
        update(ConsentRequest).where(ConsentRequest.guardian_id.in_(guardians)).values(address=""),
        update(PrivateLink).where(open_links, PrivateLink.revoked_at.is_(None)).values(revoked_at=now),
        update(RollMark)
        .where(RollMark.participant_id.in_(ids), RollMark.handed_to.is_not(None))
        .values(handed_to=""),
        update(Guardian).where(Guardian.participant_id.in_(ids)).values(name=numbered, email="", phone=""),
    ):
        session.execute(change.execution_options(**NO_SYNC))


def _erase_parties(session: Session, march: March, now: datetime) -> int:
    named = (Party.march_id == march.id, Party.contact_name != ERASED)
    some = _first(session, Party.id, *named, most=ROWS_AT_ONCE)
    links = update(PrivateLink).where(PrivateLink.party_id.in_(some), PrivateLink.revoked_at.is_(None))
    session.execute(links.values(revoked_at=now).execution_options(**NO_SYNC))
    emptied = {"name": "", "contact_name": ERASED, "contact_email": "", "contact_phone": ""}
    return rows_changed(session, update(Party).where(Party.id.in_(some)).values(emptied)) if some else 0


REMOVING = {
    Kept.DOCUMENTS: Removing(_counting(_of_papers, Participant), [_take_papers]),
    Kept.HEALTH: Removing(_counting(_of_health, Participant), [_take_health]),
    Kept.CONSENTS: Removing(_counting(_of_scans, ConsentScan), [_take_scans]),
    Kept.NAMES: Removing(
        _counting(_named, Participant),
        [_erase_letters, _erase_log, _erase_mailings, _erase_people, _erase_parties],
    ),
}
