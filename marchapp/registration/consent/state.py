"""What is asked about a minor, what was answered, and what follows from it."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import (
    Answer,
    ConsentAnswer,
    ConsentRequest,
    ConsentText,
    Guardian,
    Participant,
    Purpose,
    Stage,
    StageEntry,
)


class State(StrEnum):
    """How far one guardian is with one purpose."""

    NOT_ASKED = "not_asked"
    ASKED = "asked"
    ASKED_AGAIN = "asked_again"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


STATE_OF_ANSWER = {
    Answer.GIVEN: State.GIVEN,
    Answer.REFUSED: State.REFUSED,
    Answer.WITHDRAWN: State.WITHDRAWN,
}


@dataclass(frozen=True)
class Consent:
    """The last question to somebody for one purpose, and the last answer."""

    purpose: Purpose
    request: ConsentRequest | None = None
    answer: ConsentAnswer | None = None

    @property
    def state(self) -> State:
        if self.answer is None:
            return State.ASKED if self.request else State.NOT_ASKED
        if self.is_asked_again:
            return State.ASKED_AGAIN
        return STATE_OF_ANSWER[self.answer.answer]

    @property
    def is_asked_again(self) -> bool:
        """Tell whether a question came after the answer: the text changed, or there is more to consent to."""
        return bool(self.answer and self.request and self.request.asked_at > self.answer.at)

    @property
    def is_open(self) -> bool:
        """Tell whether an answer is waited for."""
        return self.state in {State.NOT_ASKED, State.ASKED, State.ASKED_AGAIN}

    @property
    def holds(self) -> bool:
        """Tell whether there is consent. A given one holds until it is answered anew."""
        return self.answer is not None and self.answer.answer == Answer.GIVEN

    @property
    def is_denied(self) -> bool:
        return not self.is_open and not self.holds


@dataclass(frozen=True)
class Consents:
    """Everything that is asked about one minor: by guardian and purpose, and the child's own word."""

    participant: Participant
    asked: tuple[Purpose, ...]
    of_guardians: dict[int, dict[Purpose, Consent]]
    assent: Consent
    asks_child: bool

    def of(self, guardian: Guardian, purpose: Purpose) -> Consent:
        return self.of_guardians[guardian.id][purpose]

    def from_all(self, purpose: Purpose) -> list[Consent]:
        return [consents[purpose] for consents in self.of_guardians.values()]

    def all_gave(self, purpose: Purpose) -> bool:
        """Tell whether every named guardian consents; of somebody without guardians nobody does."""
        consents = self.from_all(purpose)
        return bool(consents) and all(consent.holds for consent in consents)

    def is_denied(self, purpose: Purpose) -> bool:
        return any(consent.is_denied for consent in self.from_all(purpose))

    @property
    def may_take_part(self) -> bool:
        """All guardians consent, and the child has not said no."""
        return self.all_gave(Purpose.TAKING_PART) and not self.assent.is_denied

    @property
    def may_cross_border(self) -> bool:
        return self.all_gave(Purpose.BORDER_CROSSING)

    @property
    def are_enough(self) -> bool:
        """Tell whether somebody may walk every stage that was chosen."""
        crosses = Purpose.BORDER_CROSSING in self.asked
        return self.may_take_part and (self.may_cross_border or not crosses)

    def open_for(self, guardian: Guardian) -> list[Purpose]:
        """Return the purposes for which this guardian has still to answer."""
        return [purpose for purpose in self.asked if self.of(guardian, purpose).is_open]

    def summary(self, purpose: Purpose) -> State:
        """Return the state of a purpose with all guardians together: the one that most needs attention."""
        states = {consent.state for consent in self.from_all(purpose)} or {State.NOT_ASKED}
        return next(state for state in _WORST_FIRST if state in states)


_WORST_FIRST = (
    State.WITHDRAWN,
    State.REFUSED,
    State.NOT_ASKED,
    State.ASKED,
    State.ASKED_AGAIN,
    State.GIVEN,
)


def asks_child(participant: Participant) -> bool:
    """Tell whether a minor is old enough to be asked for the own word."""
    march = participant.march
    return march.is_minor(participant.birth_date) and participant.age_on(march.starts_on) >= march.assent_age


def consents_of(session: Session, people: Collection[Participant]) -> dict[int, Consents]:
    """Return the consents of people by their id, in as many queries for a hundred as for one."""
    if not people:
        return {}
    ids = [person.id for person in people]
    answers = _last_answers(session, ids)
    asked = _last_requests(session, ids)
    guardians = _guardians(session, ids)
    crossing = _crossing(session, ids)
    return {
        person.id: Consents(
            participant=person,
            asked=tuple(purposes_for(person, crosses=person.id in crossing)),
            of_guardians={
                guardian.id: {
                    purpose: Consent(
                        purpose,
                        asked.get((guardian.id, purpose)),
                        answers.get((person.id, guardian.id, purpose)),
                    )
                    for purpose in Purpose
                }
                for guardian in guardians[person.id]
            },
            assent=Consent(Purpose.TAKING_PART, None, answers.get((person.id, None, Purpose.TAKING_PART))),
            asks_child=asks_child(person),
        )
        for person in people
    }


def purposes_for(person: Participant, *, crosses: bool) -> list[Purpose]:
    """Return what guardians are asked: the border if it is crossed, health if notes on it were written."""
    only_if = {Purpose.BORDER_CROSSING: crosses, Purpose.HEALTH_DATA: person.has_health_notes}
    return [purpose for purpose in Purpose if only_if.get(purpose, True)]


def _last_answers(
    session: Session, ids: Collection[int]
) -> dict[tuple[int, int | None, Purpose], ConsentAnswer]:
    query = select(ConsentAnswer).where(ConsentAnswer.participant_id.in_(ids)).order_by(ConsentAnswer.id)
    return {
        (answer.participant_id, answer.guardian_id, answer.purpose): answer
        for answer in session.scalars(query)
        if answer.guardian_id is not None or answer.is_by_child
    }


def _last_requests(session: Session, ids: Collection[int]) -> dict[tuple[int, Purpose], ConsentRequest]:
    query = (
        select(ConsentRequest, ConsentText.purpose)
        .join(ConsentRequest.text)
        .join(ConsentRequest.guardian)
        .where(Guardian.participant_id.in_(ids))
        .order_by(ConsentText.version)
    )
    return {(request.guardian_id, purpose): request for request, purpose in session.execute(query)}


def _guardians(session: Session, ids: Collection[int]) -> dict[int, list[Guardian]]:
    query = select(Guardian).where(Guardian.participant_id.in_(ids)).order_by(Guardian.position)
    found: dict[int, list[Guardian]] = defaultdict(list)
    for guardian in session.scalars(query):
        found[guardian.participant_id].append(guardian)
    return found


def _crossing(session: Session, ids: Collection[int]) -> set[int]:
    """Return who of these walks a stage across a border."""
    query = (
        select(StageEntry.participant_id)
        .join(Stage, Stage.id == StageEntry.stage_id)
        .where(StageEntry.participant_id.in_(ids), Stage.crosses_border)
    )
    return set(session.scalars(query))
