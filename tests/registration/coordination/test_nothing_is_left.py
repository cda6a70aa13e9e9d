"""After somebody was erased no table holds what named the person: every column that could is looked at.

Each column with text, JSON or bytes stands in one of two lists: what can hold something about a participant
is filled before and searched afterwards, of the others it says what they hold. A new column is in neither,
and the first test fails until somebody has thought about it.
"""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import JSON, Column, Enum, LargeBinary, String, select
from sqlalchemy.orm import Session

from marchapp.border.crossing import all_lines
from marchapp.border.services import freeze, lines_of, versions_of
from marchapp.border.worker import forget_in_manifests
from marchapp.extensions import db
from marchapp.files.services import note_download
from marchapp.mail.worker import erase_what_waits_in_vain
from marchapp.models import (
    AuditEvent,
    ConsentAnswer,
    ConsentRequest,
    ConsentScan,
    CountPlace,
    FileState,
    Mailing,
    ManifestCount,
    Message,
    NotarisedConsent,
    Participant,
    PreparedFile,
    RollState,
    Stage,
    StageEntry,
)
from marchapp.models.audit import record
from marchapp.models.encrypted import EncryptedBytes, EncryptedText
from marchapp.models.names import sound
from marchapp.registration.consent import services as consent
from marchapp.registration.coordination.erasing import erase
from marchapp.registration.coordination.merging import merge
from tests.factories import make_document, make_group, make_mark, make_participant, quota_of
from tests.registration.consent.conftest import NOW, Family, let_answer, make_family

CANARY = "Zzkarin"
FAMILY = "Qvistgard"
NAME = f"{CANARY} {FAMILY}"
WORDS = (CANARY, FAMILY, "Ззкарин", "91187654", "192.0.2.77")
LOOKED_FOR = {
    variant
    for word in WORDS
    for lower in (word.lower(),)
    for variant in (lower, lower[::-1], sound(lower), sound(lower)[::-1])
}

HOLD_PEOPLE = {
    "audit_event": "personal address",
    "consent_answer": "typed_name",
    "consent_request": "address",
    "consent_scan": "content",
    "guardian": "name email phone",
    "mailing": "subject text selection",
    "manifest_count": "remark",
    "manifest_version": "content",
    "message": "recipient subject text html secret last_error",
    "name_word": "word heard backwards",
    "notarised_consent": "states",
    "participant": "given_name family_name native_name name_key spoken_languages municipality email phone"
    " emergency_name emergency_phone diet health_notes school school_class body position service unit rank",
    "party": "name contact_name contact_email contact_phone",
    "prepared_file": "params name content",
    "roll_mark": "handed_to",
    "travel_document": "number",
}
HOLD_NOBODY = {
    # Of those who work for the march, who have accounts.
    "account": "email name phone language spoken_languages password fs_uniquifier"
    " tf_primary_method tf_totp_secret mf_recovery_codes",
    "sign_in": "secret_hash device address",
    "published_guide": "name phone",
    # Written for everybody to read.
    "checkpoint": "name",
    "consent_text": "text sha256",
    "march": "slug name summary time_zone contact_email notarised_countries kept_days",
    "published_group": "name meeting_point changes",
    "roll_point": "code name",
    "stage": "name start_name finish_name crossing_point crossing_legal_basis",
    "stage_group": "name meeting_point",
    # Numbers of rows, kinds and counts, what the program says of itself.
    "key_check": "word",
    "assignment_run": "options problem status phase result",
    "audit_event": "action subject facts",
    "consent_answer": "language",
    "consent_scan": "media_type",
    "guardian": "language",
    "manifest_count": "submission_key",
    "message": "only_once kind language calendar",
    "participant": "country language reference",
    "party": "language submission_key",
    "prepared_file": "kind language media_type",
    "private_link": "nonce secret_hash",
    "roll_mark": "client_key point",
    "roll_standing": "point client_key",
    "travel_document": "issued_by",
    # Where a route goes and where a group was, as devices of guides wrote it.
    "planned_route": "content_gz sha256 drawing basemap",
    "recording": "sha256 content_gz other_stages",
    "route_draft": "content_gz sha256",
    "track": "problem",
    "track_comparison": "engine_version verdict result points_npz outline",
}
OF_CONTACT = {f"party.{name}" for name in HOLD_PEOPLE["party"].split()}


