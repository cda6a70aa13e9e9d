"""Why somebody opens notes on health: one of a few reasons, by one touch, or another in words."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectChoice
from wtforms.validators import InputRequired, ValidationError

from marchapp.deeds import REASONS
from marchapp.forms import BaseForm, Text


class ReasonForm(BaseForm):
    why = RadioField(
        _l("Reason"),
        choices=[SelectChoice(name, words) for name, words in REASONS.items()],
        validate_choice=True,
        validators=[InputRequired(_l("Say why you open them."))],
    )
    reason = Text(_l("Another reason"), most=300, optional=True)

    def validate_reason(self, field: Text) -> None:
        if self.why.data == "other" and not field.data:
            raise ValidationError(_("Write the reason."))
