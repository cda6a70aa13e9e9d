"""Rosters, sign-in sheets and badges: what stands on them, in the language of the context."""

from collections.abc import Iterator

from flask_babel import gettext as _
from flask_babel import ngettext

from marchapp.i18n import clock, country, day, days, language, local
from marchapp.models import Account, Group, March, Stage
from marchapp.naming import CATEGORIES, group_name
from marchapp.paper.badges import Badge
from marchapp.paper.tables import Blank, Cell, Column, Foot, Lines, Look, Measures, Sheet
from marchapp.printing.people import FullGroup, Walker

ROSTER, SIGN_IN = Measures(size=10.5), Measures(size=11, least_row_mm=14)


def foot_of(march: March, stage: Stage, made_at: str) -> Foot:
    text = _(
        "%(march)s, stage %(number)s. Made %(moment)s. Holds people’s data: destroy it after the march.",
        march=local(march.name),
        number=stage.number,
        moment=made_at,
    )
    return Foot(text=text, page_of=_page_of)


def _page_of(page: int, pages: int) -> str:
    return _("Page %(page)s of %(pages)s", page=page, pages=pages)


def roster_of(stage: Stage, full: FullGroup) -> Sheet:
    """Return the roster of a group: whom its guides look after, and whom they call."""
    columns = [
        Column(_("No."), 7, is_number=True),
        Column("", 5),
        Column(_("Name"), 46),
        Column(_("Age"), 15, is_number=True),
        Column(_("Category and country"), 30),
        Column(_("Emergency contact"), 40),
        Column(_("To know"), 32),
    ]
    return Sheet(
        title=group_name(full.group),
        lines=[*_head(stage, full), *_first_aiders(full)],
        columns=columns,
        rows=[_roster_row(stage, number, walker) for number, walker in enumerate(full.walkers, start=1)],
        when_empty=_("Nobody is in this group yet."),
    )


def _roster_row(stage: Stage, number: int, walker: Walker) -> list[Cell]:
    person = walker.person
    origin: Lines = (
        (str(CATEGORIES[person.category]), Look.PLAIN),
        (country(person.country), Look.MUTED),
    )
    emergency: Lines = ((person.emergency_name, Look.PLAIN), (person.emergency_phone, Look.STRONG))
    return [
        str(number),
        Blank.BOX,
        _names(walker),
        str(person.age_on(stage.day)),
        origin,
        emergency,
        tuple(_to_know(walker)),
    ]


def _to_know(walker: Walker) -> Iterator[tuple[str, Look]]:
    """Yield what guides need to know; what a note on health says stands on no paper."""
    person = walker.person
    if person.has_health_notes:
        yield _("Health: ask"), Look.SIGNAL
    if person.knows_first_aid:
        yield _("Knows first aid"), Look.STRONG
    if person.diet:
        yield person.diet, Look.PLAIN
    spoken = person.spoken_languages or [person.language]
    yield ", ".join(language(code) for code in spoken), Look.MUTED


def sign_in_sheet_of(stage: Stage, full: FullGroup) -> Sheet:
    """Return the sheet that the people of a group sign."""
    columns = [
        Column(_("No."), 7, is_number=True),
        Column(_("Name"), 56),
        Column(_("Age"), 15, is_number=True),
        Column(_("Emergency phone"), 36),
        Column(_("Signature"), 66),
    ]
    rows: list[list[Cell]] = [
        [
            str(number),
            _names(walker),
            str(walker.person.age_on(stage.day)),
            walker.person.emergency_phone,
            Blank.ROOM,
        ]
        for number, walker in enumerate(full.walkers, start=1)
    ]
    return Sheet(
        title=_("Sign-in: %(group)s", group=group_name(full.group)),
        lines=_head(stage, full),
        columns=columns,
        rows=rows,
        when_empty=_("Nobody is in this group yet."),
    )


def _names(walker: Walker) -> Lines:
    """Return the name in Latin letters, and in the own script where that is another one."""
    person = walker.person
    native = "" if person.native_name == person.name else person.native_name
    return (person.name, Look.STRONG), (native, Look.MUTED)


def _head(stage: Stage, full: FullGroup) -> list[tuple[str, Look]]:
    group, march = full.group, stage.march
    people = ngettext("%(num)s person", "%(num)s people", len(full.walkers))
    which = _("Stage %(number)s, %(day)s", number=stage.number, day=day(stage.day))
    lines = [(" · ".join([local(march.name), which, people]), Look.PLAIN), (_start(stage, group), Look.PLAIN)]
    if group.meeting_point:
        lines.append((_("Meeting point: %(place)s", place=group.meeting_point), Look.STRONG))
    return [*lines, (_guides(group), Look.STRONG)]


def _start(stage: Stage, group: Group) -> str:
    zone = stage.march.time_zone
    start = _("Start %(clock)s, %(place)s", clock=clock(group.start, zone), place=local(stage.start_name))
    finish = _(
        "Finish %(clock)s, %(place)s", clock=clock(stage.finishes_at, zone), place=local(stage.finish_name)
    )
    return f"{start} · {finish}"


def _guides(group: Group) -> str:
    if not group.guides:
        return _("No guide yet")
    return _("Guides: %(names)s", names=", ".join(map(_with_phone, group.guides)))


def _with_phone(guide: Account) -> str:
    return f"{guide.name} {guide.phone}".strip()


def _first_aiders(full: FullGroup) -> Iterator[tuple[str, Look]]:
    names = [guide.name for guide in full.group.guides if guide.knows_first_aid]
    names += [walker.person.name for walker in full.walkers if walker.person.knows_first_aid]
    if names:
        yield _("First aid: %(names)s", names=", ".join(names)), Look.PLAIN


def badge_of(march: March, stage: Stage, group: Group, walker: Walker) -> Badge:
    """Return the badge of somebody: one for all days where the group stays the same."""
    person = walker.person
    return Badge(
        march=local(march.name),
        days=days(march.starts_on, march.ends_on),
        name=person.name,
        native_name=person.native_name,
        category=person.category,
        category_word=str(CATEGORIES[person.category]),
        group=group_name(group),
        lines=tuple(_badge_lines(walker)),
        guides=tuple(_guide_lines(group)),
        reference=person.reference,
    )


def _badge_lines(walker: Walker) -> Iterator[str]:
    spoken = walker.person.spoken_languages or [walker.person.language]
    yield ", ".join(language(code) for code in spoken)
    if not walker.has_one_group:
        others = [
            _("stage %(stage)s: %(group)s", stage=stage, group=group)
            for stage, group in walker.groups.items()
        ]
        yield _("Groups: %(groups)s", groups=", ".join(others))


def _guide_lines(group: Group) -> Iterator[str]:
    """Yield whom to call: the first guide who has a phone, else the first."""
    guides = sorted(group.guides, key=lambda guide: not guide.phone)
    for guide in guides[:1]:
        yield _("Guide: %(name)s", name=guide.name)
        if guide.phone:
            yield guide.phone
