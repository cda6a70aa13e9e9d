"""Why a list cannot be read, in one kind sentence each."""

from flask_babel import gettext as _

from marchapp.registration.lists.columns import words_of
from marchapp.registration.lists.intake import MissingColumns, NoHeadings
from marchapp.registration.lists.sheets import (
    MOST_ROWS,
    EmptyList,
    ListTooLong,
    LockedSpreadsheet,
    OldSpreadsheet,
    TakesTooLong,
    UnreadableList,
)


def why_unreadable(why: UnreadableList) -> str:
    """Say why nothing was read, and what to do about it."""
    match why:
        case OldSpreadsheet():
            return _("Save the list as an XLSX or CSV file in your program, then send that one.")
        case LockedSpreadsheet():
            return _("The file opens with a password. Save it without one, then send it again.")
        case ListTooLong():
            return _("One list holds up to %(rows)s people. Send it in parts.", rows=MOST_ROWS)
        case TakesTooLong():
            return _("The file takes too long to read. Copy its rows into a new file, and send that one.")
        case EmptyList():
            return _("There is nobody in the list. Fill in a row for each person, then send it again.")
        case NoHeadings():
            return _(
                "No line names the columns. Write headings above the rows, such as Given name, "
                "Family name and Birth date, or take the template."
            )
        case MissingColumns():
            return _missing(why)
    return _("This is no spreadsheet that we can read. Save it as XLSX or CSV and send that file.")


def _missing(why: MissingColumns) -> str:
    said = [_("These columns are missing: %(columns)s.", columns=", ".join(map(words_of, why.missing)))]
    if why.unknown:
        said.append(_("These are not understood: %(columns)s.", columns=", ".join(why.unknown)))
    if {"given_name", "family_name"} <= set(why.missing):  # most often the whole name stands in one column
        said.append(_("Write given name and family name in two columns."))
    return " ".join(said)
