"""The list of participants as CSV for a spreadsheet, written while it is read."""

import csv
from collections.abc import Callable, Iterable, Iterator
from io import StringIO
from operator import attrgetter

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from marchapp.forms import to_local
from marchapp.i18n import country, language
from marchapp.models import March, Participant
from marchapp.registration.coordination.listing import Selection, Walk, select_all, walks_of
from marchapp.registration.words import CATEGORIES

BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes UTF-8 for something else
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
ROWS_AT_ONCE = 500

COLUMNS: tuple[tuple[str, Callable[[Participant], str]], ...] = (
    (_l("Reference"), attrgetter("reference")),
    (_l("Category"), lambda person: str(CATEGORIES[person.category])),
    (_l("Given name"), attrgetter("given_name")),
    (_l("Family name"), attrgetter("family_name")),
    (_l("Name in own letters"), attrgetter("native_name")),
    (_l("Birth date"), lambda person: person.birth_date.isoformat()),
    (_l("Country"), lambda person: country(person.country)),
    (_l("Home municipality"), attrgetter("municipality")),
    (_l("School"), attrgetter("school")),
    (_l("Class"), attrgetter("school_class")),
    (_l("Municipality or public body"), attrgetter("body")),
    (_l("Position"), attrgetter("position")),
    (_l("Service"), attrgetter("service")),
    (_l("Unit"), attrgetter("unit")),
    (_l("Rank"), attrgetter("rank")),
    (_l("Guardian"), lambda person: ", ".join(one.name for one in person.guardians)),
    (_l("Phone of the guardian"), lambda person: ", ".join(one.phone for one in person.guardians)),
    (_l("E-mail"), attrgetter("email")),
    (_l("Phone"), attrgetter("phone")),
    (_l("Language of the letters"), lambda person: language(person.language)),
    (_l("Emergency contact"), attrgetter("emergency_name")),
    (_l("Phone of the emergency contact"), attrgetter("emergency_phone")),
)


def csv_lines(session: Session, march_id: int, selection: Selection) -> Iterator[str]:
    """Yield the selection as CSV: headings in the reader's language, then some hundred rows at a time.

    All is read here, as a page that is streamed is written after the view has closed its session.
    """
    march = session.get_one(March, march_id)
    yield BYTE_ORDER_MARK + _as_csv([_headings(march)])
    people_by_name = select_all(march, selection).execution_options(yield_per=ROWS_AT_ONCE)
    for people in session.scalars(people_by_name).partitions():
        walks = walks_of(session, [person.id for person in people])
        yield _as_csv(_row(march, person, walks[person.id]) for person in people)


def _headings(march: March) -> list[str]:
    of_stages = [_("Group on stage %(number)s", number=stage.number) for stage in march.stages]
    return [*(str(heading) for heading, _cell in COLUMNS), *of_stages, _("Signed up"), _("Cancelled")]


def _row(march: March, person: Participant, walks: dict[int, Walk]) -> list[str]:
    moments = (
        to_local(moment, march.time_zone).isoformat(" ", "minutes") if moment else ""
        for moment in (person.registered_at, person.cancelled_at)
    )
    of_stages = (_group(walks.get(stage.id)) for stage in march.stages)
    return [*(cell(person) for _heading, cell in COLUMNS), *of_stages, *moments]


def _group(walk: Walk | None) -> str:
    """Write the number of the group on a stage; nothing for who does not walk it."""
    if walk is None:
        return ""
    return _("none yet") if walk.group_number is None else str(walk.group_number)


def _as_csv(rows: Iterable[Iterable[str]]) -> str:
    text = StringIO()
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from calculating what somebody wrote: https://owasp.org/www-community/attacks/CSV_Injection."""
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell
