"""The planned route of a stage: read from a GPX file, looked at as a draft, saved, and given out again."""

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from math import isnan
from operator import itemgetter
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from marchapp.geo import basemap, gpx
from marchapp.geo.errors import TooLarge
from marchapp.geo.progress import within
from marchapp.geo.results import RouteDescription
from marchapp.geo.routes import describe_route, locate_on_route
from marchapp.marches.services import time_the_ends
from marchapp.models import Account, Checkpoint, PlannedRoute, RouteDraft, Stage
from marchapp.models.audit import record
from marchapp.models.track import compare_anew

LONGEST_NAME = 120
MOST_TO_READ_S = 1.0  # 200,000 points; gpxpy, which reads it after that, takes eight times as long


@dataclass(frozen=True)
class RoutePlan:
    """What a GPX file says about a stage, as rows that belong to no stage and no session yet.

    `left_out` names the waypoints that are too far from the route to be its checkpoints.
    """

    route: PlannedRoute
    checkpoints: tuple[Checkpoint, ...]
    left_out: tuple[str, ...]


def read_plan(content: bytes, stage: Stage) -> RoutePlan:
    """Read a GPX file as the planned route of a stage, changing nothing. Raises UnusableInput."""
    read = gpx.read_route(content, within(MOST_TO_READ_S))
    places = read.waypoints or _ends(read, stage)
    places_m = locate_on_route(read, places)
    description = describe_route(read)
    return RoutePlan(
        route=PlannedRoute(
            content_gz=gzip.compress(content, mtime=0),
            sha256=sha256(content).hexdigest(),
            length_m=description.length_m,
            ascent_m=description.ascent_m,
            descent_m=description.descent_m,
            drawing=_drawing(description),
            basemap=_basemap(description),
        ),
        checkpoints=_in_order(zip(places_m, places, strict=True)),
        left_out=tuple(place.name for place, at_m in zip(places, places_m, strict=True) if isnan(at_m)),
    )


def save_route(
    session: Session, *, stage: Stage, content: bytes, by: Account | None, now: datetime
) -> PlannedRoute:
    """Make a GPX file the planned route of a stage; its waypoints become the checkpoints.

    Checkpoints that keep their name keep their planned time. Raises UnusableInput.
    """
    plan = read_plan(content, stage)
    planned = {checkpoint.name: checkpoint.planned_at for checkpoint in stage.checkpoints}
    stage.checkpoints.clear()
    session.flush()  # the old positions are free before the new ones are taken
    plan.route.stage_id, plan.route.uploaded_at = stage.id, now
    plan.route.uploaded_by_id = by.id if by else None
    route = session.merge(plan.route)
    for checkpoint in plan.checkpoints:
        checkpoint.planned_at = planned.get(checkpoint.name)
        stage.checkpoints.append(checkpoint)
    session.flush()
    session.expire(stage, ["route"])
    time_the_ends(stage)
    compare_anew(session, stage_id=stage.id, now=now)
    record(
        session,
        at=now,
        action="route.saved",
        march_id=stage.march_id,
        account_id=by.id if by else None,
        subject="stage",
        subject_id=stage.id,
        sha256=route.sha256,
        length_m=round(route.length_m),
        checkpoints=len(plan.checkpoints),
    )
    return route


def keep_draft(
    session: Session, *, stage: Stage, content: bytes, limit_bytes: int, by: Account, now: datetime
) -> RouteDraft:
    """Keep a GPX file for its sender to look at, instead of what they sent before. Raises UnusableInput."""
    if len(content) > limit_bytes:
        raise TooLarge(limit_bytes)
    plan = read_plan(content, stage)
    return session.merge(
        RouteDraft(
            stage_id=stage.id,
            account_id=by.id,
            content_gz=plan.route.content_gz,
            sha256=plan.route.sha256,
            uploaded_at=now,
        )
    )


def draft_of(session: Session, *, stage: Stage, by: Account, digest: str) -> RouteDraft | None:
    """Return the file that this coordinator sent last for the stage, if it is the one they mean."""
    draft = session.get(RouteDraft, (stage.id, by.id))
    return draft if draft and draft.sha256 == digest else None


def save_draft(session: Session, *, stage: Stage, draft: RouteDraft, by: Account, now: datetime) -> None:
    """Make the draft the planned route of its stage."""
    save_route(session, stage=stage, content=gzip.decompress(draft.content_gz), by=by, now=now)
    session.delete(draft)


def plan_of_draft(draft: RouteDraft, stage: Stage) -> RoutePlan:
    return read_plan(gzip.decompress(draft.content_gz), stage)


def export_route(stage: Stage, route: PlannedRoute, *, name: str) -> bytes:
    """Return the planned route of a stage as GPX 1.1, its checkpoints as waypoints."""
    read = gpx.read_route(gzip.decompress(route.content_gz))
    places = [gpx.Waypoint(place.name, place.lat, place.lon) for place in stage.checkpoints]
    return gpx.write_gpx(name=name, lat=read.lat, lon=read.lon, ele=read.ele, waypoints=places)


def _ends(read: gpx.PlannedRoute, stage: Stage) -> tuple[gpx.Waypoint, ...]:
    """Return start and finish as waypoints, for a file that has none."""
    names = (stage.start_name, stage.finish_name)
    return tuple(
        gpx.Waypoint(next(iter(name.values()), ""), float(read.lat[end]), float(read.lon[end]))
        for name, end in zip(names, (0, -1), strict=True)
    )


def _in_order(places: Iterable[tuple[float, gpx.Waypoint]]) -> tuple[Checkpoint, ...]:
    """Return the places that are on the route as checkpoints, in order along it."""
    near = sorted(((at_m, place) for at_m, place in places if not isnan(at_m)), key=itemgetter(0))
    return tuple(
        Checkpoint(
            position=position,
            name=" ".join(place.name.split())[:LONGEST_NAME] or f"{at_m / 1000:.1f} km",
            lat=place.lat,
            lon=place.lon,
            route_m=float(at_m),
        )
        for position, (at_m, place) in enumerate(near, start=1)
    )


def _drawing(description: RouteDescription) -> dict[str, Any]:
    """Return the thinned line and its heights as columns for JSON, null where a height is not known."""
    profile, bounds = description.profile, description.bounds
    return {
        "lat": np.round(profile.lat, 6).tolist(),
        "lon": np.round(profile.lon, 6).tolist(),
        "distance_m": np.round(profile.distance_m, 1).tolist(),
        "ele_m": [round(height, 1) if np.isfinite(height) else None for height in profile.ele_m.tolist()],
        "bounds": [bounds.south, bounds.west, bounds.north, bounds.east],
    }


def _basemap(description: RouteDescription) -> dict[str, Any]:
    bounds = description.bounds
    return basemap.clip((bounds.west, bounds.south, bounds.east, bounds.north))
