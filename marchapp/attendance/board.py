"""What the coordinator sees of the roll calls of a stage: every group at every point, problems first."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from marchapp.attendance.leaving import Departure, departures, has_left_before
from marchapp.attendance.points import Point, points_called
from marchapp.models import (
    AuditEvent,
    Group,
    Participant,
    PointKind,
    PublishedGroup,
    PublishedPlace,
    RollMark,
    RollPoint,
    RollStanding,
    RollState,
    Stage,
    Standing,
)
from marchapp.models.attendance import ACCOUNTED_FOR, HERE

GROUPS_A_PAGE = 40
MOST_NAMED = 60


@dataclass(frozen=True)
class Cell:
    """A group at a point: how many are expected, accounted for, and missing there."""

    point: Point
    expected: int
    accounted: int
    missing: int

    @property
    def is_called(self) -> bool:
        return self.accounted + self.missing > 0


@dataclass(frozen=True)
class Line:
    """A group with its points. `is_loud` when somebody is missing at the finish."""

    group: Group
    cells: list[Cell]
    is_over: bool

    @property
    def at_finish(self) -> Cell:
        return self.cells[-1]

    @property
    def is_called(self) -> bool:
        return any(cell.is_called for cell in self.cells)

    @property
    def not_in(self) -> int:
        return self.at_finish.expected - self.at_finish.accounted

    @property
    def is_loud(self) -> bool:
        """Somebody is not in although most of the group is, or although the finish has passed."""
        most_are_in = self.at_finish.accounted > self.not_in
        return self.is_called and self.not_in > 0 and (most_are_in or self.is_over)

    @property
    def missing(self) -> int:
        return max((cell.missing for cell in self.cells), default=0)

    @property
    def rank(self) -> tuple[bool, bool, bool, int]:
        return not self.is_loud, not self.missing, not self.not_in, self.group.number


@dataclass(frozen=True)
class Sought:
    """Somebody who is missing: where that was noted, or not in at the finish (no mark)."""

    person: Participant
    group: Group | None
    point: Point | None
    mark: RollMark | None


@dataclass(frozen=True)
class Board:
    """One page of a stage's roll calls; the counts are those of all groups."""

    points: list[Point]
    lines: list[Line]
    totals: list[Cell]
    sought: list[Sought]
    not_in: int
    groups: int
    page: int
    pages: int


def board_of(session: Session, stage: Stage, *, page: int, now: datetime) -> Board:
    """Return a page of the groups of a stage, those where somebody is missing first."""
    points = points_called(session, stage)
    lines = sorted(_lines(session, stage, points, now), key=lambda line: line.rank)
    pages = max(ceil(len(lines) / GROUPS_A_PAGE), 1)
    page = min(max(page, 1), pages)
    loud = [line.group.id for line in lines if line.is_loud]
    return Board(
        points=points,
        lines=lines[(page - 1) * GROUPS_A_PAGE : page * GROUPS_A_PAGE],
        totals=[_sum(point, [line.cells[index] for line in lines]) for index, point in enumerate(points)],
        sought=_sought(session, stage, points, loud),
        not_in=sum(line.not_in for line in lines if line.is_loud),
        groups=len(lines),
        page=page,
        pages=pages,
    )


def _sum(point: Point, cells: list[Cell]) -> Cell:
    return Cell(
        point,
        sum(cell.expected for cell in cells),
        sum(cell.accounted for cell in cells),
        sum(cell.missing for cell in cells),
    )


def _lines(session: Session, stage: Stage, points: list[Point], now: datetime) -> list[Line]:
    groups = session.scalars(
        select(Group).where(Group.stage_id == stage.id).options(selectinload(Group.guides))
    ).all()
    sizes = _sizes(session, stage)
    marked = _marked(session, stage)
    gone = _gone_by_group(session, stage)
    is_over = now >= stage.finishes_at
    return [
        Line(group, _cells(stage, points, sizes.get(group.id, 0), marked[group.id], gone[group.id]), is_over)
        for group in groups
    ]


def _sizes(session: Session, stage: Stage) -> dict[int, int]:
    return dict(
        session.execute(
            select(PublishedGroup.group_id, func.count())
            .select_from(PublishedPlace)
            .join(PublishedPlace.group)
            .join(PublishedPlace.participant)
            .where(PublishedPlace.stage_id == stage.id, Participant.standing == Standing.PLACED)
            .group_by(PublishedGroup.group_id)
        ).all()
    )


def _marked(session: Session, stage: Stage) -> dict[int, dict[tuple[str, RollState], int]]:
    rows = session.execute(
        select(PublishedGroup.group_id, RollStanding.point, RollStanding.state, func.count())
        .select_from(PublishedPlace)
        .join(PublishedPlace.group)
        .join(
            RollStanding,
            and_(
                RollStanding.stage_id == PublishedPlace.stage_id,
                RollStanding.participant_id == PublishedPlace.participant_id,
            ),
        )
        .join(PublishedPlace.participant)
        .where(RollStanding.stage_id == stage.id, Participant.standing == Standing.PLACED)
        .group_by(PublishedGroup.group_id, RollStanding.point, RollStanding.state)
    )
    marked: dict[int, dict[tuple[str, RollState], int]] = defaultdict(dict)
    for group_id, point, state, count in rows:
        marked[group_id][point, state] = count
    return marked


