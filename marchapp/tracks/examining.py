"""What a file holds, before it is kept: of which stages it is a recording, and which piece is of its own."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

import numpy as np

from marchapp.geo.gpx import Recording
from marchapp.geo.recordings import StageTimes, cut_by_stage, which_stage
from marchapp.tracks.comparing import Part, Plan, refuse_if_unusable


@dataclass(frozen=True)
class StageToWalk:
    """A stage of the march that has a planned route."""

    id: int
    times: StageTimes


@dataclass(frozen=True)
class Examined:
    """A file that can be kept. It is used if its piece is of the stage of the group that it was sent for.

    `other_stages` are the ids of the stages of which it holds a recording too.
    """

    part: Part
    sha256: str
    is_used: bool
    points: int
    started_at: datetime | None
    finished_at: datetime | None
    other_stages: tuple[int, ...]


def examine(content: bytes, *, plan: Plan, stages: list[StageToWalk], own_id: int) -> Examined:
    """Read a file that was sent for a group of the stage `own_id`; `stages` are in order of time.

    Raises UnusableInput.
    """
    part = Part(content)
    held = _stages_by_time(part.walked, stages) or _stage_by_place(part.walked, stages, own_id)
    if len(held) > 1 and own_id in held:
        part = _part(content, held[own_id])
    others = tuple(stage_id for stage_id in held if stage_id != own_id)
    is_used = own_id in held or not others
    if is_used:
        refuse_if_unusable(part.walked, plan)
    started_at, finished_at = _clock_of(part.walked)
    return Examined(
        part=part,
        sha256=sha256(content).hexdigest(),
        is_used=is_used,
        points=len(part.walked),
        started_at=started_at,
        finished_at=finished_at,
        other_stages=others,
    )


def _stages_by_time(walked: Recording, stages: list[StageToWalk]) -> dict[int, Recording]:
    """Return the pieces of a recording that were walked along a stage at its time, by the stage's id."""
    if not stages or np.isfinite(walked.time).sum() < 2:
        return {}
    pieces = cut_by_stage(walked, [stage.times for stage in stages])
    return {
        stage.id: piece
        for stage, piece in zip(stages, pieces, strict=True)
        if piece is not None and which_stage(piece, [stage.times.route]) is not None
    }


def _stage_by_place(walked: Recording, stages: list[StageToWalk], own_id: int) -> dict[int, Recording]:
    """Return the stage that a recording of another time goes along, its own if that is one of several."""
    own = [stage for stage in stages if stage.id == own_id]
    if own and which_stage(walked, [own[0].times.route]) is not None:
        return {own_id: walked}
    found = which_stage(walked, [stage.times.route for stage in stages])
    return {} if found is None else {stages[found].id: walked}


def _part(content: bytes, piece: Recording) -> Part:
    return Part(content, from_s=float(piece.time.min()), to_s=float(piece.time.max()))


def _clock_of(piece: Recording) -> tuple[datetime, datetime] | tuple[None, None]:
    """Return when a recording begins and ends."""
    timed = piece.time[np.isfinite(piece.time)]
    if not len(timed):
        return None, None
    return datetime.fromtimestamp(timed.min(), UTC), datetime.fromtimestamp(timed.max(), UTC)
