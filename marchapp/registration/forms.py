"""What each category is asked when signing up: the parts in the order of the page, then a form of each.

WTForms keeps fields in the order in which they stand in this file, so the summary of errors has it, too.
"""

from dataclasses import fields, replace
from datetime import date
from typing import Any, ClassVar
from unicodedata import category as sign_category
from unicodedata import name as sign_name
from uuid import UUID, uuid4

from babel import Locale
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, Field, Form, HiddenField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Optional, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget, TelInput

from marchapp.forms import BaseForm, Day, PhoneNumber, Text, email_address, tidy
from marchapp.i18n import LANGUAGES, day, local, locale_code
from marchapp.models import Category, March, PartyKind
from marchapp.models.names import folded_words
from marchapp.registration.ages import AGES, OLDEST, birth_dates
from marchapp.registration.people import GuardianAnswers, PartyAnswers, Person

NEIGHBOURS = ("NO", "RU")  # where most walkers come from stands first
HOME_OF_LANGUAGE = {"nb": "NO", "ru": "RU"}
UNIONS_AND_TESTS = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
PARTS_OF_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "IC", "TA"}
UNINHABITED = {"AQ", "BV", "GS", "HM", "IO", "TF", "UM"}
NO_COUNTRIES = UNIONS_AND_TESTS | PARTS_OF_COUNTRIES | UNINHABITED  # codes of Babel that are on no document
NORWEGIAN_LAST = str.maketrans("æøå", "{|}")  # these signs follow z, in this order
IN_NAMES = " -'’"
PHONE_MOST = 30


class FormKey(HiddenField):
    """Names this form as it was opened, so that sending it twice is recognised."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            self.data = str(UUID(valuelist[0]))
        except (IndexError, ValueError):
            self.data = _new_key()


def _new_key() -> str:
    return str(uuid4())


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


class OptionalPair(Optional):
    """Let a field be empty where the other one of a pair is empty, too."""

    def __init__(self, other: str, message: str) -> None:
        super().__init__()
        self.other, self.message = other, message

    def __call__(self, form: Form, field: Field) -> None:
        if not field.data and form[self.other].data:
            raise StopValidation(self.message)
        super().__call__(form, field)


class OneOfList(SelectField):
    """One of a list."""

    def pre_validate(self, form: Form) -> None:
        if self.data not in {choice.value for choice in self.choices if choice.value}:
            raise StopValidation(_("Choose one from the list."))


class Stages(SelectMultipleField):
    """The stages that somebody walks, ticked to begin with."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def pre_validate(self, form: Form) -> None:
        if not self.data or not set(self.data) <= {choice.value for choice in self.choices}:
            raise StopValidation(_("Tick at least one stage."))


class _Name(BaseForm):
    form_key = FormKey(default=_new_key)
    given_name = LatinName(_l("Given name"), most=80)
    family_name = LatinName(_l("Family name"), most=80)
    native_name = OwnName(_l("Name in own letters"), most=160, optional=True, validators=[Optional()])
    birth_date = Day(_l("Birth date"))
    country = OneOfList(_l("Country"))
    municipality = Text(_l("Home municipality"), most=120, optional=True, validators=[Optional()])


class _School(BaseForm):
    school = Text(_l("School"), most=120)
    school_class = Text(_l("Class"), most=20)


class _Office(BaseForm):
    body = Text(_l("Municipality or public body"), most=120)
    position = Text(_l("Position"), most=120)


class _Service(BaseForm):
    service = Text(_l("Service"), most=120)
    unit = Text(_l("Unit"), most=120)
    rank = Text(_l("Rank"), most=60)


class _Guardian(BaseForm):
    guardian_name = Text(_l("Name of a guardian"), most=120)
    guardian_phone = Phone(_l("Phone of the guardian"))


class _Contact(BaseForm):
    email = EmailField(
        _l("E-mail"), filters=[tidy], validators=[DataRequired(_l("Fill this in.")), email_address]
    )


class _OwnPhone(BaseForm):
    phone = Phone(_l("Phone"))


class _ChildsPhone(BaseForm):
    phone = Phone(_l("Phone of the child"), optional=True, validators=[Optional()])


class _Language(BaseForm):
    language = OneOfList(
        _l("Language of the letters"), choices=[SelectChoice(*language) for language in LANGUAGES.items()]
    )


class _Emergency(BaseForm):
    emergency_name = Text(_l("Emergency contact"), most=120)
    emergency_phone = Phone(_l("Phone of the emergency contact"))


class _ChildsEmergency(BaseForm):
    emergency_name = Text(
        _l("Emergency contact"),
        most=120,
        optional=True,
        validators=[OptionalPair("emergency_phone", _l("Write whose phone this is, or leave both empty."))],
    )
    emergency_phone = Phone(
        _l("Phone of the emergency contact"),
        optional=True,
        validators=[OptionalPair("emergency_name", _l("Write a phone number, or leave both empty."))],
    )


