"""The pictures of the coordinator's overview: what is drawn, the sentence under each, and its table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from marchapp.charts import Bar, Curve, Parted, Table, bars, curve, parts, sums
from marchapp.i18n import day, figure
from marchapp.marches.attendance import Attendance
from marchapp.marches.overview import Overview, StageCounts
from marchapp.models import Category, Quota

PEOPLE = {
    Category.SCHOOLCHILD: _l("Schoolchildren"),
    Category.OFFICIAL: _l("Officials"),
    Category.BORDER_GUARD: _l("Border guards"),
    Category.WALKER: _l("Other walkers"),
}


@dataclass(frozen=True)
class Growth:
    """How the sign-ups of one category grew."""

    category: Category
    total: int
    curve: Curve | None
    words: str


@dataclass(frozen=True)
class StageBars:
    """The bars of one stage."""

    name: str
    bars: list[Bar]


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Everything that is drawn; each sentence says what its picture shows."""

    growth: list[Growth]
    growth_sentence: str
    growth_table: Table
    places_sentence: str
    places_table: Table
    funnel: list[StageBars]
    funnel_sentence: str
    funnel_table: Table
    recordings: list[Parted]
    recordings_sentence: str
    recordings_table: Table


def draw_overview(
    found: Overview,
    signups: Counter[tuple[date, Category]],
    attendance: Mapping[int, Attendance],
) -> Pictures:
    """Draw the overview, with words in the reader's language."""
    words = {category: str(name) for category, name in PEOPLE.items()}
    stages = found.stages
    return Pictures(
        growth=_growth(signups, words),
        growth_sentence=_growth_sentence(signups),
        growth_table=_growth_table(signups, words),
        places_sentence=_places_sentence(found.quotas),
        places_table=_places_table(found.quotas, words),
        funnel=[_funnel(one, attendance[one.stage.id]) for one in stages],
        funnel_sentence=_funnel_sentence(list(attendance.values())),
        funnel_table=_funnel_table(stages, attendance),
        recordings=[_recordings(one) for one in stages],
        recordings_sentence=_recordings_sentence(stages),
        recordings_table=_recordings_table(stages),
    )


def _name(counts: StageCounts) -> str:
    return _("Stage %(number)s", number=counts.stage.number)


def _growth(signups: Counter[tuple[date, Category]], words: Mapping[Category, str]) -> list[Growth]:
    """Draw a curve for each category, all over the same days and to the same height."""
    if not signups:
        return []
    days = [day for day, _category in signups]
    first, last = min(days), max(days)
    by_category = {
        category: {day: number for (day, one), number in signups.items() if one == category}
        for category in Category
    }
    totals = {category: sum(counted.values()) for category, counted in by_category.items()}
    most = max(totals.values())
    return [
        Growth(
            category,
            totals[category],
            curve(sums(counted, first, last), most),
            _("%(category)s: %(total)s signed up.", category=words[category], total=figure(totals[category])),
        )
        for category, counted in by_category.items()
        if totals[category]
    ]


def _by_day(signups: Counter[tuple[date, Category]]) -> Counter[date]:
    days: Counter[date] = Counter()
    for (day_, _category), number in signups.items():
        days[day_] += number
    return days


def _growth_sentence(signups: Counter[tuple[date, Category]]) -> str:
    if not signups:
        return _("Nobody has signed up yet.")
    days = _by_day(signups)
    busiest, most = max(days.items(), key=lambda item: (item[1], item[0]))
    return _(
        "%(total)s people since %(first)s; the most in one day, %(most)s, on %(busiest)s.",
        total=figure(days.total()),
        first=day(min(days)),
        most=figure(most),
        busiest=day(busiest),
    )


def _growth_table(signups: Counter[tuple[date, Category]], words: Mapping[Category, str]) -> Table:
    present = [category for category in Category if any(one == category for _day, one in signups)]
    rows = [
        (day(on), *(figure(signups[on, category]) for category in present)) for on in sorted(_by_day(signups))
    ]
    return Table([_("Day"), *(words[category] for category in present)], rows)


def _places_sentence(quotas: Sequence[Quota]) -> str:
    left = sum(quota.left or 0 for quota in quotas)
    return ngettext(
        "%(left)s place of %(capacity)s is left.",
        "%(left)s places of %(capacity)s are left.",
        left,
        left=figure(left),
        capacity=figure(sum(quota.capacity or 0 for quota in quotas)),
    )


