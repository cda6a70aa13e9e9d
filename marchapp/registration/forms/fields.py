"""The fields of signing up: names by their script, phone numbers, stages."""

from typing import Any
from unicodedata import category as sign_category
from unicodedata import name as sign_name

from flask_babel import gettext as _
from wtforms import Field, Form, SelectField
from wtforms.validators import StopValidation, ValidationError
from wtforms.widgets import TelInput

from marchapp.choices import Ticked
from marchapp.forms import PhoneNumber, Text
from marchapp.models.names import folded_words

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


class Stages(Ticked):
    """The stages that somebody walks, ticked to begin with."""

    def pre_validate(self, form: Form) -> None:
        if not self.data or not set(self.data) <= {choice.value for choice in self.choices}:
            raise StopValidation(_("Tick at least one stage."))
