"""The question that every form for a file asks."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectChoice

from marchapp.i18n import LANGUAGES, locale_code


class PaperLanguage(RadioField):
    """In which language the file is written, the reader's own at first."""

    def __init__(self, **options: Any) -> None:
        choices = [SelectChoice(code, name) for code, name in LANGUAGES.items()]
        super().__init__(_l("Language of the paper"), choices=choices, default=locale_code, **options)
