"""How far a file is, in the reader's words."""

from flask_babel import ngettext

from marchapp.i18n import figure


def people_done(done: int, total: int) -> str:
    return ngettext(
        "%(done)s of %(total)s person",
        "%(done)s of %(total)s people",
        total,
        done=figure(done),
        total=figure(total),
    )
