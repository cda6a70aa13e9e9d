"""The groups of a stage as a table: who guides, and who walks in them."""

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _

from marchapp.forms import to_local
from marchapp.i18n import country, language
from marchapp.models import Stage
from marchapp.naming import CATEGORIES
from marchapp.printing.people import FullGroup
from marchapp.spreadsheets import Table


def groups_table(stage: Stage, groups: list[FullGroup]) -> Table:
    headings = [
        (_("Group"), 8),
        (_("Name of the group"), 20),
        (_("People"), 8),
        (_("Smallest size"), 10),
        (_("Largest size"), 10),
        (_("Start"), 17),
        (_("Meeting point"), 28),
        (_("Guides"), 30),
        (_("Phones of the guides"), 30),
    ]
    return Table(name=_("Groups"), headings=headings, rows=[_group_row(stage, full) for full in groups])


def _group_row(stage: Stage, full: FullGroup) -> list[Any]:
    group = full.group
    return [
        group.number,
        group.name,
        len(full.walkers),
        group.min_size,
        group.max_size,
        to_local(group.start, stage.march.time_zone),
        group.meeting_point,
        ", ".join(guide.name for guide in group.guides),
        ", ".join(guide.phone for guide in group.guides if guide.phone),
    ]


def people_table(stage: Stage, groups: list[FullGroup]) -> Table:
    headings = [
        (_("Group"), 8),
        (_("Reference"), 14),
        (_("Given name"), 18),
        (_("Family name"), 20),
        (_("Name in own script"), 28),
        (_("Birth date"), 12),
        (_("Age"), 6),
        (_("Category"), 14),
        (_("Country"), 14),
        (_("Languages"), 22),
        (_("Phone"), 18),
        (_("Emergency contact"), 24),
        (_("Emergency phone"), 18),
        (_("Diet"), 20),
        (_("Knows first aid"), 10),
        (_("Has notes on health"), 10),
    ]
    return Table(name=_("People"), headings=headings, rows=_people_rows(stage, groups))


def _people_rows(stage: Stage, groups: list[FullGroup]) -> Iterator[list[Any]]:
    for full in groups:
        for walker in full.walkers:
            person = walker.person
            spoken = person.spoken_languages or [person.language]
            yield [
                full.group.number,
                person.reference,
                person.given_name,
                person.family_name,
                person.native_name,
                person.birth_date,
                person.age_on(stage.day),
                str(CATEGORIES[person.category]),
                country(person.country),
                ", ".join(language(code) for code in spoken),
                person.phone,
                person.emergency_name,
                person.emergency_phone,
                person.diet,
                person.knows_first_aid,
                person.has_health_notes,
            ]
