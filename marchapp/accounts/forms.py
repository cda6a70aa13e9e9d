"""Forms about accounts."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from marchapp.forms import BaseForm, Text, email_address, tidy
from marchapp.i18n import LANGUAGES


class InviteGuideForm(BaseForm):
    name = Text(_l("Name"), most=120)
    email = EmailField(
        _l("E-mail"),
        filters=[tidy],
        validators=[DataRequired(_l("Fill this in.")), Length(max=254), email_address],
    )
    phone = Text(_l("Phone"), most=30, optional=True)
    language = RadioField(
        _l("Language of the letter"),
        choices=[SelectChoice(*language) for language in LANGUAGES.items()],
        default="nb",
    )
