"""Pages about accounts: where somebody lands after signing in, and the guides of a march."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug import Response

from marchapp.access import guide_for_coordinator, march_for_coordinator, signed_in_account
from marchapp.accounts.devices import end_one, end_others, sign_ins_of
from marchapp.accounts.forms import GuideForm, InviteGuideForm
from marchapp.accounts.services import (
    belongs_to_alone,
    change_guide,
    dismiss_guide,
    guides_of,
    invite_guide,
)
from marchapp.extensions import db
from marchapp.models import Role

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/start")
def start() -> Response:
    """Lead somebody who signed in to where their work is."""
    account = signed_in_account()
    if account.lacks_second_step:
        flash(_("Coordinators of this site sign in with a second step. Set it up, then go on."), "info")
        return redirect(url_for("security.two_factor_setup"))
    overseen = {held.march for held in account.appointments if held.role in (Role.COORDINATOR, Role.OBSERVER)}
    if len(overseen) == 1:
        return redirect(url_for("marches.overview", slug=overseen.pop().slug))
    if any(held.role == Role.GUIDE for held in account.appointments):
        return redirect(url_for("rosters.my_groups"))
    return redirect(url_for("marches.index"))


@blueprint.get("/account")
def account() -> str:
    """Show how somebody signs in, and where they are signed in."""
    user = signed_in_account()
    zones = [held.march.time_zone for held in user.appointments]
    return render_template(
        "accounts/account.html",
        account=user,
        sign_ins=sign_ins_of(user),
        here=g.get("sign_in_id"),
        zone=zones[0] if zones else "UTC",
    )


@blueprint.post("/account/sign-ins/<int:sign_in_id>/end")
def end_sign_in(sign_in_id: int) -> Response:
    if not end_one(signed_in_account(), sign_in_id):
        abort(404)
    db.session.commit()
    flash(_("That device is signed out."), "done")
    return redirect(url_for("accounts.account"))


@blueprint.post("/account/sign-ins/end")
def end_other_sign_ins() -> Response:
    ended = end_others(signed_in_account())
    db.session.commit()
    flash(
        ngettext(
            "You are signed out on %(num)s other device.",
            "You are signed out on %(num)s other devices.",
            ended,
        ),
        "done",
    )
    return redirect(url_for("accounts.account"))


@blueprint.route("/marches/<slug>/guides", methods=["GET", "POST"])
def guides(slug: str) -> str | Response:
    march = march_for_coordinator(slug)
    form = InviteGuideForm()
    if form.validate_on_submit():
        account = invite_guide(
            db.session,
            march=march,
            email=form.email.data,
            profile=form.profile,
            by=signed_in_account(),
            now=datetime.now(UTC),
        )
        db.session.commit()
        flash(_("%(name)s is a guide now and has been written to.", name=account.name), "done")
        return redirect(url_for("accounts.guides", slug=slug))
    return render_template(
        "accounts/guides.html", march=march, form=form, guides=guides_of(db.session, march)
    )


@blueprint.route("/marches/<slug>/guides/<int:account_id>", methods=["GET", "POST"])
def guide(slug: str, account_id: int) -> str | Response:
    march, account = guide_for_coordinator(slug, account_id)
    form = GuideForm(obj=account)
    can_change = belongs_to_alone(account, march)
    if can_change and form.validate_on_submit():
        change_guide(
            db.session,
            march=march,
            account=account,
            profile=form.profile,
            by=signed_in_account(),
            now=datetime.now(UTC),
        )
        db.session.commit()
        flash(_("Saved."), "done")
        return redirect(url_for("accounts.guides", slug=slug))
    return render_template(
        "accounts/guide.html", march=march, account=account, form=form, can_change=can_change
    )


@blueprint.post("/marches/<slug>/guides/<int:account_id>/dismiss")
def dismiss(slug: str, account_id: int) -> Response:
    march, account = guide_for_coordinator(slug, account_id)
    dismiss_guide(db.session, march=march, account=account, by=signed_in_account(), now=datetime.now(UTC))
    db.session.commit()
    flash(
        _("%(name)s is no guide of this march any more. Invite them again to undo it.", name=account.name),
        "done",
    )
    return redirect(url_for("accounts.guides", slug=slug))
