"""The demo's roll calls: everybody is accounted for, somebody was missing, a child was handed over."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marchapp.demo.load import load
from marchapp.models import RollMark, RollState, Stage
from marchapp.models.attendance import walked_by_stage


def test_the_demo_calls_the_roll_of_every_stage(session: Session) -> None:
    load(session)
    counts = walked_by_stage(session, session.scalars(select(Stage.id)))
    assert len(counts) == 3
    assert all(walked.started == walked.finished > 0 for walked in counts.values())
    states = dict(session.execute(select(RollMark.state, func.count()).group_by(RollMark.state)).all())
    assert states[RollState.MISSING] >= 1
    assert states[RollState.HANDED_OVER] == 1
