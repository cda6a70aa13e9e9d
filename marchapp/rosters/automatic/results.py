"""What a finished run proposes, as it is stored: who moves, what groups become, which rules stay broken."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from marchapp.rosters.automatic.facts import GroupFacts
from marchapp.rosters.moves import Change


@dataclass(frozen=True, kw_only=True)
class BrokenRule:
    """A rule that the proposed roster breaks, as facts: `group_id` None means the stage as a whole.

    `count` is how many are missing, too many or left over; `proven` that no roster could do better.
    """

    rule: str
    group_id: int | None = None
    count: int = 1
    language: str = ""
    people: tuple[int, ...] = ()
    proven: bool = False


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """A group as it was when the roster was computed, and as it would become."""

    group_id: int
    before: GroupFacts
    after: GroupFacts


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A roster that was computed, as what it changes. `cost_by_rule` names only rules that cost something."""

    moves: list[Change]
    outlooks: list[Outlook]
    broken: list[BrokenRule] = field(default_factory=list)
    cost_by_rule: dict[str, float] = field(default_factory=dict)
    unplaced_before: int = 0
    unplaced_after: int = 0

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Proposal":
        return cls(
            moves=[Change(*move) for move in stored["moves"]],
            outlooks=[
                Outlook(
                    group_id=one["group_id"],
                    before=GroupFacts.from_json(one["before"]),
                    after=GroupFacts.from_json(one["after"]),
                )
                for one in stored["outlooks"]
            ],
            broken=[BrokenRule(**one | {"people": tuple(one["people"])}) for one in stored["broken"]],
            cost_by_rule=stored["cost_by_rule"],
            unplaced_before=stored["unplaced_before"],
            unplaced_after=stored["unplaced_after"],
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "moves": [[move.participant_id, move.from_id, move.to_id] for move in self.moves],
            "outlooks": [
                {"group_id": one.group_id, "before": one.before.to_json(), "after": one.after.to_json()}
                for one in self.outlooks
            ],
            "broken": [vars(one) | {"people": list(one.people)} for one in self.broken],
            "cost_by_rule": self.cost_by_rule,
            "unplaced_before": self.unplaced_before,
            "unplaced_after": self.unplaced_after,
        }

    @property
    def newly_placed(self) -> int:
        return sum(move.from_id is None for move in self.moves)

    @property
    def taken_out(self) -> int:
        return sum(move.to_id is None for move in self.moves)

    @property
    def changing_group(self) -> int:
        return len(self.moves) - self.newly_placed - self.taken_out


def count_unplaced(groups: Iterable[int | None]) -> int:
    return sum(group is None for group in groups)
