"""Forms about accounts."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional

from marchapp.accounts.services import GuideProfile
from marchapp.choices import SPOKEN_HERE, OneOfMany, Ticked, other_languages
from marchapp.forms import BaseForm, PhoneNumber, Text, email_address, tidy
from marchapp.i18n import LANGUAGES
from marchapp.i18n import language as name_of_language


class GuideForm(BaseForm):
    name = Text(_l("Name"), most=120)
    phone = Text(_l("Phone"), most=30, optional=True, validators=[Optional(), PhoneNumber()])
    language = RadioField(
        _l("Language of the letter"),
        choices=[SelectChoice(*language) for language in LANGUAGES.items()],
        default="nb",
    )
    spoken = Ticked(_l("Languages spoken"), validators=[Optional()])
    other_language = OneOfMany(_l("Another language"), list_in=other_languages, optional=True)
    knows_first_aid = BooleanField(_l("Knows first aid"))

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        known = getattr(given.get("obj"), "spoken_languages", None) or []
        codes = dict.fromkeys([*SPOKEN_HERE, *known])
        self.spoken.choices = [SelectChoice(code, name_of_language(code)) for code in codes]
        if not self.is_submitted():
            self.spoken.data = list(known)

    @property
    def profile(self) -> GuideProfile:
        spoken = [*(self.spoken.data or ()), self.other_language.data]
        return GuideProfile(
            name=self.name.data,
            phone=self.phone.data,
            language=self.language.data,
            spoken_languages=tuple(dict.fromkeys(code for code in spoken if code)),
            knows_first_aid=self.knows_first_aid.data,
        )


class InviteGuideForm(GuideForm):
    email = EmailField(
        _l("E-mail"),
        filters=[tidy],
        validators=[DataRequired(_l("Fill this in.")), Length(max=254), email_address],
    )
