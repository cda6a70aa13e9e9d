"""The form that takes recordings."""

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileRequired, MultipleFileField

from marchapp.forms import BaseForm


class UploadForm(BaseForm):
    # No `accept`: phones do not know the type of GPX, FIT and TCX files and would grey them out.
    recording = MultipleFileField(
        _l("Recordings"), validators=[FileRequired(_l("Choose the file of the recording."))]
    )
