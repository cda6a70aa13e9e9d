"""What each category is asked about one person: the parts in the order of the page, then a form of each.

WTForms keeps fields in the order in which they stand in this file, so the summary of errors has it, too.
"""

from collections.abc import Iterable
from datetime import date
from functools import partial
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, EmailField, Field, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Optional, ValidationError

from marchapp.choices import (
    HOME_OF_LANGUAGE,
    SPOKEN_BY_READER,
    SPOKEN_HERE,
    OneOfMany,
    Ticked,
    countries,
    other_languages,
)
from marchapp.forms import BaseForm, Day, Text, at_most, email_address, tidy
from marchapp.i18n import LANGUAGES, day, local, locale_code
from marchapp.i18n import language as name_of_language
from marchapp.models import Category, DocumentKind, March, Stage
from marchapp.registration.ages import AGES, OLDEST, birth_dates
from marchapp.registration.forms.fields import (
    LatinName,
    OneOfList,
    OwnName,
    Phone,
    Stages,
)
from marchapp.registration.people import DocumentAnswers, GuardianAnswers, NotarisedAnswers, Person
from marchapp.registration.words import DOCUMENTS

Sent = MultiDict[str, str]

Optionally = partial(Text, optional=True, validators=[Optional()])
Email = partial(EmailField, filters=[tidy], validators=[Optional(), email_address])
LANGUAGE_CHOICES = [SelectChoice(*language) for language in LANGUAGES.items()]
NUMBER_MOST = 40
HEALTH_MOST = 1000
GUARDIAN = ("guardian_name", "guardian_phone", "guardian_email", "guardian_language")
SECOND_GUARDIAN = ("guardian2_name", "guardian2_phone", "guardian2_email", "guardian2_language")
PAPER = ("document_kind", "document_number", "document_country", "document_expires_on")
SECOND_PAPER = ("document2_kind", "document2_number", "document2_country", "document2_expires_on")
NOTARISED = ("notarised_from", "notarised_to", "notarised_states")


class _Name(BaseForm):
    given_name = LatinName(_l("Given name"), most=80)
    family_name = LatinName(_l("Family name"), most=80)
    native_name = OwnName(_l("Name in own letters"), most=160, optional=True, validators=[Optional()])
    birth_date = Day(_l("Birth date"))
    country = OneOfMany(_l("Country"), list_in=countries)
    municipality = Optionally(_l("Home municipality"), most=120)
    spoken = Ticked(_l("Languages spoken"), validators=[Optional()])
    other_language = OneOfMany(_l("Another language"), list_in=other_languages, optional=True)


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


class _Walk(BaseForm):
    stages = Stages(_l("Stages"))


class _Papers(BaseForm):
    document_kind = OneOfList(_l("Travel document"))
    document_number = Text(_l("Number"), most=NUMBER_MOST, optional=True)
    document_country = OneOfMany(_l("Issued by"), list_in=countries)
    document_expires_on = Day(_l("Valid until"), validators=[])
    document_later = BooleanField(_l("It is not at hand: I add it later through the private link"))
    document2_kind = OneOfList(_l("Second document"))
    document2_number = Text(_l("Number of the second document"), most=NUMBER_MOST, optional=True)
    document2_country = OneOfMany(_l("Second document issued by"), list_in=countries)
    document2_expires_on = Day(_l("Second document valid until"), validators=[])
    notarised_from = Day(_l("Consent valid from"), validators=[])
    notarised_to = Day(_l("Consent valid to"), validators=[])
    notarised_states = Text(_l("States that it names"), most=120, optional=True)
    notarised_later = BooleanField(_l("It is not made yet: I add it later through the private link"))


class _Guardians(BaseForm):
    guardian_name = Text(_l("Name of a guardian"), most=120)
    guardian_phone = Phone(_l("Phone of the guardian"))
    guardian_email = Email(_l("E-mail of the guardian"))
    guardian_language = OneOfList(_l("Language of the guardian"), choices=LANGUAGE_CHOICES)
    guardian2_name = Text(_l("Name of the second guardian"), most=120, optional=True)
    guardian2_phone = Phone(_l("Phone of the second guardian"), optional=True)
    guardian2_email = Email(_l("E-mail of the second guardian"))
    guardian2_language = OneOfList(_l("Language of the second guardian"), choices=LANGUAGE_CHOICES)


