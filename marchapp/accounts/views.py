"""Pages about accounts: where somebody lands after signing in, and the team of a march."""

from collections.abc import Collection
from datetime import UTC, datetime

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug import Response

from marchapp.access import fresh_account, march_for_coordinator, member_for_coordinator, signed_in_account
from marchapp.accounts.devices import end_one, end_others, sign_ins_of
from marchapp.accounts.forms import DUTIES, ROLES, InviteForm, ProfileForm, RolesForm
from marchapp.accounts.second_step import lead_on
from marchapp.accounts.services import (
    LastCoordinator,
    belongs_to_alone,
    change_member,
    change_roles,
    invite,
    invite_again,
    roles_in,
    take_out,
    team_of,
)
from marchapp.extensions import db
from marchapp.forms import tidy
from marchapp.models import Account, March, Role
from marchapp.paging import page_in

blueprint = Blueprint("accounts", __name__)
blueprint.before_app_request(lead_on)


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


@blueprint.route("/marches/<slug>/team", methods=["GET", "POST"])
def team(slug: str) -> str | Response:
    """Show everybody who is appointed to a march, and invite somebody."""
    march = march_for_coordinator(slug)
    wanted = request.args.get("role") if request.args.get("role") in ROLES else None
    form = InviteForm(data={"roles": [wanted] if wanted else []})
    if form.validate_on_submit():
        account = invite(
            db.session,
            march=march,
            email=form.email.data,
            profile=form.profile,
            roles=form.chosen,
            by=_who_may_give(form.chosen),
            now=datetime.now(UTC),
        )
        db.session.commit()
        flash(_("%(name)s is in the team now and has been written to.", name=account.name), "done")
        return redirect(url_for("accounts.team", slug=slug))
    link_works_for = current_app.config["SECURITY_RESET_PASSWORD_WITHIN"]
    text = tidy(request.args.get("q", ""))[:80]
    found = team_of(
        db.session,
        march,
        links_since=datetime.now(UTC) - link_works_for,
        role=wanted,
        text=text,
        page=page_in(request.args),
    )
    return render_template(
        "accounts/team.html",
        march=march,
        form=form,
        team=found,
        text=text,
        wanted=wanted,
        names=ROLES,
        duties=DUTIES,
    )


@blueprint.route("/marches/<slug>/team/<int:account_id>", methods=["GET", "POST"])
def member(slug: str, account_id: int) -> str | Response:
    """Show somebody of the team, and correct what is known of them."""
    march, account = member_for_coordinator(slug, account_id)
    form = ProfileForm(obj=account)
    if belongs_to_alone(account, march) and form.validate_on_submit():
        change_member(
            db.session,
            march=march,
            account=account,
            profile=form.profile,
            by=signed_in_account(),
            now=datetime.now(UTC),
        )
        db.session.commit()
        flash(_("Saved."), "done")
        return redirect(url_for("accounts.team", slug=slug))
    held = roles_in(march, account)
    return _member_page(march, account, form, RolesForm(held=held, formdata=None, data={"roles": held}))


@blueprint.post("/marches/<slug>/team/<int:account_id>/roles")
def roles(slug: str, account_id: int) -> str | Response:
    """Give and take roles."""
    march, account = member_for_coordinator(slug, account_id)
    held = roles_in(march, account)
    form = RolesForm(held=held)
    if not form.validate_on_submit():
        return _member_page(march, account, ProfileForm(formdata=None, obj=account), form)
    by = _who_may_give({*held} ^ {*form.chosen})
    try:
        change_roles(
            db.session, march=march, account=account, roles=form.chosen, by=by, now=datetime.now(UTC)
        )
    except LastCoordinator:
        return _refuse_to_leave_nobody(march, account)
    db.session.commit()
    flash(_("The roles of %(name)s are changed.", name=account.name), "done")
    return _back_to_team(march)


@blueprint.post("/marches/<slug>/team/<int:account_id>/invite-again")
def send_invitation_again(slug: str, account_id: int) -> Response:
    march, account = member_for_coordinator(slug, account_id)
    invite_again(db.session, march=march, account=account, by=signed_in_account(), now=datetime.now(UTC))
    db.session.commit()
    flash(_("%(name)s has been written to again.", name=account.name), "done")
    return redirect(url_for("accounts.team", slug=slug))


@blueprint.post("/marches/<slug>/team/<int:account_id>/take-out")
def take_out_of_team(slug: str, account_id: int) -> Response:
    march, account = member_for_coordinator(slug, account_id)
    by = _who_may_give(roles_in(march, account))
    try:
        take_out(db.session, march=march, account=account, by=by, now=datetime.now(UTC))
    except LastCoordinator:
        return _refuse_to_leave_nobody(march, account)
    db.session.commit()
    flash(_("%(name)s is not in the team any more. Invite them again to undo it.", name=account.name), "done")
    return _back_to_team(march)


def _who_may_give(roles: Collection[Role]) -> Account:
    """Return who is signed in; who makes or unmakes a coordinator has to have signed in lately."""
    return fresh_account() if Role.COORDINATOR in roles else signed_in_account()


def _member_page(march: March, account: Account, form: ProfileForm, roles_form: RolesForm) -> str:
    return render_template(
        "accounts/member.html",
        march=march,
        account=account,
        form=form,
        roles_form=roles_form,
        held=roles_in(march, account),
        can_change=belongs_to_alone(account, march),
        is_oneself=account.id == signed_in_account().id,
        names=ROLES,
        duties=DUTIES,
    )


def _refuse_to_leave_nobody(march: March, account: Account) -> Response:
    db.session.rollback()
    words = _(
        "Nobody else coordinates this march and has a password, so %(name)s stays its coordinator."
        " Invite another first, and wait until they have chosen one.",
        name=account.name,
    )
    flash(words, "problem")
    return redirect(url_for("accounts.member", slug=march.slug, account_id=account.id))


def _back_to_team(march: March) -> Response:
    """Lead back to the team, or home who has just left those who may see it."""
    may_see = signed_in_account().has_role_in(march, Role.COORDINATOR)
    return redirect(url_for("accounts.team", slug=march.slug) if may_see else url_for("accounts.start"))
