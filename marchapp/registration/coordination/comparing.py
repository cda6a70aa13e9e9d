"""Two sign-ups side by side, as words."""

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marchapp.i18n import day
from marchapp.models import Participant
from marchapp.registration.coordination.columns import heading_of, said_of, shown
from marchapp.registration.coordination.merging import CHOICES
from marchapp.registration.words import DOCUMENTS

HEADINGS = {
    "documents": _l("Documents"),
    "notarised": _l("Consent confirmed by a notary"),
    "party": _l("Party"),
    "health_notes": _l("Notes on health"),
}


@dataclass(frozen=True)
class Line:
    """One answer of both; where they differ, one of them is to be chosen."""

    name: str
    heading: str
    older: str
    newer: str
    differs: bool


def compared(older: Participant, newer: Participant) -> list[Line]:
    """Return the answers of both, those that neither gave left out; what is encrypted stays unread."""
    lines = []
    for name in CHOICES:
        first, second = _words(older, name), _words(newer, name)
        if first or second:
            lines.append(Line(name, _heading(name), first, second, _differ(older, newer, name)))
    return lines


def _heading(name: str) -> str:
    return str(HEADINGS[name]) if name in HEADINGS else heading_of(name)


def _words(person: Participant, name: str) -> str:
    match name:
        case "documents":
            return "; ".join(
                _("%(kind)s, valid until %(day)s", kind=DOCUMENTS[one.kind], day=day(one.expires_on))
                for one in person.documents
            )
        case "notarised":
            one = person.notarised_consent
            return f"{day(one.valid_from)} – {day(one.valid_to)}" if one else ""
        case "party":
            return person.party.name or person.party.contact_name
        case "health_notes":
            return _("written") if person.has_health_notes else ""
    return shown(said_of(person, name), person.march.time_zone)


def _differ(older: Participant, newer: Participant, name: str) -> bool:
    match name:
        case "documents" | "health_notes":
            return bool(_words(older, name) and _words(newer, name)) or _words(older, name) != _words(
                newer, name
            )
        case "party":
            return older.party_id != newer.party_id
    return _words(older, name) != _words(newer, name)
