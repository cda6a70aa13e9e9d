"""Freeze the manifest of a large march, which takes longer than a request may."""

from datetime import UTC, datetime

from marchapp.border.crossing import all_lines
from marchapp.border.services import NothingToFreeze, freeze
from marchapp.extensions import db, queue, reading
from marchapp.models import Account, Stage


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