def _gone_by_group(session: Session, stage: Stage) -> dict[int, list[Departure]]:
    left = departures(session, stage)
    rows = session.execute(
        select(PublishedPlace.participant_id, PublishedGroup.group_id)
        .select_from(PublishedPlace)
        .join(PublishedPlace.group)
        .join(RollStanding, RollStanding.participant_id == PublishedPlace.participant_id)
        .join(PublishedPlace.participant)
        .where(
            RollStanding.state == RollState.LEFT,
            PublishedPlace.stage_id == stage.id,
            Participant.standing == Standing.PLACED,
        )
        .distinct()
    )
    gone: dict[int, list[Departure]] = defaultdict(list)
    for person, group_id in rows:
        if person in left:
            gone[group_id].append(left[person])
    return gone


def _cells(
    stage: Stage,
    points: list[Point],
    size: int,
    marked: dict[tuple[str, RollState], int],
    gone: Collection[Departure],
) -> list[Cell]:
    return [_cell(stage, point, size, marked, gone) for point in points]


def _cell(
    stage: Stage,
    point: Point,
    size: int,
    marked: dict[tuple[str, RollState], int],
    gone: Collection[Departure],
) -> Cell:
    before = sum(has_left_before(departure, stage, point) for departure in gone)
    accounted = sum(marked.get((point.code, state), 0) for state in ACCOUNTED_FOR)
    return Cell(point, size - before, accounted, marked.get((point.code, RollState.MISSING), 0))


def _sought(session: Session, stage: Stage, points: list[Point], loud: list[int]) -> list[Sought]:
    """Return who is missing, by name: those noted as missing and not seen since, then those not in."""
    noted = _noted_missing(session, stage, points)
    known = {one.person.id for one in noted}
    not_in = [one for one in _not_in(session, stage, loud) if one.person.id not in known]
    return [*noted, *not_in][:MOST_NAMED]


def _noted_missing(session: Session, stage: Stage, points: list[Point]) -> list[Sought]:
    by_code = {point.code: point for point in points}
    rows = session.execute(
        select(Participant, Group, RollStanding)
        .join(RollStanding, RollStanding.participant_id == Participant.id)
        .outerjoin(
            PublishedPlace,
            and_(PublishedPlace.participant_id == Participant.id, PublishedPlace.stage_id == stage.id),
        )
        .outerjoin(Group, Group.id == PublishedPlace.group_id)
        .where(
            RollStanding.stage_id == stage.id,
            RollStanding.state == RollState.MISSING,
            Participant.standing == Standing.PLACED,
        )
        .options(joinedload(RollStanding.mark).joinedload(RollMark.account))
        .order_by(RollStanding.marked_at.desc())
        .limit(MOST_NAMED * 10)
    ).all()
    seen = _last_seen(session, stage, [person.id for person, *_ in rows])
    latest: dict[int, Sought] = {}
    for person, group, standing in rows:
        point = by_code[standing.point]
        if seen.get(person.id, -1) < point.position:
            latest.setdefault(person.id, Sought(person, group, point, standing.mark))
    return list(latest.values())


def _last_seen(session: Session, stage: Stage, ids: list[int]) -> dict[int, int]:
    """Return the position of the last point at which people were accounted for."""
    return dict(
        session.execute(
            select(RollStanding.participant_id, func.max(RollPoint.position))
            .join(
                RollPoint,
                and_(RollPoint.stage_id == RollStanding.stage_id, RollPoint.code == RollStanding.point),
            )
            .where(
                RollStanding.stage_id == stage.id,
                RollStanding.participant_id.in_(ids),
                RollStanding.state.in_(ACCOUNTED_FOR),
            )
            .group_by(RollStanding.participant_id)
        ).all()
    )


def _not_in(session: Session, stage: Stage, loud: list[int]) -> list[Sought]:
    finish = select(RollPoint.code).where(RollPoint.stage_id == stage.id, RollPoint.kind == PointKind.FINISH)
    is_in = select(RollStanding.participant_id).where(
        RollStanding.stage_id == stage.id,
        RollStanding.point.in_(finish),
        RollStanding.state.in_(HERE),
    )
    gone = departures(session, stage)
    rows = session.execute(
        select(Participant, Group)
        .join(PublishedPlace, PublishedPlace.participant_id == Participant.id)
        .join(Group, Group.id == PublishedPlace.group_id)
        .where(
            Group.id.in_(loud[:MOST_NAMED]),
            Participant.standing == Standing.PLACED,
            Participant.id.not_in(is_in),
        )
        .order_by(Group.number, Participant.family_name, Participant.given_name)
    )
    return [Sought(person, group, None, None) for person, group in rows if person.id not in gone]


def version_of(session: Session, stage: Stage, now: datetime) -> str:
    """Return what changes with every mark and move of a stage, and when its finish passes."""
    mark = session.scalar(select(func.max(RollMark.id)).where(RollMark.stage_id == stage.id))
    event = session.scalar(
        select(func.max(AuditEvent.id)).where(
            AuditEvent.subject == "stage", AuditEvent.subject_id == stage.id
        )
    )
    return f"{stage.id}-{mark or 0}-{event or 0}-{int(now >= stage.finishes_at)}"


def marks_of(session: Session, person: Participant) -> list[tuple[RollMark, RollPoint, Stage]]:
    """Return every mark of somebody, the newest first."""
    rows = session.execute(
        select(RollMark, RollPoint, Stage)
        .join(RollPoint, and_(RollPoint.stage_id == RollMark.stage_id, RollPoint.code == RollMark.point))
        .join(Stage, Stage.id == RollMark.stage_id)
        .where(RollMark.participant_id == person.id)
        .options(joinedload(RollMark.account), joinedload(RollMark.group))
        .order_by(RollMark.marked_at.desc(), RollMark.id.desc())
    )
    return [(mark, point, stage) for mark, point, stage in rows]
