"""Take marks of a roll call: each key once, in whatever order they arrive."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from marchapp.attendance.badges import spellings
from marchapp.attendance.points import Point, keep_point
from marchapp.attendance.upserts import insert_into
from marchapp.models import (
    Account,
    Group,
    Participant,
    PublishedPlace,
    RollMark,
    RollStanding,
    RollState,
    StageEntry,
    Standing,
)
from marchapp.models.attendance import HERE

OLDEST = timedelta(days=14)


class AnswerKind(StrEnum):
    """What came of a mark. Only the first two are marks that count."""

    COUNTED = "counted"
    AGAIN = "again"
    ELSEWHERE = "elsewhere"
    MOVED = "moved"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    WAITING = "waiting"
    OTHER_STAGE = "other_stage"
    KEY_TAKEN = "key_taken"


@dataclass(frozen=True, kw_only=True)
class SentMark:
    """A mark as it was sent: of somebody in the group, or of whoever wears a badge.

    `made_ago` is how long before it was sent it was made, so that a wrong clock of a phone does not matter.
    """

    key: str
    state: RollState
    participant_id: int | None = None
    badge: str = ""
    handed_to: str = ""
    made_ago: timedelta = timedelta()


@dataclass(frozen=True)
class Answer:
    """What came of a mark: of whom it was, in which group they are, and the mark that counts."""

    key: str
    kind: AnswerKind
    person: Participant | None = None
    group: Group | None = None
    mark: RollMark | None = None

    @property
    def counts(self) -> bool:
        return self.kind in (AnswerKind.COUNTED, AnswerKind.AGAIN)


def take_mark(
    session: Session, *, group: Group, point: Point, sent: SentMark, by: Account, now: datetime
) -> Answer:
    """Take one mark of a group's roll, and say what came of it."""
    person = _person(session, group, sent)
    if person is None:
        return Answer(sent.key, AnswerKind.MOVED if sent.participant_id else AnswerKind.UNKNOWN)
    if why := _why_not_walking(session, group, person):
        return Answer(sent.key, why, person)
    own = _group_of(session, group, person)
    if (own is None or own.id != group.id) and not _was_marked_in(session, group, person, sent):
        return _answer_of_stranger(sent, person, own)
    return count_mark(session, group=group, point=point, person=person, sent=sent, by=by, now=now)


def count_mark(
    session: Session,
    *,
    group: Group,
    point: Point,
    person: Participant,
    sent: SentMark,
    by: Account,
    now: datetime,
) -> Answer:
    """Write a mark down, unless its key was written down before."""
    keep_point(session, group.stage, point)
    row = {
        "client_key": sent.key,
        "stage_id": group.stage_id,
        "point": point.code,
        "participant_id": person.id,
        "group_id": group.id,
        "account_id": by.id,
        "state": sent.state,
        "handed_to": sent.handed_to,
        "marked_at": made_at(sent, now),
        "received_at": now,
    }
    insert = insert_into(session, RollMark).values(**row).on_conflict_do_nothing()
    written = session.scalar(insert.returning(RollMark.id))
    if written:
        _bring_standing_up(session, row)
    return _answer_of_counted(session, group, point, person, sent)


def made_at(sent: SentMark, now: datetime) -> datetime:
    """Return when a mark was made: never later than now, and no older than a march can be."""
    return now - min(max(sent.made_ago, timedelta()), OLDEST)


def find_by_badge(session: Session, group: Group, badge: str) -> Participant | None:
    """Return who wears a badge among those of the same march; people of other marches are unknown."""
    return session.scalar(
        select(Participant).where(
            Participant.march_id == group.stage.march_id, Participant.reference.in_(spellings(badge))
        )
    )


def _person(session: Session, group: Group, sent: SentMark) -> Participant | None:
    if sent.participant_id is None:
        return find_by_badge(session, group, sent.badge)
    person = session.get(Participant, sent.participant_id)
    return person if person and person.march_id == group.stage.march_id else None


def _why_not_walking(session: Session, group: Group, person: Participant) -> AnswerKind | None:
    if person.standing == Standing.CANCELLED:
        return AnswerKind.CANCELLED
    if person.standing == Standing.WAITING:
        return AnswerKind.WAITING
    walks = session.get(StageEntry, (person.id, group.stage_id))
    return None if walks else AnswerKind.OTHER_STAGE


def _group_of(session: Session, group: Group, person: Participant) -> Group | None:
    place = session.get(PublishedPlace, (person.id, group.stage_id))
    if place is None or place.group_id is None:
        return None
    return group if place.group_id == group.id else session.get(Group, place.group_id)


def _was_marked_in(session: Session, group: Group, person: Participant, sent: SentMark) -> bool:
    """Tell whether a mark is of somebody who was in this group's roll: it may come late, after a move."""
    if sent.participant_id is None:
        return False
    earlier = select(RollMark.id).where(
        RollMark.participant_id == person.id,
        RollMark.stage_id == group.stage_id,
        RollMark.group_id == group.id,
    )
    return session.scalar(earlier.limit(1)) is not None


def _answer_of_stranger(sent: SentMark, person: Participant, own: Group | None) -> Answer:
    """Whoever shows a badge is named; a number alone names nobody."""
    if sent.participant_id is not None:
        return Answer(sent.key, AnswerKind.MOVED)
    return Answer(sent.key, AnswerKind.ELSEWHERE, person, own)


def _bring_standing_up(session: Session, row: dict[str, object]) -> None:
    kept = ("stage_id", "point", "participant_id", "state", "marked_at", "client_key")
    new = insert_into(session, RollStanding).values({name: row[name] for name in kept})
    later = new.excluded.marked_at > RollStanding.marked_at
    same_moment = and_(
        new.excluded.marked_at == RollStanding.marked_at, new.excluded.client_key > RollStanding.client_key
    )
    session.execute(
        new.on_conflict_do_update(
            index_elements=kept[:3],
            set_={name: new.excluded[name] for name in kept[3:]},
            where=or_(later, same_moment),
        )
    )


def _answer_of_counted(
    session: Session, group: Group, point: Point, person: Participant, sent: SentMark
) -> Answer:
    marks = marks_at(session, stage_id=group.stage_id, point=point.code, participant_id=person.id)
    own = next((mark for mark in marks if mark.client_key == sent.key), None)
    if own is None:
        return Answer(sent.key, AnswerKind.KEY_TAKEN)
    first = _first_of_run(marks)
    is_again = sent.state == RollState.PRESENT and first.state in HERE and first.client_key != sent.key
    kind = AnswerKind.AGAIN if is_again else AnswerKind.COUNTED
    return Answer(sent.key, kind, person, group, first if is_again else own)


def marks_at(session: Session, *, stage_id: int, point: str, participant_id: int) -> list[RollMark]:
    """Return the marks of somebody at a point in the order in which they were made."""
    return list(
        session.scalars(
            select(RollMark)
            .where(
                RollMark.participant_id == participant_id,
                RollMark.stage_id == stage_id,
                RollMark.point == point,
            )
            .options(joinedload(RollMark.account).lazyload(Account.appointments))
            .order_by(RollMark.marked_at, RollMark.client_key)
        )
    )


def _first_of_run(marks: list[RollMark]) -> RollMark:
    """Return the first of the last marks that say the same: here, or not here."""
    first = marks[-1]
    for mark in reversed(marks):
        if (mark.state in HERE) != (first.state in HERE):
            break
        first = mark
    return first
