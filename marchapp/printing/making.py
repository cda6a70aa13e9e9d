"""Make the files of a stage: papers in one PDF or one for each group, lists as XLSX or CSV."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.files.kinds import CannotBeMade, FileKind, Made, Params, Progress, declare, no_progress
from marchapp.files.words import people_done
from marchapp.i18n import figure, moment
from marchapp.models import March, Stage
from marchapp.paper.badges import draw_badges
from marchapp.paper.tables import Measures, Sheet, draw_tables
from marchapp.printing.lists import groups_table, people_table
from marchapp.printing.papers import ROSTER, SIGN_IN, badge_of, foot_of, roster_of, sign_in_sheet_of
from marchapp.printing.people import FullGroup, full_groups
from marchapp.spreadsheets import XLSX, csv_of, xlsx_of

PDF, ZIP, CSV = "application/pdf", "application/zip", "text/csv; charset=utf-8"
Draw = Callable[[list[FullGroup], Progress], bytes]


@dataclass(frozen=True)
class Order:
    """What a file is made of, read once."""

    march: March
    stage: Stage
    groups: list[FullGroup]
    params: Params

    def named(self, what: str, ending: str) -> str:
        """Return the name of the file: seiersmarsjen-2014-stage-2-badges.pdf."""
        numbers = [full.group.number for full in self.groups] if self.params.get("group_id") else []
        of_group = f"-group-{numbers[0]}" if numbers else ""
        return f"{self.march.slug}-stage-{self.stage.number}{of_group}-{what}.{ending}"


def _order(session: Session, march: March, params: Params) -> Order:
    """Raises CannotBeMade."""
    stage = session.scalar(select(Stage).where(Stage.id == params["stage_id"], Stage.march_id == march.id))
    if stage is None:
        raise CannotBeMade
    return Order(march, stage, full_groups(session, stage, params.get("group_id")), params)


def _make_rosters(session: Session, march: March, params: Params, progress: Progress) -> Made:
    return _tables(_order(session, march, params), "rosters", _("Rosters"), roster_of, ROSTER, progress)


def _make_sign_in(session: Session, march: March, params: Params, progress: Progress) -> Made:
    order = _order(session, march, params)
    return _tables(order, "sign-in", _("Sign-in sheets"), sign_in_sheet_of, SIGN_IN, progress)


def _tables(
    order: Order,
    what: str,
    title: str,
    sheet_of: Callable[[Stage, FullGroup], Sheet],
    measures: Measures,
    progress: Progress,
) -> Made:
    foot = foot_of(order.march, order.stage, moment(datetime.now(UTC), order.march.time_zone))

    def draw(groups: list[FullGroup], progress: Progress) -> bytes:
        sheets = [sheet_of(order.stage, full) for full in groups]
        return draw_tables(sheets, title=title, foot=foot, measures=measures, progress=progress)

    return _pdf_or_zip(order, what, draw, progress)


def _make_badges(session: Session, march: March, params: Params, progress: Progress) -> Made:
    order = _order(session, march, params)

    def draw(groups: list[FullGroup], progress: Progress) -> bytes:
        badges = [
            badge_of(march, order.stage, full.group, walker) for full in groups for walker in full.walkers
        ]
        return draw_badges(badges, title=_("Badges"), progress=progress)

    return _pdf_or_zip(order, "badges", draw, progress)


def _pdf_or_zip(order: Order, what: str, draw: Draw, progress: Progress) -> Made:
    """Draw all groups in one PDF, or one for each in a ZIP, whichever was asked for."""
    if not order.params.get("apart"):
        content = draw(order.groups, progress)
        return Made(name=order.named(what, "pdf"), media_type=PDF, content=content)
    file, done, total = BytesIO(), 0, sum(len(full.walkers) for full in order.groups)
    with ZipFile(file, "w", ZIP_STORED) as archive:  # a PDF is compressed already
        for full in order.groups:
            archive.writestr(f"{what}-group-{full.group.number:02}.pdf", draw([full], no_progress))
            done += len(full.walkers)
            progress(done, total)
    return Made(name=order.named(what, "zip"), media_type=ZIP, content=file.getvalue())


def _make_list(session: Session, march: March, params: Params, progress: Progress) -> Made:
    """Write groups and people as XLSX of two sheets, or the people as CSV."""
    order = _order(session, march, params)
    people = people_table(order.stage, order.groups)
    if params["format"] == "csv":
        return Made(name=order.named("groups", "csv"), media_type=CSV, content=csv_of(people, _("Yes")))
    content = xlsx_of([groups_table(order.stage, order.groups), people], _("Yes"))
    return Made(name=order.named("groups", "xlsx"), media_type=XLSX, content=content)


def _back(march: March, params: Params) -> tuple[str, str]:
    number = params["stage_number"]
    words = _("Print and files of stage %(number)s", number=number)
    return url_for("printing.stage", slug=march.slug, number=number), words


def _titled(words: Callable[[int], str]) -> Callable[[Params], str]:
    return lambda params: words(params["stage_number"])


def _counted_badges(done: int, total: int) -> str:
    return ngettext(
        "%(done)s of %(total)s badge",
        "%(done)s of %(total)s badges",
        total,
        done=figure(done),
        total=figure(total),
    )


ROSTERS = declare(
    FileKind(
        name="rosters",
        make=_make_rosters,
        title=_titled(lambda number: _("Rosters of stage %(number)s", number=number)),
        counted=people_done,
        back=_back,
    )
)
SIGN_IN_SHEETS = declare(
    FileKind(
        name="sign_in_sheets",
        make=_make_sign_in,
        title=_titled(lambda number: _("Sign-in sheets of stage %(number)s", number=number)),
        counted=people_done,
        back=_back,
    )
)
BADGES = declare(
    FileKind(
        name="badges",
        make=_make_badges,
        title=_titled(lambda number: _("Badges of stage %(number)s", number=number)),
        counted=_counted_badges,
        back=_back,
    )
)
GROUP_LIST = declare(
    FileKind(
        name="groups",
        make=_make_list,
        title=_titled(lambda number: _("Groups of stage %(number)s", number=number)),
        counted=people_done,
        back=_back,
    )
)
