"""Make rows for tests: each function sets only what it must, the test says what matters to it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from marchapp.models import (
    Account,
    Appointment,
    Category,
    Change,
    DocumentKind,
    Group,
    GroupGuide,
    March,
    Membership,
    Participant,
    Party,
    PartyKind,
    PointKind,
    PublishedGroup,
    PublishedGuide,
    PublishedPlace,
    Quota,
    QuotaKind,
    Role,
    RollMark,
    RollPoint,
    RollStanding,
    RollState,
    RosterVersion,
    Stage,
    StageEntry,
    Standing,
    TravelDocument,
)
from marchapp.models.quota import new_quotas
from marchapp.models.roster import last_version
from marchapp.registration import places

DAY = date(2014, 9, 18)
START = datetime(2014, 9, 18, 6, 0, tzinfo=UTC)
_numbers = count(1)


def make_march(session: Session, **given: Any) -> March:
    slug = given.pop("slug", f"march-{next(_numbers)}")
    values: dict[str, Any] = {
        "slug": slug,
        "name": {"en": f"March {slug}", "nb": f"Marsj {slug}", "ru": f"Марш {slug}"},
        "summary": {"en": "Three days on foot."},
        "starts_on": DAY - timedelta(days=1),
        "ends_on": DAY + timedelta(days=1),
        "time_zone": "Europe/Oslo",
        "is_public": True,
        "signup_opens_at": datetime(2014, 1, 1, tzinfo=UTC),
        "signup_closes_at": datetime(2099, 1, 1, tzinfo=UTC),
    }
    capacity = given.pop("capacity", 50)
    march = March(**values | given)
    march.quotas = new_quotas(dict.fromkeys(Category, capacity))
    session.add(march)
    session.flush()
    return march


def make_stage(session: Session, march: March, **given: Any) -> Stage:
    number = given.pop("number", 1)
    values: dict[str, Any] = {
        "march_id": march.id,
        "number": number,
        "day": march.starts_on + timedelta(days=number - 1),
        "name": {"en": f"Stage {number}"},
        "start_name": {"en": "Start"},
        "finish_name": {"en": "Finish"},
        "starts_at": START,
        "finishes_at": START + timedelta(hours=6),
    }
    stage = Stage(**values | given)
    session.add(stage)
    session.flush()
    session.add(Quota(march_id=march.id, kind=QuotaKind.STAGE, stage_id=stage.id, taken=0))
    session.flush()
    return stage


def make_account(session: Session, name: str, march: March | None = None, role: Role = Role.GUIDE) -> Account:
    account = Account(email=f"{name.split()[0].lower()}{next(_numbers)}@example.org", name=name)
    session.add(account)
    session.flush()
    if march:
        session.add(Appointment(account_id=account.id, march_id=march.id, role=role))
        session.flush()
    return account


def make_group(
    session: Session, stage: Stage, *guides: Account, is_published: bool = True, **given: Any
) -> Group:
    """Add a group with its guides, as one that is in the published roster unless said otherwise."""
    values: dict[str, Any] = {"stage_id": stage.id, "number": next(_numbers), "min_size": 1, "max_size": 12}
    group = Group(**values | given)
    session.add(group)
    session.flush()
    for guide in guides:
        session.add(GroupGuide(group_id=group.id, account_id=guide.id))
    session.flush()
    if is_published:
        publish_group(session, group, *guides)
    return group


def make_document(session: Session, person: Participant, **given: Any) -> TravelDocument:
    """Give somebody a passport that is valid for long."""
    values: dict[str, Any] = {
        "participant_id": person.id,
        "kind": DocumentKind.PASSPORT,
        "number": "X1234567",
        "issued_by": "NO",
        "expires_on": date(2020, 1, 1),
    }
    document = TravelDocument(**values | given)
    session.add(document)
    session.flush()
    return document


def publish_group(session: Session, group: Group, *guides: Account) -> RosterVersion:
    """Put a group without people into the published roster of its stage; nobody is told."""
    version = last_version(session, group.stage_id) or _first_version(session, group)
    session.add(
        PublishedGroup(
            group_id=group.id,
            stage_id=group.stage_id,
            version_id=version.id,
            number=group.number,
            name=group.name,
            starts_at=group.start,
            meeting_point=group.meeting_point,
        )
    )
    session.flush()
    for guide in guides:
        names = {"name": guide.name, "phone": guide.phone}
        session.add(PublishedGuide(group_id=group.id, account_id=guide.id, version_id=version.id, **names))
    session.flush()
    return version


def _first_version(session: Session, group: Group) -> RosterVersion:
    version = RosterVersion(stage_id=group.stage_id, number=1, people=0, told=0, published_at=START)
    version.finished_at = START
    session.add(version)
    session.flush()
    return version


def publish_place(session: Session, participant: Participant, group: Group) -> None:
    """Put somebody into the published roster, if the group is in it."""
    version = last_version(session, group.stage_id)
    if version and session.get(PublishedGroup, group.id):
        session.add(
            PublishedPlace(
                participant_id=participant.id,
                stage_id=group.stage_id,
                group_id=group.id,
                version_id=version.id,
                change=Change.NEW,
            )
        )
        session.flush()


def make_party(session: Session, march: March, **given: Any) -> Party:
    number = next(_numbers)
    values: dict[str, Any] = {
        "march": march,
        "kind": PartyKind.PERSON,
        "contact_name": "Kari Nilsen",
        "contact_email": f"kari{number}@example.org",
        "language": "nb",
        "submission_key": str(uuid4()),
        "signed_up_at": START - timedelta(days=30),
    }
    party = Party(**values | given)
    session.add(party)
    session.flush()
    return party


def make_participant(
    session: Session,
    march: March,
    *stages: Stage,
    group: Group | None = None,
    category: Category = Category.SCHOOLCHILD,
    **given: Any,
) -> Participant:
    """Add somebody who walks `stages` (and in `group`, if given), and take a place of the category."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "march": march,
        "category": category,
        "given_name": "Kari",
        "family_name": f"Nilsen{number}",
        "birth_date": date(2001, 5, 17),
        "country": "NO",
        "language": "nb",
        "email": f"kari{number}@example.org",
        "emergency_name": "Ola Nilsen",
        "emergency_phone": "+47 400 00 000",
        "reference": f"R{number:06}",
        "registered_at": START - timedelta(days=30),
    } | given
    if values.get("cancelled_at"):
        values["standing"] = Standing.CANCELLED
    if "party" not in values:
        values["party"] = make_party(session, march, contact_email=values["email"])
    participant = Participant(**values)
    with session.no_autoflush:
        participant.refresh_keys()
    session.add(participant)
    participant.entries = [StageEntry(stage_id=stage.id) for stage in stages]
    session.flush()
    session.refresh(march, ["quotas"])
    if participant.standing == Standing.PLACED:
        places.take_places(session, march, [participant])
    if group is not None:
        session.add(Membership(participant_id=participant.id, stage_id=group.stage_id, group_id=group.id))
        session.flush()
        publish_place(session, participant, group)
    return participant


