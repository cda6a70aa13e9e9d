"""The page on which a coordinator publishes the roster of a stage, and follows its letters."""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, joinedload
from werkzeug import Response
from wtforms import IntegerField
from wtforms.widgets import HiddenInput

from marchapp.access import signed_in_account, stage_for_coordinator
from marchapp.extensions import db, queue
from marchapp.forms import BaseForm
from marchapp.i18n import figure
from marchapp.models import Message, RosterVersion, Stage
from marchapp.rosters.board import count_walkers
from marchapp.rosters.differences import differences
from marchapp.rosters.publishing import NothingNew, PublishedMeanwhile, publish
from marchapp.rosters.rules import breaches_of
from marchapp.rosters.telling import tell_of_rosters


class PublishForm(BaseForm):
    """Names the version that the reader saw before publishing it."""

    version = IntegerField(widget=HiddenInput())


@dataclass(frozen=True)
class VersionState:
    """A version, and how many of its letters were sent and could not be."""

    version: RosterVersion
    sent: int
    failed: int

    @property
    def is_on_its_way(self) -> bool:
        return not self.version.finished_at


def publish_roster(slug: str, number: int) -> str | Response:
    stage = stage_for_coordinator(slug, number)
    form = PublishForm()
    if form.validate_on_submit():
        return _publish(stage, form.version.data or 0)
    versions = versions_of(db.session, stage)
    form.version.data = versions[0].version.number + 1 if versions else 1
    found = differences(db.session, stage)
    is_new = not found.is_empty  # else nothing can be published, and the rules need not be asked
    return render_template(
        "rosters/publish.html",
        march=stage.march,
        stage=stage,
        form=form,
        versions=versions,
        next_number=form.version.data,
        has_groups=found.has_groups,
        unplaced=count_walkers(db.session, stage).unplaced if is_new else 0,
        concerns=breaches_of(db.session, stage).values() if is_new else (),
        differences=found,
    )


def _publish(stage: Stage, number: int) -> Response:
    try:
        version = publish(
            db.session, stage=stage, number=number, by=signed_in_account(), now=datetime.now(UTC)
        )
    except NothingNew:
        db.session.rollback()
        flash(_("Nothing has changed since the last version, so nothing was published."))
    except PublishedMeanwhile as refusal:
        db.session.rollback()
        flash(
            _(
                "Somebody else has published version %(number)s meanwhile, so nothing was published now. "
                "Look at what differs from it.",
                number=refusal.number,
            ),
            "problem",
        )
    else:
        db.session.commit()
        queue.send_once(tell_of_rosters)
        flash(_said(version), "done")
    return redirect(url_for("rosters.publish_roster", slug=stage.march.slug, number=stage.number))


def _said(version: RosterVersion) -> str:
    told = ngettext(
        "%(count)s person is told what has changed.",
        "%(count)s people are told what has changed.",
        version.told,
        count=figure(version.told),
    )
    return _("Version %(number)s is published.", number=version.number) + " " + told


def versions_of(session: Session, stage: Stage) -> list[VersionState]:
    """Return the versions of a stage's roster, the newest first."""
    sent, failed = (
        func.sum(case((moment.is_not(None), 1), else_=0)) for moment in (Message.sent_at, Message.failed_at)
    )
    letters = (
        select(Message.roster_version_id, sent.label("sent"), failed.label("failed"))
        .where(
            Message.roster_version_id.in_(select(RosterVersion.id).where(RosterVersion.stage_id == stage.id))
        )
        .group_by(Message.roster_version_id)
        .subquery()
    )
    query = (
        select(RosterVersion, letters.c.sent, letters.c.failed)
        .outerjoin(letters, letters.c.roster_version_id == RosterVersion.id)
        .where(RosterVersion.stage_id == stage.id)
        .options(joinedload(RosterVersion.published_by))
        .order_by(RosterVersion.number.desc())
    )
    return [
        VersionState(version, int(sent or 0), int(failed or 0))
        for version, sent, failed in session.execute(query)
    ]
