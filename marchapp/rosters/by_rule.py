"""The groups of a march by the rules that they break: a page of its own, whose picture the overview shows.

All people of all stages are counted for it, so the overview does not wait but fetches the picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marchapp.access import is_coordinator, march_for_observer
from marchapp.charts import Bar, Parted, Table, bars, parts
from marchapp.extensions import db
from marchapp.i18n import figure
from marchapp.models import Group, March, Stage
from marchapp.rosters.rules import Check, breaches_of
from marchapp.rosters.words import breach_word


@dataclass(frozen=True)
class StageByRule:
    """How many groups a stage has, and which of them break which rule."""

    stage: Stage
    groups: int
    breaches: Sequence[tuple[Check, list[Group]]]

    @property
    def with_problems(self) -> int:
        return len({group.id for _check, groups in self.breaches for group in groups})

    @property
    def in_order(self) -> int:
        return self.groups - self.with_problems


@dataclass(frozen=True)
class Picture:
    """One stage as a bar of groups in order and others, and below it a bar for each broken rule."""

    whole: Parted
    rules: list[Bar]


def groups_by_rule(slug: str) -> str:
    march = march_for_observer(slug)
    stages = stages_by_rule(db.session, march)
    return render_template(
        "rosters/by_rule.html",
        march=march,
        stages=stages,
        pictures=[_picture(one) for one in stages],
        sentence=_sentence(stages),
        table=_table(stages),
        coordinates=is_coordinator(march),
    )


def stages_by_rule(session: Session, march: March) -> list[StageByRule]:
    """Return the stages of a march that have groups, each judged by all rules in three queries."""
    counted = (
        select(Stage, func.count(Group.id))
        .join(Group, Group.stage_id == Stage.id)
        .where(Stage.march_id == march.id)
        .group_by(Stage.id)
        .order_by(Stage.number)
    )
    return [
        StageByRule(stage, groups, list(breaches_of(session, stage).values()))
        for stage, groups in session.execute(counted).all()
    ]


def _name(one: StageByRule) -> str:
    return _("Stage %(number)s", number=one.stage.number)


def _picture(one: StageByRule) -> Picture:
    pieces = [
        ("kept", one.in_order, _("%(number)s in order", number=figure(one.in_order))),
        ("problem", one.with_problems, _("%(number)s not in order", number=figure(one.with_problems))),
    ]
    words = ngettext("%(shown)s group", "%(shown)s groups", one.groups, shown=figure(one.groups))
    rules = [(breach_word(check), len(groups)) for check, groups in one.breaches]
    return Picture(Parted(_name(one), words, parts(pieces, one.groups)), bars(rules, one.groups))


def _sentence(stages: Sequence[StageByRule]) -> str:
    groups = sum(one.groups for one in stages)
    problems = sum(one.with_problems for one in stages)
    if not groups:
        return _("There are no groups yet.")
    if not problems:
        return _("Every group keeps all rules.")
    return ngettext(
        "%(problems)s group of %(groups)s breaks a rule.",
        "%(problems)s groups of %(groups)s break a rule.",
        problems,
        problems=figure(problems),
        groups=figure(groups),
    )


def _table(stages: Sequence[StageByRule]) -> Table:
    """Return a column for each rule that is broken on any stage, in the order of the rules."""
    found = [{breach_word(check): len(groups) for check, groups in one.breaches} for one in stages]
    rules = list(dict.fromkeys(word for of_stage in found for word in of_stage))
    rows = [
        (
            _name(one),
            figure(one.groups),
            figure(one.in_order),
            *(figure(of_stage.get(word, 0)) for word in rules),
        )
        for one, of_stage in zip(stages, found, strict=True)
    ]
    return Table([_("Stage"), _("Groups"), _("In order"), *rules], rows)