def names_in(lists: dict[str, str]) -> set[str]:
    return {f"{table}.{column}" for table, columns in lists.items() for column in columns.split()}


def columns_with_words() -> Iterator[Column[Any]]:
    kinds = (String, JSON, LargeBinary, EncryptedText, EncryptedBytes)
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, kinds) and not isinstance(column.type, Enum):
                yield column


def test_of_every_column_it_is_said_whether_it_can_hold_somebody() -> None:
    said = names_in(HOLD_PEOPLE) | names_in(HOLD_NOBODY)
    assert {f"{column.table.name}.{column.name}" for column in columns_with_words()} == said
    assert not names_in(HOLD_PEOPLE) & names_in(HOLD_NOBODY)


def columns_that_hold_the_canary(session: Session) -> set[str]:
    session.expire_all()
    return {
        f"{column.table.name}.{column.name}"
        for column in columns_with_words()
        if any(is_about_the_canary(value) for value in session.scalars(select(column)))
    }


def is_about_the_canary(value: Any) -> bool:
    if isinstance(value, bytes):
        value = (gzip.decompress(value) if value[:2] == b"\x1f\x8b" else value).decode(errors="ignore")
    written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    squeezed = written.lower().replace(" ", "")
    return any(word in squeezed for word in LOOKED_FOR)


@pytest.fixture
def family(session: Session) -> Family:
    """A child whose name stands wherever one can stand."""
    texts = (column for column in HOLD_PEOPLE["participant"].split() if column not in NOT_JUST_NAMES)
    written = dict.fromkeys(texts, CANARY) | {"given_name": CANARY, "family_name": FAMILY}
    written |= {"native_name": "Ззкарин", "phone": "+47 911 87 654", "email": "zzkarin@example.org"}
    family = make_family(session, **written, spoken_languages=[CANARY], has_health_notes=True)
    child, party = family.child, family.child.party
    party.name, party.contact_name, party.contact_phone = f"Family {FAMILY}", NAME, child.phone
    child.refresh_keys()
    for guardian in child.guardians:
        guardian.name, guardian.email, guardian.phone = NAME, child.email, child.phone
    session.add(StageEntry(participant_id=child.id, stage_id=family.abroad.id))
    quota_of(family.march, family.abroad).taken = 1
    make_document(session, child, number=CANARY)
    child.notarised_consent = NotarisedConsent(valid_from=NOW.date(), valid_to=NOW.date(), states=CANARY)
    session.commit()
    fill_consents(session, family)
    fill_letters(session, family)
    fill_log(session, family)
    fill_border_and_files(session, family)
    fill_roll(session, family)
    session.commit()
    return family


NOT_JUST_NAMES = {
    "name_key",
    "spoken_languages",
    "native_name",
    "phone",
    "email",
    "given_name",
    "family_name",
}


def fill_consents(session: Session, family: Family) -> None:
    consent.ask(session, [family.child], now=NOW)
    let_answer(session, family.mother)
    for answer in session.scalars(select(ConsentAnswer)):
        answer.typed_name = NAME
    for request in session.scalars(select(ConsentRequest)):
        request.address = family.child.email
    scan = {"media_type": "image/png", "content": CANARY.encode(), "uploaded_at": NOW}
    session.add(ConsentScan(participant_id=family.child.id, **scan))


