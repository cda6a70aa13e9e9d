"""What takes longer with manifests than a request may: freeze that of a large march, forget the erased."""

from datetime import UTC, datetime

from sqlalchemy.orm import undefer

from marchapp.border import erasing
from marchapp.border.crossing import all_lines
from marchapp.border.services import NothingToFreeze, freeze
from marchapp.extensions import db, queue, reading
from marchapp.models import Account, ManifestVersion, Stage


@queue.task
def freeze_later(stage_id: int, account_id: int) -> None:
    """Freeze who crosses on a stage; reading takes long and keeps no writer waiting."""
    with reading():
        stage = db.session.get(Stage, stage_id)
        lines = all_lines(db.session, stage) if stage else []
        db.session.rollback()
    stage, by = db.session.get(Stage, stage_id), db.session.get(Account, account_id)
    if stage is None or by is None:
        db.session.rollback()
        return
    try:
        freeze(db.session, stage=stage, lines=lines, by=by, now=datetime.now(UTC))
    except NothingToFreeze:
        db.session.rollback()
    else:
        db.session.commit()


@queue.every_minute
def forget_in_manifests() -> None:
    """Take names and papers of those who were erased out of manifests of stages that are over."""
    with reading():
        due = erasing.due_versions(db.session, datetime.now(UTC))
        db.session.rollback()
    for version_id in due:
        with reading():
            version = db.session.get_one(
                ManifestVersion, version_id, options=[undefer(ManifestVersion.content)]
            )
            erasures, content = (
                version.erasures_due,
                erasing.without_erased(db.session, version, datetime.now(UTC)),
            )
            db.session.rollback()
        erasing.keep(db.session, version_id, erasures, content)
        db.session.commit()
