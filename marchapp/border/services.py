"""Freeze the manifest as a numbered version, tell versions apart, and note heads that were counted."""

import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, undefer

from marchapp.border.crossing import Line, count_crossing
from marchapp.models import Account, CountPlace, ManifestCount, ManifestVersion, Stage
from marchapp.models.audit import record

BEFORE = {
    CountPlace.IN: CountPlace.OUT,
    CountPlace.BACK_OUT: CountPlace.IN,
    CountPlace.BACK_IN: CountPlace.BACK_OUT,
}


class NothingToFreeze(Exception):
    """Nobody crosses on the stage, or all is as in the last version."""


@dataclass(frozen=True)
class Changed:
    """Somebody of whom a later version says something else: the names of the fields that differ."""

    line: Line
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """What is different from the version before."""

    added: tuple[Line, ...]
    removed: tuple[Line, ...]
    changed: tuple[Changed, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


COMPARED = (
    *("given_name", "family_name", "native_name", "birth_date", "country"),
    *("papers", "consent", "notary", "group"),
)


def difference(before: Iterable[Line], after: Iterable[Line]) -> Difference:
    """Compare two manifests person by person."""
    old = {line.person_id: line for line in before}
    new = {line.person_id: line for line in after}
    changed = (_changed(old[key], line) for key, line in new.items() if key in old)
    return Difference(
        added=tuple(line for key, line in new.items() if key not in old),
        removed=tuple(line for key, line in old.items() if key not in new),
        changed=tuple(one for one in changed if one.fields),
    )


def _changed(old: Line, new: Line) -> Changed:
    return Changed(new, tuple(name for name in COMPARED if getattr(old, name) != getattr(new, name)))


def freeze(
    session: Session, *, stage: Stage, lines: Sequence[Line], by: Account, now: datetime
) -> ManifestVersion:
    """Keep who crosses as the next version. Raises NothingToFreeze.

    Two who freeze at once take turns at the row of the stage.
    """
    session.execute(select(Stage.id).where(Stage.id == stage.id).with_for_update(key_share=True))
    last = last_version(session, stage, with_content=True)
    if not lines or (last and not difference(lines_of(last), lines)):
        raise NothingToFreeze
    version = ManifestVersion(
        stage_id=stage.id,
        number=last.number + 1 if last else 1,
        frozen_at=now,
        frozen_by_id=by.id,
        people=len(lines),
        warnings=sum(bool(line.lacks) for line in lines),
        content=packed(lines),
    )
    session.add(version)
    session.flush()
    _note(session, "manifest.frozen", stage, by.id, now, number=version.number, people=version.people)
    return version


def packed(lines: Sequence[Line]) -> bytes:
    text = json.dumps([line.as_json() for line in lines], ensure_ascii=False)
    return gzip.compress(text.encode())


def lines_of(version: ManifestVersion) -> list[Line]:
    """Return who is on a version, as it was frozen."""
    return [Line.from_json(stored) for stored in json.loads(gzip.decompress(version.content))]


def versions_of(session: Session, stage: Stage) -> list[ManifestVersion]:
    """Return the versions of a stage, the newest first, without what is in them."""
    query = select(ManifestVersion).where(ManifestVersion.stage_id == stage.id)
    order = ManifestVersion.number.desc()
    return list(session.scalars(query.options(joinedload(ManifestVersion.frozen_by)).order_by(order)))


def version_of(session: Session, stage_id: int, number: int) -> ManifestVersion | None:
    query = select(ManifestVersion).where(
        ManifestVersion.stage_id == stage_id, ManifestVersion.number == number
    )
    loads = (joinedload(ManifestVersion.frozen_by), undefer(ManifestVersion.content))
    return session.scalar(query.options(*loads))


def last_version(session: Session, stage: Stage, *, with_content: bool = False) -> ManifestVersion | None:
    query = select(ManifestVersion).where(ManifestVersion.stage_id == stage.id)
    if with_content:
        query = query.options(undefer(ManifestVersion.content))
    return session.scalar(query.order_by(ManifestVersion.number.desc()).limit(1))


def counts_of(session: Session, stage: Stage) -> dict[CountPlace, list[ManifestCount]]:
    """Return all counts of each place, the one that holds first, in the order of the way."""
    query = (
        select(ManifestCount)
        .where(ManifestCount.stage_id == stage.id)
        .options(joinedload(ManifestCount.account), joinedload(ManifestCount.version))
        .order_by(ManifestCount.id.desc())
    )
    found: dict[CountPlace, list[ManifestCount]] = {place: [] for place in CountPlace}
    for count in session.scalars(query):
        found[count.place].append(count)
    return found


def expected_at(session: Session, stage: Stage, place: CountPlace) -> int:
    """Return how many should be counted: as many as at the place before, else as the manifest holds."""
    before = BEFORE.get(place)
    while before:
        counted = session.scalar(
            select(ManifestCount.counted)
            .where(ManifestCount.stage_id == stage.id, ManifestCount.place == before)
            .order_by(ManifestCount.id.desc())
            .limit(1)
        )
        if counted is not None:
            return counted
        before = BEFORE.get(before)
    last = last_version(session, stage)
    return last.people if last else count_crossing(session, stage)


def note_count(
    session: Session,
    *,
    stage: Stage,
    place: CountPlace,
    counted: int,
    remark: str,
    submission_key: str,
    by: Account,
    now: datetime,
) -> ManifestCount:
    """Add a count of heads; one before it stays and counts as corrected. The same form twice is one count."""
    session.execute(select(Stage.id).where(Stage.id == stage.id).with_for_update(key_share=True))
    sent = ManifestCount.stage_id == stage.id, ManifestCount.submission_key == submission_key
    if already := session.scalar(select(ManifestCount).where(*sent)):
        return already
    last = last_version(session, stage)
    count = ManifestCount(
        stage_id=stage.id,
        version_id=last.id if last else None,
        place=place,
        counted=counted,
        expected=expected_at(session, stage, place),
        remark=remark,
        at=now,
        account_id=by.id,
        submission_key=submission_key,
    )
    session.add(count)
    session.flush()
    _note(session, "border.counted", stage, by.id, now, place=place, counted=counted, expected=count.expected)
    return count


def note_look(
    session: Session, *, stage_id: int, march_id: int, account_id: int, now: datetime, **what: object
) -> None:
    """Record that somebody looked at the manifest."""
    record(
        session,
        at=now,
        action="manifest.seen",
        march_id=march_id,
        account_id=account_id,
        subject="stage",
        subject_id=stage_id,
        **what,
    )


def _note(
    session: Session, action: str, stage: Stage, account_id: int, now: datetime, **details: object
) -> None:
    record(
        session,
        at=now,
        action=action,
        march_id=stage.march_id,
        account_id=account_id,
        subject="stage",
        subject_id=stage.id,
        **details,
    )
