"""Pages of signing up, and what is behind a private link."""

from datetime import UTC, datetime

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug import Response as AnyResponse

from marchapp.access import march_for_reader, participant_for_link
from marchapp.extensions import db
from marchapp.models import Category, March
from marchapp.registration.coordination.listing import walks_of
from marchapp.registration.forms import FORMS, SignUpForm
from marchapp.registration.services import NotSignedUp, is_open_to
from marchapp.registration.services import sign_up as sign_party_up
from marchapp.registration.words import why_not_signed_up

PRIVATE = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Cache-Control": "no-store"}


def choose(slug: str) -> str:
    march = march_for_reader(slug)
    quotas = {quota.category: quota for quota in march.category_quotas}
    return render_template(
        "registration/choose.html",
        march=march,
        places=[(category, quotas.get(category)) for category in Category],
        now=datetime.now(UTC),
    )


def sign_up(slug: str, category: str) -> str | AnyResponse:
    march = march_for_reader(slug)
    now = datetime.now(UTC)
    form = _form_for(march, category)
    refusal = None
    if form.validate_on_submit():
        try:
            return _store(march, form, now)
        except NotSignedUp as why:
            db.session.rollback()
            refusal = why_not_signed_up(why, march)
    elif not form.is_submitted() and not is_open_to(march, form.category, now):
        return redirect(url_for("registration.choose", slug=slug))
    return render_template("registration/sign_up.html", march=march, form=form, refusal=refusal)


def _form_for(march: March, category: str) -> SignUpForm:
    if category not in set(Category):
        abort(404)
    return FORMS[Category(category)](march)


def _store(march: March, form: SignUpForm, now: datetime) -> AnyResponse:
    """Register who filled in the form, and lead to the confirmation behind the private link."""
    party, link = sign_party_up(db.session, march=march, party=form.party, form_key=form.key, now=now)
    db.session.commit()
    if party.signed_up_at != now:
        flash(_("This form had arrived before, so nothing was stored a second time."), "info")
    return redirect(url_for("registration.confirmation", token=link.secret))


def confirmation(token: str) -> tuple[str, dict[str, str]]:
    participant = participant_for_link(token)
    walks = walks_of(db.session, [participant.id])[participant.id]
    page = render_template(
        "registration/confirmation.html", march=participant.march, participant=participant, walks=walks
    )
    return page, PRIVATE
