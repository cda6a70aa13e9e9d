"""Countries and languages to choose from, by their names in the reader's language, and the fields for it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from babel import Locale
from flask_babel import gettext as _
from markupsafe import Markup, escape
from wtforms import Field, Form, SelectMultipleField
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget, html_params

from marchapp.i18n import locale_code
from marchapp.models.names import folded_words

NEIGHBOURS = ("NO", "RU")  # where most walkers come from stands first
HOME_OF_LANGUAGE = {"nb": "NO", "ru": "RU"}
UNIONS_AND_TESTS = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
PARTS_OF_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "IC", "TA"}
UNINHABITED = {"AQ", "BV", "GS", "HM", "IO", "TF", "UM"}
NO_COUNTRIES = UNIONS_AND_TESTS | PARTS_OF_COUNTRIES | UNINHABITED  # codes of Babel that are on no document

SPOKEN_HERE = ("no", "ru", "en", "se", "fi")  # boxes to tick; any other is chosen from the list
SPOKEN_BY_READER = {"nb": ["no"], "ru": ["ru"]}
VARIANTS = {"nb", "nn", "sh"}  # of languages that the list names already
NORWEGIAN_LAST = str.maketrans("æøå", "{|}")  # these signs follow z, in this order


@dataclass(frozen=True)
class Listed:
    """What can be chosen from a long list, and its options as HTML, none of them chosen."""

    codes: frozenset[str]
    options: str


ListIn = Callable[[str], Listed]  # by the reader's language


@cache
def countries(language: str) -> Listed:
    """Return every country that issues documents, the neighbours first."""
    names = {
        code: name
        for code, name in Locale(language).territories.items()
        if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES
    }
    codes = _in_order(names, names.keys() - set(NEIGHBOURS), language)
    return _listed(_("Choose a country"), names, [*NEIGHBOURS, *codes])


@cache
def other_languages(language: str) -> Listed:
    """Return the languages that have no box of their own."""
    names = {
        code: name[:1].upper() + name[1:]
        for code, name in Locale(language).languages.items()
        if len(code) == 2 and code not in VARIANTS
    }
    return _listed("–", names, _in_order(names, names.keys() - set(SPOKEN_HERE), language))


def _in_order(names: dict[str, str], codes: Iterable[str], language: str) -> list[str]:
    """Return codes as readers of the language expect their names to be sorted."""
    return sorted(codes, key=lambda code: _sort_key(names[code], language))


def _sort_key(name: str, language: str) -> str:
    if language == "nb":
        return name.casefold().translate(NORWEGIAN_LAST)
    return " ".join(folded_words(name))


def _listed(nothing: str, names: dict[str, str], codes: list[str]) -> Listed:
    options = [f'<option value="">{escape(nothing)}</option>']
    options += [f'<option value="{code}">{escape(names[code])}</option>' for code in codes]
    return Listed(frozenset(codes), "".join(options))


class LongSelect:
    """Writes a long list with the chosen option marked; its other options are written once for all."""

    def __call__(self, field: "OneOfMany", **attributes: Any) -> Markup:
        attributes = {"id": field.id, "name": field.name} | attributes
        options = field.listed.options
        if field.data in field.listed.codes:
            options = options.replace(f'value="{field.data}"', f'selected value="{field.data}"', 1)
        # The options were escaped when they were written; a code is two letters.
        written = f"<select {html_params(**attributes)}>{options}</select>"
        return Markup(written)  # noqa: S704 # nosec B704


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
