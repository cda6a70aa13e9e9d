"""Ask for a file, note that one was taken, and forget those of yesterday."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from marchapp.files.kinds import FileKind, Params
from marchapp.models import AuditEvent, March, Participant, PreparedFile
from marchapp.models.audit import record
from marchapp.models.participant import march_forgotten, person_erased

KEPT_FOR = timedelta(days=1)


def order_file(
    session: Session,
    kind: FileKind,
    *,
    march_id: int,
    params: dict[str, Any],
    language: str,
    only_for_its_maker: bool,
    account_id: int,
    now: datetime,
) -> PreparedFile:
    """Let the worker make a file, as soon as this is committed and it is woken."""
    file = PreparedFile(
        march_id=march_id,
        account_id=account_id,
        kind=kind.name,
        params=params,
        language=language,
        only_for_its_maker=only_for_its_maker,
        asked_at=now,
    )
    session.add(file)
    session.flush()
    return file


def note_download(
    session: Session,
    *,
    kind: str,
    march_id: int,
    params: Params,
    language: str,
    account_id: int,
    now: datetime,
) -> AuditEvent:
    """Record who took which file: "badges.downloaded"."""
    of_stage = "stage_id" in params
    selection = {name: params[name] for name in params.keys() & {"arguments"}}  # may hold a name
    return record(
        session,
        at=now,
        action=f"{kind}.downloaded",
        march_id=march_id,
        account_id=account_id,
        subject="stage" if of_stage else "march",
        subject_id=params["stage_id"] if of_stage else march_id,
        language=language,
        of={name: value for name, value in params.items() if name not in selection},
        **selection,
    )


@person_erased.connect
def _forget_files(session: Session, *, person: Participant, **_more: object) -> None:
    """Delete the files of a march: nobody can tell who stands in them, and they are made again in seconds."""
    session.execute(delete(PreparedFile).where(PreparedFile.march_id == person.march_id))


@march_forgotten.connect
def _forget_all_files(session: Session, *, march: March, **_more: object) -> None:
    session.execute(delete(PreparedFile).where(PreparedFile.march_id == march.id))


def forget_old_files(session: Session, now: datetime) -> None:
    session.execute(delete(PreparedFile).where(PreparedFile.asked_at < now - KEPT_FOR))
