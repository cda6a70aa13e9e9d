"""Two marches with one of everything in them, and everybody who might knock at a door."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from secrets import token_bytes, token_hex
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from flask_security.recoverable import generate_reset_password_token
from itsdangerous import TimestampSigner
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.border.crossing import all_lines
from marchapp.border.services import freeze
from marchapp.mail.calendar import Method, enclosed
from marchapp.marches.routes import save_route
from marchapp.models import (
    Account,
    AssignmentRun,
    ConsentScan,
    FileState,
    Group,
    Guardian,
    Mailing,
    March,
    Message,
    NotarisedConsent,
    Participant,
    Party,
    PartyKind,
    Passkey,
    PreparedFile,
    Role,
    SignIn,
    Stage,
)
from marchapp.models.audit import record
from marchapp.models.link import PrivateLink, give_link
from marchapp.registration.consent import services as consent
from marchapp.registration.consent.links import link_for_letter
from marchapp.registration.letters import received
from marchapp.rosters.automatic.choices import Choices
from marchapp.tracks import services as tracks
from tests.factories import (
    make_account,
    make_document,
    make_group,
    make_march,
    make_participant,
    make_party,
    make_stage,
)
from tests.tracks.walks import route_gpx, walk_gpx

NOW = datetime.now(UTC).replace(microsecond=0)
TODAY = NOW.astimezone(ZoneInfo("Europe/Oslo")).date()  # where the marches are
STARTS_AT = datetime.combine(TODAY, time(6), UTC)
LATER = NOW + timedelta(days=90)


@dataclass
class Place:
    """A march with one of everything; `values` are what stands in the addresses of its pages."""

    march: March
    stage: Stage
    coordinator: Account
    guide: Account
    other_guide: Account
    medic: Account
    observer: Account
    child: Participant
    values: dict[str, Any]
    links: dict[str, str]


def make_place(session: Session, slug: str, *, first_stage: int, is_public: bool = True) -> Place:
    """Make a march whose objects bear numbers of their own, its stages from `first_stage` on."""
    days = {"starts_on": TODAY, "ends_on": TODAY + timedelta(days=1)}
    march = make_march(session, slug=slug, is_public=is_public, notarised_countries=["RU"], **days)
    stage = _stage(session, march, first_stage, 0)
    next_stage = _stage(session, march, first_stage + 1, 1)
    coordinator = make_account(session, "Clara Coordinator", march, Role.COORDINATOR)
    guide = make_account(session, "Gunn Guide", march)
    other_guide = make_account(session, "Oleg Other", march)
    group = make_group(session, stage, guide)
    make_group(session, stage, other_guide)
    next_group = make_group(session, next_stage, guide)
    past_group = make_group(session, _stage(session, march, first_stage + 2, -10), guide)
    save_route(session, stage=stage, content=route_gpx(), by=coordinator, now=NOW)
    child, sister = _family(session, march, stage, group)
    values = {
        "slug": slug,
        "number": stage.number,
        "account_id": guide.id,
        "group_id": group.id,
        "code": "start",
        "person_id": child.id,
        "participant_id": child.id,
        "other_id": sister.id,
        "who": "walker",
        "kind": "school_class",
        "ending": "csv",
        "purpose": "photographs",
        "language": "nb",
        "filename": "nothing.css",
        "release": "of-before",
        **_papers(session, march, stage, coordinator, child),
        **_recordings(session, group, guide, next_stage),
    }
    values |= {
        "next_number": next_stage.number,
        "next_group_id": next_group.id,
        "past_group_id": past_group.id,
        "guardian_id": child.guardians[0].id,
        "cancelled_id": make_participant(session, march, stage, cancelled_at=NOW).id,
    }
    other_device = SignIn(account_id=coordinator.id, secret_hash=token_hex(32), began_at=NOW, seen_at=NOW)
    passkey = Passkey(
        user_id=coordinator.id,
        name="Phone",
        credential_id=token_bytes(16),
        public_key=b"key",
        sign_count=0,
        usage="first",
        backup_state=False,
        device_type="single_device",
        lastuse_datetime=NOW,
    )
    session.add_all([other_device, passkey])
    session.flush()
    values["sign_in_id"] = other_device.id
    links = _links(session, child, sister) | _letters_with_passwords(guide)
    return Place(
        march=march,
        stage=stage,
        coordinator=coordinator,
        guide=guide,
        other_guide=other_guide,
        medic=make_account(session, "Mona Medic", march, Role.MEDIC),
        observer=make_account(session, "Odd Observer", march, Role.OBSERVER),
        child=child,
        values=values,
        links=links,
    )


def _stage(session: Session, march: March, number: int, day: int) -> Stage:
    starts_at = STARTS_AT + timedelta(days=day)
    return make_stage(
        session,
        march,
        number=number,
        day=TODAY + timedelta(days=day),
        crosses_border=True,
        crossing_point={"en": "Storskog"},
        starts_at=starts_at,
        finishes_at=starts_at + timedelta(hours=1),
    )


def _family(session: Session, march: March, stage: Stage, group: Group) -> list[Participant]:
    """Sign two sisters up, both of an age at which guardians consent and they are asked themselves."""
    party = make_party(session, march, kind=PartyKind.FAMILY)
    sisters = [
        make_participant(
            session,
            march,
            stage,
            group=group,
            party=party,
            given_name=name,
            country="RU",
            birth_date=TODAY.replace(year=TODAY.year - 14, day=1),
            health_notes="Asthma",
        )
        for name in ("Mari", "Kari")
    ]
    for sister in sisters:
        make_document(session, sister, expires_on=TODAY + timedelta(days=365))
        sister.guardians.append(
            Guardian(position=1, name="Siri Hansen", email="siri@example.org", language="nb")
        )
        sister.notarised_consent = NotarisedConsent(valid_from=TODAY, valid_to=TODAY, states="Norge")
    session.flush()
    consent.ask(session, sisters, now=NOW)
    session.flush()
    return sisters


def _papers(
    session: Session, march: March, stage: Stage, coordinator: Account, child: Participant
) -> dict[str, int]:
    """Add what the pages of letters, files, scans, exports and rosters show; return their numbers."""
    letter = _letter_to(session, child)
    letter.calendar = enclosed(Method.PUBLISH, [stage])
    mailing = Mailing(
        march_id=march.id,
        subject={"nb": "Støvler"},
        text={"nb": "Ta med støvler."},
        selection={},
        recipients=0,
        created_at=NOW,
    )
    scan = ConsentScan(participant_id=child.id, media_type="image/png", content=b"scan", uploaded_at=NOW)
    file = PreparedFile(
        march_id=march.id,
        account_id=coordinator.id,
        kind="badges",
        params={"stage_id": stage.id, "stage_number": stage.number},
        language="en",
        asked_at=NOW,
        state=FileState.READY,
        content=b"%PDF-",
        name="badges.pdf",
        media_type="application/pdf",
    )
    run = AssignmentRun(
        stage_id=stage.id,
        asked_by_id=coordinator.id,
        asked_at=NOW,
        options=Choices().to_json(),
    )
    export = record(
        session,
        at=LATER,  # its file can be fetched for minutes, and all tests take longer
        action="participants.exported",
        march_id=march.id,
        account_id=coordinator.id,
        arguments={"columns": "reference"},
        secrets=["health_notes"],
        format="csv",
    )
    version = freeze(session, stage=stage, lines=all_lines(session, stage), by=coordinator, now=NOW)
    version.number = stage.number  # else that of each march would be the first
    session.add_all([mailing, scan, file, run])
    session.flush()
    return {
        "message_id": letter.id,
        "mailing_id": mailing.id,
        "scan_id": scan.id,
        "file_id": file.id,
        "run_id": run.id,
        "event_id": export.id,
        "version": version.number,
    }


def _letter_to(session: Session, child: Participant) -> Message:
    link = give_link(session, child.party, now=NOW, expires_at=LATER)
    received(session, child.party, child.party.participants, link=link, now=NOW)
    session.flush()
    return session.scalars(select(Message).where(Message.party_id == child.party_id)).first()


def _recordings(session: Session, group: Group, guide: Account, next_stage: Stage) -> dict[str, int]:
    content = walk_gpx(starts_at=STARTS_AT, interval_s=30)
    tracks.save_recording(session, group=group, content=content, by=guide, now=NOW)
    track = tracks.track_of(session, group)
    [recording] = tracks.history_of(session, group)
    recording.other_stages = [next_stage.id]  # a file that goes on
    return {"track_id": track.id, "recording_id": recording.id}


def _links(session: Session, child: Participant, sister: Participant) -> dict[str, str]:
    """Return the secrets of private links: of the contact, of each child, of a guardian, and closed ones."""

    def link(owner: Party | Participant | Guardian, **given: Any) -> PrivateLink:
        made = give_link(session, owner, now=NOW, expires_at=given.pop("expires_at", LATER))
        for name, value in given.items():
            setattr(made, name, value)
        return made

    guardian = child.guardians[0]
    school_class = make_party(session, child.march, kind=PartyKind.SCHOOL_CLASS, name="7B")
    make_participant(session, child.march, party=school_class)
    before = NOW - timedelta(days=1)
    made = {
        "contact": link(child.party),
        "contact of a class": link(school_class),
        "child": link(child),
        "sister": link(sister),
        "guardian": link_for_letter(session, guardian, now=NOW),
        "expired": link(child.party, expires_at=before),
        "revoked": link(child.party, revoked_at=before),
        "expired guardian": link(guardian, expires_at=before),
        "revoked guardian": link(guardian, revoked_at=before),
        "used guardian": link(guardian, used_at=before),
    }
    session.flush()
    return {whose: link.secret for whose, link in made.items()}


def _letters_with_passwords(account: Account) -> dict[str, str]:
    """Return what a letter with a link to a new password holds, one of now and one of long ago."""
    long_ago = int((NOW - timedelta(days=30)).timestamp())
    with patch.object(TimestampSigner, "get_timestamp", lambda _self: long_ago):
        old = generate_reset_password_token(account)
    return {"new password": generate_reset_password_token(account), "old new password": old}
