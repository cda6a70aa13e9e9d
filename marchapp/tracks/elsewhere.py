"""Of which other stage of its march a recording is that does not belong to its own."""

import numpy as np
from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.geo import gpx
from marchapp.geo.recordings import which_stage
from marchapp.geo.results import Points
from marchapp.i18n import local
from marchapp.models import Account, Group, GroupGuide, PlannedRoute, Stage


def made_elsewhere(session: Session, *, stage: Stage, walked: gpx.Recording, reader: Account | None) -> str:
    """Return a sentence that names the other stage, empty if the recording is of none.

    For a guide with a group on that stage it is a link to where the recording can be uploaded.
    """
    other = _stage_along(session, stage.march_id, walked)
    if other is None or other.id == stage.id:
        return ""
    own_group = _own_group(session, other, reader) if reader else None
    if own_group is None:
        return _("This recording was made on stage %(number)s, %(name)s.", **_named(other))
    return Markup('<a href="{}">{}</a>').format(
        url_for("tracks.upload", group_id=own_group),
        _("This recording was made on stage %(number)s, %(name)s: upload it there.", **_named(other)),
    )


def walked_of(points: Points) -> gpx.Recording:
    """Return the used points of a comparison as a recording."""
    unknown = np.full(len(points), np.nan)
    return gpx.Recording(
        points.lat, points.lon, points.ele, points.time, points.segment, unknown, len(points), dropped={}
    )


def _stage_along(session: Session, march_id: int, walked: gpx.Recording) -> Stage | None:
    """Return the stage of a march whose planned route a recording goes along most."""
    planned = session.execute(
        select(Stage, PlannedRoute.drawing)
        .join(Stage.route)
        .where(Stage.march_id == march_id)
        .order_by(Stage.number)
    ).all()
    found = which_stage(walked, [_route(drawing) for _stage, drawing in planned])
    return None if found is None else planned[found][0]


def _route(drawing: dict[str, list[float]]) -> gpx.PlannedRoute:
    """Return a drawn route without heights; its line lies within metres of the planned one."""
    lat, lon = np.array(drawing["lat"]), np.array(drawing["lon"])
    return gpx.PlannedRoute(lat, lon, np.full(len(lat), np.nan))


def _own_group(session: Session, stage: Stage, guide: Account) -> int | None:
    return session.scalar(
        select(Group.id)
        .join(GroupGuide, GroupGuide.group_id == Group.id)
        .where(Group.stage_id == stage.id, GroupGuide.account_id == guide.id)
        .order_by(Group.number)
        .limit(1)
    )


def _named(stage: Stage) -> dict[str, object]:
    return {"number": stage.number, "name": local(stage.name)}
