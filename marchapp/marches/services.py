"""What coordinators change about a march: its settings, its stages and their timetables."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marchapp.models import Account, Checkpoint, March, Quota, QuotaKind, Stage
from marchapp.models.audit import difference, record
from marchapp.models.quota import places_changed
from marchapp.models.timetable import at_the_ends, clock_from, is_start, on_the_way, shift_clock
from marchapp.models.track import compare_anew


class FewerPlacesThanTaken(Exception):
    """More people have a place than the march, a category or a stage would have places."""

    def __init__(self, quota: Quota) -> None:
        super().__init__(f"{quota.taken} places of {quota.kind} {quota.category or ''} are taken")
        self.quota = quota


class StageOutsideMarch(Exception):
    """A stage would lie before the first day of its march or after the last."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(f"stage {stage.number} is on {stage.day}")
        self.stage = stage


class NoTimeToWalk(Exception):
    """A stage would finish when it starts, or before: by the same clock, or where clocks are put forward."""


class OutOfOrder(Exception):
    """Checkpoints would be reached before what comes before them, or after the finish."""

    def __init__(self, checkpoints: Sequence[Checkpoint]) -> None:
        super().__init__(f"checkpoints {[place.position for place in checkpoints]} are out of order")
        self.checkpoints = checkpoints


@dataclass(frozen=True, kw_only=True)
class MarchSettings:
    """What a coordinator decides about a march, besides the places; moments in UTC."""

    name: Mapping[str, str]
    summary: Mapping[str, str]
    starts_on: date
    ends_on: date
    time_zone: str
    contact_email: str
    is_public: bool
    shows_places: bool
    shows_comparisons: bool
    signup_opens_at: datetime
    signup_closes_at: datetime
    children_per_adult: int | None
    adult_age: int
    assent_age: int
    days_for_consent: int
    notarised_countries: list[str]


@dataclass(frozen=True, kw_only=True)
class StagePlan:
    """What a coordinator decides about a stage, besides route and timetable; moments in UTC."""

    day: date
    name: Mapping[str, str]
    start_name: Mapping[str, str]
    finish_name: Mapping[str, str]
    starts_at: datetime
    finishes_at: datetime
    crosses_border: bool
    crossing_point: dict[str, str]
    crossing_legal_basis: dict[str, str]


def change_march(
    session: Session,
    march: March,
    settings: MarchSettings,
    *,
    capacities: Mapping[int, int | None],
    by: Account | None,
    now: datetime,
) -> None:
    """Change what is decided about a march; a new time zone keeps the clock times of its stages.

    A march that moves as a whole takes its stages with it. `capacities` are those of its quotas by their id,
    None for no limit; places that become free are handed on at once. Raises StageOutsideMarch or
    FewerPlacesThanTaken, having changed nothing that the caller may commit.
    """
    moves_by = days_moved(march, settings)
    for stage in march.stages:
        if moves_by:
            _move_stage(stage, moves_by)
        if not settings.starts_on <= stage.day <= settings.ends_on:
            raise StageOutsideMarch(stage)
        if settings.time_zone != march.time_zone:
            _keep_clocks(stage, march.time_zone, settings.time_zone)
        if moves_by or settings.time_zone != march.time_zone:
            compare_anew(session, stage_id=stage.id, now=now)
    before = _as_now(march, settings) | {"places": _capacities(march)}
    _set_capacities(session, march, capacities)
    _assign(march, settings)
    changes = difference(before, asdict(settings) | {"places": _capacities(march)})
    if {"adult_age", "starts_on"} & set(changes["changed"]):
        march.consents_checked_to = 0  # others are minors now
    session.flush()
    places_changed.send(session, march=march, now=now)
    _note(
        session,
        "march.changed",
        march=march,
        by=by,
        now=now,
        stages_moved_days=moves_by.days,
        **changes,
    )


def days_moved(march: March, settings: MarchSettings) -> timedelta:
    """Return by how many days a march would move as a whole: none when its length changes."""
    is_as_long = settings.ends_on - settings.starts_on == march.ends_on - march.starts_on
    return settings.starts_on - march.starts_on if is_as_long else timedelta(0)


def add_stage(session: Session, march: March, plan: StagePlan, *, by: Account | None, now: datetime) -> Stage:
    """Add a stage after the last one. Raises StageOutsideMarch or NoTimeToWalk."""
    session.refresh(march, with_for_update=True)  # two coordinators at once get two numbers
    last = session.scalar(select(func.max(Stage.number)).where(Stage.march_id == march.id)) or 0
    stage = Stage(march_id=march.id, number=last + 1, **asdict(plan))
    _check_days(stage, plan, march)
    session.add(stage)
    session.flush()
    session.add(Quota(march_id=march.id, kind=QuotaKind.STAGE, stage_id=stage.id, taken=0))
    _note(session, "stage.added", march=march, by=by, now=now, stage=stage)
    return stage


