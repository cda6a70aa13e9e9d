"""Marks as pages and phones send them."""

import re
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField, SubmitField
from wtforms.validators import Regexp

from marchapp.attendance.badges import LONGEST
from marchapp.attendance.services import SentMark
from marchapp.forms import BaseForm, Text, tidy
from marchapp.models import RollState

KEY = re.compile(r"[0-9A-Za-z-]{8,36}")
MOST_AT_ONCE = 200
LONGEST_NAME = 200
LONGEST_AGO_S = 10**9


class UnreadableMarks(Exception):
    """What was sent are not marks."""


class MarkForm(BaseForm):
    """One mark, sent by a page without its script."""

    key = HiddenField(validators=[Regexp(KEY.pattern + "$")])
    participant = HiddenField(validators=[Regexp(r"^\d{1,9}$")])
    state = SubmitField()
    handed_to = Text(_l("To whom"), most=LONGEST_NAME, optional=True)

    @property
    def sent(self) -> SentMark | None:
        """Return the mark, None where it is not whole: a handing over without a name."""
        if not self.validate_on_submit():
            return None
        return _whole(
            key=self.key.data,
            state=str(self.state.raw_data[0]) if self.state.raw_data else "",
            participant_id=int(self.participant.data),
            handed_to=self.handed_to.data,
        )


class BadgeForm(BaseForm):
    """A badge that was typed in, or scanned."""

    key = HiddenField(validators=[Regexp(KEY.pattern + "$")])
    badge = StringField(_l("Number on the badge"), filters=[lambda text: tidy(text or "")[:LONGEST]])
    seen_in = HiddenField(validators=[Regexp(r"^\d{0,9}$")])

    @property
    def sent(self) -> SentMark:
        return SentMark(key=self.key.data, state=RollState.PRESENT, badge=self.badge.data)

    @property
    def group_id(self) -> int | None:
        return int(self.seen_in.data) if self.seen_in.data else None


def read_marks(body: Any) -> list[SentMark]:
    """Return the marks that a phone sends: {"marks": [{"key", "state", "participant" or "badge", "ago_ms"}]}.

    Raises UnreadableMarks.
    """
    marks = body.get("marks") if isinstance(body, dict) else None
    if not isinstance(marks, list) or len(marks) > MOST_AT_ONCE:
        raise UnreadableMarks
    return [_read_mark(mark) for mark in marks]


def _read_mark(mark: Any) -> SentMark:
    if not isinstance(mark, dict) or not KEY.fullmatch(str(mark.get("key"))):
        raise UnreadableMarks
    person, badge = mark.get("participant"), tidy(str(mark.get("badge") or ""))[:LONGEST]
    if isinstance(person, bool) or not (
        (isinstance(person, int) and 0 < person < 2**31) or (person is None and badge)
    ):
        raise UnreadableMarks
    whole = _whole(
        key=mark["key"],
        state=str(mark.get("state")),
        participant_id=person,
        badge=badge if person is None else "",
        handed_to=tidy(str(mark.get("handed_to") or ""))[:LONGEST_NAME],
        made_ago=_ago(mark.get("ago_ms")),
    )
    if whole is None:
        raise UnreadableMarks
    return whole


def _ago(milliseconds: Any) -> timedelta:
    is_number = isinstance(milliseconds, int | float) and not isinstance(milliseconds, bool)
    bounded = min(max(milliseconds, 0), LONGEST_AGO_S * 1000) if is_number else 0  # before any arithmetic
    return timedelta(milliseconds=bounded if bounded == bounded else 0)


def _whole(*, state: str, handed_to: str, **values: Any) -> SentMark | None:
    if state not in set(RollState) or (state == RollState.HANDED_OVER and not handed_to):
        return None
    kept = handed_to if state == RollState.HANDED_OVER else ""
    return SentMark(state=RollState(state), handed_to=kept, **values)
