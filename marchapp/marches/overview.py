"""What a coordinator sees at a glance: counts of a march and its stages, in a fixed number of queries."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from marchapp.marches.reading import stages_of
from marchapp.models import (
    AuditEvent,
    Category,
    Group,
    March,
    Membership,
    Message,
    Participant,
    Quota,
    Stage,
    Standing,
    Track,
    TrackComparison,
)
from marchapp.models.attendance import missing_by_stage
from marchapp.models.timetable import is_in_order, stops

LATE_S = 60.0
LATELY = timedelta(days=7)


class Need(StrEnum):
    """What may need a coordinator's attention, beside groups that break a rule: these the page fetches."""

    MISSING = "missing"
    NO_STAGES = "no_stages"
    NO_PLACES = "no_places"
    NOT_PUBLIC = "not_public"
    NO_ROUTE = "no_route"
    NO_TIMES = "no_times"
    TIMES_OUT_OF_ORDER = "times_out_of_order"
    NOT_IN_A_GROUP = "not_in_a_group"
    NO_RECORDING = "no_recording"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENTS_MISSING = "consents_missing"
    ERASURE_ASKED = "erasure_asked"
    LETTERS_FAILED = "letters_failed"


@dataclass(frozen=True)
class Attention:
    """Something to mend, of one stage or of the whole march; `count` says how many of them."""

    need: Need
    stage: Stage | None = None
    count: int = 0


@dataclass(frozen=True)
class GroupCounts:
    """The groups of a stage, and the people in them."""

    groups: int = 0
    people: int = 0


@dataclass(frozen=True)
class TrackCounts:
    """Groups of a stage with a recording: those that came in late or left the route, and how the walks went.

    `kept` walked the route and never left it, `left` walked it and left it on the way, `partly` walked part
    of it, `elsewhere` was not on it; what is not compared yet is in none of them.
    """

    recordings: int = 0
    late: int = 0
    left_route: int = 0
    kept: int = 0
    left: int = 0
    partly: int = 0
    elsewhere: int = 0

    @property
    def not_compared(self) -> int:
        return self.recordings - self.kept - self.left - self.partly - self.elsewhere


@dataclass(frozen=True)
class StageCounts:
    """How far one stage is prepared and, once it is walked, what came of it."""

    stage: Stage
    walkers: int
    groups: GroupCounts
    tracks: TrackCounts

    @property
    def not_in_a_group(self) -> int:
        return self.walkers - self.groups.people

    @property
    def without_recording(self) -> int:
        return self.groups.groups - self.tracks.recordings


@dataclass(frozen=True)
class Overview:
    """The counts of a march, and first what needs attention; `waiting` says how many stand in line.

    `health_notes_opened` is how often notes on health were opened in the last seven days.
    """

    attention: tuple[Attention, ...]
    quotas: tuple[Quota, ...]
    waiting: dict[Category, int]
    stages: tuple[StageCounts, ...]
    health_notes_opened: int


def overview(session: Session, march: March, now: datetime) -> Overview:
    """Count what a coordinator of the march must know now."""
    stages = stages_of(session, march)
    walkers = _walkers(march)
    groups = _groups(session, march, stages)
    tracks = _tracks(session, march)
    quotas = tuple(quota for quota in march.category_quotas if quota.capacity)
    counts = tuple(
        StageCounts(
            stage,
            walkers.get(stage.id, 0),
            groups.get(stage.id, GroupCounts()),
            tracks.get(stage.id, TrackCounts()),
        )
        for stage in stages
    )
    attention = (
        *_missing_needs(session, stages),
        *_march_needs(march, counts),
        *(need for count in counts for need in _stage_needs(count, now)),
        *_consent_needs(session, march),
        *_erasure_needs(session, march),
        *_letter_needs(session, march),
    )
    opened = _health_notes_opened(session, march, now)
    return Overview(attention, quotas, _waiting(session, march), counts, opened)


def _health_notes_opened(session: Session, march: March, now: datetime) -> int:
    """Count how often notes on health were opened lately."""
    query = select(func.count()).where(
        AuditEvent.march_id == march.id,
        AuditEvent.action == "participant.health_notes_opened",
        AuditEvent.at > now - LATELY,
    )
    return session.scalar(query) or 0


def _waiting(session: Session, march: March) -> dict[Category, int]:
    """Count who waits in line, by category, in the order in which categories are always named."""
    query = (
        select(Participant.category, func.count())
        .where(Participant.march_id == march.id, Participant.standing == Standing.WAITING)
        .group_by(Participant.category)
    )
    found = dict(session.execute(query).all())
    return {category: found[category] for category in Category if category in found}


def _walkers(march: March) -> dict[int, int]:
    """Return how many people walk each stage: the taken places of the stage, which are kept in step."""
    return {quota.stage_id: quota.taken for quota in march.quotas if quota.stage_id is not None}


