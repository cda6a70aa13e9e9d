"""What a card says of somebody who walks a stage: who, what matters for a group, what keeps them out."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from marchapp.models import Barrier, Category, Membership, Participant, Stage, StageEntry, Standing
from marchapp.models.barrier import barrier_on


@dataclass(frozen=True, kw_only=True)
class Card:
    """Somebody on the board. `group_id` is None in no group; a locked card stays where it is."""

    id: int
    name: str
    native_name: str
    category: Category
    age: int
    country: str
    languages: tuple[str, ...]
    school_class: str
    knows_first_aid: bool
    barrier: Barrier | None
    group_id: int | None
    is_locked: bool

    @property
    def seen(self) -> str:
        """Who this is and where they are shown, as a move carries it: `17:3`, `17:` in no group."""
        return f"{self.id}:{self.group_id or ''}"


def cards_of(session: Session, stage: Stage, *conditions: ColumnElement[bool]) -> list[Card]:
    """Return the cards of who walks a stage and fits the conditions, by name."""
    rows = session.execute(
        select(
            Participant,
            barrier_on(stage).label("barrier"),
            Membership.group_id,
            Membership.is_locked,
        )
        .select_from(StageEntry)
        .join(StageEntry.participant)
        .outerjoin(
            Membership,
            (Membership.participant_id == StageEntry.participant_id)
            & (Membership.stage_id == StageEntry.stage_id),
        )
        .where(StageEntry.stage_id == stage.id, Participant.standing == Standing.PLACED, *conditions)
        .order_by(Participant.family_name, Participant.given_name, Participant.id)
    )
    return [_card(stage, *row) for row in rows]


def cards_by_id(session: Session, stage: Stage, ids: Iterable[int]) -> dict[int, Card]:
    return {card.id: card for card in cards_of(session, stage, StageEntry.participant_id.in_(list(ids)))}


def _card(
    stage: Stage, person: Participant, barrier: str | None, group_id: int | None, is_locked: bool | None
) -> Card:
    return Card(
        id=person.id,
        name=person.name,
        native_name=person.native_name,
        category=person.category,
        age=person.age_on(stage.day),
        country=person.country,
        languages=tuple(person.spoken_languages or [person.language]),
        school_class=person.school_class,
        knows_first_aid=person.knows_first_aid,
        barrier=Barrier(barrier) if barrier else None,
        group_id=group_id,
        is_locked=bool(is_locked),
    )
