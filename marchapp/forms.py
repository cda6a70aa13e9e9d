"""What the forms of all features share: tidy text, dates as people write them, texts by language."""

from datetime import UTC, datetime
from typing import Any
from unicodedata import normalize
from zoneinfo import ZoneInfo

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, DateTimeLocalField, Field, Form, FormField, StringField, TimeField
from wtforms.validators import (
    DataRequired,
    InputRequired,
    Length,
    NumberRange,
    StopValidation,
    ValidationError,
)
from wtforms.widgets import TextInput

from marchapp.i18n import LANGUAGES

DAY_FORMATS = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d.%m.%y"]
MOMENT_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M"]
LARGEST_NUMBER = 10**9


def tidy(value: Any) -> Any:
    """Strip a text and fold its inner white space; drop control characters; write accents one way."""
    if not isinstance(value, str):
        return value
    composed = normalize("NFC", value)
    return " ".join("".join(sign for sign in composed if sign.isprintable() or sign.isspace()).split())


class BaseForm(FlaskForm):
    """A form that answers in the reader's language."""


def at_most(characters: int) -> Length:
    """Return the validator of a text's length, in our words."""
    length = Length(max=characters, message=_l("This is too long: write at most %(max)d characters."))
    length.field_flags = {}  # with `maxlength` browsers cut what is pasted and do not say so
    return length


class Within(NumberRange):
    """A range of whole numbers; what is longer than any number that is meant lies outside."""

    def __call__(self, form: Form, field: Field) -> None:
        if field.data is not None and abs(field.data) > LARGEST_NUMBER:
            raise ValidationError(self.message)
        super().__call__(form, field)


class Text(StringField):
    """One line of text, tidied, that is asked for unless `optional`."""

    def __init__(self, label: str, *, most: int, optional: bool = False, **options: Any) -> None:
        asked = [] if optional else [DataRequired(_l("Fill this in."))]
        options["validators"] = [*asked, at_most(most), *options.pop("validators", [])]
        super().__init__(label, filters=[tidy], **options)


class Day(DateField):
    """A date as people write it: from the browser's own picker, or 17.09.2001."""

    def __init__(self, label: str, **options: Any) -> None:
        options.setdefault("validators", [InputRequired(_l("Write the date as 17.09.2001."))])
        super().__init__(label, format=DAY_FORMATS, **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(_("This is no date we can read. Write it as 17.09.2001.")) from error


class Clock(TimeField):
    """A time of day in the march's zone, written by hand: 08:30, 8.30 and 0830 are all understood."""

    # The browser's own widget would show 12 hours to readers whose browser is set so.
    widget = TextInput()

    def __init__(self, label: str, **options: Any) -> None:
        options.setdefault("validators", [InputRequired(_l("Write the time as 08:30."))])
        typing = {"inputmode": "numeric", "maxlength": 8, "autocomplete": "off"}
        super().__init__(label, format=["%H:%M", "%H.%M", "%H%M"], render_kw=typing, **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = [value.strip() for value in valuelist]
        try:
            super().process_formdata([f"0{value}" if len(value) == 3 else value for value in typed])
        except ValueError as error:
            raise ValueError(_("This is no time we can read. Write it as 08:30.")) from error


class LocalMoment(DateTimeLocalField):
    """A day and clock in the march's time zone."""

    def __init__(self, label: str, **options: Any) -> None:
        options.setdefault("validators", [InputRequired(_l("Write day and time as 17.09.2014 08:30."))])
        super().__init__(label, format=MOMENT_FORMATS, **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            message = _("This is no day and time we can read. Write it as 17.09.2014 08:30.")
            raise ValueError(message) from error


def to_utc(local_moment: datetime, zone: str) -> datetime:
    """Return the moment that clocks in `zone` show as `local_moment`."""
    return local_moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def to_local(moment: datetime, zone: str) -> datetime:
    """Return what clocks in `zone` show at a moment, without time zone, for a form."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


class _ByLanguage(Form):
    """One line of text in each language that the program speaks."""

    en = StringField(LANGUAGES["en"], filters=[tidy], validators=[at_most(200)])
    nb = StringField(LANGUAGES["nb"], filters=[tidy], validators=[at_most(200)])
    ru = StringField(LANGUAGES["ru"], filters=[tidy], validators=[at_most(200)])


class TextByLanguage(FormField):
    """A text that may be given in several languages: one is enough.

    `of` has a field for each language. `asked_if` names a box of the form without whose tick none is needed;
    `asked` says what to write.
    """

    def __init__(
        self,
        label: str,
        *,
        of: type[Form] = _ByLanguage,
        asked: str = _l("Fill this in, in one language at least."),
        asked_if: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(of, label, **options)
        self.asked, self.asked_if = asked, asked_if

    def validate(self, form: Form, extra_validators: Any = ()) -> bool:
        is_valid = super().validate(form)
        if is_valid and not self.given and (self.asked_if is None or form[self.asked_if].data):
            self.form.en.errors = [self.asked]
            return False
        return is_valid

    @property
    def given(self) -> dict[str, str]:
        return {code: text for code, text in self.data.items() if code in LANGUAGES and text}


def email_address(_form: Form, field: Field) -> None:
    """Validate and normalise an e-mail address that every server can write to, without asking its own."""
    try:
        found = validate_email(field.data or "", check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise ValidationError(_("This is no e-mail address. Write it as name@example.org.")) from error
    field.data = found.normalized


class PhoneNumber:
    """Validate a phone number and write it in the international form, taking the country for short ones."""

    def __init__(self, country_field: str = "country") -> None:
        self.country_field = country_field

    def __call__(self, form: Form, field: Field) -> None:
        country = form[self.country_field].data if self.country_field in form else None
        try:
            number = phonenumbers.parse(field.data or "", country or None)
        except phonenumbers.NumberParseException as error:
            raise StopValidation(_phone_help()) from error
        if not phonenumbers.is_possible_number(number):
            raise StopValidation(_phone_help())
        field.data = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _phone_help() -> str:
    return _("This is no phone number we can call. Write it with the country code, as +47 400 00 000.")
