"""A solver that answers what a test wants, a queue that runs nothing, and a run that is finished."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from marchapp.extensions import queue
from marchapp.models import AssignmentRun, Group, Participant, Stage
from marchapp.rosters.assigning.values import (
    Assignment,
    Broken,
    GroupSize,
    Options,
    Person,
    Progress,
    Status,
)
from marchapp.rosters.automatic import computing, services
from marchapp.rosters.automatic.choices import Choices
from tests.factories import Cast

LONG_AGO = datetime(2014, 9, 18, 10, 0, tzinfo=UTC)


class Solver:
    """Stands for the solver: puts everybody where `goes_to` says, the others where they were before.

    `during` is called with the progress function before it answers.
    """

    def __init__(self) -> None:
        self.goes_to: dict[int, int | None] = {}
        self.broken: tuple[Broken, ...] = ()
        self.during: Callable[[Callable[[Progress], bool]], object] = lambda _tell: None
        self.asked: tuple[list[Person], list[GroupSize], Options] | None = None

    def __call__(
        self,
        people: list[Person],
        groups: list[GroupSize],
        options: Options,
        *,
        progress: Callable[[Progress], bool],
    ) -> Assignment:
        self.asked = people, groups, options
        self.during(progress)
        assignments = {person.id: person.locked_group or person.previous_group or None for person in people}
        assignments |= {str(one): str(group) if group else None for one, group in self.goes_to.items()}
        return Assignment(
            status=Status.RELAXED if self.broken else Status.FEASIBLE,
            cost=7.0,
            bound=3.0,
            seconds=1.5,
            cost_by_rule={"classes": 0.0, "sizes": 7.0},
            broken=self.broken,
            assignments=assignments,
        )

    def puts(self, *people: Participant, into: Group | None) -> None:
        self.goes_to |= {person.id: into.id if into else None for person in people}


def progress(seconds: float = 1.0, cost: float = 9.0, bound: float = 2.0) -> Progress:
    return Progress(seconds, cost, bound, "improving", 1, 3)


@pytest.fixture
def solver(monkeypatch: pytest.MonkeyPatch) -> Solver:
    solver = Solver()
    monkeypatch.setattr(computing, "assign", solver)
    return solver


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Callable[..., object]]:
    """What was sent to the queue; nothing runs unless the test runs it."""
    sent: list[Callable[..., object]] = []
    monkeypatch.setattr(queue, "send", sent.append)
    return sent


@pytest.fixture
def ask(session: Session, cast: Cast, now: datetime) -> Callable[..., AssignmentRun]:
    """Ask for a roster of the stage of the cast, or of another."""

    def ask(stage: Stage | None = None, **choices: object) -> AssignmentRun:
        run = services.ask(
            session,
            stage=stage or cast.stage,
            choices=Choices(**{"keep": "present"} | choices),
            by=cast.coordinator,
            now=now,
        )
        session.commit()
        return run

    return ask


@pytest.fixture
def finished(
    session: Session, solver: Solver, ask: Callable[..., AssignmentRun]
) -> Callable[..., AssignmentRun]:
    """Ask for a roster and have it computed as `solver` says."""

    def finish(**choices: object) -> AssignmentRun:
        run = ask(**choices)
        assert computing.compute_waiting(session) == 1
        session.refresh(run)
        return run

    return finish
