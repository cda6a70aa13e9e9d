"""What the kinds of data are called, what goes and what stays, and what law and usage suggest."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from marchapp.models.retention import Kept

NAMES = {
    Kept.DOCUMENTS: _l("Travel documents"),
    Kept.HEALTH: _l("Notes on health and food"),
    Kept.RECORDINGS: _l("Recordings of the walk"),
    Kept.CONSENTS: _l("Scans of consents"),
    Kept.NAMES: _l("Names, and all else about people"),
}

GOES = {
    Kept.DOCUMENTS: _l(
        "Passports, visas, permits and consents confirmed by a notary go, from frozen manifests, too. "
        "Who crossed when stays."
    ),
    Kept.HEALTH: _l("What people wrote about health and food goes."),
    Kept.RECORDINGS: _l(
        "The files and every point of them go. How the walk compared with the planned route stays in figures."
    ),
    Kept.CONSENTS: _l(
        "The scanned papers go. Who consented to which text when stays, until the names go, too."
    ),
    Kept.NAMES: _l(
        "Names, addresses, phones, letters and what the log says of people go, with all of the above. "
        "Category, country, year of birth, stages, groups, and that a text was consented to stay."
    ),
}

SUGGESTED = {
    Kept.DOCUMENTS: _l("They serve the crossing. Two weeks leave time for questions of the border guard."),
    Kept.HEALTH: _l(
        "The text that guardians consent to says 30 days. Whoever keeps them longer changes that text first."
    ),
    Kept.RECORDINGS: _l(
        "They say where groups of children were. A year serves the planning of the next march."
    ),
    Kept.CONSENTS: _l(
        "They prove that the organiser was allowed to take a child along. "
        "Claims commonly lapse after three years; ask your insurer or lawyer."
    ),
    Kept.NAMES: _l(
        "No longer than somebody may still ask or claim something: commonly three years. "
        "Who wants to be erased before is erased at once."
    ),
}


def counted(kind: Kept, count: int) -> str:
    """Say how many of a kind there are, or were."""
    if kind == Kept.RECORDINGS:
        return ngettext("%(num)d recording", "%(num)d recordings", count)
    if kind == Kept.CONSENTS:
        return ngettext("%(num)d scan", "%(num)d scans", count)
    return ngettext("%(num)d person", "%(num)d people", count) if count else _("nobody")
