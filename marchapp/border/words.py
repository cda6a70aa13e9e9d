"""What is said of the manifest: what somebody lacks, what changed, what was counted."""

from collections.abc import Iterator

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from marchapp.border.crossing import Lack, Line
from marchapp.border.services import Difference
from marchapp.models import CountPlace, DocumentKind, ManifestCount
from marchapp.naming import DOCUMENTS

LACKS = {
    Lack.NO_DOCUMENT: _l("No travel document"),
    Lack.EXPIRED: _l("A document has expired by then"),
    Lack.NO_CONSENT: _l("No consent to the crossing"),
    Lack.NO_NOTARY: _l("No notarised consent"),
    Lack.NOTARY_DAYS: _l("The notarised consent does not cover the day"),
    Lack.NO_NATIVE_NAME: _l("Name in Cyrillic is missing"),
    Lack.NO_GROUP: _l("In no group"),
}
PLACES = {
    CountPlace.OUT: _l("Out, before the border"),
    CountPlace.IN: _l("In, after the border"),
    CountPlace.BACK_OUT: _l("On the way back: out"),
    CountPlace.BACK_IN: _l("On the way back: in"),
}
CONSENTS = {"adult": _l("adult"), "given": _l("given"), "missing": _l("missing")}
FIELDS = {
    "given_name": _l("name"),
    "family_name": _l("name"),
    "native_name": _l("name in own script"),
    "birth_date": _l("birth date"),
    "country": _l("country"),
    "papers": _l("document"),
    "consent": _l("consent"),
    "notary": _l("notarised consent"),
    "group": _l("group"),
}


def lacks_in_words(line: Line) -> list[str]:
    return [str(LACKS[Lack(lack)]) for lack in line.lacks]


def document_word(kind: str) -> str:
    return str(DOCUMENTS[DocumentKind(kind)])


def difference_in_words(difference: Difference) -> Iterator[str]:
    """Say what is different from the version before, a sentence for each person."""
    for line in difference.added:
        yield _("Added: %(name)s.", name=line.name)
    for line in difference.removed:
        yield _("Taken off: %(name)s.", name=line.name)
    for changed in difference.changed:
        fields = dict.fromkeys(str(FIELDS[name]) for name in changed.fields)
        yield _("Changed for %(name)s: %(fields)s.", name=changed.line.name, fields=", ".join(fields))


def summary_of(difference: Difference) -> str:
    return _(
        "%(added)s added, %(removed)s taken off, %(changed)s changed",
        added=len(difference.added),
        removed=len(difference.removed),
        changed=len(difference.changed),
    )


def verdict_of(count: ManifestCount) -> str:
    """Say whether a count is as expected, and what to do if not."""
    missing = count.expected - count.counted
    if missing > 0:
        return ngettext(
            "%(num)s is missing. Nobody goes on until it is known who and where.",
            "%(num)s are missing. Nobody goes on until it is known who and where.",
            missing,
        )
    if missing < 0:
        return ngettext(
            "%(num)s more than expected. Count again, and look who is not on the manifest.",
            "%(num)s more than expected. Count again, and look who is not on the manifest.",
            -missing,
        )
    return _("As expected")
