"""Files that are sent are read and compared while the database is free for others, and then kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from marchapp.geo.comparison import Comparison
from marchapp.geo.errors import UnusableInput
from marchapp.models import Account, Group, Recording
from marchapp.tracks.comparing import compare_if_quick
from marchapp.tracks.examining import Examined
from marchapp.tracks.services import Begun, begin, keep, known, part_of, use


@dataclass(frozen=True)
class SentFile:
    """A file as a browser sends it."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Taken:
    """What became of files: new recordings, those that the group had already, and what cannot be used."""

    kept: list[Recording]
    known: list[Recording]
    refused: list[tuple[SentFile, UnusableInput]]


def take_in(
    session: Session, *, group: Group, files: Iterable[SentFile], by: Account | None, now: datetime
) -> Taken:
    """Keep the files that can be used, their track compared if that is quick.

    Raises NoPlannedRoute; AlreadyUploaded if somebody else sent one of them at the same moment.
    """
    begun = begin(session, group=group)
    new = {sha256(file.content).hexdigest(): file for file in files}
    here = [recording for digest in new if (recording := known(session, group, digest))]
    for recording in here:
        del new[recording.sha256]
    session.rollback()  # others may write while these are compared
    found: list[Examined] = []
    refused = []
    for file in new.values():
        try:
            found.append(begun.examine(file.content))
        except UnusableInput as error:
            refused.append((file, error))
    kept = keep(session, begun, found, _compared(begun, found), by=by, now=now) if found else []
    return Taken(kept, here, refused)


def change_use(
    session: Session, recording: Recording, *, is_used: bool, by: Account | None, now: datetime
) -> None:
    """Leave a recording out of its track, or take it back. Raises UnusableInput or NoPlannedRoute."""
    begun = begin(session, group=recording.group)
    parts = dict(begun.parts)
    if is_used:
        parts[recording.id] = part_of(recording)
    else:
        parts.pop(recording.id, None)
    session.rollback()  # others may write while the rest is compared
    comparison = compare_if_quick(parts.values(), begun.plan) if parts else None
    use(session, begun, recording, comparison, is_used=is_used, by=by, now=now)


def _compared(begun: Begun, found: list[Examined]) -> Comparison | None:
    new = [one.part for one in found if one.is_used]
    return compare_if_quick([*begun.parts.values(), *new], begun.plan) if new else None
