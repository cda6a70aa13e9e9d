"""The board of a stage: a column for each group, first that of who is in none, with everybody's card."""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from marchapp.models import Group, Stage
from marchapp.rosters.board import groups_of
from marchapp.rosters.cards import Card, cards_of
from marchapp.rosters.rules import Check, Facts, checks, facts_of

BOARD_HOLDS = 500
NOBODY = Facts()


@dataclass(frozen=True)
class Column:
    """A group with its cards and how its rules stand; without a group it is who is in none yet."""

    group: Group | None
    cards: list[Card] = field(default_factory=list)
    facts: Facts = NOBODY
    checks: tuple[Check, ...] = ()

    @property
    def id(self) -> int:
        return self.group.id if self.group else 0

    @property
    def broken(self) -> list[Check]:
        return [check for check in self.checks if not check.is_kept]

    @property
    def places_left(self) -> int:
        return max(self.group.max_size - len(self.cards), 0) if self.group else 0


def columns_of(session: Session, stage: Stage) -> list[Column]:
    """Return all columns of a stage, in a constant number of queries."""
    groups = [sized.group for sized in groups_of(session, stage)]
    cards: dict[int | None, list[Card]] = {}
    for card in cards_of(session, stage):
        cards.setdefault(card.group_id, []).append(card)
    facts = facts_of(session, stage)
    return [
        Column(None, cards.get(None, [])),
        *(_column(group, cards.get(group.id, []), facts.get(group.id, NOBODY), stage) for group in groups),
    ]


def _column(group: Group, cards: list[Card], facts: Facts, stage: Stage) -> Column:
    return Column(group, cards, facts, checks(group, facts, stage.march))
