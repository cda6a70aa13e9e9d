"""Compare the tracks that wait: claim one, read its recordings, compare it, write it down; never lose one."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, event, or_, select, update
from sqlalchemy.orm import Session

from marchapp.extensions import db, queue
from marchapp.geo.comparison import ENGINE_VERSION
from marchapp.geo.errors import UnusableInput
from marchapp.gpx_words import explain
from marchapp.i18n import LANGUAGES
from marchapp.models import Track, TrackComparison
from marchapp.models.conditional import rows_changed
from marchapp.models.track import AT_REST, WAITING_TRACKS, await_comparison
from marchapp.tracks.comparing import NoPlannedRoute, compare_whole, plan_of, store
from marchapp.tracks.services import parts_of

log = logging.getLogger(__name__)

CLAIM_EXPIRES = timedelta(minutes=10)  # the largest recordings take one
MOST_ATTEMPTS = 3  # what breaks the worker off three times is not tried for ever
LEAST_BETWEEN_NOTES_S = 0.5  # a bar that moves twice a second is enough, and others write too
A_BATCH = 20


class ClaimLost(Exception):
    """Somebody else has to compare the track: its recordings or its plan changed, or we took too long."""


@dataclass(frozen=True)
class Claim:
    """A track that is ours to compare as long as its `claimed_at` is this one."""

    track_id: int
    claimed_at: datetime

    def is_held(self) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions of an UPDATE that changes the track only while it is ours."""
        return Track.id == self.track_id, Track.claimed_at == self.claimed_at


@queue.task
def compare_waiting() -> int:
    """Compare every track that waits, return how many were."""
    queue.begins(compare_waiting)
    compared = 0
    while claim := claim_next(db.session, datetime.now(UTC)):
        compared += compare_claimed(db.session, claim)
    return compared


@queue.every_minute
def compare_what_is_left() -> None:
    """Compare what a crash left behind."""
    compare_waiting()


def outdated_tracks(session: Session, *, even_new: bool) -> list[int]:
    """Return the tracks that this version of the engine has not compared; `even_new`: every track."""
    query = select(Track.id).outerjoin(Track.comparison).order_by(Track.id)
    if not even_new:
        query = query.where(TrackComparison.engine_version.is_distinct_from(ENGINE_VERSION))
    return list(session.scalars(query))


def compare_again(session: Session, track_id: int) -> bool:
    """Compare a track now, whatever its comparison says; return whether that worked."""
    await_comparison(session, update(Track).where(Track.id == track_id), now=datetime.now(UTC))
    session.info.pop(WAITING_TRACKS, None)  # it is done here, the worker need not wake
    session.commit()
    claim = claim_next(session, datetime.now(UTC), track_id=track_id)
    return claim is not None and compare_claimed(session, claim)


def claim_next(session: Session, now: datetime, *, track_id: int | None = None) -> Claim | None:
    """Claim the track that waits longest, or the one that is named, if nobody else has it."""
    is_free = or_(Track.claimed_at.is_(None), Track.claimed_at < now - CLAIM_EXPIRES)
    due = [Track.waiting_since.is_not(None), is_free]
    if track_id is not None:
        due.append(Track.id == track_id)
    for found in session.scalars(
        select(Track.id).where(*due).order_by(Track.waiting_since, Track.id).limit(A_BATCH)
    ).all():
        change = update(Track).where(Track.id == found, *due)
        is_ours = rows_changed(session, change.values(claimed_at=now, attempts=Track.attempts + 1)) == 1
        session.commit()
        if is_ours:
            return Claim(found, now)
    return None


def compare_claimed(session: Session, claim: Claim) -> bool:
    """Compare a claimed track, write the result down or why there is none, return whether there is one."""
    track = session.get(Track, claim.track_id, populate_existing=True)
    if track is None:
        return False
    if track.attempts > MOST_ATTEMPTS:
        return _give_up(session, claim, _broken_off)
    try:
        parts, plan = parts_of(session, track.group_id), plan_of(track.group.stage)
        session.rollback()  # others may write while this is compared
        comparison = compare_whole(parts.values(), plan, progress=Notes(session, claim))
        row = store(comparison, datetime.now(UTC))
    except ClaimLost:
        session.rollback()
        return False
    except UnusableInput as error:
        refusal = error
        return _give_up(session, claim, lambda: explain(refusal))
    except NoPlannedRoute:
        return _give_up(session, claim, _no_planned_route)
    except Exception:
        log.exception("Track %s could not be compared", claim.track_id)
        return _give_up(session, claim, _broken_off)
    return _write(session, claim, row)


class Notes:
    """Writes down how many points of a track are done, now and then, each time in a moment's transaction."""

    def __init__(self, session: Session, claim: Claim) -> None:
        self.session, self.claim = session, claim
        self.noted_at = -LEAST_BETWEEN_NOTES_S

    def __call__(self, done: int, total: int) -> None:
        """Raises ClaimLost."""
        is_last = done == total
        if monotonic() - self.noted_at < LEAST_BETWEEN_NOTES_S and not is_last:
            return
        self.noted_at = monotonic()
        note = update(Track).where(*self.claim.is_held()).values(points_done=done, points_total=total)
        is_held = rows_changed(self.session, note) == 1
        self.session.commit()
        if not is_held:
            raise ClaimLost


def _write(session: Session, claim: Claim, row: TrackComparison) -> bool:
    """Put the comparison in place of the one before, unless the claim was lost: another is on its way."""
    is_ours = _let_go(session, claim, problem={})
    if is_ours:
        row.track_id = claim.track_id
        session.merge(row)
    session.commit()
    return is_ours


def _give_up(session: Session, claim: Claim, sentence: Callable[[], str]) -> bool:
    """Keep the file and say in every language why it has no new comparison."""
    session.rollback()
    problem = {}
    for language in LANGUAGES:
        with force_locale(language):
            problem[language] = sentence()
    _let_go(session, claim, problem=problem)
    session.commit()
    return False


def _let_go(session: Session, claim: Claim, *, problem: dict[str, str]) -> bool:
    done = AT_REST | {"problem": problem}
    return rows_changed(session, update(Track).where(*claim.is_held()).values(done)) == 1


def _broken_off() -> str:
    return _(
        "The comparison broke off. The file is kept; tell whoever runs this program, "
        "they can have it compared again."
    )


def _no_planned_route() -> str:
    return _("The planned route of this stage was taken away. The file is kept.")


@event.listens_for(Session, "after_rollback")
def _forget_waiting_tracks(session: Session) -> None:
    session.info.pop(WAITING_TRACKS, None)


@event.listens_for(Session, "after_commit")
def _wake_worker(session: Session) -> None:
    if session.info.pop(WAITING_TRACKS, False):
        queue.send_once(compare_waiting)
