"""What a coordinator sees and decides: overview, settings, stages, timetables, planned routes."""

from datetime import UTC, date, datetime, timedelta
from typing import TypedDict

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug import Response

from marchapp.access import (
    is_coordinator,
    march_for_coordinator,
    march_for_observer,
    signed_in_account,
    stage_for_coordinator,
)
from marchapp.config import MEBIBYTE
from marchapp.extensions import db
from marchapp.geo.errors import UnusableInput
from marchapp.gpx_words import explain
from marchapp.i18n import day_in_year
from marchapp.marches import routes, services
from marchapp.marches.attendance import attendance_by_stage
from marchapp.marches.forms import (
    RouteFileForm,
    SaveRouteForm,
    SettingsForm,
    StageForm,
    quota_field,
    time_field,
    timetable_form,
)
from marchapp.marches.overview import overview as overview_of
from marchapp.marches.overview_pictures import draw_overview
from marchapp.marches.pictures import CARD, WIDE, draw
from marchapp.models import Account, March, Stage
from marchapp.models.signups import signups_by_day
from marchapp.models.timetable import on_the_way, stops


class ByNow(TypedDict):
    """Who changes something, and when."""

    by: Account
    now: datetime


def overview(slug: str) -> str:
    march = march_for_observer(slug)
    found = overview_of(db.session, march, datetime.now(UTC))
    pictures = draw_overview(
        found, signups_by_day(db.session, march), attendance_by_stage(db.session, found.stages)
    )
    return render_template(
        "marches/overview.html",
        march=march,
        overview=found,
        pictures=pictures,
        coordinates=is_coordinator(march),
    )


def settings(slug: str) -> str | Response:
    march = march_for_coordinator(slug)
    form = SettingsForm.of(march)
    if form.validate_on_submit() and _change_march(march, form):
        return redirect(url_for("marches.overview", slug=slug))
    return render_template("marches/settings.html", march=march, form=form)


def new_stage(slug: str) -> str | Response:
    march = march_for_coordinator(slug)
    form = StageForm(data={"day": _next_day(march)})
    if form.validate_on_submit():
        try:
            stage = services.add_stage(db.session, march, form.plan(march.time_zone), **_by_now())
        except (services.StageOutsideMarch, services.NoTimeToWalk) as refusal:
            _explain(refusal, form, march)
        else:
            db.session.commit()
            flash(_("Stage %(number)s is there. Now send its planned route.", number=stage.number), "done")
            return redirect(url_for("marches.edit_route", slug=slug, number=stage.number))
    return render_template("marches/edit_stage.html", march=march, stage=None, form=form)


def edit_stage(slug: str, number: int) -> str | Response:
    stage = stage_for_coordinator(slug, number)
    march = stage.march
    form = StageForm.of(stage)
    if form.validate_on_submit():
        try:
            services.change_stage(db.session, stage, form.plan(march.time_zone), **_by_now())
        except (services.StageOutsideMarch, services.NoTimeToWalk) as refusal:
            _explain(refusal, form, march)
        else:
            db.session.commit()
            flash(_("Stage %(number)s is saved.", number=number), "done")
            return redirect(url_for("marches.stage", slug=slug, number=number))
    return render_template("marches/edit_stage.html", march=march, stage=stage, form=form)


def edit_timetable(slug: str, number: int) -> str | Response:
    stage = stage_for_coordinator(slug, number)
    form = timetable_form(on_the_way(stage), stage.march.time_zone)
    if form.validate_on_submit():
        clocks = {place.id: form[time_field(place)].data for place in on_the_way(stage)}
        try:
            services.plan_timetable(db.session, stage, clocks=clocks, **_by_now())
        except services.OutOfOrder as error:
            for place in error.checkpoints:
                form[time_field(place)].errors = [_order_words()]
            db.session.rollback()
        else:
            db.session.commit()
            flash(_("The timetable of stage %(number)s is saved.", number=number), "done")
            return redirect(url_for("marches.stage", slug=slug, number=number))
    fields = [(place, form[time_field(place)]) for place in on_the_way(stage)]
    return render_template(
        "marches/edit_timetable.html",
        march=stage.march,
        stage=stage,
        form=form,
        fields=fields,
        stops=stops(stage),
    )


def edit_route(slug: str, number: int) -> str | Response:
    """Take a file, show what it says about the stage, and save it once the coordinator agrees."""
    stage = stage_for_coordinator(slug, number)
    if "sha256" in request.form:
        return _save_route(stage)
    if request.method == "GET" and "file" in request.args:
        return _preview_route(stage, request.args["file"])
    form = RouteFileForm()
    if form.validate_on_submit() and (digest := _keep_draft(stage, form)):
        return redirect(url_for("marches.edit_route", slug=slug, number=number, file=digest))
    return render_template(
        "marches/edit_route.html", march=stage.march, stage=stage, form=form, limit_mib=_limit_mib()
    )


