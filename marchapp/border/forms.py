"""Take a version along, and note how many heads were counted."""

from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, RadioField, SelectChoice
from wtforms.validators import InputRequired, ValidationError

from marchapp.border.words import PLACES
from marchapp.files.forms import PaperLanguage
from marchapp.forms import BaseForm, Text, Within

MOST_PEOPLE = 1_000_000


class Heads(IntegerField):
    """A number of people, with our words for what is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(_l("Write a whole number, as 98.")) from error


class CountForm(BaseForm):
    place = RadioField(
        _l("Where"),
        choices=[SelectChoice(str(place), words) for place, words in PLACES.items()],
        default="out",
    )
    counted = Heads(
        _l("Heads counted"),
        validators=[
            InputRequired(_l("Write how many were counted.")),
            Within(0, MOST_PEOPLE, _l("Write a whole number, as 98.")),
        ],
    )
    remark = Text(_l("Remark"), most=300, optional=True)
    submission_key = HiddenField(default=lambda: str(uuid4()))

    def validate_submission_key(self, field: HiddenField) -> None:
        try:
            field.data = str(UUID(field.data or ""))
        except ValueError as error:
            field.data = str(uuid4())
            raise ValidationError(_l("Send it once more.")) from error


class TakeForm(BaseForm):
    format = RadioField(
        _l("File"), choices=[SelectChoice("pdf", "PDF"), SelectChoice("xlsx", "Excel (XLSX)")], default="pdf"
    )
    language = PaperLanguage()