class _Walk(BaseForm):
    stages = Stages(_l("Stages"))


class SignUpForm(_Name, _Contact, _Language, _Walk):
    """What all categories are asked."""

    category: ClassVar[Category]
    wrong_age: ClassVar[str]

    def __init__(self, march: March, **options: Any) -> None:
        language = locale_code()
        options = {"language": language, "country": HOME_OF_LANGUAGE.get(language)} | options
        stages = [
            SelectChoice(str(stage.id), f"{day(stage.day)}: {local(stage.name)}") for stage in march.stages
        ]
        options["stages"] = [stage.value for stage in stages]
        super().__init__(**options)
        self.first_day: date = march.starts_on
        self.stages.choices = stages
        self.country.choices = country_choices(get_locale())
        self.earliest, self.latest = birth_dates(self.category, first_day=march.starts_on)

    def validate_birth_date(self, field: Field) -> None:
        born = field.data
        if born is None:  # it could not be read, which has been said
            return
        if born > self.first_day:
            raise ValidationError(_("The birth date is after the march. Write it as 17.09.2001."))
        if born.year < self.first_day.year - OLDEST:
            raise ValidationError(
                _("The birth date is more than %(years)s years ago. Check the year.", years=OLDEST)
            )
        if not self.earliest <= born <= self.latest:
            raise ValidationError(self.wrong_age)

    @property
    def person(self) -> Person:
        """The answers, once they are valid."""
        asked = (answer.name for answer in fields(Person) if answer.name in self)
        given: dict[str, Any] = {name: self[name].data or "" for name in asked}
        return Person(category=self.category, stage_ids=frozenset(self.stage_ids), **given)

    @property
    def party(self) -> PartyAnswers:
        """The person as a party of one."""
        person = self.person
        guardian = person.guardians[0] if person.guardians else None
        return PartyAnswers(
            kind=PartyKind.PERSON,
            contact_name=guardian.name if guardian else f"{person.given_name} {person.family_name}",
            contact_email=person.email,
            contact_phone=guardian.phone if guardian else person.phone,
            language=person.language,
            people=(person,),
        )

    @property
    def key(self) -> UUID:
        return UUID(self.form_key.data)

    @property
    def stage_ids(self) -> list[int]:
        return [int(stage_id) for stage_id in self.stages.data]


class SchoolchildForm(_School, _Guardian, _ChildsPhone, _ChildsEmergency, SignUpForm):
    category = Category.SCHOOLCHILD
    wrong_age = _l(
        "Schoolchildren are from %(youngest)s to %(oldest)s years old on the first day of the march. "
        "Check the birth date, or go back and choose another category.",
        youngest=AGES[Category.SCHOOLCHILD].youngest,
        oldest=AGES[Category.SCHOOLCHILD].oldest,
    )

    @property
    def person(self) -> Person:
        """The answers, once they are valid; the guardian is called in an emergency if nobody else is."""
        guardian = GuardianAnswers(
            name=self.guardian_name.data,
            phone=self.guardian_phone.data,
            email=self.email.data,
            language=self.language.data,
        )
        child = replace(super().person, guardians=(guardian,))
        if child.emergency_name:
            return child
        return replace(child, emergency_name=guardian.name, emergency_phone=guardian.phone)


class OfficialForm(_Office, _OwnPhone, _Emergency, SignUpForm):
    category = Category.OFFICIAL
    wrong_age = _l(
        "Officials are %(youngest)s years old or older on the first day of the march. "
        "Check the birth date, or go back and choose another category.",
        youngest=AGES[Category.OFFICIAL].youngest,
    )


class BorderGuardForm(_Service, _OwnPhone, _Emergency, SignUpForm):
    category = Category.BORDER_GUARD
    wrong_age = _l(
        "Border guards are %(youngest)s years old or older on the first day of the march. "
        "Check the birth date, or go back and choose another category.",
        youngest=AGES[Category.BORDER_GUARD].youngest,
    )


class WalkerForm(_OwnPhone, _Emergency, SignUpForm):
    category = Category.WALKER
    wrong_age = _l("Check the birth date.")


FORMS: dict[Category, type[SignUpForm]] = {
    form.category: form for form in (SchoolchildForm, OfficialForm, BorderGuardForm, WalkerForm)
}


def country_choices(locale: Locale) -> list[SelectChoice]:
    """Return every country by its name in the language of `locale`, the neighbours first."""
    names = {
        code: name
        for code, name in locale.territories.items()
        if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES
    }
    codes = sorted(names.keys() - set(NEIGHBOURS), key=lambda code: _in_order(names[code], locale))
    return [
        SelectChoice("", _("Choose a country")),
        *(SelectChoice(code, names[code]) for code in (*NEIGHBOURS, *codes)),
    ]


def _in_order(name: str, locale: Locale) -> str:
    """Return what sorts a name as readers of the language expect."""
    if locale.language == "nb":
        return name.casefold().translate(NORWEGIAN_LAST)
    return " ".join(folded_words(name))
