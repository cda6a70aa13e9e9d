"""The form for whoever lost a private link."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField
from wtforms.validators import DataRequired, Length

from marchapp.forms import BaseForm, email_address, tidy


class LostLinkForm(BaseForm):
    email = EmailField(
        _l("E-mail"),
        filters=[tidy],
        validators=[
            DataRequired(_l("Write the address that the letters go to.")),
            Length(max=254),
            email_address,
        ],
    )
