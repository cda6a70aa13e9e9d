"""Forms about groups: who goes where, and what a group is like."""

import re
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, IntegerField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, NumberRange, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from marchapp.forms import BaseForm, Text
from marchapp.models import Account, Group
from marchapp.rosters.services import GroupPlan

MOST_MOVED_AT_ONCE = 500
OUT = "out"
LONGEST_ID = 9
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

    def validate_to(self, field: SelectField) -> None:
        if field.data != OUT and not re.fullmatch(r"\d{1,9}", field.data or ""):
            raise ValidationError(_("Choose a group."))

    @property
    def to_group_id(self) -> int | None:
        return None if self.to.data == OUT else int(self.to.data)


class WholeNumber(IntegerField):
    """A count from 1 on."""

    def __init__(self, label: str, *, most: int, **options: Any) -> None:
        self.complaint = _l("Write a whole number from 1 to %(most)s.", most=most)
        asked = [InputRequired(self.complaint), NumberRange(1, most, self.complaint)]
        super().__init__(label, validators=asked, render_kw={"min": 1, "max": most}, **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(str(self.complaint)) from error


def _account_id(value: str | int) -> int:
    if len(str(value)) > LONGEST_ID:
        raise ValueError("This is longer than any account's number.")
    return int(value)


class GroupForm(BaseForm):
    number = WholeNumber(_l("Number"), most=99_999)
    name = Text(_l("Name of the group"), most=80, optional=True)
    min_size = WholeNumber(_l("Smallest size"), most=10_000)
    max_size = WholeNumber(_l("Largest size"), most=10_000)
    guides = SelectMultipleField(
        _l("Guides"),
        coerce=_account_id,
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    def validate_max_size(self, field: IntegerField) -> None:
        if self.min_size.data and field.data and field.data < self.min_size.data:
            raise ValidationError(
                _(
                    "The largest size is below the smallest. Write %(least)s or more.",
                    least=self.min_size.data,
                )
            )

    def offer(self, guides: list[tuple[Account, int | None]], *, group: Group | None = None) -> None:
        """Let choose among the guides of the march; who guides another group of the stage is said to."""
        self.guides.choices = [
            (
                account.id,
                _guide_name(account, number, is_elsewhere=number not in (None, group and group.number)),
            )
            for account, number in guides
        ]

    @property
    def plan(self) -> GroupPlan:
        return GroupPlan(
            number=self.number.data,
            name=self.name.data,
            min_size=self.min_size.data,
            max_size=self.max_size.data,
            guide_ids=frozenset(self.guides.data),
        )


def _guide_name(account: Account, number: int | None, *, is_elsewhere: bool) -> str:
    if is_elsewhere:
        return _("%(name)s, guides group %(number)s", name=account.name, number=number)
    return account.name


def values_of(group: Group) -> dict[str, Any]:
    """Return what the form of a group shows at first."""
    return {
        "number": group.number,
        "name": group.name,
        "min_size": group.min_size,
        "max_size": group.max_size,
        "guides": [guide.id for guide in group.guides],
    }
