"""The form of how long a march keeps what it holds."""

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange

from marchapp.forms import BaseForm
from marchapp.models.retention import Kept
from marchapp.retention.words import NAMES

MOST_DAYS = 3650
WORDS = _l("Write a whole number of days from 1 to %(most)s.", most=MOST_DAYS)


class Days(IntegerField):
    """So many days after the march."""

    def __init__(self, label: str, **options: object) -> None:
        asked = [InputRequired(WORDS), NumberRange(1, MOST_DAYS, WORDS)]
        super().__init__(label, validators=asked, render_kw={"min": 1, "max": MOST_DAYS}, **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(str(WORDS)) from error


class KeptForm(BaseForm):
    """Days for each kind of data, each field with the name of its kind."""

    documents = Days(NAMES[Kept.DOCUMENTS])
    health = Days(NAMES[Kept.HEALTH])
    recordings = Days(NAMES[Kept.RECORDINGS])
    consents = Days(NAMES[Kept.CONSENTS])
    names = Days(NAMES[Kept.NAMES])

    def days(self) -> dict[Kept, int]:
        return {kind: self[kind.value].data for kind in Kept}