class _Contact(BaseForm):
    email = Email(_l("E-mail"))
    phone = Phone(_l("Phone"), optional=True)
    language = OneOfList(_l("Language of the letters"), choices=LANGUAGE_CHOICES)


class _Emergency(BaseForm):
    emergency_name = Text(_l("Emergency contact"), most=120, optional=True)
    emergency_phone = Phone(_l("Phone of the emergency contact"), optional=True)


class _Care(BaseForm):
    diet = Optionally(_l("Diet"), most=200)
    health_notes = TextAreaField(_l("Health"), filters=[tidy], validators=[Optional(), at_most(HEALTH_MOST)])
    knows_first_aid = BooleanField(_l("Trained in first aid"))


class PersonForm(_Name, _Walk, _Papers, _Guardians, _Contact, _Emergency, _Care):
    """What is asked about everybody. Parts that do not matter to somebody are closed.

    A part that has just become relevant, by another answer, is `opened`: it is shown without any word of
    blame before it is asked for.
    """

    category: ClassVar[Category]
    wrong_age: ClassVar[str]
    own_part: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        march: March,
        sent: Sent | None = None,
        *,
        is_alone: bool = True,
        prefix: str = "",
        data: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(sent, prefix=prefix, data=_to_begin_with(march) | (data or {}), meta={"csrf": False})
        self.march, self.is_alone = march, is_alone
        self.earliest, self.latest = birth_dates(self.category, first_day=march.starts_on)
        self._fill_lists()
        self.is_minor = self._is_minor()
        crossings = self._crossings()
        self.crossing = crossings[0] if crossings else None
        self.last_crossing = crossings[-1] if crossings else None
        self._new_parts = self._open_parts(sent)
        self.opened: dict[str, tuple[str, ...]] = {}
        self._ask_what_matters()

    @property
    def person(self) -> Person:
        """The answers, once they are valid."""
        asked = {name: self[name].data or "" for name in _COLUMNS_ASKED if name in self}
        guardians = tuple(self._guardians())
        if guardians and not asked["emergency_name"]:
            asked |= {"emergency_name": guardians[0].name, "emergency_phone": guardians[0].phone}
        return Person(
            **asked,
            category=self.category,
            birth_date=self.birth_date.data,  # type: ignore[arg-type]
            stage_ids=frozenset(int(stage_id) for stage_id in self.stages.data or ()),
            spoken_languages=self._spoken_languages(),
            knows_first_aid=self.knows_first_aid.data,
            guardians=guardians,
            documents=tuple(self._documents()),
            notarised=self._notarised(),
        )

    @property
    def is_open(self) -> bool:
        """Whether there is something to look at in it now."""
        return bool(self.errors or self.opened)

    def offer_guardian(
        self, *, contact_name: str, contact_email: str, contact_phone: str, language: str, **_rest: str
    ) -> None:
        """Write the contact of a family into the part about guardians that was opened just now."""
        if "guardians" in self._new_parts:
            self.guardian_name.data, self.guardian_email.data = contact_name, contact_email
            self.guardian_phone.data, self.guardian_language.data = contact_phone, language

    def validate(self, extra_validators: Any = None) -> bool:
        """Tell whether all is answered; a part that was opened just now is not, and is not blamed for it."""
        is_valid = super().validate(extra_validators)
        self._blame_missing_paper_once()
        self.opened = self._new_parts
        for names in self.opened.values():
            for name in names:
                self[name].errors = ()
        return is_valid and not self.opened

    def validate_birth_date(self, field: Field) -> None:
        born = field.data
        if born is None:  # it could not be read, which has been said
            return
        first_day = self.march.starts_on
        if born > first_day:
            raise ValidationError(_("The birth date is after the march. Write it as 17.09.2001."))
        if born.year < first_day.year - OLDEST:
            raise ValidationError(
                _("The birth date is more than %(years)s years ago. Check the year.", years=OLDEST)
            )
        if not self.earliest <= born <= self.latest:
            raise ValidationError(self.wrong_age)

    def validate_document_expires_on(self, field: Field) -> None:
        self._check_valid_at_crossing(field.data)

    def validate_document2_expires_on(self, field: Field) -> None:
        self._check_valid_at_crossing(field.data)

    def validate_document2_kind(self, field: Field) -> None:
        if field.data and field.data == self.document_kind.data:
            raise ValidationError(_("This is the kind of the first document. Choose another one."))

    def validate_notarised_to(self, field: Field) -> None:
        begins, ends = self.notarised_from.data, field.data
        if not (begins and ends and self.crossing and self.last_crossing):
            return
        if ends < begins:
            raise ValidationError(_("This day is before the first one. Look at both once more."))
        for stage in (self.crossing, self.last_crossing):
            if not begins <= stage.day <= ends:
                raise ValidationError(
                    _(
                        "The consent must hold on %(day)s, when stage %(number)s crosses the border.",
                        day=day(stage.day),
                        number=stage.number,
                    )
                )

    def _check_valid_at_crossing(self, expires_on: date | None) -> None:
        stage = self.last_crossing
        if expires_on and stage and expires_on < stage.day:
            raise ValidationError(
                _(
                    "The document must still be valid on %(day)s, when stage %(number)s crosses the border. "
                    "If it is to be renewed, leave it out and add the new one later.",
                    day=day(stage.day),
                    number=stage.number,
                )
            )

    def _fill_lists(self) -> None:
        self.stages.choices = [SelectChoice(str(stage.id), _words_of(stage)) for stage in self.march.stages]
        others = [code for code in self.spoken.data or () if code in self.other_language.listed.codes]
        self.spoken.choices = [SelectChoice(code, name_of_language(code)) for code in (*SPOKEN_HERE, *others)]
        kinds = [
            SelectChoice("", _("Choose one")),
            *(SelectChoice(kind, words) for kind, words in DOCUMENTS.items()),
        ]
        self.document_kind.choices = self.document2_kind.choices = kinds

    def _is_minor(self) -> bool:
        """Tell whether guardians answer; until a birth date is read, schoolchildren are taken for minors."""
        born = self.birth_date.data
        return self.march.is_minor(born) if born else self.category == Category.SCHOOLCHILD

    def _crossings(self) -> list[Stage]:
        walked = self.stages.data or ()
        return [stage for stage in self.march.stages if stage.crosses_border and str(stage.id) in walked]

    def _asked_parts(self) -> Iterable[tuple[str, tuple[str, ...], bool]]:
        """Yield each part with its fields and whether it matters to this person."""
        needs_notary = self.is_minor and self.country.data in self.march.notarised_countries
        yield "own", self.own_part, True
        yield "documents", (*PAPER, "document_later", *SECOND_PAPER), self.crossing is not None
        yield "notarised", (*NOTARISED, "notarised_later"), self.crossing is not None and needs_notary
        yield "guardians", (*GUARDIAN, *SECOND_GUARDIAN), self.is_minor

    def _open_parts(self, sent: Sent | None) -> dict[str, tuple[str, ...]]:
        """Close the parts that do not matter; return those that did not stand in the form as it was sent."""
        opened = {}
        for part, names, matters in self._asked_parts():
            if not matters:
                for name in names:
                    del self[name]
            elif names and sent is not None and not any(self[name].name in sent for name in names):
                opened[part] = names
        return opened

    def _ask_what_matters(self) -> None:
        is_grown_up = not self.is_minor
        self._ask(("email", "phone"), is_grown_up and self.is_alone)
        is_emergency_named = self._is_begun(("emergency_name", "emergency_phone"))
        self._ask(
            ("emergency_name", "emergency_phone"),
            is_grown_up or is_emergency_named,
            _("Write whom to call and the number, or leave both empty.") if self.is_minor else "",
        )
        if self.is_minor:
            self._ask(("guardian_email",), self.is_alone)
            self._ask(SECOND_GUARDIAN[:2], self._is_begun(SECOND_GUARDIAN[:3]))
        if self.crossing:
            self._ask(PAPER, self._is_begun(PAPER) or not self.document_later.data)
            self._ask(SECOND_PAPER, self._is_begun(SECOND_PAPER))
        if "notarised_from" in self:
            self._ask(NOTARISED, self._is_begun(NOTARISED) or not self.notarised_later.data)

    def _ask(self, names: Iterable[str], is_needed: bool, words: str = "") -> None:
        """Ask for fields, or let them be empty."""
        for name in names:
            field = self[name]
            field.flags.optional, field.flags.required = not is_needed, is_needed
            field.validators = [_needed(field, words) if is_needed else Optional(), *field.validators]

    def _blame_missing_paper_once(self) -> None:
        """Where nothing about a document is written, say so in one sentence instead of at each question."""
        if not self.crossing or self._is_begun(PAPER) or self.document_later.data:
            return
        for name in PAPER:
            self[name].errors = ()
        self.document_kind.errors = (_("Choose the document, or tick below that you add it later."),)

    def _is_begun(self, names: Iterable[str]) -> bool:
        return any(self[name].data for name in names)

    def _spoken_languages(self) -> tuple[str, ...]:
        spoken = [*(self.spoken.data or ()), self.other_language.data]
        return tuple(dict.fromkeys(code for code in spoken if code))

    def _guardians(self) -> Iterable[GuardianAnswers]:
        for names in (GUARDIAN, SECOND_GUARDIAN) if self.is_minor else ():
            name, phone, email, language = (self[field].data or "" for field in names)
            if name:
                yield GuardianAnswers(name=name, phone=phone, email=email, language=language)

    def _documents(self) -> Iterable[DocumentAnswers]:
        for names in (PAPER, SECOND_PAPER) if self.crossing else ():
            kind, number, issued_by, expires_on = (self[field].data for field in names)
            if number:
                yield DocumentAnswers(
                    kind=DocumentKind(kind), number=number, issued_by=issued_by, expires_on=expires_on
                )

    def _notarised(self) -> NotarisedAnswers | None:
        if "notarised_from" not in self or not self.notarised_from.data:
            return None
        return NotarisedAnswers(
            valid_from=self.notarised_from.data,
            valid_to=self.notarised_to.data,  # type: ignore[arg-type]
            states=self.notarised_states.data or "",
        )


