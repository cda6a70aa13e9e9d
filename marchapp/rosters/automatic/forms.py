"""The form that asks for a roster."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice

from marchapp.forms import BaseForm
from marchapp.rosters.assigning.values import Nationality
from marchapp.rosters.automatic.choices import TIME_LIMITS_S, Choices, Keep
from marchapp.rosters.forms import WholeNumber


class AssignForm(BaseForm):
    keep = RadioField(_l("Who stays where they are"))
    nationality = RadioField(
        _l("Nationalities"),
        choices=[
            SelectChoice(Nationality.ANY.value, _l("As it comes")),
            SelectChoice(Nationality.MIXED.value, _l("Mixed: people of each country in every group")),
            SelectChoice(
                Nationality.SEPARATE.value, _l("Separate: groups of one country each, as far as it goes")
            ),
        ],
    )
    children_per_adult = WholeNumber(_l("Children for one adult, at most"), most=100)
    time_limit_s = RadioField(_l("Longest time to compute"), coerce=int, validate_choice=True)

    def offer(self, *, stage_before: int | None, has_members: bool) -> None:
        """Let choose among what can be kept here: the groups of now if there are any, those of before."""
        self.keep.choices = list(_keeps(stage_before, has_members=has_members))
        self.time_limit_s.choices = [SelectChoice(seconds, time_word(seconds)) for seconds in TIME_LIMITS_S]

    @property
    def chosen(self) -> Choices:
        return Choices(
            keep=Keep(self.keep.data),
            nationality=self.nationality.data,
            children_per_adult=self.children_per_adult.data,
            time_limit_s=self.time_limit_s.data,
        )


def _keeps(stage_before: int | None, *, has_members: bool) -> list[SelectChoice]:
    present = SelectChoice(Keep.PRESENT.value, _("All but those who must move: the groups are repaired"))
    previous = SelectChoice(
        Keep.PREVIOUS.value,
        _(
            "People stay with those they walked with on stage %(number)s, where it can be done",
            number=stage_before,
        ),
    )
    nothing = SelectChoice(Keep.NOTHING.value, _("Nobody: all groups are made anew"))
    kept = [present] if has_members else []
    return [*kept, *([previous] if stage_before else []), nothing]


def time_word(seconds: int) -> str:
    """Name a time limit: 20 seconds, 5 minutes."""
    if seconds % 60:
        return ngettext("%(num)s second", "%(num)s seconds", seconds)
    return ngettext("%(num)s minute", "%(num)s minutes", seconds // 60)
