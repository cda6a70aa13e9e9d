"""The questions to one person as a new form has them: written once for each march, category and language.

A form just opened looks alike for everybody, and most of its time would go into writing it out.
"""

from collections.abc import Hashable

from flask import get_template_attribute
from markupsafe import Markup

from marchapp.i18n import local, locale_code
from marchapp.models import Category, March
from marchapp.registration.forms.person import FORMS

MOST_KEPT = 200

_written: dict[Hashable, Markup] = {}


def blank_questions(march: March, category: Category) -> Markup:
    """Return the questions as HTML, in the reader's language."""
    key = _depends_on(march, category)
    if key not in _written:
        if len(_written) >= MOST_KEPT:
            _written.clear()
        questions = get_template_attribute("registration/person_form.html", "questions")
        _written[key] = questions(FORMS[category](march), march)
    return _written[key]


def _depends_on(march: March, category: Category) -> Hashable:
    stages = ((one.id, one.number, one.day, local(one.name), one.crosses_border) for one in march.stages)
    return (
        locale_code(),
        category,
        march.starts_on,
        march.adult_age,
        tuple(march.notarised_countries),
        tuple(stages),
    )
