"""Who asks for the own data gets all that is held: each column is there, or it is said why not.

A new table or column stands in none of these lists, and the first test fails until somebody has decided. The
second fills the columns that are handed out and looks for them in the file.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Column, select
from sqlalchemy.orm import Session

from marchapp.extensions import db
from marchapp.models import AuditEvent, Recording, Role, RollMark, Track, TrackComparison
from marchapp.models.audit import record
from marchapp.models.encrypted import EncryptedBytes, EncryptedText
from marchapp.registration.coordination.merging import merge
from marchapp.registration.own.data import own_data
from marchapp.registration.own.package import packed_data
from tests.factories import make_account, make_group, make_participant, publish_place
from tests.registration.consent.conftest import NOW, Family, make_family
from tests.registration.coordination.test_nothing_is_left import (
    fill_border_and_files,
    fill_consents,
    fill_log,
    fill_roll,
    letter,
)

# Handed out to the person; with a star only where a coordinator reads it before it is handed out.
TAKEN = {
    "audit_event": "at action personal address*",
    "consent_answer": "participant_id guardian_id is_by_child text_id purpose answer typed_name language at"
    " recorded_by_id scan_id",
    "consent_request": "guardian_id text_id asked_at address",
    "consent_scan": "id participant_id media_type content uploaded_at",
    "consent_text": "version text sha256 written_at purpose",
    "guardian": "participant_id position name email phone language",
    "manifest_version": "stage_id number frozen_at content",
    "membership": "participant_id stage_id group_id is_locked",
    "message": "party_id participant_id kind recipient language subject text created_at sent_at failed_at",
    "notarised_consent": "participant_id valid_from valid_to states seen_at",
    "participant": "march_id party_id category given_name family_name native_name birth_date country language"
    " spoken_languages municipality email phone emergency_name emergency_phone diet health_notes"
    " knows_first_aid school school_class body position service unit rank reference registered_at standing"
    " waiting_since cancelled_at erasure_asked_at may_take_part may_cross_border place_held_until"
    " consent_reminders left_groups_at",
    "party": "kind name contact_name contact_email contact_phone language when_full signed_up_at",
    "private_link": "kind party_id participant_id guardian_id created_at expires_at revoked_at used_at",
    "published_group": "number name starts_at meeting_point",
    "published_place": "participant_id stage_id group_id change number_before",
    "recording": "group_id size_bytes uploaded_at is_used started_at finished_at points",
    "roll_mark": "stage_id point participant_id group_id state handed_to* marked_at received_at",
    "stage_entry": "participant_id stage_id",
    "track_comparison": "computed_at verdict planned_m walked_m off_route_count max_offset_m start_late_s"
    " finish_late_s moving_s stop_count ascent_m",
    "travel_document": "participant_id kind number issued_by expires_on reminded_at",
}
# Columns of these tables that are not handed out.
NOT_TAKEN = {
    "a number of the program, which says nothing of the person": {
        "audit_event": "id march_id subject subject_id",
        "consent_answer": "id",
        "consent_text": "id march_id",
        "guardian": "id",
        "manifest_version": "id",
        "message": "id march_id link_id mailing_id roster_version_id only_once",
        "participant": "id",
        "party": "id march_id submission_key",
        "private_link": "id",
        "published_group": "group_id stage_id version_id",
        "published_place": "version_id",
        "recording": "id other_stages sha256",
        "roll_mark": "id client_key",
        "track_comparison": "track_id",
    },
    "who of the staff did it; the role is said, where the law asks for it": {
        "audit_event": "account_id",
        "consent_scan": "uploaded_by_id",
        "consent_text": "written_by_id",
        "manifest_version": "frozen_by_id",
        "notarised_consent": "seen_by_id",
        "recording": "uploaded_by_id",
        "roll_mark": "account_id",
    },
    "a secret that opens something": {
        "message": "secret",
        "private_link": "nonce secret_hash",
    },
    "formed from what is handed out": {
        "message": "html calendar",
        "participant": "name_key has_health_notes",
    },
    "only set once nothing is left to hand out": {
        "message": "erasing erased_at",
        "participant": "erased_at",
    },
    "how far the program is with its work": {
        "message": "next_attempt_at claimed_at attempts last_error",
        "track_comparison": "engine_version",
        "published_group": "changes",
    },
    "kinds, numbers of rows and counts; reasons, changes and moves are taken out of it": {
        "audit_event": "facts"
    },
    "counts of all who cross": {"manifest_version": "people warnings erasures_due"},
    "of the guide's device; coordinators hand the track out as GPX": {
        "recording": "content_gz piece_from piece_to",
        "track_comparison": "result points_npz outline",
    },
}
NOTHING_OF_PARTICIPANTS = {
    "account": "those who work for the march; guides correct theirs with a coordinator",
    "appointment": "those who work for the march",
    "assignment_run": "a proposal by numbers: what came of it is a place in a group",
    "checkpoint": "the planned route",
    "group_guide": "those who work for the march",
    "key_check": "the program",
    "mailing": "what was written to many: the letter that came of it is handed out",
    "manifest_count": "heads that were counted; a remark is looked up by hand",
    "march": "the march",
    "name_word": "names and references as they are searched, formed from them",
    "passkey": "those who work for the march",
    "planned_route": "the planned route",
    "prepared_file": "a copy for a coordinator, for a day",
    "published_guide": "those who work for the march",
    "quota": "counts",
    "roll_point": "the points of a route",
    "roll_standing": "the last of the marks, which are handed out",
    "roster_version": "counts",
    "route_draft": "the planned route",
    "sign_in": "those who work for the march",
    "stage": "the march",
    "stage_group": "the group; its number is handed out",
    "track": "how far a comparison is",
}


def columns_of(lists: dict[str, str]) -> list[str]:
    return [f"{table}.{name.rstrip('*')}" for table, names in lists.items() for name in names.split()]


def test_of_every_column_it_is_said_whether_it_is_handed_out() -> None:
    said = columns_of(TAKEN) + [name for lists in NOT_TAKEN.values() for name in columns_of(lists)]
    there = [
        f"{table.name}.{column.name}"
        for table in db.metadata.sorted_tables
        for column in table.columns
        if table.name not in NOTHING_OF_PARTICIPANTS
    ]
    assert sorted(said) == sorted(there)
    assert set(NOTHING_OF_PARTICIPANTS) | {name.split(".")[0] for name in said} == set(db.metadata.tables)


def test_what_refers_to_people_is_looked_at_column_by_column() -> None:
    people = {"participant", "guardian", "party"}
    refer = {
        table.name
        for table in db.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name in people
    }
    # The same in other words, or not of one person.
    of_words = {"name_word", "roll_standing"}
    assert refer - of_words <= set(TAKEN)


@pytest.fixture
def family(session: Session) -> Family:
    """A child of whom every table holds something, signed up alone."""
    family = make_family(
        session,
        native_name="Мари",
        municipality="Sør-Varanger",
        email="mari@example.org",
        phone="+47 911 87 654",
        diet="no nuts",
        health_notes="Asthma",
        has_health_notes=True,
        school="Fjordbotn skole",
        school_class="7B",
        body="Council",
        position="clerk",
        service="Guard",
        unit="Second",
        rank="cadet",
        spoken_languages=["nb", "se"],
        place_held_until=NOW + timedelta(days=1),
        erasure_asked_at=NOW + timedelta(days=2),
        left_groups_at=NOW + timedelta(days=3),
    )
    child = family.child
    child.party.contact_phone = "+47 922 22 222"
    child.refresh_keys()
    fill_papers(session, family)
    fill_consents(session, family)
    for letter_to in ({"party_id": child.party_id}, {"participant_id": child.id}):
        session.add(letter(family, failed_at=NOW, **letter_to))
    fill_log(session, family)
    fill_border_and_files(session, family)
    fill_walk(session, family)
    session.commit()
    return family


def fill_papers(session: Session, family: Family) -> None:
    from marchapp.models import NotarisedConsent, StageEntry
    from tests.factories import make_document, quota_of

    session.add(StageEntry(participant_id=family.child.id, stage_id=family.abroad.id))
    quota_of(family.march, family.abroad).taken = 1
    make_document(session, family.child, reminded_at=NOW)
    family.child.notarised_consent = NotarisedConsent(
        valid_from=date(2027, 1, 2), valid_to=date(2027, 1, 3), states="Norge, Россия", seen_at=NOW
    )


def fill_walk(session: Session, family: Family) -> None:
    fill_roll(session, family)
    group = make_group(session, family.home, name="The quick", meeting_point="Under the clock")
    publish_place(session, family.child, group)
    mark = session.scalars(select(RollMark)).one()
    mark.group_id = group.id
    session.add(
        Recording(
            group_id=group.id,
            sha256="0",
            content_gz=b"",
            size_bytes=4711,
            uploaded_at=NOW,
            started_at=NOW + timedelta(hours=5),
            finished_at=NOW + timedelta(hours=9),
            points=815,
        )
    )
    track = Track(group_id=group.id)
    numbers = dict.fromkeys(("planned_m", "walked_m", "start_late_s", "finish_late_s", "moving_s"), 7.25)
    track.comparison = TrackComparison(
        engine_version="1",
        computed_at=NOW,
        verdict="kept",
        off_route_count=2,
        result={},
        points_npz=b"",
        **numbers,
    )
    session.add(track)


def text_of(content: bytes) -> str:
    with ZipFile(BytesIO(content)) as package:
        return "\n".join(package.read(name).decode() for name in package.namelist())


def values(session: Session, column: Column[Any]) -> Iterator[str]:
    """Yield what stands in a column, as JSON would write it; of words, times and days, not of numbers."""
    session.expire_all()
    for value in session.scalars(select(column)):
        if isinstance(value, (date, datetime)):
            yield value.isoformat()
        elif isinstance(value, str) and value:
            yield json.dumps(value, ensure_ascii=False)[1:-1]


# What stands in a letter or event about all of the march, or is one of several rows, need not all be there.
ONE_OF_SEVERAL = {"audit_event", "message", "private_link", "published_group", "consent_text"}


def test_what_is_said_to_be_handed_out_is_in_the_file(session: Session, family: Family) -> None:
    child = family.child
    text = text_of(packed_data(session, child, to_be_read=True))
    missing = []
    for table, names in TAKEN.items():
        for name in names.replace("*", "").split():
            column = db.metadata.tables[table].c[name]
            if column.type.python_type in (str, date, datetime) or isinstance(column.type, EncryptedText):
                found = [value in text for value in values(session, column)]
                enough = any(found) if table in ONE_OF_SEVERAL else all(found)
                if found and not enough:
                    missing.append(f"{table}.{name}")
    assert missing == []


def test_every_part_of_the_data_holds_something(session: Session, family: Family) -> None:
    """Or the test before would look for nothing."""
    data = own_data(session, family.child, to_be_read=True)
    assert [part for part, value in data.items() if value in (None, [], {})] == []
    assert data["recordings_of_the_groups"][0]["comparison"]["walked_m"] == 7.25
    assert data["border_manifests"][0]["line"]["reference"] == family.child.reference
    published = [stage["published"] for stage in data["stages"] if stage["published"]]
    assert published[0]["meeting_point"] == "Under the clock"


def test_scans_lie_beside_the_data(session: Session, family: Family) -> None:
    with ZipFile(BytesIO(packed_data(session, family.child))) as package:
        data = json.loads(package.read("data.json"))
        [scan] = data["scans"]
        assert package.namelist() == ["data.json", scan["file"]]
        assert package.read(scan["file"]) == b"Zzkarin"


def test_without_a_coordinator_reading_it_nothing_is_said_of_others(session: Session, family: Family) -> None:
    text = json.dumps(own_data(session, family.child), ensure_ascii=False)
    read = json.dumps(own_data(session, family.child, to_be_read=True), ensure_ascii=False)
    for word in ("192.0.2.77", "handed_to"):
        assert word in read
        assert word not in text


def test_who_opened_the_notes_on_health_is_named_with_the_time_and_why(
    session: Session, family: Family
) -> None:
    medic = make_account(session, "Mona Medic", family.march, Role.MEDIC)
    record(
        session,
        at=NOW + timedelta(minutes=1),
        action="participant.health_notes_opened",
        march_id=family.march.id,
        account_id=medic.id,
        subject="participant",
        subject_id=family.child.id,
        why="injury",
        reason="fell",
    )
    session.commit()
    [opened] = [
        act
        for act in own_data(session, family.child)["history"]
        if act["action"] == "participant.health_notes_opened"
    ]
    assert opened == {
        "at": (NOW + timedelta(minutes=1)).isoformat(),
        "action": "participant.health_notes_opened",
        "by": "medic",
        "why": "injury",
        "name": "Mona Medic",
    }


def test_what_happened_to_a_sign_up_that_was_merged_is_there_too(session: Session, family: Family) -> None:
    child = family.child
    twin = make_participant(session, family.march, given_name="Marie", birth_date=child.birth_date)
    record(
        session,
        at=datetime.now(UTC),
        action="participant.changed",
        march_id=family.march.id,
        account_id=None,
        subject="participant",
        subject_id=twin.id,
        changed=["school"],
        before={"school": "Bekkefaret"},
        after={"school": ""},
    )
    session.commit()
    kept = merge(
        session,
        child,
        twin,
        take_newer=(),
        now=NOW + timedelta(hours=1),
        by=family.coordinator,
        reason="",
    )
    session.commit()
    assert "Bekkefaret" in json.dumps(own_data(session, kept))


def test_a_coordinator_takes_all_of_it_for_who_asks_by_telephone(
    session: Session, family: Family, sign_in: Callable[..., FlaskClient]
) -> None:
    client, address = sign_in(family.coordinator), f"/participants/{family.child.id}/data"
    session.rollback()
    assert "by telephone or on paper" in client.get(address).text
    assert "Take all data along" in client.get(f"/participants/{family.child.id}").text
    assert client.post(address, data={"reason": ""}).mimetype == "text/html"
    answer = client.post(address, data={"reason": "Her mother rang, known by the reference"})
    assert answer.mimetype == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Asthma" in text_of(answer.data)
    session.expire_all()
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "participant.data_taken"))
    assert (event.account_id, event.subject_id) == (family.coordinator.id, family.child.id)
    assert event.details["reason"] == "Her mother rang, known by the reference"


def test_a_file_of_many_manifests_names_nobody_else(session: Session, family: Family) -> None:
    other = make_participant(session, family.march, family.abroad, family_name="Somebodyelse")
    other.party.contact_name = "Somebodyelse"
    session.commit()
    assert "Somebodyelse" not in text_of(packed_data(session, family.child, to_be_read=True))


def test_encrypted_columns_are_handed_out_or_no_participants() -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in db.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, (EncryptedText, EncryptedBytes))
    }
    of_no_participant = {
        "account.tf_totp_secret",
        "key_check.word",
        "message.secret",
        "prepared_file.content",
    }
    assert sealed - set(columns_of(TAKEN)) == of_no_participant
