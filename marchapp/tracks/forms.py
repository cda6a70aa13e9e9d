"""The form that takes a recording."""

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired

from marchapp.forms import BaseForm


class UploadForm(BaseForm):
    # No `accept`: phones do not know the type of GPX, FIT and TCX files and would grey them out.
    recording = FileField(_l("Recording"), validators=[FileRequired(_l("Choose the file of the recording."))])