def letter(family: Family, **given: Any) -> Message:
    values = {
        "march_id": family.march.id,
        "kind": "changed",
        "recipient": family.child.email,
        "language": "en",
    }
    words = {"subject": f"About {NAME}", "text": NAME, "html": NAME, "secret": NAME, "last_error": NAME}
    times = {"created_at": NOW, "next_attempt_at": NOW, "sent_at": NOW}
    return Message(**values | words | times | given)


def fill_letters(session: Session, family: Family) -> None:
    """Write letters to the party and to others, before the party and after it."""
    child = family.child
    session.add_all(
        [
            letter(family, party_id=child.party_id),
            letter(family, participant_id=child.id),
            letter(family, recipient="guide@example.org"),
            letter(family, recipient="guide@example.org", text=f"Zz {FAMILY}", subject=f"{FAMILY}, {CANARY}"),
        ]
    )
    for selection in ({"q": f"{FAMILY.lower()} {CANARY}"}, {"category": "walker"}):
        words = {"subject": {"en": f"{NAME} is lost"}, "text": {"ru": f"Ищем: Ззкарин, {NAME}"}}
        session.add(
            Mailing(march_id=family.march.id, **words, selection=selection, recipients=0, created_at=NOW)
        )


def fill_log(session: Session, family: Family) -> None:
    march_id, child = family.march.id, family.child
    of = {"march_id": march_id, "account_id": None}
    subject = {"subject": "participant", "subject_id": child.id}
    changed = record(session, at=NOW, action="participant.changed", **of, **subject, before={"phone": "1"})
    changed.address = "192.0.2.77"
    stage = {"subject": "stage", "subject_id": family.home.id}
    record(session, at=NOW, action="people.moved", **of, **stage, reason=f"Ззкарин ({NAME}) is ill")
    record(
        session,
        at=NOW,
        action="party.contact_changed",
        **of,
        subject="party",
        subject_id=child.party_id,
        before={"contact_name": NAME},
    )
    note_download(
        session,
        kind="participants",
        march_id=march_id,
        params={"arguments": {"q": NAME}, "columns": ["name"]},
        language="en",
        account_id=family.coordinator.id,
        now=NOW,
    )


def fill_border_and_files(session: Session, family: Family) -> None:
    abroad, by = family.abroad, family.coordinator
    freeze(session, stage=abroad, lines=all_lines(session, abroad), by=by, now=NOW)
    counted = {"counted": 1, "expected": 1, "at": NOW, "submission_key": "one"}
    session.add(
        ManifestCount(stage_id=abroad.id, place=CountPlace.OUT, remark=f"{NAME} came late", **counted)
    )
    file = {"march_id": family.march.id, "account_id": by.id, "kind": "participants", "language": "en"}
    made = {"state": FileState.READY, "name": f"{CANARY}.xlsx", "content": NAME.encode()}
    session.add(PreparedFile(**file, **made, params={"arguments": {"q": NAME}}, asked_at=NOW))


def fill_roll(session: Session, family: Family) -> None:
    make_group(session, family.home)
    make_mark(session, family.child, family.home, state=RollState.HANDED_OVER, handed_to=NAME)


def erase_and_wait(session: Session, family: Family, person: Participant) -> None:
    """Erase somebody; let the last letters go, the stages be over, and the worker look once more."""
    assert erase(session, person, now=datetime.now(UTC), by=family.coordinator)
    session.commit()
    erase_what_waits_in_vain(session, now=NOW + timedelta(days=8))
    for stage in session.scalars(select(Stage)):
        stage.day = date(2014, 9, 18)
    session.commit()
    forget_in_manifests()


def test_no_column_holds_what_named_or_described_the_person(session: Session, family: Family) -> None:
    assert columns_that_hold_the_canary(session) == names_in(HOLD_PEOPLE)
    erase_and_wait(session, family, family.child)
    assert columns_that_hold_the_canary(session) == set()


