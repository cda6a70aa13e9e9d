"""The fields of signing up: names by their script, phone numbers, long lists, stages."""

from typing import Any
from unicodedata import category as sign_category
from unicodedata import name as sign_name

from flask_babel import gettext as _
from markupsafe import Markup
from wtforms import Field, Form, SelectField, SelectMultipleField
from wtforms.validators import StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget, TelInput, html_params

from marchapp.forms import PhoneNumber, Text
from marchapp.i18n import locale_code
from marchapp.models.names import folded_words
from marchapp.registration.forms.choices import Listed, ListIn

IN_NAMES = " -'’"
PHONE_MOST = 30


class LatinName(Text):
    """A name as the document has it in Latin letters."""

    def post_validate(self, form: Form, validation_stopped: bool) -> None:
        if validation_stopped:
            return
        if not all(sign in IN_NAMES or _is_latin(sign) for sign in self.data):
            raise ValidationError(
                _("Write this in Latin letters as the document has it, such as Anne-Marie or Mariia.")
            )
        if not folded_words(self.data):
            raise ValidationError(_("Write the name with its letters."))


class OwnName(Text):
    """A name in the person's own script, whichever that is."""

    def post_validate(self, form: Form, validation_stopped: bool) -> None:
        if not all(sign in f"{IN_NAMES}." or sign_category(sign)[0] in "LM" for sign in self.data or ""):
            raise ValidationError(_("Write the name with letters, spaces and hyphens only."))


def _is_latin(sign: str) -> bool:
    return sign.isalpha() and sign_name(sign, "").startswith("LATIN ")


def _number_alone(_form: Form, field: Field) -> None:
    if len(field.data) > PHONE_MOST:
        raise ValidationError(_("Write the number alone."))


class Phone(Text):
    """A phone number, kept in the international form; short ones are of the country that was chosen."""

    widget = TelInput()

    def __init__(self, label: str, **options: Any) -> None:
        options["validators"] = [*options.pop("validators", []), PhoneNumber("country"), _number_alone]
        super().__init__(label, most=PHONE_MOST, **options)


class OneOfList(SelectField):
    """One of a short list; nothing, too, where the field is optional."""

    def pre_validate(self, form: Form) -> None:
        if self.flags.optional and not self.data:
            return
        if self.data not in {choice.value for choice in self.choices if choice.value}:
            raise StopValidation(_("Choose one from the list."))


class LongSelect:
    """Writes a long list with the chosen option marked; its other options are written once for all."""

    def __call__(self, field: "OneOfMany", **attributes: Any) -> Markup:
        attributes = {"id": field.id, "name": field.name} | attributes
        options = field.listed.options
        if field.data in field.listed.codes:
            options = options.replace(f'value="{field.data}"', f'selected value="{field.data}"', 1)
        # The options were escaped when they were written; a code is two letters.
        return Markup(f"<select {html_params(**attributes)}>{options}</select>")  # noqa: S704


class OneOfMany(Field):
    """One of a list so long that it is prepared once for each language of the readers."""

    widget = LongSelect()

    def __init__(self, label: str, *, list_in: ListIn, optional: bool = False, **options: Any) -> None:
        super().__init__(label, **options)
        self.list_in = list_in
        self.flags.optional = optional

    @property
    def listed(self) -> Listed:
        return self.list_in(locale_code())

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            self.data = valuelist[0]

    def pre_validate(self, form: Form) -> None:
        if self.data in self.listed.codes or (self.flags.optional and not self.data):
            return
        raise StopValidation(_("Choose one from the list."))


class Ticked(SelectMultipleField):
    """Any of a few boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def pre_validate(self, form: Form) -> None:
        known = {choice.value for choice in self.choices}
        self.data: list[str] = [value for value in self.data or () if value in known]


class Stages(Ticked):
    """The stages that somebody walks, ticked to begin with."""

    def pre_validate(self, form: Form) -> None:
        if not self.data or not set(self.data) <= {choice.value for choice in self.choices}:
            raise StopValidation(_("Tick at least one stage."))
