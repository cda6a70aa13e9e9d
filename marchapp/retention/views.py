"""The page on which coordinators see what is kept until when, decide it, and see what went."""

from datetime import UTC, datetime

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marchapp.access import fresh_account, march_for_coordinator
from marchapp.extensions import db
from marchapp.models.retention import DEFAULT_DAYS, Kept
from marchapp.retention.forms import KeptForm
from marchapp.retention.picture import picture
from marchapp.retention.services import change_days, holdings, removals
from marchapp.retention.words import GOES, NAMES, SUGGESTED, counted
from marchapp.retention.worker import REMOVERS, last_looked_at

blueprint = Blueprint("retention", __name__)


@blueprint.route("/marches/<slug>/kept", methods=["GET", "POST"])
def kept(slug: str) -> ResponseReturnValue:
    march, account = march_for_coordinator(slug), fresh_account()
    now = datetime.now(UTC)
    decided = {kind.value: march.kept_days.get(kind.value, DEFAULT_DAYS[kind]) for kind in Kept}
    form = KeptForm(data=decided)
    if form.validate_on_submit():
        change_days(db.session, march, form.days(), by=account, now=now)
        db.session.commit()
        flash(_("The days are saved. What is due goes in the night."), "done")
        return redirect(url_for(".kept", slug=march.slug))
    held = holdings(db.session, march, current_app.extensions[REMOVERS], now)
    return render_template(
        "retention/kept.html",
        march=march,
        form=form,
        held=held,
        picture=picture(march, held, march.day_of(now)),
        removals=removals(db.session, march),
        looked_at=last_looked_at(),
        names=NAMES,
        goes=GOES,
        suggested=SUGGESTED,
        counted=counted,
    )
