"""What the coordinator sees of the roll calls of a stage: every group at every point, problems first."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from math import ceil
from typing import Any

from sqlalchemy import and_, exists, func, select, tuple_, union_all
from sqlalchemy.orm import Session, joinedload, selectinload

from marchapp.attendance.leaving import Departure, departures, has_left_before
from marchapp.attendance.points import Point, points_called
from marchapp.models import (
    AuditEvent,
    Group,
    Participant,
    PointKind,
    PublishedPlace,
    RollMark,
    RollPoint,
    RollStanding,
    RollState,
    Stage,
    Standing,
)
from marchapp.models.attendance import ACCOUNTED_FOR, HERE
from marchapp.models.conditional import among, only_in

GROUPS_A_PAGE = 25
MOST_NAMED = 60
CALLED = (*ACCOUNTED_FOR, RollState.MISSING)


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
class Finish:
    """What decides where a group stands on the board: who is in at the finish, who was noted as missing."""

    group_id: int
    number: int
    expected: int
    accounted: int
    has_missing: bool
    is_called: bool
    is_over: bool

    @property
    def not_in(self) -> int:
        return self.expected - self.accounted

    @property
    def is_loud(self) -> bool:
        """Somebody is not in although most of the group is, or although the finish has passed."""
        most_are_in = self.accounted > self.not_in
        return self.is_called and self.not_in > 0 and (most_are_in or self.is_over)

    @property
    def rank(self) -> tuple[bool, bool, bool, int]:
        return not self.is_loud, not self.has_missing, not self.not_in, self.number


@dataclass(frozen=True)
class Line:
    """A group with its points."""

    group: Group
    cells: list[Cell]
    finish: Finish

    @property
    def is_called(self) -> bool:
        return any(cell.is_called for cell in self.cells)


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


@dataclass(frozen=True)
class People:
    """Whom the groups of a stage expect: how many each, and who of them left the march before.

    `outside` are those who were published and do not count: without a group now, or without a place. `left`
    are all who left the march before.
    """

    sizes: Mapping[int, int]
    gone: Mapping[int, Collection[Departure]]
    outside: Collection[int]
    left: Collection[int]


Marks = Mapping[tuple[str, RollState], int]


def board_of(session: Session, stage: Stage, *, page: int, now: datetime) -> Board:
    """Return a page of the groups of a stage, those where somebody is missing first.

    All groups are ranked by their finish; at all points they are counted only for the page.
    """
    points = points_called(session, stage)
    people, marks = _people(session, stage), _marks(session, stage)
    finishes = _finishes(session, stage, points, people, marks, is_over=now >= stage.finishes_at)
    pages = max(ceil(len(finishes) / GROUPS_A_PAGE), 1)
    page = min(max(page, 1), pages)
    loud = [one for one in finishes if one.is_loud]
    return Board(
        points=points,
        lines=_lines(
            session, stage, points, people, finishes[(page - 1) * GROUPS_A_PAGE : page * GROUPS_A_PAGE]
        ),
        totals=_totals(session, stage, points, people, marks),
        sought=_sought(session, stage, points, people, [one.group_id for one in loud]),
        not_in=sum(one.not_in for one in loud),
        groups=len(finishes),
        page=page,
        pages=pages,
    )


def _people(session: Session, stage: Stage) -> People:
    place, is_here = PublishedPlace, PublishedPlace.stage_id == stage.id
    counts = select(place.group_id, func.count()).where(is_here, place.group_id.is_not(None))
    rows: Any = session.execute(counts.group_by(place.group_id)).all()
    sizes: Counter[int] = Counter(dict(rows))
    lost_place = (
        select(place.participant_id, place.group_id)
        .join(Participant, Participant.id == place.participant_id)
        .where(
            Participant.march_id == stage.march_id,
            Participant.standing.in_([Standing.WAITING, Standing.CANCELLED]),
            is_here,
        )
    )
    lost_group = select(place.participant_id, place.group_id).where(is_here, place.group_id.is_(None))
    outside = dict(session.execute(union_all(lost_place, lost_group)).all())
    sizes.subtract(group_id for group_id in outside.values() if group_id)
    left = departures(session, stage)
    return People(sizes, _gone_by_group(session, stage, left, outside), outside, left.keys())


def _gone_by_group(
    session: Session, stage: Stage, left: Mapping[int, Departure], outside: Collection[int]
) -> dict[int, list[Departure]]:
    places = select(PublishedPlace.participant_id, PublishedPlace.group_id).where(
        PublishedPlace.stage_id == stage.id, among(session, PublishedPlace.participant_id, left)
    )
    gone: dict[int, list[Departure]] = defaultdict(list)
    for person, group_id in session.execute(places):
        if group_id and person not in outside:
            gone[group_id].append(left[person])
    return gone


def _marks(session: Session, stage: Stage) -> Marks:
    """Count who is marked how at which point: each count is one stretch of an index."""
    counts = (
        select(func.count())
        .where(
            RollStanding.stage_id == stage.id,
            RollStanding.point == RollPoint.code,
            RollStanding.state == state,
        )
        .correlate(RollPoint)
        .scalar_subquery()
        for state in RollState
    )
    rows = session.execute(select(RollPoint.code, *counts).where(RollPoint.stage_id == stage.id))
    return {
        (point, state): people
        for point, *counted in rows
        for state, people in zip(RollState, counted, strict=True)
        if people
    }


def _marks_of(session: Session, stage: Stage, ids: Collection[int]) -> Marks:
    """Count how some people are marked at which point."""
    what = (RollStanding.point, RollStanding.state)
    counts = select(*what, func.count()).where(
        RollStanding.stage_id == stage.id, RollStanding.participant_id.in_(ids)
    )
    return {(point, state): people for point, state, people in session.execute(counts.group_by(*what))}


def _totals(session: Session, stage: Stage, points: list[Point], people: People, marks: Marks) -> list[Cell]:
    counted = Counter(marks)
    if people.outside:
        counted.subtract(_marks_of(session, stage, people.outside))
    gone = [departure for departures in people.gone.values() for departure in departures]
    return _cells(stage, points, sum(people.sizes.values()), counted, gone)


def _finishes(
    session: Session, stage: Stage, points: list[Point], people: People, marks: Marks, *, is_over: bool
) -> list[Finish]:
    """Return how the groups stand at the finish, those where somebody is missing first."""
    finish = next(point for point in points if point.kind == PointKind.FINISH)
    states = {state for _point, state in marks}
    at_finish = {state for point, state in marks if point == finish.code and state in ACCOUNTED_FOR}
    accounted = _accounted_at(session, stage, finish, people, at_finish) if at_finish else {}
    expected = {
        group_id: size - sum(has_left_before(one, stage, finish) for one in people.gone.get(group_id, ()))
        for group_id, size in people.sizes.items()
    }
    short = [group_id for group_id, size in expected.items() if size > accounted.get(group_id, 0)]
    with_missing = [point for point, state in marks if state == RollState.MISSING]
    missing = _groups_with_missing(session, stage, people, with_missing) if with_missing else set()
    unseen = [group_id for group_id in short if not accounted.get(group_id)]
    called = _called_groups(session, stage, people, unseen) if is_over and states else set()
    groups = session.execute(select(Group.id, Group.number).where(Group.stage_id == stage.id))
    found = (
        Finish(
            group_id=group_id,
            number=number,
            expected=expected.get(group_id, 0),
            accounted=accounted.get(group_id, 0),
            has_missing=group_id in missing,
            is_called=group_id in called or accounted.get(group_id, 0) > 0,
            is_over=is_over,
        )
        for group_id, number in groups
    )
    return sorted(found, key=lambda one: one.rank)


def _accounted_at(
    session: Session, stage: Stage, point: Point, people: People, states: Collection[RollState]
) -> dict[int, int]:
    """Return how many people of each group are accounted for at a point, in one of the states marked there.

    All are who was published, but for those whom no mark of the point accounts for.
    """
    place, standing = PublishedPlace, RollStanding
    is_here = (place.stage_id == stage.id, place.group_id.is_not(None))
    marked = (
        select(standing.participant_id).where(
            standing.stage_id == stage.id, standing.point == point.code, standing.state == state
        )
        for state in sorted(states)
    )
    unmarked = only_in(session, select(place.participant_id).where(*is_here), *marked).subquery()
    lacking = (
        select(place.group_id, func.count())
        .select_from(unmarked)
        .join(place, place.participant_id == unmarked.c.participant_id)
        .where(*is_here, ~among(session, place.participant_id, people.outside))
        .group_by(place.group_id)
    )
    rows: Any = session.execute(lacking).all()
    accounted = Counter(people.sizes)
    accounted.subtract(dict(rows))
    return accounted


def _groups_with_missing(session: Session, stage: Stage, people: People, points: Collection[str]) -> set[int]:
    """Return the groups in which somebody is noted as missing at some points."""
    place, standing = PublishedPlace, RollStanding
    missing = select(standing.participant_id).where(
        standing.stage_id == stage.id,
        standing.point.in_(points),
        standing.state == RollState.MISSING,
        ~among(session, standing.participant_id, people.outside),
    )
    found = select(place.group_id).where(
        place.stage_id == stage.id, place.group_id.is_not(None), place.participant_id.in_(missing)
    )
    return set(session.scalars(found.distinct()))


def _called_groups(session: Session, stage: Stage, people: People, group_ids: Collection[int]) -> set[int]:
    """Return in which of some groups anybody was called at any point: of each, one mark is looked for."""
    place, standing = PublishedPlace, RollStanding
    is_called = exists().where(
        place.stage_id == stage.id,
        place.group_id == Group.id,
        ~among(session, place.participant_id, people.outside),
        standing.stage_id == stage.id,
        standing.participant_id == place.participant_id,
        standing.state.in_(CALLED),
    )
    return set(session.scalars(select(Group.id).where(among(session, Group.id, group_ids), is_called)))


def _lines(
    session: Session, stage: Stage, points: list[Point], people: People, finishes: list[Finish]
) -> list[Line]:
    ids = [one.group_id for one in finishes]
    found = select(Group).where(Group.id.in_(ids)).options(selectinload(Group.guides))
    groups = {group.id: group for group in session.scalars(found)}
    marked = _marked_by_group(session, stage, people, ids)
    return [
        Line(
            groups[id_],
            _cells(stage, points, people.sizes.get(id_, 0), marked[id_], people.gone.get(id_, ())),
            one,
        )
        for id_, one in zip(ids, finishes, strict=True)
    ]


def _marked_by_group(
    session: Session, stage: Stage, people: People, group_ids: list[int]
) -> dict[int, Counter[tuple[str, RollState]]]:
    """Count the marks of the people of some groups, found by the people: all marks are many more."""
    place, standing = PublishedPlace, RollStanding
    what = (place.group_id, standing.point, standing.state)
    counts = (
        select(*what, func.count())
        .join(
            standing,
            and_(standing.stage_id == place.stage_id, standing.participant_id == place.participant_id),
        )
        .where(
            place.stage_id == stage.id,
            place.group_id.in_(group_ids),
            ~among(session, place.participant_id, people.outside),
        )
        .group_by(*what)
    )
    marked: dict[int, Counter[tuple[str, RollState]]] = defaultdict(Counter)
    rows: Any = session.execute(counts)
    for group_id, point, state, count in rows:
        marked[group_id][point, state] = count
    return marked


def _cells(
    stage: Stage,
    points: list[Point],
    size: int,
    marked: Marks,
    gone: Collection[Departure],
) -> list[Cell]:
    return [_cell(stage, point, size, marked, gone) for point in points]


def _cell(
    stage: Stage,
    point: Point,
    size: int,
    marked: Marks,
    gone: Collection[Departure],
) -> Cell:
    before = sum(has_left_before(departure, stage, point) for departure in gone)
    accounted = sum(marked.get((point.code, state), 0) for state in ACCOUNTED_FOR)
    return Cell(point, size - before, accounted, marked.get((point.code, RollState.MISSING), 0))


def _sought(
    session: Session, stage: Stage, points: list[Point], people: People, loud: list[int]
) -> list[Sought]:
    """Return who is missing, by name: those noted as missing and not seen since, then those not in."""
    noted = _noted_missing(session, stage, points)
    not_in = _not_in(session, stage, people, loud, but=[one.person.id for one in noted])
    return [*noted, *not_in][:MOST_NAMED]


def _noted_missing(session: Session, stage: Stage, points: list[Point]) -> list[Sought]:
    by_code = {point.code: point for point in points}
    latest = _latest_missing(session, stage, by_code)
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
            tuple_(RollStanding.participant_id, RollStanding.point).in_(latest.items()),
        )
        .options(joinedload(RollStanding.mark).joinedload(RollMark.account), selectinload(Group.guides))
        .order_by(RollStanding.marked_at.desc())
    )
    return [Sought(person, group, by_code[standing.point], standing.mark) for person, group, standing in rows]


def _latest_missing(session: Session, stage: Stage, by_code: Mapping[str, Point]) -> dict[int, str]:
    """Return who was noted as missing and not seen since, and at which point last: some at most."""
    rows = session.execute(
        select(RollStanding.participant_id, RollStanding.point)
        .join(Participant, Participant.id == RollStanding.participant_id)
        .where(
            RollStanding.stage_id == stage.id,
            RollStanding.state == RollState.MISSING,
            Participant.standing == Standing.PLACED,
        )
        .order_by(RollStanding.marked_at.desc())
        .limit(MOST_NAMED * 10)
    ).all()
    seen = _last_seen(session, stage, {person for person, _point in rows})
    latest: dict[int, str] = {}
    for person, point in rows:
        if seen.get(person, -1) < by_code[point].position:
            latest.setdefault(person, point)
    return dict(islice(latest.items(), MOST_NAMED))


def _last_seen(session: Session, stage: Stage, ids: Collection[int]) -> dict[int, int]:
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
                among(session, RollStanding.participant_id, ids),
                RollStanding.state.in_(ACCOUNTED_FOR),
            )
            .group_by(RollStanding.participant_id)
        ).all()
    )


def _not_in(session: Session, stage: Stage, people: People, loud: list[int], but: list[int]) -> list[Sought]:
    """Return who is not in at the finish, of the first loud groups."""
    finish = select(RollPoint.code).where(RollPoint.stage_id == stage.id, RollPoint.kind == PointKind.FINISH)
    is_in = exists().where(
        RollStanding.stage_id == stage.id,
        RollStanding.participant_id == Participant.id,
        RollStanding.point.in_(finish),
        RollStanding.state.in_(HERE),
    )
    rows = session.execute(
        select(Participant, Group)
        .join(PublishedPlace, PublishedPlace.participant_id == Participant.id)
        .join(Group, Group.id == PublishedPlace.group_id)
        .where(
            Group.id.in_(loud[:MOST_NAMED]),
            Participant.standing == Standing.PLACED,
            Participant.id.not_in(but),
            ~is_in,
        )
        .options(selectinload(Group.guides))
        .order_by(Group.number, Participant.family_name, Participant.given_name)
        .limit(MOST_NAMED + len(people.left))
    )
    return [Sought(person, group, None, None) for person, group in rows if person.id not in people.left]


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
