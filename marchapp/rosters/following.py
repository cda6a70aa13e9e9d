"""What happened on a stage's board since somebody looked: the number of the last event, and who did what."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from marchapp.models import Account, AuditEvent, Group, March, Participant, Stage
from marchapp.rosters.moves import PEOPLE_MOVED, Moved

MOST_TOLD = 5
MOST_READ = 50
KINDS_TOLD = ("people.", "group.", "groups.")


@dataclass(frozen=True)
class Deed:
    """What somebody did; `moved` is None for anything but a move."""

    who: str
    moved: Moved | None


def version_of(session: Session, march: March) -> int:
    """Return the number of the last event of a march: while it stays, nothing on its boards changes."""
    last = select(func.max(AuditEvent.id)).where(AuditEvent.march_id == march.id)
    return session.scalar(last) or 0


def deeds_since(session: Session, stage: Stage, version: int, *, but: Collection[int] = ()) -> list[Deed]:
    """Return the last deeds on a stage after a version, except the events `but`, the earliest first."""
    rows = session.execute(
        select(AuditEvent, Account.name)
        .outerjoin(Account, Account.id == AuditEvent.account_id)
        .where(
            AuditEvent.march_id == stage.march_id,
            AuditEvent.id > version,
            AuditEvent.id.not_in(but),
            or_(*(AuditEvent.action.startswith(kind) for kind in KINDS_TOLD)),
        )
        .order_by(AuditEvent.id.desc())
        .limit(MOST_READ)
    )
    events = [(event, who or "") for event, who in rows if _is_of(stage, event)][:MOST_TOLD]
    moves = [event for event, _who in events if event.action == PEOPLE_MOVED]
    told = {moved.id: moved for moved in _told(session, moves)}
    return [Deed(who, told.get(event.id)) for event, who in reversed(events)]


def _is_of(stage: Stage, event: AuditEvent) -> bool:
    if event.subject == "stage":
        return event.subject_id == stage.id
    return event.details.get("stage") == stage.number


def _told(session: Session, moves: Iterable[AuditEvent]) -> list[Moved]:
    """Return what each of several moves did, in two queries for all."""
    changes = {event.id: event.details["changes"] for event in moves}
    alone = {id_: made[0][0] for id_, made in changes.items() if len(made) == 1}
    goals = {to_id for made in changes.values() for _person, _from, to_id in made if to_id}
    people = select(Participant).where(Participant.id.in_(alone.values()))
    names = {person.id: person.name for person in session.scalars(people)} if alone else {}
    numbers = dict(session.execute(select(Group.id, Group.number).where(Group.id.in_(goals))).all())
    return [
        Moved(
            id=id_,
            people=len(made),
            name=names.get(alone.get(id_, 0), ""),
            number=numbers.get(made[0][2]),
            is_mixed=len({to_id for *_rest, to_id in made}) > 1,
        )
        for id_, made in changes.items()
    ]
