"""The page of statistics: charts with a sentence each, and the figures behind them."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from flask import render_template
from flask_babel import gettext as _
from flask_babel import ngettext

from marchapp.access import is_coordinator, march_for_observer
from marchapp.charts import Bar, bars, curve, sums
from marchapp.extensions import db
from marchapp.i18n import country, day, figure
from marchapp.models import Category
from marchapp.registration.coordination.counting import BANDS, count
from marchapp.registration.words import CATEGORIES

MOST_BARS, MOST_LINES = 12, 100

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Chart:
    """Counts of one kind: what is drawn, the sentence under it, and more of them as a table."""

    title: str
    heading: str
    bars: list[Bar]
    sentence: str
    table: list[tuple[str, int]]


def statistics(slug: str) -> str:
    march = march_for_observer(slug)
    counted = count(db.session, march)
    days = sums(counted.days)
    charts = [
        _chart(
            _("By category"), _("Category"), counted.categories, lambda one: str(CATEGORIES[one]), Category
        ),
        _chart(_("By age on the first day"), _("Age"), counted.bands, _band, range(len(BANDS))),
        _chart(_("By country"), _("Country"), counted.countries, country),
        _chart(
            _("By home municipality"),
            _("Municipality"),
            counted.municipalities,
            lambda name: name or _("not said"),
        ),
    ]
    return render_template(
        "registration/coordination/statistics.html",
        march=march,
        coordinates=is_coordinator(march),
        counted=counted,
        days=days,
        curve=curve(days),
        busiest=_busiest(counted.days),
        charts=charts,
    )


def _chart(
    title: str, heading: str, counts: Counter[Key], word: Callable[[Key], str], order: Iterable[Key] = ()
) -> Chart:
    """Draw counts in their own order, or else the largest first."""
    keys = [key for key in order if counts[key]] or [key for key, _number in counts.most_common()]
    lines = [(word(key), counts[key]) for key in keys]
    return Chart(
        title, heading, bars(_shortened(lines, MOST_BARS)), _largest(lines), _shortened(lines, MOST_LINES)
    )


def _shortened(lines: list[tuple[str, int]], most: int) -> list[tuple[str, int]]:
    """Return so many lines at most, the last of them for all the others."""
    if len(lines) <= most:
        return lines
    rest = lines[most - 1 :]
    others = ngettext("%(num)d other", "%(num)d others", len(rest))
    return [*lines[: most - 1], (others, sum(number for _label, number in rest))]


def _largest(table: list[tuple[str, int]]) -> str:
    if not table:
        return ""
    name, most = max(table, key=lambda line: line[1])
    total = sum(number for _label, number in table)
    return _(
        "At the top stands %(name)s, with %(count)s of %(total)s people, %(percent)s %%.",
        name=name,
        count=figure(most),
        total=figure(total),
        percent=figure(round(100 * most / total)),
    )


def _band(place: int) -> str:
    """Write a band of ages: 13–15."""
    if place == len(BANDS) - 1:
        return _("%(age)s and older", age=BANDS[place])
    return f"{BANDS[place]}–{BANDS[place + 1] - 1}"


def _busiest(days: Counter) -> str:
    if not days:
        return ""
    busiest, most = max(days.items(), key=lambda item: (item[1], item[0]))
    return _(
        "%(total)s people since %(first)s; the most in one day, %(most)s, on %(busiest)s.",
        total=figure(days.total()),
        first=day(min(days)),
        most=figure(most),
        busiest=day(busiest),
    )
