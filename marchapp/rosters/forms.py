"""Forms about groups: who goes where, and what a group is like."""

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import Field, HiddenField, IntegerField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from marchapp.forms import BaseForm, Clock, Text, Within, to_local, to_utc
from marchapp.i18n import clock
from marchapp.models import Group, Stage
from marchapp.models.timetable import clock_from
from marchapp.rosters.board import Guide, GuidesToChoose
from marchapp.rosters.services import GroupPlan

Values = MultiDict[str, str]

MOST_MOVED_AT_ONCE = 500
OUT = "out"
LONGEST_ID = 9
LONGEST_SEEN = 20_000
DIGEST = re.compile(r"(\d{1,9})\.([0-9a-f]{8})")
SEEN = re.compile(r"(\d{1,9}):(\d{1,9})?")


class People(Field):
    """Who was ticked and in which group they were seen: `17:3` is person 17 in group 3, `17:` in none.

    `data` is {participant id: group id or None}.
    """

    def process_formdata(self, valuelist: list[str]) -> None:
        matches = [SEEN.fullmatch(value) for value in valuelist]
        self.data = {int(match[1]): int(match[2]) if match[2] else None for match in matches if match}

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            raise ValidationError(_("Tick at least one person."))
        if len(self.data) > MOST_MOVED_AT_ONCE:
            raise ValidationError(_("Move at most %(most)s people at once.", most=MOST_MOVED_AT_ONCE))


class MoveForm(BaseForm):
    people = People()
    to = SelectField(_l("Move to"), validate_choice=False)
    number = Text(_l("or group number"), most=LONGEST_ID, optional=True)

    @property
    def said(self) -> str:
        """What is wrong, in one sentence or two."""
        return " ".join(str(words) for field in self for words in field.errors)

    def validate_to(self, field: SelectField) -> None:
        if self.group_number:
            return
        if field.data != OUT and not re.fullmatch(r"\d{1,9}", field.data or ""):
            raise ValidationError(_("Choose a group."))

    @property
    def group_number(self) -> int | None:
        """The number that was written in place of a choice."""
        return int(self.number.data) if re.fullmatch(r"[0-9]{1,9}", self.number.data or "") else None

    @property
    def to_group_id(self) -> int | None:
        return None if self.to.data == OUT else int(self.to.data)


class WholeNumber(IntegerField):
    """A count from 1 on."""

    def __init__(self, label: str, *, most: int, **options: Any) -> None:
        self.complaint = _l("Write a whole number from 1 to %(most)s.", most=most)
        asked = [InputRequired(self.complaint), Within(1, most, self.complaint)]
        super().__init__(label, validators=asked, render_kw={"min": 1, "max": most}, **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(str(self.complaint)) from error


@dataclass(frozen=True)
class Seen:
    """What a page shows: the last event it knows (None: it has seen nothing), and how each column looks."""

    since: int | None
    digests: dict[int, str]


def seen_of(values: Values) -> Seen:
    """Read what a page shows: `seen=0.1f00ab12,17.98ab00cd`."""
    columns = DIGEST.findall(values.get("seen", "")[:LONGEST_SEEN])
    since = number_in(values, "since") if "since" in values else None
    return Seen(since, {int(id_): digest for id_, digest in columns})


@dataclass(frozen=True)
class LockAsked:
    """Whom to lock or unlock: somebody in a group, or without a participant the group itself."""

    is_locked: bool
    participant_id: int | None
    group_id: int | None


def lock_asked_in(values: Values) -> LockAsked:
    """Read the button of a lock: `lock=17:3` is person 17 in group 3, `unlock=:3` group 3."""
    is_locked = "lock" in values
    asked = re.fullmatch(r"(\d{0,9}):(\d{0,9})", values.get("lock") or values.get("unlock") or "")
    person, group = asked.groups() if asked else ("", "")
    return LockAsked(is_locked, int(person) if person else None, int(group) if group else None)


def number_in(values: Values, name: str) -> int:
    """Return a number that an address or a form names, 0 if it names none that could be anything's."""
    named = values.get(name, "")
    return int(named) if named.isdecimal() and len(named) < 10 else 0


def _account_id(value: str | int) -> int:
    if len(str(value)) > LONGEST_ID:
        raise ValueError("This is longer than any account's number.")
    return int(value)


class GroupForm(BaseForm):
    number = WholeNumber(_l("Number"), most=99_999)
    name = Text(_l("Name of the group"), most=80, optional=True)
    starts = Clock(_l("Start"), validators=[Optional()])
    meeting_point = Text(_l("Meeting point"), most=200, optional=True)
    min_size = WholeNumber(_l("Smallest size"), most=10_000)
    max_size = WholeNumber(_l("Largest size"), most=10_000)
    guides = SelectMultipleField(
        _l("Guides"),
        coerce=_account_id,
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    find = Text(_l("Look for a guide"), most=80, optional=True)
    found = HiddenField()

    @property
    def looks_for_guides(self) -> bool:
        """Tell whether another name was written than the guides were looked for by: nothing is saved yet."""
        return self.is_submitted() and (
            "look" in request.form or (self.find.data or "") != (self.found.data or "")
        )

    def validate_max_size(self, field: IntegerField) -> None:
        if self.min_size.data and field.data and field.data < self.min_size.data:
            raise ValidationError(
                _(
                    "The largest size is below the smallest. Write %(least)s or more.",
                    least=self.min_size.data,
                )
            )

    def validate_starts(self, field: Clock) -> None:
        if field.data and start_on(self.stage, field.data) >= self.stage.finishes_at:
            ends = clock(self.stage.finishes_at, self.stage.march.time_zone)
            raise ValidationError(_("The stage ends at %(clock)s. Write an earlier time.", clock=ends))

    def offer(self, stage: Stage, offered: GuidesToChoose, *, group: Group | None = None) -> None:
        """Let choose among guides of the march; who guides another group of the stage is said to."""
        self.stage, self.offered = stage, offered
        own = (None, group and group.number)
        self.guides.choices = [
            (guide.id, _guide_name(guide, is_elsewhere=guide.number not in own)) for guide in offered.guides
        ]
        self.found.data = self.find.data

    @property
    def plan(self) -> GroupPlan:
        return GroupPlan(
            number=self.number.data,
            name=self.name.data,
            min_size=self.min_size.data,
            max_size=self.max_size.data,
            starts_at=start_on(self.stage, self.starts.data) if self.starts.data else None,
            meeting_point=self.meeting_point.data,
            guide_ids=frozenset(self.guides.data),
        )


def start_on(stage: Stage, clock: time) -> datetime:
    """Return when a group starts: on the day of the stage, after midnight if it is then still walked."""
    zone = stage.march.time_zone
    starts, finishes = to_local(stage.starts_at, zone), to_local(stage.finishes_at, zone)
    if finishes.date() > starts.date() and clock < starts.time() and clock < finishes.time():
        return clock_from(starts.time(), on=starts.date(), clock=clock, zone=zone)
    return to_utc(datetime.combine(starts.date(), clock), zone)


def _guide_name(guide: Guide, *, is_elsewhere: bool) -> str:
    if is_elsewhere:
        return _("%(name)s, guides group %(number)s", name=guide.name, number=guide.number)
    return guide.name


def values_of(group: Group) -> dict[str, Any]:
    """Return what the form of a group shows at first."""
    return {
        "number": group.number,
        "name": group.name,
        "min_size": group.min_size,
        "max_size": group.max_size,
        "starts": to_local(group.starts_at, group.stage.march.time_zone).time() if group.starts_at else None,
        "meeting_point": group.meeting_point,
        "guides": [guide.id for guide in group.guides],
    }
