"""Who may be placed on a stage: the one rule that automatic assignment asks."""

from sqlalchemy import ColumnElement, and_, true

from marchapp.models import Participant, Stage


def may_be_placed(stage: Stage) -> ColumnElement[bool]:
    """Return the condition that somebody who walks a stage may be put into one of its groups."""
    return and_(Participant.may_take_part, Participant.may_cross_border if stage.crosses_border else true())
