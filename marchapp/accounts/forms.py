"""Forms about accounts."""

from collections.abc import Collection
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, Field, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from marchapp.accounts.services import Profile
from marchapp.choices import SPOKEN_HERE, OneOfMany, Ticked, other_languages
from marchapp.forms import BaseForm, PhoneNumber, Text, email_address, tidy
from marchapp.i18n import LANGUAGES
from marchapp.i18n import language as name_of_language
from marchapp.models import Role


class ProfileForm(BaseForm):
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
    def profile(self) -> Profile:
        spoken = [*(self.spoken.data or ()), self.other_language.data]
        return Profile(
            name=self.name.data,
            phone=self.phone.data,
            language=self.language.data,
            spoken_languages=tuple(dict.fromkeys(code for code in spoken if code)),
            knows_first_aid=self.knows_first_aid.data,
        )


ROLES = {
    Role.COORDINATOR: _l("Coordinator"),
    Role.GUIDE: _l("Guide"),
    Role.MEDIC: _l("Medic"),
    Role.OBSERVER: _l("Observer"),
}
DUTIES = {
    Role.COORDINATOR: _l("Sees and changes everything of this march, and who is in the team."),
    Role.GUIDE: _l("Walks with a group, calls its roll, and sees who walks in it around its day."),
    Role.MEDIC: _l("Sees the notes on health of those who walk today."),
    Role.OBSERVER: _l("Sees the overview and the statistics, and nobody's name."),
}


class RolesForm(BaseForm):
    """Which roles somebody holds; a new coordinator is asked about twice."""

    roles = Ticked(_l("Roles"), choices=[SelectChoice(role.value, name) for role, name in ROLES.items()])
    is_sure = BooleanField(_l("I know this person, and want them to see and change everything of this march"))

    def __init__(self, *, held: Collection[Role] = (), **given: Any) -> None:
        super().__init__(**given)
        self.held = held

    @property
    def chosen(self) -> tuple[Role, ...]:
        return tuple(Role(role) for role in self.roles.data)

    def validate_roles(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(_("Choose one role at least."))

    def validate_is_sure(self, field: Field) -> None:
        if Role.COORDINATOR in self.chosen and Role.COORDINATOR not in self.held and not field.data:
            raise ValidationError(
                _(
                    "A coordinator opens every name, health note and document of every child."
                    " Tick this if it is meant."
                )
            )


class InviteForm(RolesForm, ProfileForm):
    email = EmailField(
        _l("E-mail"),
        filters=[tidy],
        validators=[DataRequired(_l("Fill this in.")), Length(max=254), email_address],
    )