def _change_march(march: March, form: SettingsForm) -> bool:
    """Change the settings and commit, or say beside the field why not."""
    moves_by = services.days_moved(march, form.settings())
    try:
        services.change_march(
            db.session, march, form.settings(), capacities=form.capacities(march), **_by_now()
        )
    except services.StageOutsideMarch as error:
        day = {"number": error.stage.number, "day": day_in_year(error.stage.day)}
        too_early = error.stage.day < form.starts_on.data
        db.session.rollback()
        wrong = form.starts_on if too_early else form.ends_on
        wrong.errors = [
            _(
                "Stage %(number)s is on %(day)s. Move the stage first. "
                "If its new day is outside the march too, first make the march long enough for both days.",
                **day,
            )
        ]
    except services.FewerPlacesThanTaken as error:
        form.places.form[quota_field(error.quota)].errors = [_taken_words(error.quota.taken)]
        db.session.rollback()
    else:
        db.session.commit()
        flash(_saved_words(moves_by if march.stages else timedelta(0)), "done")
        return True
    return False


def _saved_words(stages_moved_by: timedelta) -> str:
    if not stages_moved_by:
        return _("The settings are saved.")
    return ngettext(
        "The settings are saved. All stages moved with the march, by %(num)d day.",
        "The settings are saved. All stages moved with the march, by %(num)d days.",
        abs(stages_moved_by.days),
    )


def _keep_draft(stage: Stage, form: RouteFileForm) -> str | None:
    """Keep the file that was sent and return its digest, or say beside the field why it is of no use."""
    try:
        draft = routes.keep_draft(
            db.session,
            stage=stage,
            content=form.file.data.read(),
            limit_bytes=_limit_mib() * MEBIBYTE,
            **_by_now(),
        )
    except UnusableInput as error:
        form.file.errors = [explain(error)]
        return None
    db.session.commit()
    return draft.sha256


def _preview_route(stage: Stage, digest: str) -> str | Response:
    draft = routes.draft_of(db.session, stage=stage, by=signed_in_account(), digest=digest)
    if draft is None:
        return _ask_for_file_again(stage)
    plan = routes.plan_of_draft(draft, stage)
    return render_template(
        "marches/preview_route.html",
        march=stage.march,
        stage=stage,
        plan=plan,
        pictures=draw(plan.route, plan.checkpoints, WIDE),
        narrow=draw(plan.route, plan.checkpoints, CARD),
        form=SaveRouteForm(formdata=None, data={"sha256": digest}),
    )


def _save_route(stage: Stage) -> Response:
    form = SaveRouteForm()
    draft = routes.draft_of(db.session, stage=stage, by=signed_in_account(), digest=form.sha256.data or "")
    if draft is None or not form.validate():
        return _ask_for_file_again(stage)
    routes.save_draft(db.session, stage=stage, draft=draft, **_by_now())
    db.session.commit()
    flash(_("The planned route is saved. Now check the time at each checkpoint."), "done")
    return redirect(url_for("marches.edit_timetable", slug=stage.march.slug, number=stage.number))


def _ask_for_file_again(stage: Stage) -> Response:
    flash(_("This file was saved already, or another was sent after it. Send it again to change the route."))
    return redirect(url_for("marches.edit_route", slug=stage.march.slug, number=stage.number))


def _next_day(march: March) -> date:
    """Return the day after the last stage, within the march."""
    last = max((stage.day for stage in march.stages), default=march.starts_on - timedelta(days=1))
    return min(last + timedelta(days=1), march.ends_on)


def _explain(refusal: Exception, form: StageForm, march: March) -> None:
    """Say beside the field why the stage cannot be so."""
    if isinstance(refusal, services.StageOutsideMarch):
        form.day.errors = [_outside_words(march)]
    else:
        form.finishes.errors = [_("There is no time between start and finish. Change one of them.")]


def _outside_words(march: March) -> str:
    return _(
        "The march lasts from %(first)s to %(last)s. Choose a day between them, or change the dates first.",
        first=day_in_year(march.starts_on),
        last=day_in_year(march.ends_on),
    )


def _order_words() -> str:
    return _("This is not between what comes before it and the finish. Change the times that do not fit.")


def _taken_words(taken: int) -> str:
    return ngettext(
        "%(num)d place is taken already. Write that number or more.",
        "%(num)d places are taken already. Write that number or more.",
        taken,
    )


def _by_now() -> ByNow:
    return {"by": signed_in_account(), "now": datetime.now(UTC)}


def _limit_mib() -> int:
    return current_app.config["SETTINGS"].upload_limit_mib
