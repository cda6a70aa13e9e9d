"""Write the demo march into the database, through the services that the pages use."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from operator import attrgetter
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.accounts.services import appoint, make_account
from marchapp.demo import script
from marchapp.demo.consents import answer_for_all
from marchapp.demo.crossing import cross_border
from marchapp.demo.roll_calls import call_rolls
from marchapp.demo.routes import FOLDER
from marchapp.demo.script import Day
from marchapp.demo.signing import sign_up_all
from marchapp.demo.simulator import Story, record_walk
from marchapp.geo.gpx import read_route
from marchapp.marches.routes import save_route
from marchapp.marches.services import StagePlan, add_stage, plan_timetable
from marchapp.models import (
    Account,
    Group,
    March,
    Participant,
    Recording,
    Role,
    Stage,
)
from marchapp.models.quota import new_quotas
from marchapp.models.timetable import on_the_way
from marchapp.rosters.moves import move_people
from marchapp.rosters.publishing import publish
from marchapp.rosters.services import GroupPlan, copy_groups, make_group
from marchapp.tracks.services import save_recording

DEMO_PASSWORD = "march2014"  # noqa: S105 (said to everybody who starts the demo)
A_CLOCK_STEP = timedelta(minutes=5)


@dataclass(frozen=True)
class DemoSummary:
    """How much the demo march holds."""

    participants: int
    groups: int
    recordings: int


def load(session: Session) -> DemoSummary:
    """Add the demo march, the same every time; the caller commits."""
    march = _add_march(session)
    coordinator, *guides = _add_accounts(session, march)
    stages = [_add_stage(session, march, day, coordinator) for day in script.DAYS]
    walkers = sign_up_all(session, march, stages)
    answer_for_all(session, march, walkers, by=coordinator)
    groups = _form_groups(session, stages, walkers, guides, coordinator)
    cross_border(session, stages, by=coordinator)
    call_rolls(session, groups)
    recordings = [
        _upload(session, day, group, story)
        for day in script.DAYS
        for number, story in day.uploads
        for group in groups
        if (group.stage.number, group.number) == (day.number, number)
    ]
    return DemoSummary(participants=len(walkers), groups=len(groups), recordings=len(recordings))


def _add_march(session: Session) -> March:
    march = March(
        slug=script.SLUG,
        name=script.NAME,
        summary=script.SUMMARY,
        starts_on=script.DAYS[0].day,
        ends_on=script.DAYS[-1].day,
        time_zone=script.TIME_ZONE,
        contact_email=script.COORDINATOR[0],
        is_demo=True,
        is_public=True,
        shows_comparisons=True,
        signup_opens_at=script.SIGNUP_OPENS_AT,
        signup_closes_at=script.SIGNUP_CLOSES_AT,
    )
    march.quotas = new_quotas(script.CAPACITY)
    session.add(march)
    session.flush()
    return march


def _add_accounts(session: Session, march: March) -> list[Account]:
    """Add the coordinator and the guides, in this order."""
    email, name, language = script.COORDINATOR
    coordinator = make_account(session, email=email, name=name, language=language, password=DEMO_PASSWORD)
    appoint(session, account=coordinator, march=march, role=Role.COORDINATOR)
    return [coordinator, *(_add_guide(session, march, guide) for guide in script.GUIDES)]


def _add_guide(session: Session, march: March, guide: script.Guide) -> Account:
    account = make_account(
        session, email=guide.email, name=guide.name, language=guide.language, password=DEMO_PASSWORD
    )
    account.spoken_languages, account.knows_first_aid = list(guide.spoken), guide.knows_first_aid
    account.phone = guide.phone
    appoint(session, account=account, march=march, role=Role.GUIDE)
    return account


def _add_stage(session: Session, march: March, day: Day, coordinator: Account) -> Stage:
    """Add a stage with its planned route and a timetable at an even pace."""
    plan = StagePlan(
        day=day.day,
        name=day.name,
        start_name=day.start,
        finish_name=day.finish,
        starts_at=day.starts_at,
        finishes_at=day.finishes_at,
        crosses_border=bool(day.crossing_point),
        crossing_point=day.crossing_point,
        crossing_legal_basis=day.crossing_legal_basis,
    )
    stage = add_stage(session, march, plan, by=coordinator, now=script.PREPARED_AT)
    route = save_route(session, stage=stage, content=route_file(day), by=coordinator, now=script.PREPARED_AT)
    clocks = {place.id: _even_clock(stage, place.route_m / route.length_m) for place in on_the_way(stage)}
    plan_timetable(session, stage, clocks=clocks, by=coordinator, now=script.PREPARED_AT)
    return stage


def route_file(day: Day) -> bytes:
    """Return the planned route of a day as GPX."""
    return (FOLDER / f"stage-{day.number}.gpx").read_bytes()


def _even_clock(stage: Stage, share: float) -> time:
    """Return when somebody who walks evenly has done a share of the stage, in the march's clock."""
    after = (stage.finishes_at - stage.starts_at) * share
    moment: datetime = stage.starts_at + round(after / A_CLOCK_STEP) * A_CLOCK_STEP
    return moment.astimezone(ZoneInfo(stage.march.time_zone)).time()


