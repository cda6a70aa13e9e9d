"""Forms about a march, its stages, their timetables and planned routes."""

import re
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any, Self

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    EmailField,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from marchapp.forms import (
    BaseForm,
    Clock,
    Day,
    LocalMoment,
    TextByLanguage,
    Within,
    at_most,
    email_address,
    tidy,
    to_local,
    to_utc,
)
from marchapp.i18n import LANGUAGES, TIME_ZONES, country, local
from marchapp.marches.services import MarchSettings, StagePlan
from marchapp.models import Category, Checkpoint, March, Quota, QuotaKind, Stage
from marchapp.models.timetable import clock_from

MOST_PLACES = 100_000
MOST_CHILDREN = 100
A_COUNTRY = re.compile("[A-Z]{2}")


class Places(IntegerField):
    """How many people may walk; where `limitless`, an empty field means as many as come."""

    def __init__(self, label: str, *, limitless: bool = False, **options: Any) -> None:
        words = _l("Write a whole number from 0 to 100,000.")
        asked = Optional() if limitless else InputRequired(words)
        in_range = Within(0, MOST_PLACES, words)
        super().__init__(
            label, validators=[asked, in_range], render_kw={"min": 0, "max": MOST_PLACES}, **options
        )

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(_("Write a whole number from 0 to 100,000.")) from error


