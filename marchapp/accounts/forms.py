"""Forms about accounts."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional

from marchapp.forms import BaseForm, PhoneNumber, Text, email_address, tidy
from marchapp.i18n import LANGUAGES


class GuideForm(BaseForm):
    name = Text(_l("Name"), most=120)
    phone = Text(_l("Phone"), most=30, optional=True, validators=[Optional(), PhoneNumber()])
    language = RadioField(
        _l("Language of the letter"),
        choices=[SelectChoice(*language) for language in LANGUAGES.items()],
        default="nb",
    )


class InviteGuideForm(GuideForm):
    email = EmailField(
        _l("E-mail"),
        filters=[tidy],
        validators=[DataRequired(_l("Fill this in.")), Length(max=254), email_address],
    )