def test_of_somebody_with_siblings_only_the_contact_stays(session: Session, family: Family) -> None:
    brother = make_participant(
        session, family.march, family.home, given_name="Nils", party=family.child.party
    )
    make_mark(session, brother, family.home, state=RollState.HANDED_OVER, handed_to=f"{NAME}, his sister")
    brother.email = "nils@example.org"
    family.child.party.name = ""
    brother.refresh_keys()
    session.commit()
    erase_and_wait(session, family, family.child)
    left = columns_that_hold_the_canary(session)
    assert left - {"message.recipient"} == OF_CONTACT - {"party.name"}


def test_a_name_of_before_and_one_that_was_merged_go_too(session: Session, family: Family) -> None:
    child = family.child
    twin = make_participant(
        session,
        family.march,
        family.abroad,
        given_name="Zzkarina",
        family_name=FAMILY,
        birth_date=child.birth_date,
    )
    freeze(
        session,
        stage=family.abroad,
        lines=all_lines(session, family.abroad),
        by=family.coordinator,
        now=NOW,
    )
    session.add(letter(family, recipient="guide@example.org", text=f"Zzkarina {FAMILY}", subject="x"))
    session.commit()
    kept = merge(
        session,
        child,
        twin,
        take_newer=("given_name",),
        now=NOW + timedelta(hours=1),
        by=family.coordinator,
        reason="",
    )
    session.commit()
    erase_and_wait(session, family, kept)
    assert columns_that_hold_the_canary(session) - OF_CONTACT == set()


def test_a_manifest_keeps_the_names_until_the_stage_is_over(session: Session, family: Family) -> None:
    other = make_participant(session, family.march, family.abroad)
    make_document(session, other, number="K1")
    lines = all_lines(session, family.abroad)
    freeze(session, stage=family.abroad, lines=lines, by=family.coordinator, now=NOW)
    session.commit()
    erase(session, family.child, now=datetime.now(UTC), by=family.coordinator)
    session.commit()
    forget_in_manifests()
    session.expire_all()
    for version in versions_of(session, family.abroad):
        assert NAME in [line.name for line in lines_of(version)]
    family.abroad.day = date(2014, 9, 18)
    session.commit()
    forget_in_manifests()
    session.expire_all()
    first = {line.person_id: line for line in lines_of(versions_of(session, family.abroad)[-1])}
    gone = first[family.child.id]
    assert (gone.given_name, gone.family_name, gone.papers) == ("–", family.child.reference, ())
    assert gone.country == family.child.country
    last = {line.person_id: line for line in lines_of(versions_of(session, family.abroad)[0])}
    assert last[other.id] == next(line for line in lines if line.person_id == other.id)


def test_who_is_erased_while_a_manifest_is_looked_through_is_not_forgotten_there(
    session: Session, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    from marchapp.border import erasing

    family.abroad.day = date(2014, 9, 18)
    session.commit()
    look = erasing.without_erased

    def erase_meanwhile(session: Session, version: Any, now: datetime) -> bytes:
        content = look(session, version, now)
        session.rollback()
        child = session.get_one(Participant, family_id)
        assert erase(session, child, now=datetime.now(UTC), by=coordinator)
        session.commit()
        return content

    family_id, coordinator = family.child.id, family.coordinator
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(erasing, "without_erased", erase_meanwhile)
        forget_in_manifests()
    forget_in_manifests()
    assert "manifest_version.content" not in columns_that_hold_the_canary(session)


def test_a_namesake_loses_no_answers(session: Session, family: Family) -> None:
    namesake = make_participant(
        session, family.march, given_name=CANARY, family_name=FAMILY, birth_date=date(1980, 1, 1)
    )
    session.commit()
    erase_and_wait(session, family, family.child)
    session.refresh(namesake)
    assert namesake.name == NAME
    events = session.scalars(select(AuditEvent).where(AuditEvent.action == "participant.erased")).all()
    assert [event.subject_id for event in events] == [family.child.id]