class ChildrenPerAdult(IntegerField):
    """How many children an adult who has a place makes room for; empty where children need none."""

    def __init__(self, label: str, **options: Any) -> None:
        in_range = Within(1, MOST_CHILDREN, _l("Write a whole number from 1 to 100."))
        limits = {"min": 1, "max": MOST_CHILDREN}
        super().__init__(label, validators=[Optional(), in_range], render_kw=limits, **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(_("Write a whole number from 1 to 100.")) from error


class WholeNumber(IntegerField):
    """A whole number between two others."""

    def __init__(self, label: str, *, least: int, most: int, **options: Any) -> None:
        self.words = _l("Write a whole number from %(least)s to %(most)s.", least=least, most=most)
        asked = [InputRequired(self.words), Within(least, most, self.words)]
        super().__init__(label, validators=asked, render_kw={"min": least, "max": most}, **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(str(self.words)) from error


class Countries(StringField):
    """Codes of countries, with commas or spaces between them."""

    def _value(self) -> str:
        return ", ".join(self.data or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = sorted(set(re.findall(r"\w+", " ".join(valuelist).upper())))

    def pre_validate(self, form: Form) -> None:
        unknown = [code for code in self.data if not A_COUNTRY.fullmatch(code) or country(code) == code]
        if unknown:
            raise ValidationError(
                _(
                    "%(codes)s is no country. Write codes of two letters, such as RU.",
                    codes=", ".join(unknown),
                )
            )


class _ParagraphByLanguage(Form):
    """Some sentences in each language that the program speaks."""

    en = TextAreaField(LANGUAGES["en"], filters=[tidy], validators=[at_most(2000)])
    nb = TextAreaField(LANGUAGES["nb"], filters=[tidy], validators=[at_most(2000)])
    ru = TextAreaField(LANGUAGES["ru"], filters=[tidy], validators=[at_most(2000)])


PLACES_OF = {
    Category.SCHOOLCHILD: _l("Schoolchildren"),
    Category.OFFICIAL: _l("Officials"),
    Category.BORDER_GUARD: _l("Border guards"),
    Category.WALKER: _l("Other walkers"),
}


def _places_form(march: March) -> type[Form]:
    """Return a form with a field for each quota of a march, named by `quota_field`."""
    form = type("PlacesForm", (Form,), {})
    for quota in quotas_of(march):
        if quota.category:
            field = Places(PLACES_OF[quota.category])
        elif quota.stage:
            words = {"number": quota.stage.number, "name": local(quota.stage.name)}
            field = Places(_("Stage %(number)s, %(name)s", **words), limitless=True)
        else:
            field = Places(_l("The whole march"), limitless=True)
        setattr(form, quota_field(quota), field)
    return form


def quotas_of(march: March) -> list[Quota]:
    """Return the quotas whose places coordinators set: of the march, each category and each stage."""
    of_stages = [quota for quota in march.quotas if quota.stage]
    of_stages.sort(key=lambda quota: quota.stage.number if quota.stage else 0)
    return [
        *(quota for quota in march.quotas if quota.kind == QuotaKind.MARCH),
        *march.category_quotas,
        *of_stages,
    ]


def quota_field(quota: Quota) -> str:
    return quota.category or (f"stage_{quota.stage.number}" if quota.stage else quota.kind)


class SettingsForm(BaseForm):
    name = TextByLanguage(_l("Name of the march"))
    summary = TextByLanguage(_l("What it is, in a few sentences"), of=_ParagraphByLanguage)
    starts_on = Day(_l("First day"))
    ends_on = Day(_l("Last day"))
    time_zone = SelectField(_l("Time zone"), choices=TIME_ZONES)
    contact_email = EmailField(
        _l("E-mail for questions"), filters=[tidy], validators=[Optional(), Length(max=254), email_address]
    )
    is_public = BooleanField(_l("Everyone can see the march"))
    shows_places = BooleanField(_l("Show how many places are left"))
    shows_comparisons = BooleanField(_l("Show how each group walked, to everyone"))
    signup_opens_at = LocalMoment(_l("Sign-up opens"))
    signup_closes_at = LocalMoment(_l("Sign-up closes"))
    children_per_adult = ChildrenPerAdult(_l("Children for each adult who has a place"))
    adult_age = WholeNumber(_l("Adults are at least"), least=15, most=25)
    assent_age = WholeNumber(_l("Children are asked themselves from"), least=5, most=18)
    days_for_consent = WholeNumber(_l("Days for the consents"), least=1, most=120)
    notarised_countries = Countries(_l("Countries that ask for a consent before a notary"))
    places: FormField

    def validate_ends_on(self, field: Day) -> None:
        if self.starts_on.data and field.data and field.data < self.starts_on.data:
            raise ValidationError(_("The last day is before the first. Change one of them."))

    def validate_signup_closes_at(self, field: LocalMoment) -> None:
        if self.signup_opens_at.data and field.data and field.data <= self.signup_opens_at.data:
            raise ValidationError(_("Sign-up closes before it opens. Change one of them."))

    @classmethod
    def of(cls, march: March) -> Self:
        """Return the form filled with the settings of a march, or with what was sent."""
        settings = {field.name: getattr(march, field.name) for field in fields(MarchSettings)}
        with_places = type(cls.__name__, (cls,), {"places": FormField(_places_form(march), _l("Places"))})
        form = with_places(
            data=settings
            | {
                "signup_opens_at": to_local(march.signup_opens_at, march.time_zone),
                "signup_closes_at": to_local(march.signup_closes_at, march.time_zone),
                "places": {quota_field(quota): quota.capacity for quota in quotas_of(march)},
            }
        )
        form.time_zone.choices = sorted({*TIME_ZONES, march.time_zone})  # an old name stays until changed
        return form

    def settings(self) -> MarchSettings:
        zone = self.time_zone.data
        return MarchSettings(
            name=self.name.given,
            summary=self.summary.given,
            starts_on=self.starts_on.data,
            ends_on=self.ends_on.data,
            time_zone=zone,
            contact_email=self.contact_email.data or "",
            is_public=self.is_public.data,
            shows_places=self.shows_places.data,
            shows_comparisons=self.shows_comparisons.data,
            signup_opens_at=to_utc(self.signup_opens_at.data, zone),
            signup_closes_at=to_utc(self.signup_closes_at.data, zone),
            children_per_adult=self.children_per_adult.data,
            adult_age=self.adult_age.data,
            assent_age=self.assent_age.data,
            days_for_consent=self.days_for_consent.data,
            notarised_countries=self.notarised_countries.data,
        )

    def capacities(self, march: March) -> dict[int, int | None]:
        """Return the places of each quota, by its id."""
        return {quota.id: self.places.form[quota_field(quota)].data for quota in quotas_of(march)}


class StageForm(BaseForm):
    day = Day(_l("Day"))
    starts = Clock(_l("Start"))
    finishes = Clock(_l("Finish"))
    name = TextByLanguage(_l("Name of the stage"))
    start_name = TextByLanguage(_l("Where it starts"))
    finish_name = TextByLanguage(_l("Where it finishes"))
    crosses_border = BooleanField(_l("This stage crosses a border"))
    crossing_point = TextByLanguage(
        _l("Crossing point"),
        asked=_l("Write where the stage crosses the border."),
        asked_if="crosses_border",
    )
    crossing_legal_basis = TextByLanguage(
        _l("Legal basis of the crossing"),
        of=_ParagraphByLanguage,
        asked=_l("Write what allows the crossing there, such as the agreement and its date."),
        asked_if="crosses_border",
    )

    @classmethod
    def of(cls, stage: Stage) -> Self:
        """Return the form filled with what is decided about a stage, or with what was sent."""
        zone = stage.march.time_zone
        plan = {field.name: getattr(stage, field.name) for field in fields(StagePlan)}
        starts, finishes = to_local(stage.starts_at, zone), to_local(stage.finishes_at, zone)
        return cls(data=plan | {"starts": starts.time(), "finishes": finishes.time()})

    def plan(self, zone: str) -> StagePlan:
        crosses = self.crosses_border.data
        return StagePlan(
            day=self.day.data,
            name=self.name.given,
            start_name=self.start_name.given,
            finish_name=self.finish_name.given,
            starts_at=to_utc(datetime.combine(self.day.data, self.starts.data), zone),
            finishes_at=clock_from(self.starts.data, on=self.day.data, clock=self.finishes.data, zone=zone),
            crosses_border=crosses,
            crossing_point=self.crossing_point.given if crosses else {},
            crossing_legal_basis=self.crossing_legal_basis.given if crosses else {},
        )


class RouteFileForm(BaseForm):
    file = FileField(
        _l("GPX file of the planned route"),
        validators=[FileRequired(_l("Choose a GPX file first."))],
        render_kw={"accept": ".gpx,.gz,application/gpx+xml"},
    )


class SaveRouteForm(BaseForm):
    """Which of the files sent is to be saved: the one that the coordinator looked at."""

    sha256 = HiddenField()


def timetable_form(checkpoints: Iterable[Checkpoint], zone: str) -> BaseForm:
    """Return a form with the planned time of each checkpoint, in fields named by `time_field`."""

    class TimetableForm(BaseForm):
        pass

    planned = {}
    for checkpoint in checkpoints:
        name = time_field(checkpoint)
        setattr(TimetableForm, name, Clock(checkpoint.name, validators=[Optional()]))
        if checkpoint.planned_at:
            planned[name] = to_local(checkpoint.planned_at, zone).time()
    return TimetableForm(data=planned)


def time_field(checkpoint: Checkpoint) -> str:
    return f"checkpoint_{checkpoint.id}"