def _groups(session: Session, march: March, stages: Iterable[Stage]) -> dict[int, GroupCounts]:
    """Count groups and their people by stage. All are counted from an index; without a place are few."""
    ids = [stage.id for stage in stages]
    groups = select(Group.stage_id, func.count()).where(Group.stage_id.in_(ids)).group_by(Group.stage_id)
    members = select(Membership.stage_id, func.count()).where(Membership.stage_id.in_(ids))
    without_place = select(Participant.id).where(
        Participant.march_id == march.id, Participant.standing.in_([Standing.WAITING, Standing.CANCELLED])
    )
    gone = members.where(Membership.participant_id.in_(without_place))
    all_of_them, gone_of_them = (
        dict(session.execute(counted.group_by(Membership.stage_id)).all()) for counted in (members, gone)
    )
    return {
        stage_id: GroupCounts(count, all_of_them.get(stage_id, 0) - gone_of_them.get(stage_id, 0))
        for stage_id, count in session.execute(groups)
    }


def _tracks(session: Session, march: March) -> dict[int, TrackCounts]:
    walked = TrackComparison.verdict == "walked"
    query = (
        select(
            Group.stage_id,
            func.count(),
            _how_many(TrackComparison.finish_late_s >= LATE_S),
            _how_many(TrackComparison.off_route_count > 0),
            _how_many(and_(walked, TrackComparison.off_route_count == 0)),
            _how_many(and_(walked, TrackComparison.off_route_count > 0)),
            _how_many(TrackComparison.verdict == "partly"),
            _how_many(TrackComparison.verdict == "not_this_route"),
        )
        .join(Track, Track.group_id == Group.id)
        .outerjoin(TrackComparison, TrackComparison.track_id == Track.id)
        .join(Stage, Stage.id == Group.stage_id)
        .where(Stage.march_id == march.id)
        .group_by(Group.stage_id)
    )
    return {stage_id: TrackCounts(*map(int, counts)) for stage_id, *counts in session.execute(query)}


def _how_many(is_so: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((is_so, 1), else_=0))


def _missing_needs(session: Session, stages: Iterable[Stage]) -> Iterator[Attention]:
    missing = missing_by_stage(session, [stage.id for stage in stages])
    return (Attention(Need.MISSING, stage, missing[stage.id]) for stage in stages if stage.id in missing)


def _march_needs(march: March, counts: tuple[StageCounts, ...]) -> Iterator[Attention]:
    if not counts:
        yield Attention(Need.NO_STAGES)
    if not any(quota.capacity != 0 for quota in march.category_quotas):
        yield Attention(Need.NO_PLACES)
    if not march.is_public:
        yield Attention(Need.NOT_PUBLIC)


def _stage_needs(counts: StageCounts, now: datetime) -> Iterator[Attention]:
    stage = counts.stage
    if stage.route is None:
        yield Attention(Need.NO_ROUTE, stage)
    unplanned = sum(stop.at is None for stop in stops(stage))
    if unplanned:
        yield Attention(Need.NO_TIMES, stage, unplanned)
    if not is_in_order(stop.at for stop in stops(stage)):
        yield Attention(Need.TIMES_OUT_OF_ORDER, stage)
    for need, count in (
        (Need.NOT_IN_A_GROUP, counts.not_in_a_group),
        (Need.NO_RECORDING, counts.without_recording if stage.finishes_at < now else 0),
    ):
        if count > 0:
            yield Attention(need, stage, count)


def _consent_needs(session: Session, march: March) -> Iterator[Attention]:
    """Count minors whose consent is missing, and those whom a withdrawal took out of a group."""
    for need, is_so in (
        (Need.CONSENT_WITHDRAWN, Participant.left_groups_at.is_not(None)),
        (Need.CONSENTS_MISSING, ~Participant.may_take_part),
    ):
        # By standing, so that the index of those few is read, and not the one of all with a place.
        query = select(Participant.standing, func.count()).where(Participant.march_id == march.id, is_so)
        found = dict(session.execute(query.group_by(Participant.standing)).all())
        if count := found.get(Standing.PLACED):
            yield Attention(need, count=count)


def _erasure_needs(session: Session, march: March) -> Iterator[Attention]:
    asked = (Participant.march_id == march.id, Participant.erasure_asked_at.is_not(None))
    if count := session.scalar(select(func.count()).select_from(Participant).where(*asked)):
        yield Attention(Need.ERASURE_ASKED, count=count)


def _letter_needs(session: Session, march: March) -> Iterator[Attention]:
    failed = session.scalar(
        select(func.count()).where(
            Message.march_id == march.id, Message.sent_at.is_(None), Message.last_error != ""
        )
    )
    if failed:
        yield Attention(Need.LETTERS_FAILED, count=failed)
