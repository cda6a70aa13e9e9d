"""Take recordings out of a march: where groups were goes, how they compared with the route stays."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, undefer

from marchapp.models import Group, March, Recording, Stage, Track, TrackComparison
from marchapp.models.conditional import rows_changed
from marchapp.models.retention import Removing
from marchapp.models.track import AT_REST

FILES_AT_ONCE, COMPARISONS_AT_ONCE = 100, 25
NOTHING = b""
PLACES = {"lat", "lon"}
PLANNED = {"route", "checkpoints"}  # what is known of the plan names nobody's whereabouts


def _groups(march: March) -> Any:
    return select(Group.id).join(Stage).where(Stage.march_id == march.id)


def _kept(march: March) -> tuple[Any, ...]:
    return Recording.group_id.in_(_groups(march)), Recording.is_kept


def _count(session: Session, march: March) -> int:
    return session.scalar(select(func.count()).select_from(Recording).where(*_kept(march))) or 0


def _take(session: Session, march: March, now: datetime) -> int:
    return _take_files(session, march) or _take_points(session, march)


def _take_files(session: Session, march: March) -> int:
    some = list(session.scalars(select(Recording.id).where(*_kept(march)).limit(FILES_AT_ONCE)))
    if not some:
        return 0
    groups = select(Recording.group_id).where(Recording.id.in_(some))
    session.execute(update(Track).where(Track.group_id.in_(groups)).values(AT_REST))
    emptied = update(Recording).where(Recording.id.in_(some))
    return rows_changed(session, emptied.values(content_gz=NOTHING, size_bytes=0, other_stages=[]))


def _take_points(session: Session, march: March) -> int:
    of_march = (Track.group_id.in_(_groups(march)), TrackComparison.points_npz != NOTHING)
    query = select(TrackComparison).join(TrackComparison.track).where(*of_march)
    some = session.scalars(query.options(undefer(TrackComparison.result)).limit(COMPARISONS_AT_ONCE)).all()
    for comparison in some:
        comparison.points_npz, comparison.outline = NOTHING, {}
        comparison.result = without_places(comparison.result)
    session.flush()
    return len(some)


def without_places(result: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of a comparison without the places where the group was.

    >>> without_places({"stops": [{"lat": 69.7, "minutes": 8}], "checkpoints": [{"lat": 69.7}]})
    {'stops': [{'minutes': 8}], 'checkpoints': [{'lat': 69.7}]}
    """
    return {name: value if name in PLANNED else _without(value) for name, value in result.items()}


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without(one) for name, one in value.items() if name not in PLACES}
    return [_without(one) for one in value] if isinstance(value, list) else value


RECORDINGS = Removing(_count, [_take])