def change_stage(
    session: Session, stage: Stage, plan: StagePlan, *, by: Account | None, now: datetime
) -> None:
    """Change a stage; when its start moves, its checkpoints move with it.

    Raises StageOutsideMarch or NoTimeToWalk.
    """
    _check_days(stage, plan, stage.march)
    zone = ZoneInfo(stage.march.time_zone)
    moved = plan.starts_at.astimezone(zone) - stage.starts_at.astimezone(zone)  # by what clocks show
    before = _as_now(stage, plan)
    _assign(stage, plan)
    changes = difference(before, asdict(plan))
    changed = set(changes["changed"])
    if "crosses_border" in changed:
        stage.march.consents_checked_to = 0  # other consents are needed now
    _move_checkpoints(stage, moved)
    if {"starts_at", "finishes_at"} & changed:
        compare_anew(session, stage_id=stage.id, now=now)
    _note(session, "stage.changed", march=stage.march, by=by, now=now, stage=stage, **changes)


def plan_timetable(
    session: Session,
    stage: Stage,
    *,
    clocks: Mapping[int, time | None],
    by: Account | None,
    now: datetime,
) -> None:
    """Set when each checkpoint between start and finish is planned, by its id, in the march's clock.

    A clock before that of the start means the day after. Raises OutOfOrder.
    """
    before = _planned(stage)
    for checkpoint in on_the_way(stage):
        clock = clocks.get(checkpoint.id)
        checkpoint.planned_at = _after_start(stage, clock) if clock else None
    if wrong := _out_of_order(stage):
        raise OutOfOrder(wrong)
    compare_anew(session, stage_id=stage.id, now=now)
    changes = difference(before, _planned(stage))
    _note(session, "timetable.changed", march=stage.march, by=by, now=now, stage=stage, **changes)


def _planned(stage: Stage) -> dict[str, datetime | None]:
    return {checkpoint.name: checkpoint.planned_at for checkpoint in on_the_way(stage)}


def time_the_ends(stage: Stage) -> None:
    """Give the checkpoints at the start and the finish the stage's own times."""
    for checkpoint in at_the_ends(stage):
        checkpoint.planned_at = stage.starts_at if is_start(checkpoint) else stage.finishes_at


def _check_days(stage: Stage, plan: StagePlan, march: March) -> None:
    if not march.starts_on <= plan.day <= march.ends_on:
        raise StageOutsideMarch(stage)
    if plan.finishes_at <= plan.starts_at:
        raise NoTimeToWalk


def _after_start(stage: Stage, clock: time) -> datetime:
    zone = stage.march.time_zone
    start = stage.starts_at.astimezone(ZoneInfo(zone))
    return clock_from(start.time(), on=start.date(), clock=clock, zone=zone)


def _out_of_order(stage: Stage) -> list[Checkpoint]:
    """Return the checkpoints that are not between what comes before them and the finish."""
    wrong, latest = [], stage.starts_at
    for checkpoint in on_the_way(stage):
        if checkpoint.planned_at is None:
            continue
        if latest < checkpoint.planned_at < stage.finishes_at:
            latest = checkpoint.planned_at
        else:
            wrong.append(checkpoint)
    return wrong


def _move_stage(stage: Stage, by: timedelta) -> None:
    """Move a stage by whole days; its clock times stay."""
    zone = stage.march.time_zone
    stage.day += by
    stage.starts_at, stage.finishes_at = (
        shift_clock(moment, by, zone) for moment in (stage.starts_at, stage.finishes_at)
    )
    _move_checkpoints(stage, by)


def _move_checkpoints(stage: Stage, by: timedelta) -> None:
    for checkpoint in on_the_way(stage):
        checkpoint.planned_at = checkpoint.planned_at and shift_clock(
            checkpoint.planned_at, by, stage.march.time_zone
        )
    time_the_ends(stage)


def _keep_clocks(stage: Stage, old: str, new: str) -> None:
    def same_clock(moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(old)).replace(tzinfo=ZoneInfo(new))

    stage.starts_at, stage.finishes_at = same_clock(stage.starts_at), same_clock(stage.finishes_at)
    for checkpoint in stage.checkpoints:
        checkpoint.planned_at = checkpoint.planned_at and same_clock(checkpoint.planned_at)


def _set_capacities(session: Session, march: March, capacities: Mapping[int, int | None]) -> None:
    """Change how many places there are. Raises FewerPlacesThanTaken.

    The places are held meanwhile, as everybody holds them who takes one: in the order of their ids.
    """
    held = select(Quota).where(Quota.march_id == march.id).order_by(Quota.id).with_for_update()
    for quota in session.scalars(held.execution_options(populate_existing=True)):
        capacity = capacities.get(quota.id, quota.capacity)
        if capacity is not None and capacity < quota.taken:
            raise FewerPlacesThanTaken(quota)
        quota.capacity = capacity


def _capacities(march: March) -> list[int | None]:
    return [quota.capacity for quota in march.quotas]


def _as_now(row: March | Stage, plan: MarchSettings | StagePlan) -> dict[str, Any]:
    """Return what a plan decides, as it is now."""
    return {field.name: getattr(row, field.name) for field in fields(plan)}


def _assign(row: March | Stage, plan: MarchSettings | StagePlan) -> None:
    for field in fields(plan):
        setattr(row, field.name, getattr(plan, field.name))


def _note(
    session: Session,
    action: str,
    *,
    march: March,
    by: Account | None,
    now: datetime,
    stage: Stage | None = None,
    **details: Any,
) -> None:
    record(
        session,
        at=now,
        action=action,
        march_id=march.id,
        account_id=by.id if by else None,
        subject="stage" if stage else "march",
        subject_id=stage.id if stage else march.id,
        **details,
    )
