"""Forget in manifests who was erased: in frozen ones after the stage, as guards hold them until then."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from marchapp.border.crossing import Line
from marchapp.border.services import lines_of, packed
from marchapp.models import AuditEvent, ManifestCount, ManifestVersion, March, Participant, Stage
from marchapp.models.conditional import rows_changed
from marchapp.models.names import without_names
from marchapp.models.participant import march_forgotten, papers_forgotten, person_erased
from marchapp.models.retention import Kept, is_due

NO_NAME = "–"


@person_erased.connect
def _forget(session: Session, *, person: Participant, names: list[str], now: datetime) -> None:
    """Leave frozen manifests to the worker, as long ones take seconds; take names out of remarks at once."""
    stages = select(Stage.id).where(Stage.march_id == person.march_id)
    due = update(ManifestVersion).where(ManifestVersion.stage_id.in_(stages))
    session.execute(due.values(erasures_due=ManifestVersion.erasures_due + 1))
    remarks = select(ManifestCount).where(ManifestCount.stage_id.in_(stages), ManifestCount.remark != "")
    for count in session.scalars(remarks):
        count.remark = without_names(count.remark, names)


@papers_forgotten.connect
def _look_through_all(session: Session, *, march: March, **_more: object) -> None:
    """Let the worker look through every frozen manifest."""
    stages = select(Stage.id).where(Stage.march_id == march.id)
    due = update(ManifestVersion).where(ManifestVersion.stage_id.in_(stages))
    session.execute(due.values(erasures_due=ManifestVersion.erasures_due + 1))


@march_forgotten.connect
def _forget_all(session: Session, *, march: March, **_more: object) -> None:
    _look_through_all(session, march=march)
    stages = select(Stage.id).where(Stage.march_id == march.id)
    session.execute(update(ManifestCount).where(ManifestCount.stage_id.in_(stages)).values(remark=""))


def due_versions(session: Session, now: datetime) -> list[int]:
    """Return the ids of manifests that may name somebody who was erased, of stages that are over."""
    march = joinedload(ManifestVersion.stage).joinedload(Stage.march)
    query = select(ManifestVersion).where(ManifestVersion.erasures_due > 0).options(march)
    return [one.id for one in session.scalars(query) if one.stage.is_over(now)]


def without_erased(session: Session, version: ManifestVersion, now: datetime) -> bytes:
    """Return the content of a version without names and papers of those who were erased.

    Where the march keeps papers no longer, those of all go.
    """
    march = version.stage.march
    erased, keeps_papers = _erased_references(session, march.id), not is_due(march, Kept.DOCUMENTS, now)
    lines = [line if keeps_papers else replace(line, papers=(), notary="") for line in lines_of(version)]
    return packed([_unnamed(line) if line.reference in erased else line for line in lines])


def _erased_references(session: Session, march_id: int) -> set[str]:
    """Return the references of those who were erased, those of sign-ups that were merged into theirs, too."""
    is_erased = (Participant.march_id == march_id, Participant.erased_at.is_not(None))
    erased = dict(session.execute(select(Participant.id, Participant.reference).where(*is_erased)).all())
    of_march = (AuditEvent.march_id == march_id, AuditEvent.action == "participant.merged")
    merged = session.scalars(select(AuditEvent).where(*of_march).order_by(AuditEvent.id.desc()))
    for event in merged if erased else ():
        if event.subject_id in erased:
            erased[event.facts["merged"]] = event.facts["merged_reference"]
    return set(erased.values())


def _unnamed(line: Line) -> Line:
    """Return what shows that somebody crossed, without who it was: see the decision about erasing."""
    return replace(
        line,
        given_name=NO_NAME,
        family_name=line.reference,
        native_name="",
        birth_date=f"{line.birth_date[:4]}-01-01",
        papers=(),
        notary="",
    )


def keep(session: Session, version_id: int, erasures: int, content: bytes) -> None:
    """Keep the lines that were looked through, unless somebody was erased meanwhile: then it is still due."""
    as_read = (ManifestVersion.id == version_id, ManifestVersion.erasures_due == erasures)
    rows_changed(session, update(ManifestVersion).where(*as_read).values(content=content, erasures_due=0))