_COLUMNS_ASKED = (
    "given_name",
    "family_name",
    "native_name",
    "country",
    "municipality",
    "email",
    "phone",
    "language",
    "emergency_name",
    "emergency_phone",
    "diet",
    "health_notes",
    "school",
    "school_class",
    "body",
    "position",
    "service",
    "unit",
    "rank",
)


def _to_begin_with(march: March) -> dict[str, Any]:
    language = locale_code()
    return {
        "language": language,
        "guardian_language": language,
        "guardian2_language": language,
        "country": HOME_OF_LANGUAGE.get(language),
        "spoken": SPOKEN_BY_READER.get(language, []),
        "stages": [str(stage.id) for stage in march.stages],
    }


def _words_of(stage: Stage) -> str:
    words = f"{day(stage.day)}: {local(stage.name)}"
    return _("%(stage)s, crosses the border", stage=words) if stage.crosses_border else words


def _needed(field: Field, words: str) -> Any:
    if isinstance(field, Day):
        return InputRequired(_("Write the date as 17.09.2001."))
    return DataRequired(words or _("Fill this in."))


class SchoolchildForm(_School, PersonForm):
    category = Category.SCHOOLCHILD
    own_part = ("school", "school_class")
    wrong_age = _l(
        "Schoolchildren are from %(youngest)s to %(oldest)s years old on the first day of the march. "
        "Check the birth date, or go back and choose another category.",
        youngest=AGES[Category.SCHOOLCHILD].youngest,
        oldest=AGES[Category.SCHOOLCHILD].oldest,
    )


class OfficialForm(_Office, PersonForm):
    category = Category.OFFICIAL
    own_part = ("body", "position")
    wrong_age = _l(
        "Officials are %(youngest)s years old or older on the first day of the march. "
        "Check the birth date, or go back and choose another category.",
        youngest=AGES[Category.OFFICIAL].youngest,
    )


class BorderGuardForm(_Service, PersonForm):
    category = Category.BORDER_GUARD
    own_part = ("service", "unit", "rank")
    wrong_age = _l(
        "Border guards are %(youngest)s years old or older on the first day of the march. "
        "Check the birth date, or go back and choose another category.",
        youngest=AGES[Category.BORDER_GUARD].youngest,
    )


class WalkerForm(PersonForm):
    category = Category.WALKER
    wrong_age = _l("Check the birth date.")


FORMS: dict[Category, type[PersonForm]] = {
    form.category: form for form in (SchoolchildForm, OfficialForm, BorderGuardForm, WalkerForm)
}
