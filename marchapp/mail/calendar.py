"""The stages that a letter is about, as an iCalendar file (RFC 5545)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from icalendar import Calendar, Event, Timezone
from sqlalchemy import select
from sqlalchemy.orm import object_session

from marchapp.i18n import local
from marchapp.models import (
    March,
    Message,
    Participant,
    PublishedGroup,
    PublishedPlace,
    Stage,
    Standing,
)

OF_A_CHANGE_OF_CLOCKS = timedelta(days=200)  # half a year and some days: the last change lies within


class Method(StrEnum):
    """What a calendar does with the events of the file: enter or renew them, or strike them out."""

    PUBLISH = "PUBLISH"
    CANCEL = "CANCEL"


def enclosed(method: Method, stages: Iterable[Stage], *, struck: Collection[int] = ()) -> dict[str, Any]:
    """Return what a message keeps of its calendar; the file is made when the letter is sent.

    `struck` are the ids of stages that earlier letters have published and that are not walked any more.
    """
    stage_ids = [stage.id for stage in stages]
    if not stage_ids and not struck:
        return {}
    kept: dict[str, Any] = {"method": method.value, "stages": stage_ids}
    return kept | {"struck": sorted(struck)} if struck else kept


def entered_by(calendars: Iterable[Mapping[str, Any]]) -> set[int]:
    """Return the ids of the stages that a reader's calendar holds after these letters, the oldest first."""
    entered: set[int] = set()
    for calendar in calendars:
        if calendar.get("method") == Method.PUBLISH:
            entered |= set(calendar["stages"])
        else:
            entered -= set(calendar.get("stages", ()))
        entered -= set(calendar.get("struck", ()))
    return entered


def calendar_of(message: Message) -> str:
    """Return the file for a message, with the times that its stages have now; nothing if it has none."""
    wanted = {*message.calendar.get("stages", ()), *message.calendar.get("struck", ())}
    stages = [stage for stage in message.march.stages if stage.id in wanted] if message.march else []
    if not stages or message.march is None:
        return ""
    calendar = Calendar()
    calendar.add("prodid", f"-//{_host()}//march//EN")
    calendar.add("version", "2.0")
    calendar.add("method", message.calendar["method"])
    calendar.add_component(_time_zone(message.march, stages))
    groups = published_groups(message)
    with force_locale(message.language):
        for stage in stages:
            calendar.add_component(_event(message, stage, groups.get(stage.id, [])))
    return calendar.to_ical().decode()


def published_groups(message: Message) -> dict[int, list[PublishedGroup]]:
    """Return the groups in which those whom a letter is about were published, by stage."""
    session = object_session(message)
    if session is None or message.party_id is None:
        return {}
    is_about = (
        Participant.id == message.participant_id
        if message.participant_id
        else Participant.party_id == message.party_id
    )
    theirs = (
        select(PublishedPlace.group_id)
        .join(PublishedPlace.participant)
        .where(is_about, Participant.standing == Standing.PLACED)
    )
    query = select(PublishedGroup).where(PublishedGroup.group_id.in_(theirs))
    query = query.order_by(PublishedGroup.starts_at, PublishedGroup.number)
    groups: dict[int, list[PublishedGroup]] = {}
    for group in session.scalars(query):
        groups.setdefault(group.stage_id, []).append(group)
    return groups


def _event(message: Message, stage: Stage, groups: list[PublishedGroup]) -> Event:
    """Return a stage as an event; its later letters have a higher number, as calendars ask for.

    It begins when the first of the published groups starts, and names the group where there is one only.
    """
    start = groups[0].starts_at if groups else stage.starts_at
    [group] = groups if len(groups) == 1 else [None]
    place = group.meeting_point if group else ""
    zone = ZoneInfo(stage.march.time_zone)
    event = Event()
    event.add("uid", f"stage-{stage.id}-party-{message.party_id or 0}@{_host()}")
    event.add("sequence", message.id)
    event.add("dtstamp", message.created_at)
    event.add("dtstart", start.astimezone(zone))
    event.add("dtend", stage.finishes_at.astimezone(zone))
    summary = f"{local(stage.march.name)}: {local(stage.name)}"
    event.add("summary", f"{summary}, {_('group %(number)s', number=group.number)}" if group else summary)
    event.add("location", place or local(stage.start_name))
    event.add("description", f"{local(stage.start_name)} – {local(stage.finish_name)}")
    if message.calendar["method"] == Method.CANCEL or stage.id in message.calendar.get("struck", ()):
        event.add("status", "CANCELLED")
    return event


def _time_zone(march: March, stages: Collection[Stage]) -> Timezone:
    """Return the rules of the march's clock around its stages, for calendars that do not know its zone."""
    first = min(stage.starts_at for stage in stages) - OF_A_CHANGE_OF_CLOCKS
    last = max(stage.finishes_at for stage in stages) + OF_A_CHANGE_OF_CLOCKS
    return _rules_of_clocks(march.time_zone, first.date(), last.date())


@lru_cache(maxsize=64)
def _rules_of_clocks(zone: str, first: date, last: date) -> Timezone:
    return Timezone.from_tzid(zone, first_date=first, last_date=last)


def _host() -> str:
    return urlsplit(current_app.config["SETTINGS"].base_url).hostname or "localhost"
