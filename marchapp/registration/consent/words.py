"""What is said about consents, in whole sentences."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marchapp.models import Purpose
from marchapp.registration.consent.scans import LARGEST_MIB, ScanTooLarge
from marchapp.registration.consent.state import State

PURPOSES = {
    Purpose.TAKING_PART: _l("Taking part"),
    Purpose.BORDER_CROSSING: _l("Crossing the border"),
    Purpose.HEALTH_DATA: _l("Notes on health"),
    Purpose.EMERGENCY_TREATMENT: _l("Treatment in an emergency"),
    Purpose.PHOTOGRAPHS: _l("Photographs"),
    Purpose.GPS_RECORDING: _l("GPS recording"),
}

STATES = {
    State.NOT_ASKED: _l("not asked"),
    State.ASKED: _l("no answer yet"),
    State.ASKED_AGAIN: _l("asked again"),
    State.GIVEN: _l("given"),
    State.REFUSED: _l("refused"),
    State.WITHDRAWN: _l("withdrawn"),
}

# How a state looks: done, attention (now), open, quiet; see templates/macros/figures.html.
LOOKS = {
    State.NOT_ASKED: "quiet",
    State.ASKED: "open",
    State.ASKED_AGAIN: "open",
    State.GIVEN: "done",
    State.REFUSED: "attention",
    State.WITHDRAWN: "attention",
}


def text_changed() -> str:
    return _("A text was changed while you were reading. Nothing is stored yet: read it again, then answer.")


def why_no_scan(refusal: Exception) -> str:
    """Say why a file was not taken as a scan."""
    if isinstance(refusal, ScanTooLarge):
        return _("The file is larger than %(size)s MiB. Scan it with fewer pixels.", size=LARGEST_MIB)
    return _("This is neither a PDF nor a JPEG or PNG picture. Scan or photograph the paper anew.")