def quota_of(march: March, which: Category | QuotaKind | Stage) -> Quota:
    """Return the quota of a category or a stage, or that of the march or of its children."""
    own = {"category": which} if isinstance(which, Category) else {"kind": which}
    wanted = {"stage_id": which.id} if isinstance(which, Stage) else own
    [quota] = object_session(march).scalars(select(Quota).filter_by(march_id=march.id, **wanted))
    return quota


@dataclass
class Cast:
    """Two marches; in the first a stage with two groups, each with its own guide."""

    march: March
    stage: Stage
    coordinator: Account
    guide: Account
    group: Group
    other_guide: Account
    other_group: Group
    walker: Participant
    other_march: March
    other_coordinator: Account


def make_cast(session: Session) -> Cast:
    march = make_march(session, slug="victory")
    stage = make_stage(session, march)
    guide = make_account(session, "Gunn Guide", march)
    other_guide = make_account(session, "Oleg Other", march)
    group = make_group(session, stage, guide, number=1)
    other_march = make_march(session, slug="elsewhere")
    return Cast(
        march=march,
        stage=stage,
        coordinator=make_account(session, "Clara Coordinator", march, Role.COORDINATOR),
        guide=guide,
        group=group,
        other_guide=other_guide,
        other_group=make_group(session, stage, other_guide, number=2),
        walker=make_participant(session, march, stage, group=group),
        other_march=other_march,
        other_coordinator=make_account(session, "Olav Elsewhere", other_march, Role.COORDINATOR),
    )


def make_mark(session: Session, participant: Participant, stage: Stage, **given: Any) -> RollMark:
    """Mark somebody at the start of a stage, where there is no guide to do it."""
    if session.get(RollPoint, (stage.id, "start")) is None:
        session.add(RollPoint(stage_id=stage.id, code="start", kind=PointKind.START, position=0))
        session.flush()
    key = given.pop("client_key", f"mark-{next(_numbers):08}")
    values = {"state": RollState.PRESENT, "marked_at": START} | given
    whose = {"stage_id": stage.id, "point": "start", "participant_id": participant.id, "client_key": key}
    mark = RollMark(**whose, **values, received_at=START)
    session.add(mark)
    session.flush()
    session.add(RollStanding(**whose, state=mark.state, marked_at=mark.marked_at))
    session.flush()
    return mark