def _form_groups(
    session: Session, stages: list[Stage], walkers: list[Participant], guides: list[Account], by: Account
) -> list[Group]:
    """Deal the walkers of the first stage into mixed groups, one for each guide, that stay together.

    Whoever joins on a later day is in no group yet: something for the coordinator to see to. Nobody is who
    lacks the consent of the guardians, and over the border nobody without papers.
    """
    first = stages[0]
    groups = [_add_group(session, first, number, guide, by) for number, guide in enumerate(guides, start=1)]
    mixed = sorted(
        (walker for walker in walkers if _may_walk(walker, first)),
        key=attrgetter("category", "country", "school_class", "family_name", "birth_date"),
    )
    for place, group in enumerate(groups):
        people = dict.fromkeys(walker.id for walker in mixed[place :: len(groups)])
        move_people(session, stage=first, to_group_id=group.id, people=people, by=by, now=script.GROUPED_AT)
    for target in stages[1:]:
        copy_groups(session, source=first, target=target, by=by, now=script.GROUPED_AT)
    for stage in stages:
        publish(session, stage=stage, number=1, by=by, now=script.GROUPED_AT, tells=False)
    of_march = Group.stage_id.in_([stage.id for stage in stages])
    return list(session.scalars(select(Group).where(of_march)))


def _add_group(session: Session, stage: Stage, number: int, guide: Account, by: Account) -> Group:
    starts_before = (number - 1) // script.GROUPS_A_START
    plan = GroupPlan(
        number=number,
        name="",
        min_size=script.SMALLEST_GROUP,
        max_size=script.LARGEST_GROUP,
        starts_at=stage.starts_at + timedelta(minutes=script.MINUTES_BETWEEN_STARTS) * starts_before,
        meeting_point=script.MEETING_POINTS[starts_before],
        guide_ids=frozenset({guide.id}),
    )
    return make_group(session, stage=stage, plan=plan, by=by, now=script.GROUPED_AT)


def _may_walk(walker: Participant, stage: Stage) -> bool:
    if walker.cancelled_at or not walker.may_take_part:
        return False
    return any(entry.stage_id == stage.id for entry in walker.entries)


def _upload(session: Session, day: Day, group: Group, story: Story) -> Recording:
    """Let the guide of a group send what the phone recorded, in the evening."""
    content = record_walk(
        read_route(route_file(day)),
        story,
        starts_at=day.starts_at,
        name=f"Stage {day.number}, group {group.number}",
        seed=script.SEED + 10 * day.number + group.number,
    )
    [guide] = group.guides
    sent_at = day.finishes_at + timedelta(hours=4, minutes=9 * group.number)
    return save_recording(session, group=group, content=content, by=guide, now=sent_at)