def _places_table(quotas: Sequence[Quota], words: Mapping[Category, str]) -> Table:
    rows = [
        (words[quota.category], figure(quota.capacity or 0), figure(quota.taken), figure(quota.left or 0))
        for quota in quotas
        if quota.category
    ]
    return Table([_("Category"), _("Places"), _("Taken"), _("Left")], rows)


def _steps(attendance: Attendance) -> list[tuple[str, int]]:
    steps = [(_("signed up"), attendance.signed_up), (_("expected, in a group"), attendance.expected)]
    if attendance.walked:
        steps += [(_("started"), attendance.walked.started), (_("finished"), attendance.walked.finished)]
    return steps


def _funnel(counts: StageCounts, attendance: Attendance) -> StageBars:
    return StageBars(_name(counts), bars(_steps(attendance)))


def _funnel_sentence(attendance: Sequence[Attendance]) -> str:
    """Say who is not expected yet; once rolls were called, who did not finish."""
    walked = [one.walked for one in attendance if one.walked]
    if walked:
        return _(
            "%(finished)s of %(started)s who started have finished.",
            finished=figure(sum(one.finished for one in walked)),
            started=figure(sum(one.started for one in walked)),
        )
    return _(
        "%(expected)s of %(signed_up)s places on the stages have a group, so that much is expected.",
        expected=figure(sum(one.expected for one in attendance)),
        signed_up=figure(sum(one.signed_up for one in attendance)),
    )


def _funnel_table(stages: Sequence[StageCounts], attendance: Mapping[int, Attendance]) -> Table:
    rows = [
        (
            _name(one),
            figure((known := attendance[one.stage.id]).signed_up),
            figure(known.expected),
            *(
                (figure(known.walked.started), figure(known.walked.finished))
                if known.walked
                else (_("no roll call"),) * 2
            ),
        )
        for one in stages
    ]
    return Table([_("Stage"), _("Signed up"), _("Expected"), _("Started"), _("Finished")], rows)


def _recordings(counts: StageCounts) -> Parted:
    tracks = counts.tracks
    pieces = [
        ("kept", tracks.kept, _("%(number)s kept to the route", number=figure(tracks.kept))),
        ("left", tracks.left, _("%(number)s left it on the way", number=figure(tracks.left))),
        ("partly", tracks.partly, _("%(number)s walked part of it", number=figure(tracks.partly))),
        ("elsewhere", tracks.elsewhere, _("%(number)s on another route", number=figure(tracks.elsewhere))),
        (
            "waiting",
            tracks.not_compared,
            _("%(number)s not compared yet", number=figure(tracks.not_compared)),
        ),
    ]
    words = _(
        "%(received)s of %(groups)s received",
        received=figure(tracks.recordings),
        groups=figure(counts.groups.groups),
    )
    return Parted(_name(counts), words, parts(pieces, counts.groups.groups))


def _recordings_sentence(stages: Sequence[StageCounts]) -> str:
    received = sum(one.tracks.recordings for one in stages)
    if not received:
        return _("No group has sent a recording yet.")
    return ngettext(
        "%(received)s recording of %(groups)s groups is here; %(kept)s kept to the route all the way.",
        "%(received)s recordings of %(groups)s groups are here; %(kept)s kept to the route all the way.",
        received,
        received=figure(received),
        groups=figure(sum(one.groups.groups for one in stages)),
        kept=figure(sum(one.tracks.kept for one in stages)),
    )


def _recordings_table(stages: Sequence[StageCounts]) -> Table:
    rows = [
        (
            _name(one),
            figure(one.groups.groups),
            *(
                figure(number)
                for number in (
                    one.tracks.recordings,
                    one.tracks.kept,
                    one.tracks.left,
                    one.tracks.partly,
                    one.tracks.elsewhere,
                    one.tracks.not_compared,
                    one.tracks.late,
                )
            ),
        )
        for one in stages
    ]
    headings = [
        _("Stage"),
        _("Groups"),
        _("Recordings"),
        _("Kept to the route"),
        _("Left it on the way"),
        _("Walked part of it"),
        _("On another route"),
        _("Not compared yet"),
        _("Came in late"),
    ]
    return Table(headings, rows)
